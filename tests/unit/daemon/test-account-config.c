/* One account's file: every key, every complaint with its line, defaults, and the rules that
 * concern more than one key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/memory.h"
#include "daemon/account-config.h"
#include "daemon/account-keys.h"
#include "config/config-type.h"

#define GOOD "[Account]\nHost=imap.example.com\nUser=ann\nPasswordCommand=pass work\n"

static struct account_config *parse(const char *text, struct config_messages *messages) {
	return account_config_parse(
		"work", "/etc/posthorn/accounts.d/work.conf", text, strlen(text), messages);
}

static void test_defaults(void **state) {
	struct config_messages messages = { 0 };
	struct account_config *config = parse(GOOD, &messages);
	assert_null(config->problem);
	assert_int_equal(messages.n, 0);
	assert_string_equal(config->id, "work");
	assert_string_equal(config->name, "work");
	assert_int_equal(config->protocol, ACCOUNT_PROTOCOL_IMAP);
	assert_int_equal(config->security, ACCOUNT_SECURITY_TLS);
	assert_int_equal(config->port, 993);
	assert_int_equal(config->n_watch, 1);
	assert_string_equal(config->watch[0], "INBOX");
	assert_null(config->watch[1]);
	assert_string_equal(config->password_command[0], "pass");
	assert_string_equal(config->password_command[1], "work");
	assert_null(config->password_command[2]);
	assert_false(config->allow_cleartext);
	account_config_free(config);
	config_messages_deinit(&messages);
}

static void test_every_key(void **state) {
	struct config_messages messages = { 0 };
	struct account_config *config = parse("[Account]\n"
					      "Name=Work; at # home\n"
					      "Protocol=imap\n"
					      "Host=::1\n"
					      "Port=10143\n"
					      "Security=none\n"
					      "AllowCleartext=yes\n"
					      "User=ann \"the\" first\n"
					      "Auth=login\n"
					      "PasswordFile=secret\n"
					      "CAFile=/tls/ca.pem\n"
					      "[Mailboxes]\n"
					      "Watch=INBOX\n"
					      "Watch=Entw\xC3\xBCrfe\n",
		&messages);
	assert_null(config->problem);
	assert_string_equal(config->name, "Work; at # home");
	assert_string_equal(config->host, "::1");
	assert_int_equal(config->port, 10143);
	assert_int_equal(config->security, ACCOUNT_SECURITY_NONE);
	assert_true(config->allow_cleartext);
	assert_string_equal(config->user, "ann \"the\" first");
	assert_int_equal(config->auth, SASL_MECHANISM_LOGIN);
	assert_string_equal(config->password_file, "/etc/posthorn/accounts.d/secret");
	assert_string_equal(config->ca_file, "/tls/ca.pem");
	assert_int_equal(config->n_watch, 2);
	assert_string_equal(config->watch[1], "Entw\xC3\xBCrfe");
	account_config_free(config);
	config_messages_deinit(&messages);
}

static void test_pop3(void **state) {
	struct config_messages messages = { 0 };
	struct account_config *config = parse(GOOD "Protocol=pop3\n", &messages);
	assert_null(config->problem);
	assert_int_equal(config->port, 995);
	assert_int_equal(config->interval_usec, 5 * USEC_PER_MINUTE);
	account_config_free(config);

	config = parse(GOOD "Protocol=pop3\nSecurity=starttls\nInterval=1h 30min\n", &messages);
	assert_null(config->problem);
	assert_int_equal(config->port, 110);
	assert_int_equal(config->interval_usec, 90 * USEC_PER_MINUTE);
	account_config_free(config);
	config_messages_deinit(&messages);
}

static void c_03_watch_is_reset_by_an_empty_value(void **state) {
	struct config_messages messages = { 0 };
	struct account_config *config =
		parse(GOOD "[Mailboxes]\nWatch=A\nWatch=\nWatch=B\n", &messages);
	assert_int_equal(config->n_watch, 1);
	assert_string_equal(config->watch[0], "B");
	account_config_free(config);
	config_messages_deinit(&messages);
}

/* Complaints: `text` must give one message that is this; is_error: the account cannot run. */
static const struct {
	const char *text;
	bool is_error;
	const char *message;
} complaints[] = {
	{ "", true, "/etc/posthorn/accounts.d/work.conf: Host= is missing" },
	{ "[Account]\nHost=h\n", true, "/etc/posthorn/accounts.d/work.conf: User= is missing" },
	{ "[Account]\nHost=h\nUser=u\n", true,
		"/etc/posthorn/accounts.d/work.conf: one of PasswordFile=, PasswordKeyring=, "
		"PasswordCommand=, TokenCommand=, GoaAccount= or PasswordCredential= is needed" },
	{ GOOD "PasswordFile=/x\n", true,
		"/etc/posthorn/accounts.d/work.conf:5: only one of PasswordCommand= and "
		"PasswordFile= may be given" },
	{ GOOD "Port=0\n", true,
		"/etc/posthorn/accounts.d/work.conf:5: '0' is no port; it is a number from 1 to "
		"65535" },
	{ GOOD "Port=65536\n", true,
		"/etc/posthorn/accounts.d/work.conf:5: '65536' is no port; it is a number from 1 "
		"to 65535" },
	{ GOOD "Security=ssl\n", true,
		"/etc/posthorn/accounts.d/work.conf:5: 'ssl' is none of tls, starttls, none" },
	{ GOOD "Protocol=jmap\n", true,
		"/etc/posthorn/accounts.d/work.conf:5: 'jmap' is none of imap, pop3" },
	{ GOOD "Interval=59s\n", true,
		"/etc/posthorn/accounts.d/work.conf:5: '59s' is out of bounds; it is from 1min to "
		"1d" },
	{ GOOD "Interval=25h\n", true,
		"/etc/posthorn/accounts.d/work.conf:5: '25h' is out of bounds; it is from 1min to "
		"1d" },
	{ GOOD "Interval=often\n", true,
		"/etc/posthorn/accounts.d/work.conf:5: 'often' is no time span; it is like 90s or "
		"5min" },
	{ GOOD "Protocol=pop3\n[Mailboxes]\nWatch=Work\n", true,
		"/etc/posthorn/accounts.d/work.conf: Protocol=pop3 has one mailbox; Watch= is not "
		"for it" },
	{ GOOD "Auth=cram-md5\n", true,
		"/etc/posthorn/accounts.d/work.conf:5: 'cram-md5' is none of auto, plain, login, "
		"external, scram-sha-1, scram-sha-256, scram-sha-1-plus, scram-sha-256-plus, "
		"gssapi, xoauth2, oauthbearer" },
	{ GOOD "Auth=external\n", true,
		"/etc/posthorn/accounts.d/work.conf: Auth= external and gssapi need no password, "
		"and no token" },
	{ "[Account]\nHost=h\nUser=u\nTokenCommand=t\nAuth=scram-sha-256\n", true,
		"/etc/posthorn/accounts.d/work.conf: TokenCommand= gives tokens, and Auth= wants a "
		"password" },
	{ GOOD "AllowCleartext=perhaps\n", true,
		"/etc/posthorn/accounts.d/work.conf:5: 'perhaps' is neither yes nor no" },
	{ GOOD "Host=other\n", true, "/etc/posthorn/accounts.d/work.conf:5: Host= is given twice" },
	{ GOOD "PasswordCredential=../x\n", true,
		"/etc/posthorn/accounts.d/work.conf:5: '../x' is no name of a credential" },
	{ GOOD "Proxy=socks5://ann@proxy.example.com:1080\n", true,
		"/etc/posthorn/accounts.d/work.conf: Proxy= names a user; ProxyPasswordFile= is "
		"missing" },
	{ "[Account]\nHost=a b\nUser=u\nPasswordFile=/x\n", true,
		"/etc/posthorn/accounts.d/work.conf:2: 'a b' is no host name" },
	{ "[Account]\nHost=h\nUser=u\x01\nPasswordFile=/x\n", true,
		"/etc/posthorn/accounts.d/work.conf:3: a user name has no control characters" },
	{ "[Account]\nHost=h\nUser=u\nPasswordCommand=pass 'x\n", true,
		"/etc/posthorn/accounts.d/work.conf:4: the command cannot be split into words: a "
		"quote is open" },
	/* C-05: whatever the mode of the file */
	{ GOOD "Password=open sesame\n", true,
		"/etc/posthorn/accounts.d/work.conf:5: a secret does not stand in the "
		"configuration; PasswordFile=, PasswordCommand=, PasswordKeyring= and others say "
		"where it comes from" },
	{ GOOD "Prot=143\n", false,
		"/etc/posthorn/accounts.d/work.conf:5: unknown key 'Prot', ignoring; did you mean "
		"Port=?" },
	{ GOOD "Watch=INBOX\n", false,
		"/etc/posthorn/accounts.d/work.conf:5: Watch= does not belong into [Account] but "
		"into "
		"[Mailboxes], ignoring" },
	/* C-09 */
	{ GOOD "Version=2\n", false,
		"/etc/posthorn/accounts.d/work.conf:5: unknown key 'Version', ignoring" },
	{ GOOD "Zzzzzzzz=1\n", false,
		"/etc/posthorn/accounts.d/work.conf:5: unknown key 'Zzzzzzzz', ignoring" },
	{ GOOD "[Mailbox]\nX=1\n", false,
		"/etc/posthorn/accounts.d/work.conf:5: unknown section [Mailbox], ignoring; did "
		"you mean "
		"[Mailboxes]?" },
};

