#include "base/ini.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/memory.h"

/* One line for each item: what it is, where, and what it says. */
static char *describe(const char *text, size_t n) {
	CLEANUP(ini_reader_free) struct ini_reader *r = ini_reader_new(text, n);
	CLEANUP_TEXT char *all = memory_strdup("");
	struct ini_item item;
	while (ini_next(r, &item) > 0) {
		CLEANUP_TEXT char *one = NULL;
		switch (item.kind) {
		case INI_SECTION:
			one = memory_format("%u [%s]\n", item.line, item.section);
			break;
		case INI_ASSIGNMENT:
			one = memory_format(
				"%u %s.%s<%s>\n", item.line, item.section, item.key, item.value);
			break;
		case INI_BAD:
			one = memory_format("%u ! %s\n", item.line, item.problem);
			break;
		}
		char *longer = memory_format("%s%s", all, one);
		memory_free(all);
		all = longer;
	}
	return TAKE_PTR(all);
}

struct ini_case {
	const char *text;
	size_t n;
	const char *items;
};
#define CASE(text, items) \
	{ text, sizeof(text) - 1, items }
#define NEITHER "the line is neither a [Section] nor Key=value"

static const struct ini_case cases[] = {
	CASE("", ""),
	CASE("\n\n  \n\t\n", ""),
	CASE("[Account]\nHost=imap.example.org\nPort=993\n",
		"1 [Account]\n2 Account.Host<imap.example.org>\n3 Account.Port<993>\n"),
	/* the end of a line, and of the last one */
	CASE("[A]\nx=1", "1 [A]\n2 A.x<1>\n"),
	CASE("[A]\r\nx=1\r\n\r\n", "1 [A]\n2 A.x<1>\n"),
	CASE("x=1\r\r\ny=2\r", "1 .x<1>\n2 .y<2>\n"),
	CASE("x=a\rb", "1 .x<a\rb>\n"),
	CASE("\xEF\xBB\xBF[A]\n", "1 [A]\n"),
	CASE("\xEF\xBB\xBF", ""),
	CASE("\xEF\xBB", "1 ! the line is not valid UTF-8\n"),
	CASE("x=1\n\xEF\xBB\xBFy=2\n", "1 .x<1>\n2 .\xEF\xBB\xBFy<2>\n"),
	/* comments are lines */
	CASE("# x=1\n;y=2\n \t# z=3\n#", ""),
	/* a value is taken verbatim, but for the blanks around it */
	CASE("x = a ; b # c\n", "1 .x<a ; b # c>\n"),
	CASE("x=\" quoted \"\n", "1 .x<\" quoted \">\n"),
	CASE("x='a\ny=b'\n", "1 .x<'a>\n2 .y<b'>\n"),
	CASE("x=back\\\\\ny=sla\\sh\\n\n", "1 .x<back\\\\>\n2 .y<sla\\sh\\n>\n"),
	/* a line goes on behind a backslash */
	CASE("x=a\\\n  b \\\n\tc\ny=1\n", "1 .x<a   b  \tc>\n4 .y<1>\n"),
	CASE("x=a\\\r\nb\r\n", "1 .x<a b>\n"),
	CASE("x=a \\ \nb\n", "1 .x<a  b>\n"),
	CASE("x=a\\\n# not this\\\n ;nor this\nb\n", "1 .x<a b>\n"),
	CASE("x=a\\\n\nb=1\n", "1 .x<a>\n3 .b<1>\n"),
	CASE("x=a\\", "1 .x<a>\n"),
	CASE("x=a\\\\\\\nb\n", "1 .x<a\\\\ b>\n"),
	CASE("x\\\n=\\\n1\n", "1 .x<1>\n"),
	CASE("x=a\\\n[B]\n", "1 .x<a [B]>\n"),
	CASE("\\\n", ""),
	CASE("# x=a\\\ny=1\n", "2 .y<1>\n"),
	CASE("x=a\\\nb\xE9\\\nc\ny=1\n", "1 ! the line is not valid UTF-8\n4 .y<1>\n"),
	CASE("x==a=b=\n", "1 .x<=a=b=>\n"),
	CASE("x=[b]\n", "1 .x<[b]>\n"),
	CASE("x=%h ${HOME} $(id)\n", "1 .x<%h ${HOME} $(id)>\n"),
	CASE(" \t x \t = \t v w \t \n", "1 .x<v w>\n"),
	CASE("x=\ny= \n", "1 .x<>\n2 .y<>\n"),
	CASE("x=\xC2\xA0nbsp\n", "1 .x<\xC2\xA0nbsp>\n"),
	CASE("Two Words=1\n", "1 .Two Words<1>\n"),
	CASE("x=1\nx=2\n", "1 .x<1>\n2 .x<2>\n"),
	/* sections; what stands behind a bad one belongs to none */
	CASE(" [A] \nx=1\n", "1 [A]\n2 A.x<1>\n"),
	CASE("[ A ]\n", "1 [ A ]\n"),
	CASE("[A\nx=1\n", "1 ! the section's name is not closed by ]\n2 .x<1>\n"),
	CASE("[A]\n[]\nx=1\n[B]\ny=2\n",
		"1 [A]\n2 ! the section has no name\n3 .x<1>\n4 [B]\n5 B.y<2>\n"),
	CASE("[A] # no\n[A]]\n", "1 ! something follows the section's name\n2 ! something follows "
				 "the section's name\n"),
	/* garbage, and reading goes on */
	CASE("[A]\nHost\nx=1\n", "1 [A]\n2 ! " NEITHER "\n3 A.x<1>\n"),
	CASE("=1\n = 2\nx=1\n",
		"1 ! there is no key before =\n2 ! there is no key before =\n3 .x<1>\n"),
	CASE("<html>\n{\n", "1 ! " NEITHER "\n2 ! " NEITHER "\n"),
	CASE("[A]\nx=a\0b\ny=2\n", "1 [A]\n2 ! the line contains a NUL byte\n3 A.y<2>\n"),
	CASE("x=caf\xE9\ny=caf\xC3\xA9\n", "1 ! the line is not valid UTF-8\n2 .y<caf\xC3\xA9>\n"),
	CASE("# caf\xE9\n", "1 ! the line is not valid UTF-8\n"),
	CASE("\xFF\xFE[\0A\0]\0\n\0",
		"1 ! the line contains a NUL byte\n2 ! the line contains a NUL byte\n"),
};

