#include "cli/arguments.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "cli/verbs.h"

#define WORDS_MAX 8

struct row {
	const char *words[WORDS_MAX]; /* without the program's name; NULL-terminated */
	const char *problem; /* NULL: it is parsed */
	const char *verb;
	const char *operands; /* joined by '|' */
	const char *values; /* of --account, joined by '|' */
	bool json;
	bool system;
};

static const struct row rows[] = {
	{ { "status" }, .verb = "status" },
	{ { "status", "--json" }, .verb = "status", .json = true },
	{ { "--system", "status", "--json" }, .verb = "status", .json = true, .system = true },
	{ { "status", "--system" }, .verb = "status", .system = true },
	{ { "check" }, .verb = "check" },
	{ { "check", "work", "home" }, .verb = "check", .operands = "work|home" },
	{ { "check", "a", "--system", "b" }, .verb = "check", .operands = "a|b", .system = true },
	{ { "check", "--", "--system", "-h" }, .verb = "check", .operands = "--system|-h" },
	{ { "check", "-" }, .verb = "check", .operands = "-" },
	{ { "check", "" }, .verb = "check", .operands = "" },
	{ { "watch", "--account", "a", "--account=b" }, .verb = "watch", .values = "a|b" },
	{ { "watch", "--account=" }, .verb = "watch", .values = "" },
	{ { "watch", "--account", "--json" }, .verb = "watch", .values = "--json" },
	{ { "watch", "--account=a=b" }, .verb = "watch", .values = "a=b" },

	{ { NULL }, .problem = "No verb given" },
	{ { "--system" }, .problem = "No verb given" },
	{ { "" }, .problem = "Unknown verb ''" },
	{ { "stat" }, .problem = "Unknown verb 'stat'" },
	{ { "staus" }, .problem = "Unknown verb 'staus', did you mean 'status'?" },
	{ { "wacth" }, .problem = "Unknown verb 'wacth', did you mean 'watch'?" },
	{ { "\033[2J\r" }, .problem = "Unknown verb '\\u{1b}[2J\\u{d}'" },
	{ { "list", "work" }, .problem = "'list' takes no argument, but got 'work'" },
	{ { "list", "\xff" }, .problem = "'list' takes no argument, but got '\\xff'" },
	{ { "status", "--jsn" }, .problem = "Unknown option '--jsn', did you mean '--json'?" },
	{ { "status", "--jsn=1" }, .problem = "Unknown option '--jsn=1', did you mean '--json'?" },
	{ { "status", "--since=1" }, .problem = "Unknown option '--since=1'" },
	{ { "--json", "status" }, .problem = "Unknown option '--json'" },
	{ { "status", "--version" }, .problem = "Unknown option '--version'" },
	{ { "status", "-x" }, .problem = "Unknown option '-x'" },
	{ { "status", "-hh" }, .problem = "Unknown option '-hh'" },
	{ { "watch", "--since" }, .problem = "Option '--since' needs a value: --since=SEQ" },
	{ { "watch", "--json=yes" }, .problem = "Option '--json' takes no value" },
	{ { "secret", "set", "work" }, .verb = "secret", .operands = "set|work" },
	{ { "secret", "--", "unlock" }, .verb = "secret", .operands = "unlock" },
	{ { "run", "--", "a", "--json", "--", "-h" }, .verb = "run", .operands = "a|--json|--|-h" },
	{ { "run", "--jobs=2", "a", "--jobs", "3" }, .verb = "run", .operands = "a|--jobs|3" },
	{ { "run", "--jsn", "a" }, .problem = "Unknown option '--jsn'" },
	{ { "secret" }, .problem = "'secret' needs one of: set clear unlock" },
	{ { "secret", "sett" },
		.problem = "'secret' does not know 'sett', only: set clear unlock" },
};

static int parse(const struct row *row, struct arguments **ret, char **ret_problem) {
	char *argv[WORDS_MAX + 2] = { (char *)(uintptr_t) "posthorn" };
	int argc = 1;
	for (size_t i = 0; i < WORDS_MAX && row->words[i]; i++)
		argv[argc++] = (char *)(uintptr_t)row->words[i];
	return arguments_parse(&verbs_grammar, argc, argv, ret, ret_problem);
}

