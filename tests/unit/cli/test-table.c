#include "cli/table.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/memory.h"

static char *print_into(const struct table *t, size_t columns, bool color) {
	struct buffer out;
	buffer_init(&out, 65536);
	table_print(t, &(struct table_look){ color, columns }, &out);
	char *text = buffer_take_text(&out);
	buffer_deinit(&out);
	return text;
}

static char *print(const struct table *t, bool color) {
	return print_into(t, 0, color);
}

static void add_row(struct table *t, const char *first, const char *second, const char *third) {
	table_add(t, TABLE_STYLE_PLAIN, first);
	table_add(t, TABLE_STYLE_PLAIN, second);
	table_add(t, TABLE_STYLE_PLAIN, third);
}

static void test_columns(void **state) {
	CLEANUP(table_free) struct table *t = table_new(3);
	table_align_right(t, 1);
	add_row(t, "NAME", "N", "LAST");
	add_row(t, "a", "7", "");
	table_add_note(t, "why");
	add_row(t, "longer", "1234", "now");
	add_row(t, "", "", "end");
	add_row(t, "x", "", "");
	CLEANUP_TEXT char *text = print(t, false);
	assert_string_equal(text, "NAME       N  LAST\n"
				  "a          7\n"
				  "    why\n"
				  "longer  1234  now\n"
				  "              end\n"
				  "x\n");
}

/* Columns, not bytes or code points: CJK is two wide, a combining mark is none. */
static void test_widths(void **state) {
	CLEANUP(table_free) struct table *t = table_new(3);
	add_row(t, "Почта", "x", "1");
	add_row(t, "郵便局", "x", "2");
	add_row(t, "e\xcc\x81", "x", "3");
	CLEANUP_TEXT char *text = print(t, false);
	assert_string_equal(text, "Почта   x  1\n"
				  "郵便局  x  2\n"
				  "e\xcc\x81       x  3\n");
}

static void test_styles_take_no_width(void **state) {
	CLEANUP(table_free) struct table *t = table_new(2);
	table_add(t, TABLE_STYLE_GOOD, "on");
	table_add(t, TABLE_STYLE_PLAIN, "1");
	table_add(t, TABLE_STYLE_BAD, "failed");
	table_add(t, TABLE_STYLE_WAITING, "2");
	CLEANUP_TEXT char *text = print(t, true);
	assert_string_equal(text, "\033[32mon\033[0m      1\n"
				  "\033[31mfailed\033[0m  \033[33m2\033[0m\n");
	CLEANUP_TEXT char *plain = print(t, false);
	assert_null(strchr(plain, '\033'));
}

/* U-14: no text leaves as it came, in color or not, in a cell or a note. */
static void test_hostile_texts(void **state) {
	CLEANUP(table_free) struct table *t = table_new(1);
	table_add(t, TABLE_STYLE_PLAIN, "\033]52;c;ZXZpbA==\a");
	table_add_note(t, "\033[2J\r\n\xc2\x9b"
			  "31m\xe2\x80\xae\xff");
	CLEANUP_TEXT char *text = print(t, true);
	assert_string_equal(text, "\\u{1b}]52;c;ZXZpbA==\\u{7}\n"
				  "    \\u{1b}[2J\\u{d}\\u{a}\\u{9b}31m\\u{202e}\\xff\n");
}

/* The widest gives way first, then both; what is to be whole stays; a character of two columns is
 * not halved; notes break between words. */
static void test_narrow_terminals(void **state) {
	static const struct {
		size_t columns;
		const char *text;
	} rows[] = {
		{ 30, "1234567  abcdefghijkl  郵便局x\n"
		      "    a note of several words\n" },
		{ 27, "1234567  abcdefgh…  郵便局x\n"
		      "    a note of several words\n" },
		{ 24, "1234567  abcde…  郵便局x\n"
		      "    a note of several\n"
		      "    words\n" },
		{ 23, "1234567  abcde…  郵便…\n"
		      "    a note of several\n"
		      "    words\n" },
		{ 12, "1234567  abcde…  郵便…\n"
		      "    a note\n"
		      "    of\n"
		      "    several\n"
		      "    words\n" },
	};
	CLEANUP(table_free) struct table *t = table_new(3);
	table_keep_whole(t, 0);
	add_row(t, "1234567", "abcdefghijkl", "郵便局x");
	table_add_note(t, "a note of several words");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP_TEXT char *text = print_into(t, rows[i].columns, false);
		assert_string_equal(text, rows[i].text);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_widths),
		cmocka_unit_test(test_styles_take_no_width),
		cmocka_unit_test(test_hostile_texts),
		cmocka_unit_test(test_narrow_terminals),
	};
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
