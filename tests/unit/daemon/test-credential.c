/* Where a secret may come from, and when it is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "daemon/account-config.h"
#include "daemon/credential.h"

struct outcome {
	sd_event *loop;
	char *secret;
	char *problem;
	enum credential_kind kind;
	enum reason reason;
	uint64_t expires_usec;
};

static void on_done(const struct credential_result *result, void *userdata) {
	struct outcome *outcome = userdata;
	outcome->secret = memory_strdup(result->secret);
	outcome->problem = memory_strdup(result->problem);
	outcome->kind = result->kind;
	outcome->reason = result->reason;
	outcome->expires_usec = result->expires_usec;
	assert_int_equal(sd_event_exit(outcome->loop, 0), 0);
}

static void outcome_deinit(struct outcome *outcome) {
	free(outcome->secret);
	free(outcome->problem);
}

static struct outcome fetch_request(const struct credential_request *request) {
	struct outcome outcome = { 0 };
	struct credential *credential = NULL;
	assert_int_equal(sd_event_new(&outcome.loop), 0);
	assert_int_equal(credential_new(outcome.loop, request, on_done, &outcome, &credential), 0);
	assert_null(outcome.secret); /* never from within the call */
	assert_int_equal(sd_event_loop(outcome.loop), 0);
	credential_free(credential);
	sd_event_unref(outcome.loop);
	return outcome;
}

static struct outcome fetch(const struct account_config *config) {
	const struct credential_request request = { .config = config };
	return fetch_request(&request);
}

static char *write_secret(const char *text, mode_t mode) {
	char path[] = "/tmp/posthorn-test-secret-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	return memory_strdup(path);
}

static struct outcome fetch_file(const char *text, mode_t mode) {
	CLEANUP_TEXT char *path = write_secret(text, mode);
	struct account_config config = {
		.id = (char *)"a", .user = (char *)"u", .password_file = path
	};
	struct outcome outcome = fetch(&config);
	unlink(path);
	return outcome;
}

static void test_first_line_of_a_file(void **state) {
	static const char *const texts[] = { "p#w; \"d", "p#w; \"d\n", "p#w; \"d\r\nsecond\n" };
	for (size_t i = 0; i < 3; i++) {
		struct outcome outcome = fetch_file(texts[i], 0600);
		assert_string_equal(outcome.secret, "p#w; \"d");
		assert_null(outcome.problem);
		outcome_deinit(&outcome);
	}
}

static void test_a_file_that_others_read_is_refused(void **state) {
	static const mode_t modes[] = { 0640, 0604, 0660, 0644 };
	for (size_t i = 0; i < 4; i++) {
		struct outcome outcome = fetch_file("secret\n", modes[i]);
		assert_null(outcome.secret);
		assert_non_null(strstr(outcome.problem, "can be read by others"));
		assert_null(strstr(outcome.problem, "secret\n"));
		outcome_deinit(&outcome);
	}
}

static void test_an_empty_file_is_no_password(void **state) {
	struct outcome outcome = fetch_file("\n", 0600);
	assert_null(outcome.secret);
	assert_non_null(strstr(outcome.problem, "gives no password"));
	outcome_deinit(&outcome);
}

static void test_a_missing_file(void **state) {
	struct account_config config = { .password_file = (char *)"/nonexistent/secret" };
	struct outcome outcome = fetch(&config);
	assert_null(outcome.secret);
	assert_non_null(strstr(outcome.problem, "No such file"));
	outcome_deinit(&outcome);
}

static struct outcome run_command(const char *script, bool is_refresh) {
	char *argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)script, NULL };
	struct account_config config = {
		.id = (char *)"work", .user = (char *)"ann", .password_command = argv
	};
	const struct credential_request request = { .config = &config, .is_refresh = is_refresh };
	return fetch_request(&request);
}

static struct outcome fetch_command(const char *script) {
	return run_command(script, false);
}

static void test_command(void **state) {
	struct outcome outcome =
		fetch_command("echo \"$POSTHORN_ACCOUNT/$POSTHORN_USER\"; echo more");
	assert_string_equal(outcome.secret, "work/ann");
	outcome_deinit(&outcome);
}

