#include "cli/doctor-accounts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/doctor-advice.h"

static char *lines_of(const struct doctor_report *report) {
	struct buffer out;
	buffer_init(&out, 65536);
	doctor_report_print_lines(report, false, &out);
	char *text = buffer_take_text(&out);
	buffer_deinit(&out);
	return text;
}

static char *json_of(const struct doctor_report *report) {
	struct buffer out;
	buffer_init(&out, 65536);
	doctor_report_print_json(report, &out);
	char *text = buffer_take_text(&out);
	buffer_deinit(&out);
	return text;
}

static void each_reason_has_its_advice(void **state) {
	for (enum reason reason = REASON_NONE; reason < REASON_COUNT_; reason++)
		for (int system = 0; system <= 1; system++) {
			CLEANUP_TEXT char *mend = doctor_advice_format(reason, "work", system);
			assert_true(strlen(mend) > 0);
			assert_null(strpbrk(mend, "@%"));
			assert_null(strstr(mend, system ? "journalctl --user" : "sudo"));
			if (system)
				assert_null(strstr(mend, "posthorn secret"));
			if (reason != REASON_NONE)
				assert_int_not_equal(doctor_advice_mark(reason), DOCTOR_OK);
		}
}

static void advice_of_some_reasons(void **state) {
	static const struct {
		enum reason reason;
		bool system;
		const char *expected;
	} rows[] = {
		{ REASON_LOCKED, false, "posthorn secret unlock" },
		{ REASON_CONFIG_ERROR, true, "sudo posthorn --system config check" },
		{ REASON_AUTH_FAILED, false,
			"posthorn secret set work (or its PasswordFile=), then posthorn check "
			"work" },
		{ REASON_NONE, true, "sudo posthorn --system account test work" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP_TEXT char *mend =
			doctor_advice_format(rows[i].reason, "work", rows[i].system);
		assert_string_equal(mend, rows[i].expected);
	}
}

static void ids_are_quoted_for_a_shell(void **state) {
	static const struct {
		const char *id;
		const char *expected;
	} rows[] = {
		{ "ada@example.org", "posthorn account test ada@example.org" },
		{ "a b", "posthorn account test 'a b'" },
		{ "$(rm %)", "posthorn account test '$(rm %)'" },
		{ "it's", "posthorn account test 'it'\\''s'" },
		{ "", "posthorn account test ''" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP_TEXT char *mend = doctor_advice_format(REASON_NONE, rows[i].id, false);
		assert_string_equal(mend, rows[i].expected);
	}
}

static void add(struct status *status, const char *id, const char *state, const char *reason) {
	struct record *account = status_add_account(status);
	record_set_text(account, "Id", id);
	record_set_text(account, "State", state);
	record_set_text(account, "Reason", reason);
	record_set_text(account, "ReasonText", "the server says: ->  \033[1mrm -r ~");
}

static void accounts_that_are_not_well(void **state) {
	CLEANUP(status_free) struct status *status = status_new();
	CLEANUP(doctor_report_free) struct doctor_report *report = doctor_report_new();
	add(status, "work", "online", "");
	add(status, "home", "failed", "tls-name");
	add(status, "old", "offline", "unavailable");
	add(status, "gone", "failed", "unavailable");
	add(status, "new", "offline", "word-of-tomorrow");
	doctor_accounts_check(status, false, report);
	CLEANUP_TEXT char *text = lines_of(report);
	assert_string_equal(text,
		"problem  Account home: The server's certificate is for another host  ->  "
		"look at Host= in posthorn config show home, then posthorn account test home\n"
		"warning  Account old: The server is not available at the moment  ->  "
		"posthorn status; it tries again by itself\n"
		"problem  Account gone: The server is not available at the moment  ->  "
		"posthorn status; it tries again by itself\n"
		"warning  Account new: word-of-tomorrow  ->  posthorn account test new\n"
		"ok       1 account is well\n"
		"\n2 problems, 2 warnings\n");
}

static void no_account(void **state) {
	CLEANUP(status_free) struct status *status = status_new();
	CLEANUP(doctor_report_free) struct doctor_report *report = doctor_report_new();
	doctor_accounts_check(status, true, report);
	assert_int_equal(doctor_report_count(report, DOCTOR_PROBLEM), 1);
	assert_string_equal(report->findings[0].mend, "sudo posthorn --system account add ADDRESS");
}

static void what_the_server_said_is_in_the_json(void **state) {
	CLEANUP(status_free) struct status *status = status_new();
	CLEANUP(doctor_report_free) struct doctor_report *report = doctor_report_new();
	add(status, "home", "failed", "locked");
	doctor_accounts_check(status, false, report);
	CLEANUP_TEXT char *text = json_of(report);
	assert_string_equal(text, "{\"findings\":[{\"check\":\"account\",\"mark\":\"problem\","
				  "\"text\":\"Account home: The key ring is locked\","
				  "\"mend\":\"posthorn secret unlock\",\"account\":\"home\","
				  "\"detail\":\"the server says: ->  \\u001b[1mrm -r ~\"}],"
				  "\"problems\":1,\"warnings\":0}\n");
}

static void texts_are_made_printable(void **state) {
	CLEANUP(doctor_report_free) struct doctor_report *report = doctor_report_new();
	doctor_report_add(report, DOCTOR_OK, "state", "%s", "a\033[1m\nb");
	doctor_report_mend(report, "%s", "ls '\n'");
	CLEANUP_TEXT char *text = lines_of(report);
	assert_null(strchr(text, '\033'));
	assert_ptr_equal(strchr(text, '\n'), strstr(text, "\n\n0 problems"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reason_has_its_advice),
		cmocka_unit_test(advice_of_some_reasons),
		cmocka_unit_test(ids_are_quoted_for_a_shell),
		cmocka_unit_test(accounts_that_are_not_well),
		cmocka_unit_test(no_account),
		cmocka_unit_test(what_the_server_said_is_in_the_json),
		cmocka_unit_test(texts_are_made_printable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