static void test_complaints(void **state) {
	for (size_t i = 0; i < sizeof(complaints) / sizeof(complaints[0]); i++) {
		struct config_messages messages = { 0 };
		struct account_config *config = parse(complaints[i].text, &messages);
		assert_int_equal(messages.n, 1);
		assert_string_equal(messages.items[0].text, complaints[i].message);
		assert_int_equal(messages.items[0].is_error, complaints[i].is_error);
		assert_int_equal(messages.n_errors, complaints[i].is_error);
		if (complaints[i].is_error)
			assert_string_equal(config->problem, complaints[i].message);
		else
			assert_null(config->problem);
		account_config_free(config);
		config_messages_deinit(&messages);
	}
}

static void test_text_of_a_file_cannot_reach_the_terminal(void **state) {
	struct config_messages messages = { 0 };
	struct account_config *config = parse(GOOD "Security=\x1B]52;c;x\x07\n", &messages);
	assert_int_equal(messages.n, 1);
	assert_null(strchr(messages.items[0].text, 0x1B));
	account_config_free(config);
	config_messages_deinit(&messages);
}

static void test_messages_are_bounded(void **state) {
	struct config_messages messages = { 0 };
	for (int i = 0; i < CONFIG_MESSAGES_MAX + 50; i++)
		config_messages_add(&messages, true, "file", 1, "bad");
	assert_int_equal(messages.n, CONFIG_MESSAGES_MAX);
	assert_int_equal(messages.n_left_out, 50);
	assert_int_equal(messages.n_errors, CONFIG_MESSAGES_MAX + 50);
	config_messages_deinit(&messages);
}

