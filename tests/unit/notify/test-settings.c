#include "notify/settings.h"

#include "base/memory.h"
#include "config/config-assignments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct config_table *const tables[] = { &settings_table, NULL };

static struct settings *settings_of(
	const char *shared, const char *own, struct config_messages *messages) {
	CLEANUP(config_assignments_free)
	struct config_assignments *a = config_assignments_new(tables, true);
	CLEANUP(config_assignments_free)
	struct config_assignments *b = config_assignments_new(tables, false);

	config_assignments_read(a, "posthorn.conf", shared, strlen(shared), messages);
	config_assignments_read(b, "work.conf", own, strlen(own), messages);
	return settings_new(a, b, messages);
}

static void test_defaults(void **state) {
	struct config_messages messages = { 0 };
	CLEANUP(settings_free)
	struct settings *s = settings_of("[Daemon]\nX=y\n[Account]\nZ=1\n", "", &messages);

	assert_int_equal(messages.n, 0); /* others' sections are the daemon's to check */
	assert_int_equal(settings_privacy(s), SETTINGS_PRIVACY_FULL);
	assert_true(settings_has_sound(s));
	assert_int_equal(settings_snooze(s, 0), 10 * USEC_PER_MINUTE);
	assert_int_equal(settings_snooze(s, 1), USEC_PER_HOUR);
	assert_int_equal(settings_snooze(s, 2), 0);
	assert_null(settings_open_command(s));
	assert_int_equal(settings_trouble_delay(s), 10 * USEC_PER_MINUTE);
	assert_int_equal(settings_quiet_minutes(s, 0, 0), 0);
	config_messages_deinit(&messages);
}

static enum rule_action decide(const struct settings *s, const char *from, const char *subject) {
	const struct rule_mail mail = {
		.account = "work", .from_address = from, .subject = subject
	};

	return settings_decide(s, &mail, "ada@example.org");
}

/* The last rule that fits decides, and those of the account come last. */
static void test_the_account_has_the_last_word(void **state) {
	struct config_messages messages = { 0 };
	CLEANUP(settings_free)
	struct settings *s = settings_of(
		"[Notify]\nPrivacy=count\nRule=silent\nRule=ignore from:bob@*\n"
		"Trouble=no\n",
		"[Notify]\nPrivacy=sender\nRule=urgent subject:*fire*\nOwnAddress=*@ada.example\n"
		"QuietHours=22:00-07:00\nQuietHours=22:00-23:30\nSnooze=no\n"
		"OpenCommand=show %i\n",
		&messages);

	assert_int_equal(messages.n, 0);
	assert_int_equal(settings_privacy(s), SETTINGS_PRIVACY_SENDER);
	assert_int_equal(decide(s, "eve@x.example", "hello"), RULE_SILENT);
	assert_int_equal(decide(s, "bob@x.example", "hello"), RULE_IGNORE);
	assert_int_equal(decide(s, "bob@x.example", "fire!"), RULE_URGENT);
	assert_int_equal(decide(s, "ADA@example.org", "fire!"), RULE_IGNORE); /* own mail never */
	assert_int_equal(decide(s, "me@ada.example", "fire!"), RULE_IGNORE);
	assert_int_equal(settings_snooze(s, 0), 0);
	assert_int_equal(settings_trouble_delay(s), USEC_NEVER);
	assert_int_equal(settings_quiet_minutes(s, 2, 23 * 60), 8 * 60); /* the longest */
	assert_string_equal(settings_open_command(s)[1], "%i");
	config_messages_deinit(&messages);
}

static void test_errors_name_file_line_and_cure(void **state) {
	struct config_messages messages = { 0 };
	CLEANUP(settings_free)
	struct settings *s = settings_of("[Notify]\nPrivcy=full\n",
		"[Notify]\nRule=silen from:x\nSnooze=10s\nQuietHours=nine\nOpenCommand=x %z\n"
		"Rule=ignore from:bob@*\nPrivacy=all\n",
		&messages);
	static const char *const parts[] = { "posthorn.conf:2: ", "did you mean Privacy=?",
		"work.conf:2: ", "did you mean silent?",
		"work.conf:3: ", "work.conf:4: ", "work.conf:5: ", "work.conf:7: " };
	CLEANUP_TEXT char *all = memory_strdup("");

	for (size_t i = 0; i < messages.n; i++) {
		CLEANUP_TEXT char *before = TAKE_PTR(all);
		all = memory_format("%s%s\n", before, messages.items[i].text);
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strstr(all, parts[i]))
			fail_msg("'%s' is not in\n%s", parts[i], all);
	assert_int_equal(decide(s, "bob@x.example", "hello"), RULE_IGNORE); /* the others hold */
	assert_int_equal(settings_privacy(s), SETTINGS_PRIVACY_FULL);
	assert_int_equal(settings_snooze(s, 0), 10 * USEC_PER_MINUTE);
	config_messages_deinit(&messages);
}

/* Not every login name is an address. */
static void test_a_login_name_is_no_address(void **state) {
	struct config_messages messages = { 0 };
	CLEANUP(settings_free) struct settings *s = settings_of("", "", &messages);
	const struct rule_mail mail = { .account = "work", .from_address = "root" };

	assert_int_equal(settings_decide(s, &mail, "root"), RULE_NOTIFY);
	config_messages_deinit(&messages);
}

static void test_snooze(void **state) {
	static const struct {
		const char *line;
		uint64_t usec[2]; /* of one that is wrong: the default's */
	} rows[] = {
		{ "[Notify]\nSnooze=no\n", { 0, 0 } },
		{ "[Notify]\nSnooze=1min\n", { USEC_PER_MINUTE, 0 } },
		{ "[Notify]\nSnooze=2h 30d\n", { 2 * USEC_PER_HOUR, 720 * USEC_PER_HOUR } },
		{ "[Notify]\nSnooze=31d\n", { 10 * USEC_PER_MINUTE, USEC_PER_HOUR } },
		{ "[Notify]\nSnooze=59s\n", { 10 * USEC_PER_MINUTE, USEC_PER_HOUR } },
		{ "[Notify]\nSnooze=2h 3h 4h\n", { 10 * USEC_PER_MINUTE, USEC_PER_HOUR } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct config_messages messages = { 0 };
		CLEANUP(settings_free)
		struct settings *s = settings_of("", rows[i].line, &messages);

		assert_int_equal(messages.n, i < 3 ? 0 : 1);
		assert_int_equal(settings_snooze(s, 0), rows[i].usec[0]);
		assert_int_equal(settings_snooze(s, 1), rows[i].usec[1]);
		config_messages_deinit(&messages);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_the_account_has_the_last_word),
		cmocka_unit_test(test_errors_name_file_line_and_cure),
		cmocka_unit_test(test_a_login_name_is_no_address),
		cmocka_unit_test(test_snooze),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
