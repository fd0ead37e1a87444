#include "cli/account-import.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

static void assert_file(const char *text, size_t index, const char *expected) {
	struct account_import import;
	int r = account_import_read(&import, text, strlen(text), NULL);
	if (r < 0)
		fail_msg("%s", import.problem);
	assert_true(index < import.n_drafts);
	CLEANUP_TEXT char *file = account_import_text(&import, import.drafts[index], NULL);
	const char *section = strstr(file, "[Account]\n");
	assert_non_null(section);
	assert_string_equal(section, expected);
	account_import_deinit(&import);
}

static void assert_bad(const char *text, const char *words) {
	struct account_import import;
	assert_int_equal(account_import_read(&import, text, strlen(text), NULL), -EBADMSG);
	assert_non_null(import.problem);
	if (!strstr(import.problem, words))
		fail_msg("%s", import.problem);
	account_import_deinit(&import);
}

static void test_goimapnotify(void **state) {
	static const char expected[] =
		"[Account]\nHost=h\nPort=993\nSecurity=tls\nUser=u\n"
		"PasswordCommand=/bin/sh -c \"pass 'a b' | head -n\\\"1\\\"\"\n"
		"\n[Mailboxes]\nWatch=INBOX\nWatch=Sent\n";
	static const char *const objects[] = {
		"{\"host\":\"h\",\"port\":993,\"tls\":true,\"username\":\"u\",\"passwordCmd\":"
		"\"pass 'a b' | head -n\\\"1\\\"\",\"boxes\":[\"INBOX\",{\"mailbox\":\"Sent\"}]}",
		"[\n\t{\"host\": \"h\", \"port\": 993, \"tls\": true, \"username\": \"u\",\n"
		"\t\"passwordCMD\": \"pass 'a b' | head -n\\\"1\\\"\",\n"
		"\t\"boxes\": [\"INBOX\", \"Sent\"]}\n]\n",
		"configurations:\n- host: h\n  port: 993\n  tls: true\n  username: u\n"
		"  passwordCmd: |\n    pass 'a b' | head -n\"1\"\n  boxes:\n  - mailbox: INBOX\n"
		"    onNewMail: 'true'\n  - mailbox: Sent\n",
	};
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++)
		assert_file(objects[i], 0, expected);
}

static void test_goimapnotify_security(void **state) {
	assert_file("{host: h, username: u, tls: true, tlsOptions: {starttls: true}}", 0,
		"[Account]\nHost=h\nSecurity=starttls\nUser=u\nPasswordKeyring=yes\n");
	assert_file("{host: h, username: u, port: 143}", 0,
		"[Account]\nHost=h\nPort=143\nSecurity=starttls\nUser=u\nPasswordKeyring=yes\n");
	assert_file("{host: localhost, username: u, tls: false}", 0,
		"[Account]\nHost=localhost\nSecurity=none\nUser=u\nPasswordKeyring=yes\n");
	assert_file("{host: h, username: u, tls: true, xoauth2: true, passwordCmd: t}", 0,
		"[Account]\nHost=h\nSecurity=tls\nUser=u\nTokenCommand=/bin/sh -c \"t\"\n");
}

static void test_mailnag(void **state) {
	static const char text[] = "[core]\npoll_interval = 10\n[account1]\nenabled = 1\n"
				   "type = imap\nname = My mail\nuser = u\nserver = h\nport =\n"
				   "ssl = True\nfolder = [\"INBOX\", \"Entw\\u00fcrfe\"]\n"
				   "[account2]\nimap = 0\nname = My mail\nuser = v\nserver = p\n"
				   "ssl = 0\npassword = secret\nfolder = INBOX\n";
	assert_file(text, 0,
		"[Account]\nHost=h\nSecurity=tls\nUser=u\n"
		"PasswordKeyring=xdg:schema=com.github.pulb.mailnag "
		"id=a1ba5fd62041588270c7db45fbed0e04\n"
		"\n[Mailboxes]\nWatch=INBOX\nWatch=Entwürfe\n");
	assert_file(text, 1,
		"[Account]\nProtocol=pop3\nHost=p\nSecurity=starttls\nUser=v\n"
		"PasswordKeyring=yes\n");
	struct account_import import;
	assert_int_equal(account_import_read(&import, text, strlen(text), NULL), 0);
	assert_string_equal(import.drafts[0]->id, "My_mail");
	assert_string_equal(import.drafts[1]->id, "My_mail-2");
	assert_string_equal(import.drafts[1]->password, "secret");
	account_import_deinit(&import);
	assert_file("[account1]\nuser = u\nserver = h\nfolder = INBOX, A/B\n", 0,
		"[Account]\nHost=h\nSecurity=tls\nUser=u\n"
		"PasswordKeyring=xdg:schema=com.github.pulb.mailnag "
		"id=a1ba5fd62041588270c7db45fbed0e04\n"
		"\n[Mailboxes]\nWatch=INBOX\nWatch=A/B\n");
}

static char *run(const char *key, const char *command, void *userdata) {
	assert_ptr_equal(userdata, run);
	if (strcmp(command, "false") == 0)
		return NULL;
	return memory_format("%s.%s", command, key);
}