static enum account_config_change compare(const char *a, const char *b) {
	struct config_messages messages = { 0 };
	struct account_config *left = parse(a, &messages), *right = parse(b, &messages);
	enum account_config_change change = account_config_compare(left, right);
	account_config_free(left);
	account_config_free(right);
	config_messages_deinit(&messages);
	return change;
}

static void test_only_values_make_a_difference(void **state) {
	assert_int_equal(compare(GOOD, GOOD), ACCOUNT_CONFIG_SAME);
	assert_int_equal(
		compare(GOOD, "# a comment\n\n" GOOD "; and another\n"), ACCOUNT_CONFIG_SAME);
	assert_int_equal(compare(GOOD, GOOD "Port=993\n"), ACCOUNT_CONFIG_SAME);
	assert_int_equal(compare(GOOD, GOOD "Port=994\n"), ACCOUNT_CONFIG_OTHER);
	assert_int_equal(compare(GOOD "[Mailboxes]\nWatch=A\nWatch=B\n",
				 GOOD "[Mailboxes]\nWatch=B\nWatch=A\n"),
		ACCOUNT_CONFIG_OTHER);
	assert_int_equal(compare(GOOD, GOOD "Name=Work\n"), ACCOUNT_CONFIG_LIVE);
	assert_int_equal(compare(GOOD, GOOD "Interval=1h\nReadOnly=yes\n"), ACCOUNT_CONFIG_LIVE);
	assert_int_equal(compare(GOOD, GOOD "Name=Work\nPort=994\n"), ACCOUNT_CONFIG_OTHER);
	assert_int_equal(compare(GOOD, GOOD "Port=x\n"), ACCOUNT_CONFIG_OTHER);
	assert_int_equal(compare(GOOD "Port=x\n", GOOD "Port=x\n"), ACCOUNT_CONFIG_SAME);
}

