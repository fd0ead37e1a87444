#include "notify/wording.h"

#include "base/macros.h"
#include "base/memory.h"
#include "notify/wording-trouble.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct row {
	struct news_mail mails[5]; /* oldest first, up to the first without a number */
	struct wording_style style;
	const char *summary;
	const char *body;
};

#define ADA .from_name = "Ada Lovelace", .from_address = "ada@example.org"
#define MARKUP .style = { .markup = true }

static const struct row rows[] = {
	/* one mail */
	{ .mails = { { 1, ADA, .subject = "Engine", .mailbox = "INBOX" } },
		.summary = "Ada Lovelace",
		.body = "Engine" },
	{ .mails = { { 1, ADA, .subject = "Engine", .mailbox = "inbox" } },
		.style = { .account_name = "work" },
		.summary = "Ada Lovelace",
		.body = "Engine\nwork" },
	{ .mails = { { 1, ADA, .subject = "Engine", .mailbox = "Lists/maths" } },
		.style = { .account_name = "work" },
		.summary = "Ada Lovelace",
		.body = "Engine\nwork – Lists/maths" },
	{ .mails = { { 1, ADA, .subject = "Engine", .mailbox = "Lists/maths" } },
		.summary = "Ada Lovelace",
		.body = "Engine\nLists/maths" },
	/* what is not known, or is nothing */
	{ .mails = { { .seq = 1 } }, .summary = "(unknown sender)", .body = "(no subject)" },
	{ .mails = { { 1, .from_name = " \t", .from_address = "a@b.example", .subject = "\r\n" } },
		.summary = "a@b.example",
		.body = "(no subject)" },
	{ .mails = { { 1, .from_name = "\343\205\244", .from_address = "a@b.example" } },
		.summary = "a@b.example",
		.body = "(no subject)" },
	/* an address in disguise */
	{ .mails = { { 1, .from_name = "boss@example.org", .from_address = "x@evil.example" } },
		.summary = "x@evil.example",
		.body = "(no subject)" },
	{ .mails = { { 1, .from_name = "boss＠example.org", .from_address = "x@evil.example" } },
		.summary = "x@evil.example",
		.body = "(no subject)" },
	{ .mails = { { 1, .from_name = "Boss <boss@example.org>",
		  .from_address = "x@evil.example" } },
		.summary = "x@evil.example",
		.body = "(no subject)" },
	{ .mails = { { 1, .from_name = "boss@example.org" } },
		.summary = "(unknown sender)",
		.body = "(no subject)" },
	/* N-02: the body is escaped when it is markup and only then; the summary never is */
	{ .mails = { { 1, .from_name = "A & <b>B</b>",
		  .subject = "<b>x</b> & <a href=\"x\"> &amp; \"'" } },
		.summary = "A & <b>B</b>",
		.body = "<b>x</b> & <a href=\"x\"> &amp; \"'" },
	{ .mails = { { 1, .from_name = "A & <b>B</b>",
		  .subject = "<b>x</b> & <a href=\"x\"> &amp; \"'" } },
		MARKUP,
		.summary = "A & <b>B</b>",
		.body = "&lt;b&gt;x&lt;/b&gt; &amp; &lt;a href=\"x\"&gt; &amp;amp; \"'" },
	{ .mails = { { 1, ADA, .subject = "x", .mailbox = "R&D" } },
		.style = { .account_name = "<work>", .markup = true },
		.summary = "Ada Lovelace",
		.body = "x\n&lt;work&gt; – R&amp;D" },
	/* a line break in a subject cannot forge the line of another mail or account */
	{ .mails = { { 1, ADA, .subject = "x\nprivate – INBOX" } },
		.style = { .account_name = "work" },
		.summary = "Ada Lovelace",
		.body = "x private – INBOX\nwork" },
	/* several */
	{ .mails = { { 1, ADA, .subject = "one" },
		  { 2, .from_address = "b@c.example", .subject = "two" } },
		.summary = "2 new messages",
		.body = "b@c.example: two\nAda Lovelace: one" },
	{ .mails = { { 1, ADA, .subject = "one" }, { 2, ADA }, { 3, ADA, .subject = "3 > 2" },
		  { 4, ADA, .subject = "four" } },
		.style = { .account_name = "R & D", .markup = true },
		.summary = "4 new messages – R & D",
		.body = "Ada Lovelace: four\nAda Lovelace: 3 &gt; 2\nAda Lovelace: (no subject)" },
	/* N-11: privacy */
	{ .mails = { { 1, ADA, .subject = "Engine" } },
		.style = { .account_name = "work", .privacy = SETTINGS_PRIVACY_SENDER },
		.summary = "Ada Lovelace",
		.body = "New message\nwork" },
	{ .mails = { { 1, ADA, .subject = "one" }, { 2, ADA, .subject = "two" } },
		.style = { .privacy = SETTINGS_PRIVACY_SENDER },
		.summary = "2 new messages",
		.body = "Ada Lovelace\nAda Lovelace" },
	{ .mails = { { 1, ADA, .subject = "Engine" } },
		.style = { .account_name = "work", .privacy = SETTINGS_PRIVACY_COUNT },
		.summary = "1 new message – work",
		.body = "" },
	{ .mails = { { 1, ADA, .subject = "one" }, { 2, ADA, .subject = "two" } },
		.style = { .privacy = SETTINGS_PRIVACY_COUNT },
		.summary = "2 new messages",
		.body = "" },
	/* a problem stands below */
	{ .mails = { { 1, ADA, .subject = "Engine" } },
		.style = { .problem = "Not <marked>", .markup = true },
		.summary = "Ada Lovelace",
		.body = "Engine\nNot &lt;marked&gt;" },
};