static void test_commands_are_run_by_the_caller(void **state) {
	static const struct account_import_runner runner = { run, run };
	static const char text[] = "- {hostCmd: 'h ', usernameCmd: u, passwordCmd: p, tls: true}\n"
				   "- {host: h, username: v, hostCmd: false, tls: true}\n";
	struct account_import import;
	assert_int_equal(account_import_read(&import, text, strlen(text), &runner), 0);
	assert_string_equal(import.drafts[0]->host, "h.hostCmd");
	assert_string_equal(import.drafts[0]->user, "u.usernameCmd");
	assert_string_equal(import.drafts[0]->command, "p");
	assert_string_equal(import.drafts[1]->host, "h");
	account_import_deinit(&import);

	static const char silent[] = "{host: h, usernameCmd: 'false'}";
	assert_int_equal(account_import_read(&import, silent, strlen(silent), &runner), -EBADMSG);
	assert_non_null(strstr(import.problem, "line 1: usernameCmd was not run"));
	account_import_deinit(&import);
}

static void test_notes(void **state) {
	static const char text[] =
		"{host: h, username: ../u, password: p, tls: true, onNewMail: x, "
		"tlsOptions: {rejectUnauthorized: false}}";
	struct account_import import;
	assert_int_equal(account_import_read(&import, text, strlen(text), NULL), 0);
	assert_string_equal(import.drafts[0]->id, "_._u");
	CLEANUP_TEXT char *file = account_import_text(&import, import.drafts[0], "/s/u");
	assert_non_null(strstr(file, "\n# Not carried over: any certificate"));
	assert_non_null(strstr(file, "\n# Not carried over: commands"));
	assert_non_null(strstr(file, "\nPasswordFile=/s/u\n"));
	account_import_deinit(&import);
}

static void test_bad(void **state) {
	assert_bad("", "no configuration");
	assert_bad("[]", "no account");
	assert_bad("hello", "no configuration");
	assert_bad("{\"host\": \"h\"\n \"username\": ", "line 2");
	assert_bad("{host: h}", "no user name");
	assert_bad("{host: h, usernameCmd: id}", "line 1: usernameCmd was not run");
	assert_bad("- host: h\n  username: u\n- hostCmd: hostname\n  username: u\n",
		"line 3: hostCmd was not run; write what it prints as 'host'");
	assert_bad("{host: \"h\\nUser=x\", username: u}", "host that cannot");
	assert_bad("{host: h/x y, username: u}", "host that cannot");
	assert_bad("{host: h, username: 'u\\'}", "user name that cannot");
	assert_bad("{host: h, username: u, port: 70000}", "port");
	assert_bad("{host: h, username: u, password: \"a\\nb\"}", "password that cannot");
	assert_bad("{host: h, username: u, boxes: [\"a\\nb\"]}", "mailbox that cannot");
	assert_bad("{host: h, username: u, boxes: {a: b}}", "no list");
	assert_bad("{host: h, username: u, xoauth2: true, password: p}", "token");
	assert_bad("[account1]\ntype = maildir\nuser = u\n", "maildir");
	assert_bad("[account1]\nserver = h\nuser = u\nfolder = [\"a\n", "line 1");
	assert_bad("[account1]\nwhat\n", "line 2");
	assert_bad("\xff", "UTF-8");
}

/* What doubles with each line stays as small as it is written. */
static void test_limits(void **state) {
	struct buffer text;
	buffer_init(&text, ACCOUNT_IMPORT_TEXT_MAX * 2);
	(void)buffer_append_text(&text, "a: &a [x, x]\n");
	for (char c = 'b'; c <= 'z'; c++)
		(void)buffer_append_format(&text, "%c: &%c [*%c, *%c]\n", c, c, c - 1, c - 1);
	CLEANUP_TEXT char *aliases = buffer_take_text(&text);
	assert_bad(aliases, "no host");
	for (size_t i = 0; i < ACCOUNT_IMPORT_TEXT_MAX - 1; i++)
		(void)buffer_append_text(&text, "[");
	CLEANUP_TEXT char *deep = buffer_take_text(&text);
	assert_bad(deep, "brackets");
	for (size_t i = 0; i < ACCOUNT_IMPORT_TEXT_MAX / 2 - 1; i++)
		(void)buffer_append_text(&text, "- ");
	CLEANUP_TEXT char *rows = buffer_take_text(&text);
	assert_bad(rows, "no configuration");
	for (size_t i = 0; i <= ACCOUNT_IMPORT_ACCOUNTS_MAX; i++)
		(void)buffer_append_text(&text, "- {host: h, username: u}\n");
	CLEANUP_TEXT char *many = buffer_take_text(&text);
	assert_bad(many, "too many");
	for (size_t i = 0; i <= ACCOUNT_IMPORT_TEXT_MAX; i++)
		(void)buffer_append_text(&text, " ");
	CLEANUP_TEXT char *large = buffer_take_text(&text);
	assert_bad(large, "bytes");
	buffer_deinit(&text);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goimapnotify),
		cmocka_unit_test(test_goimapnotify_security),
		cmocka_unit_test(test_mailnag),
		cmocka_unit_test(test_commands_are_run_by_the_caller),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