/* What was learned of the place, since the file was read, is no difference to what the file says. */
static void test_a_place_that_was_learned_is_no_change(void **state) {
	static const char asking[] = "[Account]\nGoaAccount=account_1\n";
	const struct account_place place = {
		.host = "imap.example.com", .user = "ann", .security = ACCOUNT_SECURITY_STARTTLS
	};
	struct config_messages messages = { 0 };
	struct account_config *running = parse(asking, &messages);
	struct account_config *read_again = parse(asking, &messages);
	struct account_config *other = parse("[Account]\nGoaAccount=account_2\n", &messages);
	assert_int_equal(account_config_take_place(running, &place), 1);
	assert_int_equal(account_config_compare(running, read_again), ACCOUNT_CONFIG_SAME);
	assert_int_equal(account_config_compare(running, other), ACCOUNT_CONFIG_OTHER);
	account_config_free(running);
	account_config_free(read_again);
	account_config_free(other);
	config_messages_deinit(&messages);
}

static void test_live_keys_move(void **state) {
	struct config_messages messages = { 0 };
	struct account_config *running = parse(GOOD "Name=Old\n", &messages);
	struct account_config *next = parse(GOOD "Name=New\n", &messages);
	char *host = running->host;
	account_config_take_live(running, next);
	account_config_free(next);
	assert_string_equal(running->name, "New");
	assert_ptr_equal(running->host, host);
	account_config_free(running);
	config_messages_deinit(&messages);
}

/* What the compiler cannot see: each row's field is as large as its type fills, and its default is
 * one that the type can read and writes again. */
static void test_rows(void **state) {
	for (size_t i = 0; i < account_keys_table.n; i++) {
		const struct config_key *key = &account_keys_table.keys[i];
		assert_int_equal(key->size, key->type->size);
		assert_non_null(key->help);
		assert_true((key->type == &config_type_word) == (key->words != NULL));
		if (!key->standard)
			continue;
		char field[16] = { 0 };
		const struct config_value value = { key, key->standard, "" };
		assert_true(key->size <= sizeof(field));
		assert_null(key->type->parse(field, &value));
		CLEANUP_TEXT char *again = key->type->format(key, field, 0);
		assert_string_equal(again, key->standard);
		key->type->clear(field);
	}
}

static void c_03_empty_value_restores_the_default(void **state) {
	struct config_messages messages = { 0 };
	struct account_config *config =
		parse(GOOD "Security=\nInterval=\nAllowCleartext=\n", &messages);
	assert_int_equal(messages.n, 0);
	assert_int_equal(config->security, ACCOUNT_SECURITY_TLS);
	assert_int_equal(config->interval_usec, 5 * USEC_PER_MINUTE);
	account_config_free(config);
	config_messages_deinit(&messages);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_every_key),
		cmocka_unit_test(test_pop3),
		cmocka_unit_test(c_03_watch_is_reset_by_an_empty_value),
		cmocka_unit_test(test_complaints),
		cmocka_unit_test(test_text_of_a_file_cannot_reach_the_terminal),
		cmocka_unit_test(test_messages_are_bounded),
		cmocka_unit_test(test_only_values_make_a_difference),
		cmocka_unit_test(test_a_place_that_was_learned_is_no_change),
		cmocka_unit_test(test_live_keys_move),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(c_03_empty_value_restores_the_default),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
