#include "notify/rule.h"

#include "base/macros.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *pattern, *text;
	bool fits;
} globs[] = {
	{ "*", "", true },
	{ "*", NULL, true },
	{ "a*", NULL, false },
	{ "", "", true },
	{ "", "x", false },
	{ "Ada", "ada", true },
	{ "*ÄRGER*", "viel ärger hier", true },
	{ "?", "ä", true },
	{ "??", "ä", false },
	{ "*.debian.org", "lists.debian.org", true },
	{ "*.debian.org", "lists.debian.org.evil", false },
	{ "a*b*c", "aXXbYYc", true },
	{ "a*b*c", "aXXcYYb", false },
	{ "*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		false },
	{ "x**", "x", true },
	{ "*ab", "aab", true }, /* what the star gave away is taken back */
	{ "*", "a\xFF", true }, /* not UTF-8: fits as what is not known does */
	{ "a*", "a\xFF", false },
};

static void test_globs(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(globs); i++)
		if (rule_glob(globs[i].pattern, globs[i].text) != globs[i].fits)
			fail_msg("'%s' on '%s'", globs[i].pattern, globs[i].text);
}

static const struct rule_mail mail = {
	.account = "work",
	.mailbox = "Lists/maths",
	.from_name = "Ada Lovelace",
	.from_address = "ada@example.org",
	.list_id = "Maths <maths.lists.example.org>",
	.subject = "Re: [maths] on fire",
};

static const struct {
	const char *line;
	enum rule_action action;
	bool fits;
} rules[] = {
	{ "ignore", RULE_IGNORE, true },
	{ "silent account:work", RULE_SILENT, true },
	{ "silent account:home", RULE_SILENT, false },
	{ "urgent from:ada@*", RULE_URGENT, true },
	{ "urgent from:*lovelace", RULE_URGENT, true },
	{ "urgent from:bob*", RULE_URGENT, false },
	{ "notify mailbox:lists/*", RULE_NOTIFY, true },
	{ "silent list-id:maths.lists.example.org", RULE_SILENT, true },
	{ "silent list-id:*lists.example.org*", RULE_SILENT, true },
	{ "silent list-id:*evil*", RULE_SILENT, false },
	{ "urgent subject:\"*on fire*\"", RULE_URGENT, true },
	{ "urgent subject:*on\\sfire", RULE_URGENT, true },
	{ "ignore from:ada* subject:*water*", RULE_IGNORE, false },
	{ "ignore from:ada* subject:*fire*", RULE_IGNORE, true },
};

static void test_rules(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		char *problem = NULL;
		CLEANUP(rule_free) struct rule *rule = rule_new(rules[i].line, &problem);

		if (!rule)
			fail_msg("'%s': %s", rules[i].line, problem);
		assert_int_equal(rule_action(rule), rules[i].action);
		if (rule_fits(rule, &mail) != rules[i].fits)
			fail_msg("'%s'", rules[i].line);
	}
}

static void test_problems_help(void **state) {
	static const struct {
		const char *line, *part;
	} bad[] = {
		{ "", "words" },
		{ "silen from:x", "did you mean silent?" },
		{ "silent form:x", "did you mean from?" },
		{ "silent from", "NAME:GLOB" },
		{ "silent from:", "has no pattern" },
		{ "silent from:a from:b", "given twice" },
		{ "silent subject:\"x", "a quote is open" },
		{ "x", "'x' is no action" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *problem = NULL;

		assert_null(rule_new(bad[i].line, &problem));
		if (!strstr(problem, bad[i].part))
			fail_msg("'%s': %s", bad[i].line, problem);
		memory_free(problem);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_globs),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_problems_help),
	};

	return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}
