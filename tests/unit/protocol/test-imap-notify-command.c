#include "protocol/imap-notify-command.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/memory.h"
#include "protocol/limits.h"

static char *command(const struct imap_notify_request *request) {
	struct buffer out;
	buffer_init(&out, (size_t)64 * 1024);
	assert_int_equal(imap_notify_command_append(&out, request), 0);
	return buffer_take_text(&out);
}

static const char *const names[] = { "Work", "Two words", "Entw\xc3\xbcrfe", "R&D" };

static void test_forms(void **state) {
	static const struct {
		struct imap_notify_request request;
		const char *command;
	} cases[] = {
		{ { .items = "UID FLAGS" },
			"NOTIFY SET STATUS (SELECTED (MessageNew (UID FLAGS) MessageExpunge "
			"FlagChange))" },
		{ { .items = "UID", .form = IMAP_NOTIFY_BASIC },
			"NOTIFY SET STATUS (SELECTED (MessageNew (UID) MessageExpunge))" },
		{ { .items = "UID",
			  .form = IMAP_NOTIFY_SELECTED,
			  .mailboxes = names,
			  .n_mailboxes = 2,
			  .wants_names = true },
			"NOTIFY SET STATUS (SELECTED (MessageNew (UID) MessageExpunge "
			"FlagChange))" },
		{ { .items = "UID", .mailboxes = names, .n_mailboxes = 4 },
			"NOTIFY SET STATUS (SELECTED (MessageNew (UID) MessageExpunge FlagChange)) "
			"(MAILBOXES (Work \"Two words\" \"Entw&APw-rfe\" \"R&-D\") (MessageNew "
			"MessageExpunge FlagChange MailboxName))" },
		{ { .items = "UID",
			  .mailboxes = names,
			  .n_mailboxes = 4,
			  .literal_plus = true,
			  .wants_names = true },
			"NOTIFY SET STATUS (SELECTED (MessageNew (UID) MessageExpunge FlagChange)) "
			"(MAILBOXES (Work \"Two words\" \"Entw&APw-rfe\" {9+}\r\nEntw\xc3\xbcrfe "
			"\"R&-D\" \"R&D\") (MessageNew MessageExpunge FlagChange MailboxName)) "
			"(PERSONAL (MailboxName))" },
		{ { .items = "UID",
			  .form = IMAP_NOTIFY_BASIC,
			  .mailboxes = names,
			  .n_mailboxes = 4,
			  .literal_plus = true,
			  .wants_names = true },
			"NOTIFY SET STATUS (SELECTED (MessageNew (UID) MessageExpunge)) "
			"(MAILBOXES (Work \"Two words\" \"Entw&APw-rfe\" \"R&-D\") (MessageNew "
			"MessageExpunge))" },
		{ { .items = "UID", .wants_names = true },
			"NOTIFY SET STATUS (SELECTED (MessageNew (UID) MessageExpunge FlagChange)) "
			"(PERSONAL (MailboxName))" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_TEXT char *text = command(&cases[i].request);
		assert_string_equal(text, cases[i].command);
	}
}

/* By the name up to a limit; then all of the user's own, and the roots of the rest. */
static void check_number(
	size_t n, size_t length, const char *const *roots, size_t n_roots, const char *expected) {
	char **many = MEMORY_NEW_ARRAY(char *, n);
	for (size_t i = 0; i < n; i++)
		many[i] = memory_format("%0*zu", (int)length, i);
	CLEANUP_TEXT char *text = command(&(struct imap_notify_request){
		.items = "UID",
		.mailboxes = (const char *const *)many,
		.n_mailboxes = n,
		.roots = roots,
		.n_roots = n_roots,
	});
	assert_true(strlen(text) <= 8192);
	assert_non_null(strstr(text, expected));
	assert_true((strstr(text, "MAILBOXES") != NULL) != (strstr(text, "PERSONAL") != NULL));
	for (size_t i = 0; i < n; i++)
		free(many[i]);
	free(many);
}

static void test_limits(void **state) {
	static const char *const roots[] = { "shared", "user" };
	static const char *const all = " (PERSONAL (MessageNew MessageExpunge FlagChange "
				       "MailboxName))";
	check_number(100, 5, NULL, 0, " (MAILBOXES (00000 00001 ");
	check_number(101, 5, NULL, 0, all);
	check_number(60, 99, NULL, 0, " (MAILBOXES (0000");
	check_number(80, 99, NULL, 0, all);
	check_number(200, 900, roots, 2,
		" (PERSONAL (MessageNew MessageExpunge FlagChange MailboxName)) (SUBTREE (shared "
		"user) (MessageNew MessageExpunge FlagChange MailboxName))");
}

static void test_refused(void **state) {
	static const char *const bad[] = { "good", "b\r\nad", "\xff" };
	struct buffer out;
	buffer_init(&out, (size_t)64 * 1024);
	for (size_t i = 1; i < ARRAY_SIZE(bad); i++) {
		const char *const pair[] = { bad[0], bad[i] };
		struct imap_notify_request request = {
			.items = "UID", .mailboxes = pair, .n_mailboxes = 2, .literal_plus = true
		};
		assert_int_equal(imap_notify_command_append(&out, &request), -EINVAL);
		assert_int_equal(out.n, 0);
	}
	buffer_deinit(&out);
	buffer_init(&out, 40);
	assert_int_equal(
		imap_notify_command_append(&out, &(struct imap_notify_request){ .items = "UID" }),
		-ENOBUFS);
	assert_int_equal(out.n, 0);
	buffer_deinit(&out);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests_name("imap-notify-command", tests, NULL, NULL);
}
