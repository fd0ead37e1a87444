/* What an account knows of its mailboxes: from the user, from the store, from the server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../store/helper.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "daemon/account-config.h"
#include "daemon/mailbox-list.h"
#include "protocol/limits.h"

static void remember(struct store *store, const char *mailbox, uint32_t messages, uint32_t unseen) {
	const struct store_cursor cursor = {
		.uidvalidity = 7, .next_uid = 10, .messages = messages, .unseen = unseen
	};
	assert_int_equal(store_save_cursor(store, "work", mailbox, &cursor), 0);
}

/* `watch`: up to four patterns, NULL for none. */
static void load(struct mailbox_list *list, struct scratch *s, const char *const *watch) {
	char *patterns[4];
	struct account_config config = { .id = (char *)"work", .watch = patterns };
	for (; watch[config.n_watch]; config.n_watch++)
		patterns[config.n_watch] = memory_strdup(watch[config.n_watch]);
	CLEANUP(store_close) struct store *store = helper_open(s);
	remember(store, "INBOX", 40, 4);
	remember(store, "Work", 20, 2);
	remember(store, "Team/A", 10, 1);
	mailbox_list_load(list, store, &config);
	while (config.n_watch > 0)
		(void)memory_free(patterns[--config.n_watch]);
}

#define LOAD(list, s, ...) load(list, s, (const char *const[]){ __VA_ARGS__, NULL })

/* "Work 20/2 named here; ...", in their order. */
static void expect(const struct mailbox_list *list, const char *expected) {
	static const char *const states[] = { "here", "gone", "refused" };
	struct buffer text;
	buffer_init(&text, 4096);
	for (size_t i = 0; i < list->n; i++) {
		const struct mailbox *mailbox = &list->items[i];
		(void)buffer_append_format(&text, "%s%s %u/%u%s%s %s", i > 0 ? "; " : "",
			mailbox->name, mailbox->messages, mailbox->unseen,
			mailbox->is_named ? " named" : "", mailbox->is_watched ? "" : " unwatched",
			states[mailbox->state]);
	}
	CLEANUP_TEXT char *told = buffer_take_text(&text);
	assert_string_equal(told, expected);
}

static void set(struct mailbox_list *list, const char *name, enum imap_mailbox_state state,
	bool is_watched, bool is_named) {
	mailbox_list_set(list, name,
		&(struct imap_listed){ .special_use = "",
			.state = state,
			.is_watched = is_watched,
			.is_named = is_named });
}

static void set_here(struct mailbox_list *list, const char *name) {
	set(list, name, IMAP_MAILBOX_HERE, true, false);
}

static void test_names_show_the_last_known_numbers(void **state) {
	struct mailbox_list list = { 0 };
	LOAD(&list, *state, "inbox", "Work", "Never seen");
	expect(&list, "INBOX 40/4 named here; Work 20/2 named here; Never seen 0/0 named here");
	assert_int_equal(mailbox_list_total(&list), 60);
	assert_int_equal(mailbox_list_unseen(&list), 6);
	mailbox_list_deinit(&list);
	assert_int_equal(list.n, 0);
}

/* A pattern, or a special use, may mean any that was watched before. */
static void test_patterns_bring_what_is_remembered(void **state) {
	struct mailbox_list list = { 0 };
	LOAD(&list, *state, "Work", "Team/*");
	expect(&list, "Work 20/2 named here; INBOX 40/4 here; Team/A 10/1 here");
	mailbox_list_deinit(&list);
}

static void test_inbox_is_one_in_any_case(void **state) {
	struct mailbox_list list = { 0 };
	const struct store_cursor cursor = { .uidvalidity = 7, .messages = 3, .unseen = 1 };
	assert_true(mailbox_list_count(&list, "Inbox", &cursor));
	assert_false(mailbox_list_count(&list, "INBOX", &cursor));
	assert_int_equal(list.n, 1);
	assert_ptr_equal(mailbox_list_find(&list, "iNbOx"), &list.items[0]);
	assert_true(mailbox_list_count(&list, "work", &cursor));
	assert_null(mailbox_list_find(&list, "Work"));
	mailbox_list_deinit(&list);
}

static void test_counts(void **state) {
	struct mailbox_list list = { 0 };
	struct store_cursor cursor = { .uidvalidity = 7, .messages = 3, .unseen = 1 };
	assert_true(mailbox_list_count(&list, "INBOX", &cursor));
	cursor.next_uid = 99;
	assert_false(mailbox_list_count(&list, "INBOX", &cursor));
	cursor.unseen = 0;
	assert_true(mailbox_list_count(&list, "INBOX", &cursor));
	cursor.messages = 4;
	assert_true(mailbox_list_count(&list, "INBOX", &cursor));
	assert_int_equal(mailbox_list_find(&list, "INBOX")->uidvalidity, 7);
	mailbox_list_deinit(&list);
}

/* What is gone or not watched counts for nothing; what is refused was there, and will be. */
static void test_sums(void **state) {
	struct mailbox_list list = { 0 };
	LOAD(&list, *state, "INBOX", "Work", "Team/*");
	assert_int_equal(mailbox_list_total(&list), 70);
	set(&list, "Work", IMAP_MAILBOX_GONE, true, true);
	assert_int_equal(mailbox_list_total(&list), 50);
	set(&list, "Team/A", IMAP_MAILBOX_REFUSED, true, false);
	assert_int_equal(mailbox_list_total(&list), 50);
	set(&list, "Team/A", IMAP_MAILBOX_HERE, false, false);
	assert_int_equal(mailbox_list_total(&list), 40);
	assert_int_equal(mailbox_list_unseen(&list), 4);
	mailbox_list_begin(&list);
	assert_int_equal(mailbox_list_total(&list), 60);
	mailbox_list_deinit(&list);
}

