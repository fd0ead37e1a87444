/* Names of units from the configuration and from what a server calls its mailboxes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "daemon/trigger-rule.h"

static const char *const good[] = {
	"fetch.service", "fetch@%a.service", "fetch@%a:%m.service", "fetch@x.service INBOX",
	"fetch.target INBOX Lists/* 'Two words' A/%", "a-b_c:d.e@f@g.path", "%m.timer",
	"fetch@%%.socket",
	"fetch@a\\\\x20b.service", /* a backslash of a unit's name is written twice, as in ExecStart= */
};

static const char *const bad[] = {
	"fetch",
	"fetch.mount",
	"fetch.slice",
	".service",
	"@x.service",
	"fetch@.service",
	"fetch@%x.service",
	"fetch@%",
	"/usr/bin/fetch.service",
	"fetch x",
	"'fetch me.service'",
	"f\xc3\xa4tch.service",
	"'open.service",
	"fetch.service \\\\Junk",
	"fetch.service \\\\Nothing",
};

static void test_checks(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		CLEANUP_TEXT char *problem = trigger_rule_check(good[i]);
		if (problem)
			fail_msg("%s: %s", good[i], problem);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP_TEXT char *problem = trigger_rule_check(bad[i]);
		if (!problem)
			fail_msg("%s is taken for good", bad[i]);
	}
	char longest[TRIGGER_UNIT_MAX + 1];
	memset(longest, 'x', sizeof(longest));
	strcpy(longest + TRIGGER_UNIT_MAX - 1 - strlen(".service"), ".service");
	CLEANUP_TEXT char *fits = trigger_rule_check(longest);
	assert_null(fits);
	memset(longest, 'x', sizeof(longest));
	strcpy(longest + TRIGGER_UNIT_MAX - strlen(".service"), ".service");
	CLEANUP_TEXT char *too_long = trigger_rule_check(longest);
	assert_non_null(too_long);
}

/* The right sides are what systemd-escape(1) of systemd 252 says. */
static void test_names(void **state) {
	static const struct {
		const char *mailbox;
		const char *unit;
	} table[] = {
		{ "INBOX", "f@INBOX.service" },
		{ "a b/c-d@e.f", "f@a\\x20b-c\\x2dd\\x40e.f.service" },
		{ ".x", "f@\\x2ex.service" },
		{ "\xc3\x9c\\n", "f@\\xc3\\x9c\\x5cn.service" },
		{ "../../etc", "f@\\x2e.-..-etc.service" },
		{ "%a;$(id)\n", "f@\\x25a\\x3b\\x24\\x28id\\x29\\x0a.service" },
		{ "x.service", "f@x.service.service" },
	};
	struct trigger_rule rule;
	trigger_rule_init(&rule, "f@%m.service");
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		CLEANUP_TEXT char *unit = trigger_rule_unit(&rule, "work", table[i].mailbox);
		assert_string_equal(unit, table[i].unit);
	}
	char mailbox[TRIGGER_UNIT_MAX];
	memset(mailbox, 'x', sizeof(mailbox) - 1);
	mailbox[sizeof(mailbox) - 1] = '\0';
	CLEANUP_TEXT char *none = trigger_rule_unit(&rule, "work", mailbox);
	assert_null(none);
	trigger_rule_deinit(&rule);
	trigger_rule_init(&rule, "%a-%%@%a.%m.service X");
	CLEANUP_TEXT char *all = trigger_rule_unit(&rule, "me@work", "X/Y");
	assert_string_equal(all, "me\\x40work-\\x25@me\\x40work.X-Y.service");
	trigger_rule_deinit(&rule);
}

static void test_mailboxes(void **state) {
	static const struct {
		const char *rule, *mailbox;
		bool matches;
	} table[] = {
		{ "f.service", "INBOX", true },
		{ "f.service", "Lists/a", true },
		{ "f.service INBOX", "inbox", true },
		{ "f.service INBOX", "Lists/a", false },
		{ "f.service INBOX Lists/*", "Lists/a/b", true },
		{ "f.service Lists/%", "Lists/a/b", false },
		{ "f.service Lists/%", "Lists/a", true },
		{ "f.service 'Two words'", "Two words", true },
		{ "f.service Two words", "Two words", false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct trigger_rule rule;
		trigger_rule_init(&rule, table[i].rule);
		assert_int_equal(trigger_rule_matches(&rule, table[i].mailbox), table[i].matches);
		trigger_rule_deinit(&rule);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_mailboxes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