static void test_command_hears_of_a_refusal(void **state) {
	static const char script[] = "echo \"refresh=$POSTHORN_REFRESH\"";
	struct outcome outcome = run_command(script, false);
	assert_string_equal(outcome.secret, "refresh=");
	outcome_deinit(&outcome);
	outcome = run_command(script, true);
	assert_string_equal(outcome.secret, "refresh=1");
	outcome_deinit(&outcome);
}

static void test_command_that_fails(void **state) {
	struct outcome outcome = fetch_command("echo secret; exit 3");
	assert_null(outcome.secret);
	assert_non_null(strstr(outcome.problem, "exit status 3"));
	outcome_deinit(&outcome);
	outcome = fetch_command("true");
	assert_non_null(strstr(outcome.problem, "gives no password"));
	outcome_deinit(&outcome);
}

static void test_complaint_of_a_command(void **state) {
	struct outcome outcome = fetch_command(
		"echo no secret; echo first >&2; printf 'gpg: \\033[1mbad' >&2; exit 2");
	assert_string_equal(
		outcome.problem, "/bin/sh failed with exit status 2: gpg: \\u{1b}[1mbad");
	outcome_deinit(&outcome);
	/* One that succeeds may say what it likes. */
	outcome = fetch_command("echo careful >&2; echo secret");
	assert_string_equal(outcome.secret, "secret");
	outcome_deinit(&outcome);
}

static struct outcome fetch_token(const char *script) {
	char *argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)script, NULL };
	struct account_config config = {
		.id = (char *)"work", .user = (char *)"ann", .token_command = argv
	};
	const struct credential_request request = { .config = &config };
	return fetch_request(&request);
}

static void test_token_command(void **state) {
	struct outcome outcome = fetch_token("echo ya29.token");
	assert_string_equal(outcome.secret, "ya29.token");
	assert_int_equal(outcome.kind, CREDENTIAL_TOKEN);
	assert_int_equal(outcome.expires_usec, 0);
	outcome_deinit(&outcome);
	outcome = fetch_token("echo '{\"access_token\": \"ya29.json\", \"expires_in\": 3599}'");
	assert_string_equal(outcome.secret, "ya29.json");
	assert_true(outcome.expires_usec > 0);
	outcome_deinit(&outcome);
	outcome = fetch_token("echo '{\"error\": \"invalid_grant\"}'");
	assert_null(outcome.secret);
	assert_non_null(strstr(outcome.problem, "no JSON object with an access_token"));
	outcome_deinit(&outcome);
}

/* Whatever a source prints, the first line is the token, or there is none. */
static void a_20_odd_sources(void **state) {
	static const struct {
		const char *script, *token;
		enum reason reason;
	} cases[] = {
		{ "printf 'one\\ntwo\\n'", "one", REASON_NONE },
		{ "printf 'one\\r\\ntwo\\r\\n'", "one", REASON_NONE },
		{ "printf one", "one", REASON_NONE },
		{ "printf '\\none\\n'", NULL, REASON_SECRET_FAILED },
		{ "head -c 1048576 /dev/zero | tr '\\0' x", NULL, REASON_SECRET_FAILED },
		{ "echo one; exit 1", NULL, REASON_SECRET_FAILED },
		{ "echo one; exit 75", NULL, REASON_UNAVAILABLE }, /* EX_TEMPFAIL */
		{ "kill -9 $$", NULL, REASON_SECRET_FAILED },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct outcome outcome = fetch_token(cases[i].script);
		if (cases[i].token)
			assert_string_equal(outcome.secret, cases[i].token);
		else
			assert_null(outcome.secret);
		assert_int_equal(outcome.reason, cases[i].reason);
		outcome_deinit(&outcome);
	}
}

/* pizauth and others may print what has expired. */
static void a_19_an_expired_token_is_asked_for_once_more(void **state) {
	struct outcome outcome = fetch_token(
		"if [ \"$POSTHORN_REFRESH\" = 1 ]; then echo fresh; else"
		" echo '{\"access_token\": \"stale\", \"expires_at\": 1000000000}'; fi");
	assert_string_equal(outcome.secret, "fresh");
	outcome_deinit(&outcome);
	/* Once: who prints it again means it. */
	outcome = fetch_token("echo '{\"access_token\": \"stale\", \"expires_at\": 1000000000}'");
	assert_string_equal(outcome.secret, "stale");
	assert_true(outcome.expires_usec == 1000000000 * USEC_PER_SEC);
	outcome_deinit(&outcome);
}

