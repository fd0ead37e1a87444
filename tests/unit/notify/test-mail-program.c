#include "notify/mail-program.h"

#include "base/macros.h"
#include "base/memory.h"
#include "base/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* One word of OpenCommand=, for a mail. */
static const struct {
	const char *word;
	struct news_mail mail;
	const char *expected;
} rows[] = {
	{ "plain", { 0 }, "plain" },
	{ "%i", { .id = "imap://a@h/INBOX;UID=2" }, "imap://a@h/INBOX;UID=2" },
	{ "--show=%a:%i", { .id = "x" }, "--show=work:x" },
	{ "%f", { .from_address = "ada@example.org" }, "ada@example.org" },
	{ "%f", { 0 }, "" },
	{ "mid:%m", { .message_id = "<a@b>" }, "mid:a@b" },
	{ "mid:%m", { .message_id = "a@b" }, "mid:a@b" },
	{ "100%%%m", { .message_id = " <a@b> (x)" }, "100%a@b" },
	/* what a stranger wrote is one word, and no option */
	{ "%m", { .message_id = "<-x@b>" }, "" },
	{ "%m", { .message_id = "<a b>" }, "" },
	{ "%f", { .from_address = "--help" }, "" },
	{ "%f", { .from_address = "a\nb" }, "" },
	{ "%m", { .message_id = "<%i%a>", .id = "x" }, "%i%a" },
};

static void test_words(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP_TEXT char *word = memory_strdup(rows[i].word);
		char *const command[] = { word, NULL };
		char **expanded = mail_program_command(command, "work", &rows[i].mail);

		assert_null(mail_program_check(command));
		assert_string_equal(expanded[0], rows[i].expected);
		assert_null(expanded[1]);
		(void)words_free(expanded);
	}
}

static void test_unknown_letters_are_refused(void **state) {
	static char first[] = "show", second[] = "%i %q", third[] = "50%";
	char *const unknown[] = { first, second, NULL };
	char *const open_end[] = { first, third, NULL };
	CLEANUP_TEXT char *problem = mail_program_check(unknown);
	CLEANUP_TEXT char *other_problem = mail_program_check(open_end);

	assert_non_null(problem);
	assert_non_null(other_problem);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_unknown_letters_are_refused),
	};

	return cmocka_run_group_tests_name("mail-program", tests, NULL, NULL);
}
