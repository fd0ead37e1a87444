/* A refused login over restarts: what keeps it, what forgets it, and that no secret is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../store/helper.h"
#include "base/memory.h"
#include "daemon/account-config.h"
#include "daemon/login-memory.h"
#include "daemon/refusal-memory.h"

struct world {
	struct scratch *scratch;
	char *secret;
	struct store *store;
};

static int set_up(void **state) {
	struct world *w = MEMORY_NEW(struct world);
	assert_int_equal(scratch_setup((void **)&w->scratch), 0);
	w->secret = memory_format("%s/secret", w->scratch->directory);
	w->store = helper_open(w->scratch);
	*state = w;
	return 0;
}

static int tear_down(void **state) {
	struct world *w = *state;
	store_close(w->store);
	assert_int_equal(scratch_teardown((void **)&w->scratch), 0);
	memory_free(w->secret);
	memory_free(w);
	return 0;
}

static void write_secret(struct world *w, const char *text) {
	CLEANUP_TEXT char *fresh = memory_format("%s.fresh", w->secret);
	scratch_write(fresh, text, strlen(text));
	assert_int_equal(rename(fresh, w->secret), 0);
}

/* `more` is lines of [Account], behind a host, a user and a source. */
static struct account_config *parse(struct world *w, const char *more) {
	struct config_messages messages = { 0 };
	CLEANUP_TEXT char *text = memory_format("[Account]\n%s%s%s%s%s\n", more,
		strstr(more, "Host=") ? "" : "\nHost=mail.example.org",
		strstr(more, "User=") ? "" : "\nUser=ada",
		strstr(more, "Password") ? "" : "\nPasswordFile=",
		strstr(more, "Password") ? "" : w->secret);
	struct account_config *config =
		account_config_parse("work", "/work.conf", text, strlen(text), &messages);
	if (config->problem)
		fail_msg("%s: %s", text, config->problem);
	config_messages_deinit(&messages);
	return config;
}

static void refuse(struct world *w, const char *more, unsigned n) {
	CLEANUP(account_config_free) struct account_config *config = parse(w, more);
	const struct refusal refusal = { REASON_AUTH_FAILED, n, 1795000000000000,
		(char *)"[AUTHENTICATIONFAILED] no 100% match" };
	assert_int_equal(refusal_memory_save(w->store, config, &refusal), 0);
	assert_int_equal(store_commit(w->store), 0);
	store_close(w->store);
	w->store = helper_open(w->scratch);
}

static bool is_refused(struct world *w, const char *more) {
	CLEANUP(account_config_free) struct account_config *config = parse(w, more);
	struct refusal refusal = { 0 };
	int r = refusal_memory_load(w->store, config, &refusal);
	assert_return_code(r, 0);
	refusal_memory_deinit(&refusal);
	return r > 0;
}

static void test_outlives_a_restart(void **state) {
	struct world *w = *state;
	assert_false(is_refused(w, ""));
	refuse(w, "", 3);
	CLEANUP(account_config_free) struct account_config *config = parse(w, "");
	struct refusal refusal;
	assert_int_equal(refusal_memory_load(w->store, config, &refusal), 1);
	assert_int_equal(refusal.reason, REASON_AUTH_FAILED);
	assert_int_equal(refusal.n, 3);
	assert_int_equal(refusal.when_usec, 1795000000000000);
	assert_string_equal(refusal.text, "[AUTHENTICATIONFAILED] no 100% match");
	refusal_memory_deinit(&refusal);
	assert_int_equal(refusal_memory_forget(w->store, config), 0);
	assert_int_equal(refusal_memory_load(w->store, config, &refusal), 0);
}

/* A server may say much; what is kept of it ends between two characters. */
static void test_what_was_said_is_bounded(void **state) {
	struct world *w = *state;
	CLEANUP(account_config_free) struct account_config *config = parse(w, "");
	char said[2000] = "x";
	for (size_t i = 1; i + 2 < sizeof(said); i += 2)
		memcpy(said + i, "\xc3\xa4", 2);
	const struct refusal refusal = { REASON_AUTH_FAILED, 1, 1795000000000000, said };
	assert_int_equal(refusal_memory_save(w->store, config, &refusal), 0);
	struct refusal found;
	assert_int_equal(refusal_memory_load(w->store, config, &found), 1);
	assert_int_equal(strlen(found.text), 499);
	assert_memory_equal(found.text, said, 499);
	refusal_memory_deinit(&found);
}