static void expect_refused(const char *path, const char *why) {
	struct account_config config = { .password_file = (char *)path };
	struct outcome outcome = fetch(&config);
	assert_null(outcome.secret);
	if (!strstr(outcome.problem, why))
		fail_msg("%s", outcome.problem);
	outcome_deinit(&outcome);
}

static void test_the_way_to_a_file(void **state) {
	char folder[] = "/tmp/posthorn-test-way-XXXXXX";
	assert_non_null(mkdtemp(folder));
	CLEANUP_TEXT char *path = memory_format("%s/secret", folder);
	CLEANUP_TEXT char *link = memory_format("%s/link", folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs("hunter2\n", file);
	assert_int_equal(fchmod(fileno(file), 0600), 0);
	fclose(file);
	assert_int_equal(symlink("secret", link), 0);

	/* A link of one's own is a way to keep files in order. */
	struct account_config config = { .password_file = link };
	struct outcome outcome = fetch(&config);
	assert_string_equal(outcome.secret, "hunter2");
	outcome_deinit(&outcome);
	/* In a directory of everybody it may have been put there by anybody. */
	assert_int_equal(chmod(folder, 0777), 0);
	expect_refused(path, "is in a directory that others may write");
	expect_refused(link, "is in a directory that others may write");
	assert_int_equal(chmod(folder, 0700), 0);
	if (geteuid() == 0) {
		assert_int_equal(lchown(link, 65534, 65534), 0);
		expect_refused(link, "belongs to another user");
		assert_int_equal(lchown(path, 65534, 65534), 0);
		expect_refused(path, "belongs to another user");
		assert_int_equal(chown(folder, 65534, 65534), 0);
		expect_refused(path, "is in a directory that others may write");
		assert_int_equal(chown(folder, 0, 0), 0);
	}
	expect_refused(folder, "is not a regular file");
	expect_refused("/dev/null", "is not a regular file");
	unlink(link);
	unlink(path);
	rmdir(folder);
}

static void k_08_systemd_credential(void **state) {
	char folder[] = "/tmp/posthorn-test-credentials-XXXXXX";
	assert_non_null(mkdtemp(folder));
	CLEANUP_TEXT char *path = memory_format("%s/work-imap", folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs("from systemd", file);
	fclose(file);
	struct account_config config = { .password_credential = (char *)"work-imap" };
	unsetenv("CREDENTIALS_DIRECTORY");
	struct outcome outcome = fetch(&config);
	assert_non_null(strstr(outcome.problem, "LoadCredential="));
	outcome_deinit(&outcome);
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	outcome = fetch(&config);
	assert_string_equal(outcome.secret, "from systemd");
	outcome_deinit(&outcome);
	/* empty, 1 MiB, missing */
	assert_int_equal(truncate(path, 0), 0);
	outcome = fetch(&config);
	assert_non_null(strstr(outcome.problem, "gives no password"));
	outcome_deinit(&outcome);
	assert_int_equal(truncate(path, 1024 * 1024), 0);
	outcome = fetch(&config);
	assert_non_null(strstr(outcome.problem, "too large"));
	outcome_deinit(&outcome);
	config.password_credential = (char *)"other";
	outcome = fetch(&config);
	assert_non_null(strstr(outcome.problem, "No such file"));
	outcome_deinit(&outcome);
	unlink(path);
	rmdir(folder);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_line_of_a_file),
		cmocka_unit_test(test_a_file_that_others_read_is_refused),
		cmocka_unit_test(test_an_empty_file_is_no_password),
		cmocka_unit_test(test_a_missing_file),
		cmocka_unit_test(test_command),
		cmocka_unit_test(test_command_hears_of_a_refusal),
		cmocka_unit_test(test_command_that_fails),
		cmocka_unit_test(test_complaint_of_a_command),
		cmocka_unit_test(test_token_command),
		cmocka_unit_test(a_20_odd_sources),
		cmocka_unit_test(a_19_an_expired_token_is_asked_for_once_more),
		cmocka_unit_test(test_the_way_to_a_file),
		cmocka_unit_test(k_08_systemd_credential),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