/* The same joining for operands and values: each word is looked at from the front of `joined`. */
static void assert_next(const char **joined, const char *word) {
	assert_non_null(*joined);
	size_t n = strcspn(*joined, "|");
	assert_int_equal(strlen(word), n);
	assert_memory_equal(*joined, word, n);
	*joined = (*joined)[n] == '|' ? *joined + n + 1 : NULL;
}

static void test_rows(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		CLEANUP(arguments_free) struct arguments *a = NULL;
		CLEANUP_TEXT char *problem = NULL;
		int r = parse(row, &a, &problem);
		if (row->problem) {
			assert_int_equal(r, -EINVAL);
			assert_null(a);
			assert_string_equal(problem, row->problem);
			continue;
		}
		assert_int_equal(r, 0);
		assert_null(problem);
		assert_string_equal(arguments_verb(a)->name, row->verb);
		assert_int_equal(arguments_has(a, OPTION_JSON), row->json);
		assert_int_equal(arguments_has(a, OPTION_SYSTEM), row->system);

		const char *expected = row->operands;
		for (const char *const *o = arguments_operands(a); *o; o++)
			assert_next(&expected, *o);
		assert_null(expected);
		expected = row->values;
		const char *value;
		for (size_t n = 0; (value = arguments_nth_value(a, OPTION_ACCOUNT, n)); n++)
			assert_next(&expected, value);
		assert_null(expected);
	}
}

static void test_orders_without_a_verb(void **state) {
	static const struct {
		const char *word;
		enum option option;
	} orders[] = {
		{ "--help", OPTION_HELP },
		{ "-h", OPTION_HELP },
		{ "--version", OPTION_VERSION },
		{ "--print-completion=fish", OPTION_PRINT_COMPLETION },
	};
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		struct row row = { .words = { orders[i].word } };
		CLEANUP(arguments_free) struct arguments *a = NULL;
		CLEANUP_TEXT char *problem = NULL;
		assert_int_equal(parse(&row, &a, &problem), 0);
		assert_null(arguments_verb(a));
		assert_true(arguments_has(a, orders[i].option));
	}
}

static void test_the_last_value_counts(void **state) {
	struct row row = { .words = { "watch", "--since=1", "--since", "2" } };
	CLEANUP(arguments_free) struct arguments *a = NULL;
	CLEANUP_TEXT char *problem = NULL;
	assert_int_equal(parse(&row, &a, &problem), 0);
	assert_string_equal(arguments_value(a, OPTION_SINCE), "2");
	assert_string_equal(arguments_nth_value(a, OPTION_SINCE, 0), "1");
	assert_null(arguments_value(a, OPTION_TYPE));
}

/* Even an empty argv is a line. */
static void test_no_program_name(void **state) {
	CLEANUP(arguments_free) struct arguments *a = NULL;
	CLEANUP_TEXT char *problem = NULL;
	char *argv[] = { NULL };
	assert_int_equal(arguments_parse(&verbs_grammar, 0, argv, &a, &problem), -EINVAL);
	assert_string_equal(problem, "No verb given");
}

/* Short forms take no value, names are unique, and help texts may stand in shell scripts. */
static void test_table_is_sound(void **state) {
	const struct grammar *g = &verbs_grammar;
	for (size_t i = 0; i < OPTION_COUNT_; i++) {
		const struct option_entry *o = &g->options[i];
		assert_non_null(o->name);
		assert_true(!o->letter || !o->argument);
		assert_null(strpbrk(o->help, "'\\[]:\n"));
		assert_true(strlen(o->help) > 0 && o->help[strlen(o->help) - 1] != '.');
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(o->name, g->options[j].name);
	}
	for (size_t i = 0; i < g->n_verbs; i++) {
		const struct verb *v = &g->verbs[i];
		assert_ptr_equal(arguments_find_verb(g, v->name), v);
		assert_null(strpbrk(v->help, "'\\[]:\n"));
		assert_int_equal(v->options & (g->common | g->alone), 0);
		assert_int_equal(*v->operands != '\0', v->operand_kind != OPERAND_NONE);
		assert_non_null(v->run);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_orders_without_a_verb),
		cmocka_unit_test(test_the_last_value_counts),
		cmocka_unit_test(test_no_program_name),
		cmocka_unit_test(test_table_is_sound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