/* C-02 and C-10: every kind of line. */
static void test_items(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		/* a copy without a NUL behind it: the reader may not rely on one */
		char *copy = memory_resize(NULL, cases[i].n, 1);
		memcpy(copy, cases[i].text, cases[i].n);
		CLEANUP_TEXT char *items = describe(copy, cases[i].n);
		memory_free(copy);
		assert_string_equal(items, cases[i].items);
	}
}

void *__real_memory_resize(void *old, size_t n, size_t size);
void *__wrap_memory_resize(void *old, size_t n, size_t size);

static size_t largest;

/* What the reader's buffer asks memory.c for. */
void *__wrap_memory_resize(void *old, size_t n, size_t size) {
	largest = MAX(largest, n * size);
	return __real_memory_resize(old, n, size);
}

/* `n` bytes "x=vvv..." */
static char *long_line(size_t n) {
	char *text = memory_resize(NULL, n + 1, 1);
	memset(text, 'v', n);
	text[0] = 'x';
	text[1] = '=';
	text[n] = '\0';
	return text;
}

static void c_02_longest_line(void **state) {
	CLEANUP_TEXT char *line = long_line(INI_LINE_MAX);
	CLEANUP_TEXT char *text = memory_format("%s\n%sv\nlast=1", line, line);
	CLEANUP(ini_reader_free) struct ini_reader *r = ini_reader_new(text, strlen(text));
	struct ini_item item;

	assert_int_equal(ini_next(r, &item), 1);
	assert_int_equal(item.kind, INI_ASSIGNMENT);
	assert_int_equal(strlen(item.value), INI_LINE_MAX - 2);

	assert_int_equal(ini_next(r, &item), 1);
	assert_int_equal(item.kind, INI_BAD);
	assert_int_equal(item.line, 2);
	assert_string_equal(item.problem, "the line is longer than 64 KiB");
	assert_string_equal(item.key, "");

	assert_int_equal(ini_next(r, &item), 1);
	assert_string_equal(item.key, "last");
	assert_int_equal(ini_next(r, &item), 0);
	assert_int_equal(ini_next(r, &item), 0);
}

static void test_memory_is_bounded(void **state) {
	CLEANUP_TEXT char *line = long_line(8 * 1024 * 1024);
	size_t n = strlen(line);
	largest = 0;
	CLEANUP_TEXT char *items = describe(line, n);
	assert_string_equal(items, "1 ! the line is longer than 64 KiB\n");
	assert_int_equal(largest, 0);

	/* the same bytes as many lines */
	for (size_t i = 0; i < n; i += 1024)
		memcpy(line + i, "\nx=", 3);
	largest = 0;
	CLEANUP(ini_reader_free) struct ini_reader *r = ini_reader_new(line, n);
	struct ini_item item;
	unsigned n_items = 0;
	while (ini_next(r, &item) > 0)
		n_items++;
	assert_int_equal(n_items, 8 * 1024);
	assert_in_range(largest, 1024, 4096);

	/* and as one that goes on and on */
	for (size_t i = 0; i + 1024 <= n; i += 1024)
		line[i + 1023] = '\\';
	largest = 0;
	CLEANUP_TEXT char *continued = describe(line, n);
	assert_string_equal(continued, "2 ! the line is longer than 64 KiB\n");
	assert_in_range(largest, 1024, 2 * INI_LINE_MAX);
}

static void test_nothing_to_free(void **state) {
	assert_null(ini_reader_free(NULL));
	assert_null(ini_reader_free(ini_reader_new("x=1", 3)));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_items),
		cmocka_unit_test(c_02_longest_line),
		cmocka_unit_test(test_memory_is_bounded),
		cmocka_unit_test(test_nothing_to_free),
	};
	return cmocka_run_group_tests_name("ini", tests, NULL, NULL);
}
