#include "notify/tray-rows.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct account account(const char *id, const char *state, uint32_t unseen) {
	return (struct account){
		.id = (char *)id,
		.name = (char *)id,
		.protocol = (char *)"imap",
		.state = (char *)state,
		.unseen = unseen,
	};
}

/* One line for a row of the upper level; "|" for a separator. */
static char *picture(const struct tray_rows *r) {
	char text[8192] = "";

	for (size_t i = 0; i < r->n; i++)
		if (r->items[i].level == 0)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
				i > 0 ? ";" : "", r->items[i].label ? r->items[i].label : "|");
	return memory_strdup(text);
}

/* `given` with the accounts and the mails, and no settings. */
static struct tray_rows *rows_given(
	struct tray_facts given, struct account *accounts, size_t n, struct tray_mails *mails) {
	static const char *const folders[] = { NULL };
	const struct account *list[64];
	CLEANUP(agent_config_free) struct agent_config *config = agent_config_load(folders);

	given.accounts = list;
	given.n_accounts = n;
	given.mails = mails;
	given.config = config;
	for (size_t i = 0; i < n; i++)
		list[i] = &accounts[i];
	return tray_rows_new(&given);
}

static struct tray_rows *rows_of(struct account *accounts, size_t n, struct tray_mails *mails) {
	return rows_given((struct tray_facts){ .is_running = true }, accounts, n, mails);
}

static void check(struct account *accounts, size_t n, const char *expected) {
	CLEANUP(tray_mails_free) struct tray_mails *mails = tray_mails_new();
	CLEANUP(tray_rows_free) struct tray_rows *r = rows_of(accounts, n, mails);
	CLEANUP_TEXT char *seen = picture(r);

	assert_string_equal(seen, expected);
}

#define DEEDS "Check now;Pause for an hour;Pause"