static void test_rows(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(news_free) struct news *n = news_new("id");
		struct wording w;

		for (const struct news_mail *mail = rows[i].mails; mail->seq; mail++)
			news_add(n, mail, 0);
		wording_of_news(n, &rows[i].style, &w);
		assert_string_equal(w.summary, rows[i].summary);
		assert_string_equal(w.body, rows[i].body);
		wording_clear(&w);
	}
}

static void test_sizes_are_bounded(void **state) {
	CLEANUP(news_free) struct news *n = news_new("id");
	CLEANUP_TEXT char *text = memory_zalloc(10 * 1024 + 1, 1);
	struct wording w;

	for (size_t i = 0; i < 10 * 1024; i++)
		text[i] = '&';
	struct news_mail mail = {
		.seq = 1, .mailbox = text, .from_name = text, .from_address = text, .subject = text
	};
	for (mail.seq = 1; mail.seq <= 10; mail.seq++)
		news_add(n, &mail, 0);
	wording_of_news(n, &(struct wording_style){ .account_name = text, .markup = true }, &w);
	assert_true(__builtin_strlen(w.summary) < 200);
	assert_true(__builtin_strlen(w.body) < 3 * 5 * 128);
	wording_clear(&w);
}

static void test_buttons(void **state) {
	static const struct {
		uint64_t usec;
		const char *label;
	} labels[] = {
		{ USEC_PER_MINUTE, "Again in 1 minute" },
		{ 10 * USEC_PER_MINUTE, "Again in 10 minutes" },
		{ USEC_PER_HOUR, "Again in 1 hour" },
		{ 90 * USEC_PER_MINUTE, "Again in 90 minutes" },
		{ 2 * USEC_PER_HOUR, "Again in 2 hours" },
		{ 24 * USEC_PER_HOUR, "Again in 1 day" },
		{ 48 * USEC_PER_HOUR, "Again in 2 days" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
		CLEANUP_TEXT char *label = wording_snooze(labels[i].usec);
		assert_string_equal(label, labels[i].label);
	}
	assert_string_equal(wording_mark(1), "Mark as read");
	assert_string_equal(wording_mark(2), "Mark all as read");
	CLEANUP_TEXT char *bare = wording_not_marked(NULL);
	assert_string_equal(bare, "Could not be marked as read.");
	CLEANUP_TEXT char *said = wording_not_marked("no\nway");
	assert_string_equal(said, "Could not be marked as read: no way");
	CLEANUP_TEXT char *closed = wording_not_opened(NULL);
	assert_string_equal(closed, "Could not be opened.");
	CLEANUP_TEXT char *why = wording_not_opened("no\nway");
	assert_string_equal(why, "Could not be opened: no way");
}

/* Each word of the daemon has a sentence that names the account and what to do. */
static void test_trouble(void **state) {
	for (enum reason reason = REASON_NONE + 1; reason < REASON_COUNT_; reason++) {
		const struct wording_trouble trouble = {
			.account = "work",
			.name = "Work & Co",
			.reason = reason,
			.reason_text = "<b>said</b>",
		};
		struct wording w;

		wording_trouble_words(&trouble, true, &w);
		assert_ptr_equal(strstr(w.summary, "Work & Co: "), w.summary);
		assert_ptr_equal(strstr(w.body, "&lt;b&gt;said&lt;/b&gt;\n"), w.body);
		assert_non_null(strstr(w.body, "posthorn doctor work"));
		wording_clear(&w);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_sizes_are_bounded),
		cmocka_unit_test(test_buttons),
		cmocka_unit_test(test_trouble),
	};

	return cmocka_run_group_tests_name("wording", tests, NULL, NULL);
}