/* One that nobody named and that is gone is forgotten; one that the user named is missed. */
static void test_gone(void **state) {
	struct mailbox_list list = { 0 };
	LOAD(&list, *state, "Work", "Team/*");
	set(&list, "Team/A", IMAP_MAILBOX_GONE, true, false);
	set(&list, "Work", IMAP_MAILBOX_GONE, true, true);
	expect(&list, "Work 20/2 named gone; INBOX 40/4 here");
	mailbox_list_deinit(&list);
}

static void test_swept(void **state) {
	struct mailbox_list list = { 0 };
	LOAD(&list, *state, "Work", "*");
	set(&list, "Sent", IMAP_MAILBOX_HERE, false, false);
	set(&list, "Old", IMAP_MAILBOX_HERE, false, false);
	mailbox_list_swept(&list);
	expect(&list, "Work 20/2 named here; INBOX 40/4 here; Team/A 10/1 here; Sent 0/0 unwatched "
		      "here; Old 0/0 unwatched here");
	/* Told again: one of the two. */
	set(&list, "Sent", IMAP_MAILBOX_HERE, false, false);
	mailbox_list_swept(&list);
	expect(&list, "Work 20/2 named here; INBOX 40/4 here; Team/A 10/1 here; Sent 0/0 unwatched "
		      "here");
	mailbox_list_deinit(&list);
}

static void test_rename(void **state) {
	struct mailbox_list list = { 0 };
	LOAD(&list, *state, "INBOX", "*");
	mailbox_list_rename(&list, "Work", "Play");
	assert_null(mailbox_list_find(&list, "Work"));
	assert_int_equal(mailbox_list_find(&list, "Play")->messages, 20);
	assert_int_equal(mailbox_list_find(&list, "Play")->uidvalidity, 7);
	/* Onto one that is known: its numbers are those of the one that came. */
	mailbox_list_rename(&list, "Play", "Team/A");
	assert_int_equal(mailbox_list_find(&list, "Team/A")->messages, 20);
	assert_int_equal(list.n, 2);
	/* Nothing to rename, or nothing to do. */
	mailbox_list_rename(&list, "Nowhere", "Somewhere");
	mailbox_list_rename(&list, "INBOX", "inbox");
	assert_int_equal(list.n, 2);
	assert_int_equal(mailbox_list_find(&list, "INBOX")->messages, 40);
	mailbox_list_deinit(&list);
}

static void expect_missing(const struct mailbox_list *list, const char *expected) {
	CLEANUP_TEXT char *missing = mailbox_list_missing(list);
	if (expected)
		assert_string_equal(missing, expected);
	else
		assert_null(missing);
}

static void test_missing(void **state) {
	struct mailbox_list list = { 0 };
	LOAD(&list, *state, "INBOX", "Work", "Team/A", "Team/*");
	expect_missing(&list, NULL);
	set(&list, "Work", IMAP_MAILBOX_GONE, true, true);
	expect_missing(&list, "Work");
	set(&list, "Team/A", IMAP_MAILBOX_REFUSED, true, true);
	expect_missing(&list, "Work, Team/A");
	/* Not named, or not to be watched: nobody misses it. */
	set(&list, "Team/B", IMAP_MAILBOX_REFUSED, true, false);
	set(&list, "Team/A", IMAP_MAILBOX_REFUSED, false, true);
	expect_missing(&list, "Work");
	mailbox_list_deinit(&list);
}

/* A sentence has an end, however many there are and however long their names. */
static void test_missing_is_bounded(void **state) {
	struct mailbox_list list = { 0 };
	char name[200];
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	for (char c = 'a'; c < 'e'; c++) {
		name[0] = c;
		set(&list, name, IMAP_MAILBOX_GONE, true, true);
	}
	CLEANUP_TEXT char *missing = mailbox_list_missing(&list);
	assert_in_range(strlen(missing), 199, 210);
	assert_string_equal(missing + strlen(missing) - 5, ", ...");
	mailbox_list_deinit(&list);
}

/* A server may name as many as it likes. */
static void test_list_is_bounded(void **state) {
	struct mailbox_list list = { 0 };
	char name[32];
	for (unsigned i = 0; i < 3 * IMAP_MAILBOXES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "Mailbox %u", i);
		set_here(&list, name);
	}
	assert_int_equal(list.n, 2 * IMAP_MAILBOXES_MAX);
	const struct store_cursor cursor = { .messages = 1 };
	assert_false(mailbox_list_count(&list, "One more", &cursor));
	mailbox_list_rename(&list, "Mailbox 0", "One more");
	assert_non_null(mailbox_list_find(&list, "Mailbox 0"));
	mailbox_list_deinit(&list);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(test_names_show_the_last_known_numbers),
		TEST(test_patterns_bring_what_is_remembered),
		cmocka_unit_test(test_inbox_is_one_in_any_case),
		cmocka_unit_test(test_counts),
		TEST(test_sums),
		TEST(test_gone),
		TEST(test_swept),
		TEST(test_rename),
		TEST(test_missing),
		cmocka_unit_test(test_missing_is_bounded),
		cmocka_unit_test(test_list_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
