/* Readers=: what is a list, who is in it. Numbers, since the users of a system are its own. */
#include "daemon/readers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/memory.h"
#include "bus/caller.h"

static void lists_of_words(void **state) {
	static const struct {
		const char *line;
		bool is_right;
	} cases[] = {
		{ "ada", true },
		{ "ada bob  @support", true },
		{ "1000 @100", true },
		{ "@", false },
		{ "ada @", false },
		{ "ada:bob", false },
		{ "../ada", false },
		{ "'ada bob'", false },
		{ "\"ada", false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_TEXT char *problem = readers_check(cases[i].line);
		if (cases[i].is_right != !problem)
			fail_msg("'%s': %s", cases[i].line, problem ? problem : "taken");
	}
}

static void on_unknown(const char *word, void *userdata) {
	char **words = userdata;
	char *longer = memory_format("%s%s;", *words, word);
	free(*words);
	*words = longer;
}

static void users_and_groups(void **state) {
	char *const lines[] = { (char *)"1000 @100",
		(char *)"1001 nobody-of-that-name @no-such-group", NULL };
	static const uint32_t staff[] = { 5, 100 }, others[] = { 1000, 1001 };
	static const struct {
		struct caller caller;
		bool is_in;
	} cases[] = {
		{ { .uid = 1000 }, true },
		{ { .uid = 1001 }, true },
		{ { .uid = 1002 }, false },
		{ { .uid = 100 }, false },
		{ { .uid = 1002, .gids = staff, .n_gids = 2 }, true },
		{ { .uid = 1002, .gids = staff, .n_gids = 1 }, false },
		{ { .uid = 1002, .gids = others, .n_gids = 2 }, false },
		/* that one sees everything is decided elsewhere */
		{ { .uid = 0, .is_privileged = true }, false },
	};
	CLEANUP_TEXT char *unknown = memory_strdup("");
	struct readers *readers = readers_new(lines, on_unknown, &unknown);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(readers_have(readers, &cases[i].caller), cases[i].is_in);
	assert_string_equal(unknown, "nobody-of-that-name;@no-such-group;");
	assert_null(readers_free(readers));
}

/* None that is known is nobody, and never everybody. */
static void nobody(void **state) {
	static const struct caller anybody = { .uid = 1000 };
	char *const none[] = { (char *)"", NULL }, *const strangers[] = { (char *)"no-such-user",
		NULL };
	CLEANUP_TEXT char *unknown = memory_strdup("");
	assert_null(readers_new(NULL, on_unknown, &unknown));
	assert_null(readers_new(none, on_unknown, &unknown));
	assert_null(readers_new(strangers, on_unknown, &unknown));
	assert_string_equal(unknown, "no-such-user;");
	assert_false(readers_have(NULL, &anybody));
}

/* 256 of all lines together: the next one is left out. */
static void so_many_and_no_more(void **state) {
	char *lines[5] = { NULL };
	CLEANUP_TEXT char *unknown = memory_strdup("");
	for (unsigned i = 0; i < 260; i++) {
		char *line = lines[i / 65];
		lines[i / 65] = memory_format("%s %u", line ? line : "", 1000 + i);
		free(line);
	}
	struct readers *readers = readers_new(lines, on_unknown, &unknown);
	assert_true(readers_have(readers, &(struct caller){ .uid = 1000 }));
	assert_true(readers_have(readers, &(struct caller){ .uid = 1255 }));
	assert_false(readers_have(readers, &(struct caller){ .uid = 1256 }));
	assert_string_equal(unknown, "");
	for (unsigned i = 0; i < 4; i++)
		free(lines[i]);
	assert_null(readers_free(readers));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_of_words),
		cmocka_unit_test(users_and_groups),
		cmocka_unit_test(nobody),
		cmocka_unit_test(so_many_and_no_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
