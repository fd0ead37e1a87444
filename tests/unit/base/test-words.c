#include "base/words.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/macros.h"

static const struct {
	const char *line;
	const char *words[6]; /* none: -EINVAL */
} splits[] = {
	{ "pass show mail/work", { "pass", "show", "mail/work" } },
	{ "  a\t b  ", { "a", "b" } },
	{ "a 'b c' \"d e\"", { "a", "b c", "d e" } },
	{ "a b'c d'e", { "a", "bc de" } },
	{ "a \"\" ''", { "a", "", "" } },
	{ "a \"it's\" '\"'", { "a", "it's", "\"" } },
	{ "a \\x41\\102\\t\\s\\\\", { "a", "AB\t \\" } },
	{ "a \\u00e4\\U0001F4EF", { "a", "\xC3\xA4\xF0\x9F\x93\xAF" } },
	{ "a $HOME `b` ; | *", { "a", "$HOME", "`b`", ";", "|", "*" } },
	{ "a \xC3\xA4", { "a", "\xC3\xA4" } },
	{ "", { NULL } },
	{ "   ", { NULL } },
	{ "\"\"", { NULL } },
	{ "a 'b", { NULL } },
	{ "a \"b", { NULL } },
	{ "a \\", { NULL } },
	{ "a \\q", { NULL } },
	{ "a \\x0", { NULL } },
	{ "a \\x00", { NULL } },
	{ "a \\777", { NULL } },
	{ "a \\ud800", { NULL } },
	{ "a \\U00110000", { NULL } },
};

static void lines_are_split_as_systemd_does(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(splits); i++) {
		char **argv = NULL;
		int r = words_split(splits[i].line, &argv);
		if (!splits[i].words[0]) {
			assert_int_equal(r, -EINVAL);
			assert_null(argv);
			continue;
		}
		assert_int_equal(r, 0);
		size_t n = 0;
		for (; argv[n]; n++) {
			assert_true(n < ARRAY_SIZE(splits[i].words));
			assert_string_equal(argv[n], splits[i].words[n]);
		}
		assert_true(n == ARRAY_SIZE(splits[i].words) || !splits[i].words[n]);
		words_free(argv);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_split_as_systemd_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
