#include "base/open-command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/memory.h"
#include "base/words.h"

/* One word of OpenCommand=, for a message. */
static const struct {
	const char *word;
	struct open_command_message message;
	const char *expected;
} rows[] = {
	{ "plain", { 0 }, "plain" },
	{ "%i", { .id = "imap://a@h/INBOX;UID=2" }, "imap://a@h/INBOX;UID=2" },
	{ "--show=%a:%i", { .id = "x", .account = "work" }, "--show=work:x" },
	{ "%f", { .from_address = "ada@example.org" }, "ada@example.org" },
	{ "%f%i%a%m", { 0 }, "" },
	{ "mid:%m", { .message_id = "<a@b>" }, "mid:a@b" },
	{ "mid:%m", { .message_id = "a@b" }, "mid:a@b" },
	{ "100%%%m", { .message_id = " <a@b> (x)" }, "100%a@b" },
	/* what a stranger wrote is one word, and no option */
	{ "%m", { .message_id = "<-x@b>" }, "" },
	{ "%m", { .message_id = "--help@b" }, "" },
	{ "%m", { .message_id = "<a b>" }, "" },
	{ "%m", { .message_id = "a\nb@x" }, "" },
	{ "%m", { .message_id = "a\x7f@x" }, "" },
	{ "%f", { .from_address = "--help" }, "" },
	{ "%f", { .from_address = "a\nb" }, "" },
	/* nor is it looked at again */
	{ "%m", { .message_id = "<%i%a>", .id = "x" }, "%i%a" },
	/* what the check refuses is left as it is */
	{ "%q 50%", { 0 }, "%q 50%" },
};

static void test_words(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP_TEXT char *word = memory_strdup(rows[i].word);
		char *const command[] = { word, NULL };
		char **expanded = open_command_expand(command, &rows[i].message);
		assert_string_equal(expanded[0], rows[i].expected);
		assert_null(expanded[1]);
		(void)words_free(expanded);
	}
}

static void test_unknown_letters_are_refused(void **state) {
	static const struct {
		const char *text;
		bool is_good;
	} lines[] = {
		{ "show %i --m=%m 100%%%a %f", true }, { "show '%i %q'", false },
		{ "show 50%", false }, { "'half", true }, /* somebody else complains of it */
	};
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP_TEXT char *problem = open_command_check(lines[i].text);
		assert_int_equal(problem == NULL, lines[i].is_good);
	}
}

static void test_links(void **state) {
	static const char *const links[][2] = {
		{ "<a.b@example.test>", "mid:a.b@example.test" },
		{ "a$b/c?d@x", "mid:a%24b%2Fc%3Fd@x" },
		{ "\xc3\xa4@x", "mid:%C3%A4@x" },
		{ "%i@x", "mid:%25i@x" },
		{ NULL, NULL },
		{ "<>", NULL },
		{ "<-x@y>", NULL },
		{ "a b@x", NULL },
	};
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		CLEANUP_TEXT char *link = open_command_link(
			&(struct open_command_message){ .message_id = links[i][0] });
		assert_int_equal(link == NULL, links[i][1] == NULL);
		if (link)
			assert_string_equal(link, links[i][1]);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_unknown_letters_are_refused),
		cmocka_unit_test(test_links),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