/* The login that worked before is kept beside it, and stays when the refusal goes. */
static void test_it_is_one_note_of_two(void **state) {
	struct world *w = *state;
	CLEANUP(account_config_free) struct account_config *config = parse(w, "");
	const struct login_outcome worked = { SASL_MECHANISM_SCRAM_SHA_256,
		SASL_BINDING_TLS_EXPORTER };
	struct login_outcome found;
	assert_int_equal(login_memory_save(w->store, config, &worked), 1);
	assert_false(is_refused(w, ""));
	refuse(w, "", 2);
	assert_true(is_refused(w, ""));
	assert_int_equal(login_memory_load(w->store, config, &found), 0);
	assert_int_equal(found.mechanism, SASL_MECHANISM_SCRAM_SHA_256);
	assert_int_equal(refusal_memory_forget(w->store, config), 0);
	assert_false(is_refused(w, ""));
	assert_int_equal(login_memory_load(w->store, config, &found), 0);
	assert_int_equal(found.mechanism, SASL_MECHANISM_SCRAM_SHA_256);
}

/* After a restart it is not known yet where the mail is: that is no other login. */
static void test_a_place_that_is_not_known_yet(void **state) {
	static const char text[] = "[Account]\nGoaAccount=account_1\n";
	const struct account_place place = { .host = "imap.example.com",
		.port = 1993,
		.security = ACCOUNT_SECURITY_STARTTLS,
		.user = "ada" };
	struct world *w = *state;
	struct config_messages messages = { 0 };
	CLEANUP(account_config_free)
	struct account_config *before =
		account_config_parse("work", "/f", text, strlen(text), &messages);
	CLEANUP(account_config_free)
	struct account_config *after =
		account_config_parse("work", "/f", text, strlen(text), &messages);
	assert_int_equal(account_config_take_place(before, &place), 1);
	const struct refusal refusal = { REASON_TOKEN_EXPIRED, 1, 1795000000000000, NULL };
	assert_int_equal(refusal_memory_save(w->store, before, &refusal), 0);
	struct refusal found;
	assert_int_equal(refusal_memory_load(w->store, after, &found), 1);
	assert_int_equal(found.reason, REASON_TOKEN_EXPIRED);
	refusal_memory_deinit(&found);
	config_messages_deinit(&messages);
}

/* What a user changes to mend it, and what has nothing to do with it. */
static void test_a_changed_login_is_another_one(void **state) {
	static const struct {
		const char *more;
		bool is_same;
	} cases[] = {
		{ "", true },
		{ "Name=Work", true },
		{ "Interval=7min", true },
		{ "Connections=2", true },
		{ "TLSMinVersion=1.3", true },
		{ "[Mailboxes]\nWatch=Lists/%\n[Account]", true },
		{ "Host=imap.example.org", false },
		{ "Port=1993", false },
		{ "Security=starttls", false },
		{ "Protocol=pop3", false },
		{ "User=bob", false },
		{ "User=ada\nAuthUser=bob", false },
		{ "Auth=plain", false },
		{ "PasswordCommand=pass work", false },
		{ "PasswordKeyring=yes", false },
		{ "PasswordCredential=work", false },
		{ "ClientCertificate=/mine.pem", false },
	};
	struct world *w = *state;
	refuse(w, "", 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (is_refused(w, cases[i].more) != cases[i].is_same)
			fail_msg("%s", cases[i].more);
}

static void test_a_command_is_known_by_its_arguments(void **state) {
	struct world *w = *state;
	refuse(w, "PasswordCommand=pass work", 1);
	assert_true(is_refused(w, "PasswordCommand=pass  \"work\""));
	assert_false(is_refused(w, "PasswordCommand=pass home"));
}

/* The same words in a file that was written again: somebody has done something about it. */
static void test_a_file_that_is_written_anew(void **state) {
	struct world *w = *state;
	write_secret(w, "xyzzy-plugh");
	refuse(w, "", 1);
	assert_true(is_refused(w, ""));
	write_secret(w, "xyzzy-plugh");
	assert_false(is_refused(w, ""));
	refuse(w, "", 1);
	assert_int_equal(unlink(w->secret), 0);
	assert_false(is_refused(w, ""));
}

/* P7: not the password, not its length, and of a command line 16 bits at most. */
static void test_the_record_holds_no_secret(void **state) {
	struct world *w = *state;
	write_secret(w, "xyzzy-plugh");
	refuse(w, "", 1);
	CLEANUP_TEXT char *command = memory_format("grep -qaF -e xyzzy %s*", w->scratch->path);
	assert_int_equal(WEXITSTATUS(system(command)), 1);
	unsigned n_same = 0;
	refuse(w, "PasswordCommand=echo secret", 1);
	for (unsigned i = 0; i < 2000; i++) {
		CLEANUP_TEXT char *other = memory_format("PasswordCommand=echo guess%u", i);
		n_same += is_refused(w, other);
	}
	assert_in_range(n_same, 0, 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(test_outlives_a_restart),
		TEST(test_what_was_said_is_bounded),
		TEST(test_it_is_one_note_of_two),
		TEST(test_a_place_that_is_not_known_yet),
		TEST(test_a_changed_login_is_another_one),
		TEST(test_a_command_is_known_by_its_arguments),
		TEST(test_a_file_that_is_written_anew),
		TEST(test_the_record_holds_no_secret),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