static void test_states(void **state) {
	static const struct {
		const char *state;
		uint32_t unseen;
		const char *expected;
	} rows[] = {
		{ "online", 0, "a;|;" DEEDS },
		{ "online", 1, "a – 1 unread;|;" DEEDS },
		{ "degraded", 7, "a – 7 unread;|;" DEEDS },
		{ "", 0, "a;|;" DEEDS },
		{ "failed", 7, "a – does not work;|;" DEEDS },
		{ "connecting", 0, "a – connecting;|;" DEEDS },
		{ "offline", 0, "a – offline;|;" DEEDS },
		{ "paused", 3, "a – paused;|;Resume all" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct account one = account("a", rows[i].state, rows[i].unseen);

		check(&one, 1, rows[i].expected);
	}
	check(NULL, 0, "No account is set up");
}

static void test_some_are_paused(void **state) {
	struct account two[] = { account("a", "paused", 0), account("b", "online", 0) };

	check(two, 2, "a – paused;b;|;" DEEDS ";Resume all");
}

static void test_many_accounts_are_counted(void **state) {
	struct account many[TRAY_ROWS_ACCOUNTS_MAX + 3];
	CLEANUP(tray_mails_free) struct tray_mails *mails = tray_mails_new();

	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = account("a", "online", 0);
	CLEANUP(tray_rows_free) struct tray_rows *r = rows_of(many, ARRAY_SIZE(many), mails);
	CLEANUP_TEXT char *seen = picture(r);
	assert_non_null(strstr(seen, ";and 3 more;|;"));
}

/* What a sender writes is one line without tricks. */
static void test_text_of_others(void **state) {
	struct account one = account("a", "online", 0);
	CLEANUP(tray_mails_free) struct tray_mails *mails = tray_mails_new();
	const struct news_mail mail = {
		.seq = 1,
		.id = "x",
		.from_name = "Ada\n\xE2\x80\xAE",
		.subject = "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D",
	};

	tray_mails_add(mails, "a", &mail);
	CLEANUP(tray_rows_free) struct tray_rows *r = rows_of(&one, 1, mails);
	CLEANUP_TEXT char *seen = picture(r);
	/* Hebrew between first strong isolate and its end */
	assert_string_equal(
		seen, "a;|;Ada: \xE2\x81\xA8\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D\xE2\x81\xA9;|;" DEEDS);
}

static void check_given(struct tray_facts given, const char *expected) {
	struct account one = account("a", "online", 0);
	CLEANUP(tray_mails_free) struct tray_mails *mails = tray_mails_new();
	const struct news_mail mail = { .seq = 1, .id = "x", .from_name = "Ada" };

	tray_mails_add(mails, "a", &mail);
	CLEANUP(tray_rows_free) struct tray_rows *r = rows_given(given, &one, 1, mails);
	CLEANUP_TEXT char *seen = picture(r);
	assert_string_equal(seen, expected);
}

/* On a locked screen no mail; of a daemon that is away nothing. */
static void test_facts(void **state) {
	check_given((struct tray_facts){ .is_running = true }, "a;|;Ada;|;" DEEDS);
	check_given((struct tray_facts){ .is_running = true, .is_locked = true }, "a;|;" DEEDS);
	check_given((struct tray_facts){ .is_running = true, .problem = "Sorry" },
		"Sorry;|;a;|;Ada;|;" DEEDS);
	check_given((struct tray_facts){ .problem = "Sorry" }, "The mail monitor is not running");
}

static void test_only_the_newest_mails(void **state) {
	struct account one = account("a", "online", 0);
	CLEANUP(tray_mails_free) struct tray_mails *mails = tray_mails_new();
	char id[16];

	for (uint64_t seq = 1; seq <= TRAY_ROWS_MAILS_MAX + 1; seq++) {
		snprintf(id, sizeof(id), "%d", (int)seq);
		const struct news_mail mail = { .seq = seq, .id = id, .from_name = id };
		tray_mails_add(mails, "a", &mail);
	}
	CLEANUP(tray_rows_free) struct tray_rows *r = rows_of(&one, 1, mails);
	CLEANUP_TEXT char *seen = picture(r);
	assert_string_equal(seen, "a;|;6;5;4;3;2;|;" DEEDS);
}

/* Nothing that a click needs may be taken for the same. */
static void test_rows_that_differ_in_one_thing(void **state) {
	const struct tray_row row = {
		.deed = TRAY_OPEN,
		.level = 1,
		.is_enabled = true,
		.label = (char *)"Open",
		.account = (char *)"a",
		.mail = (char *)"x",
	};
	struct tray_row others[] = { row, row, row, row, row, row };
	struct tray_rows one = { .items = (struct tray_row *)&row, .n = 1 };

	others[0].deed = TRAY_MARK;
	others[1].level = 0;
	others[2].is_enabled = false;
	others[3].label = (char *)"Else";
	others[4].account = (char *)"b";
	others[5].mail = (char *)"y";
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct tray_rows other = { .items = &others[i], .n = 1 };

		assert_true(tray_rows_equal(&other, &other));
		assert_false(tray_rows_equal(&one, &other));
	}
}

static void test_equal(void **state) {
	struct account one = account("a", "online", 1);
	CLEANUP(tray_mails_free) struct tray_mails *mails = tray_mails_new();
	CLEANUP(tray_rows_free) struct tray_rows *r = rows_of(&one, 1, mails);
	CLEANUP(tray_rows_free) struct tray_rows *same = rows_of(&one, 1, mails);

	one.unseen = 2;
	CLEANUP(tray_rows_free) struct tray_rows *other = rows_of(&one, 1, mails);
	assert_true(tray_rows_equal(r, same));
	assert_false(tray_rows_equal(r, other));
	assert_false(tray_rows_equal(r, NULL));
	assert_true(tray_rows_equal(NULL, NULL));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_some_are_paused),
		cmocka_unit_test(test_many_accounts_are_counted),
		cmocka_unit_test(test_text_of_others),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_only_the_newest_mails),
		cmocka_unit_test(test_rows_that_differ_in_one_thing),
		cmocka_unit_test(test_equal),
	};

	return cmocka_run_group_tests_name("tray-rows", tests, NULL, NULL);
}
