/* N-03: what a sender may write and what of it reaches a screen. */
#include "notify/line.h"

#include "base/macros.h"
#include "base/memory.h"
#include "base/text.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct row {
	const char *text;
	size_t max_characters;
	const char *line;
};

static const struct row rows[] = {
	{ NULL, 10, "" },
	{ "", 10, "" },
	{ "plain", 10, "plain" },
	{ "  blanks \t and\r\n lines\n ", 30, "blanks and lines" },
	{ "exactly", 7, "exactly" },
	{ "exactly!", 7, "exactly…" },
	{ "cut at a blank", 3, "cut…" },
	{ "cut after a blank", 4, "cut…" },
	{ "bell\a\033[31mred\177", 20, "bell[31mred" },
	{ "C1\302\233next\302\205line", 20, "C1next line" },
	{ "line\342\200\250paragraph\342\200\251end", 40, "line paragraph end" },
	{ "invoice\342\200\256fdp.exe", 40, "invoicefdp.exe" }, /* right-to-left override */
	{ "\342\201\246isolate\342\201\251\342\200\217\330\234", 40, "isolate" },
	{ "soft\302\255hyphen zero\342\200\213width \357\273\277bom", 40,
		"softhyphen zerowidth bom" },
	{ "\357\277\276noncharacter", 40, "noncharacter" },
	{ "\377\376 latin \351", 40, "\357\277\275\357\277\275 latin \357\277\275" },
	{ "\343\205\244\341\205\237", 40, "" }, /* Hangul fillers: a name drawn as nothing */
	{ "\342\200\215\342\200\214", 40, "" }, /* joiners and nothing to join */
	{ "\314\201", 40, "" }, /* a mark and nothing to mark */
	/* The base keeps its mark when the cut comes behind it. */
	{ "e\314\201e\314\201e\314\201", 2, "e\314\201e\314\201…" },
	/* A family of four is one character; a flag is one of two. */
	{ "👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 1, "👨‍👩‍👧‍👦…" },
	{ "👍🏽👍🏽", 1, "👍🏽…" },
	{ "🇩🇪🇫🇷🇮🇹", 2, "🇩🇪🇫🇷…" },
	{ "हिन्दी", 9, "हिन्दी" },
	{ "שלום עולם", 4, "שלום…" },
	{ "می‌خواهم", 20, "می‌خواهم" },
};

static void test_rows(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP_TEXT char *line = line_from_text(rows[i].text, rows[i].max_characters);

		assert_string_equal(line, rows[i].line);
	}
}

static void test_a_long_line_is_cut(void **state) {
	CLEANUP_TEXT char *text = memory_zalloc(10 * 1024 + 1, 1);
	memset(text, 'x', 10 * 1024);
	CLEANUP_TEXT char *line = line_from_text(text, 160);

	assert_int_equal(strlen(line), 160 + strlen("…"));
}

static void test_a_thousand_marks_are_bounded(void **state) {
	CLEANUP_TEXT char *text = memory_zalloc(1 + 2 * 1000 + 4 + 1, 1);
	char *end = text;

	*end++ = 'a';
	for (int i = 0; i < 1000; i++)
		end = (char *)memcpy(end, "\314\215", 2) + 2;
	memcpy(end, " end", 4);
	CLEANUP_TEXT char *line = line_from_text(text, 160);

	assert_int_equal(strlen(line), 1 + 2 * LINE_EXTENDERS_MAX + strlen(" end"));
	assert_true(g_str_has_suffix(line, " end"));
}

/* Every cut of any mixture is valid, and no longer than asked for. */
static void test_every_cut_is_valid(void **state) {
	static const char mixture[] =
		"a\314\201 👨‍👩‍👧‍👦🇩🇪e\314\201\314\202हि\377x\342\200";

	for (size_t n = 0; n <= sizeof(mixture) - 1; n++)
		for (size_t max = 0; max < 12; max++) {
			CLEANUP_TEXT char *text = memory_strndup(mixture, n);
			CLEANUP_TEXT char *line = line_from_text(text, max);

			assert_true(text_is_utf8(line, strlen(line)));
			assert_true(max > 0 || strlen(line) <= strlen("…"));
		}
}

static void test_escape(void **state) {
	CLEANUP_TEXT char *escaped = line_escape(
		"<b>x</b> & <a href=\"x\"> &amp; \"' <img src=\"file:///dev/urandom\">");
	assert_string_equal(escaped,
		"&lt;b&gt;x&lt;/b&gt; &amp; &lt;a href=\"x\"&gt; &amp;amp; \"' "
		"&lt;img src=\"file:///dev/urandom\"&gt;");

	CLEANUP_TEXT char *empty = line_escape("");
	assert_string_equal(empty, "");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_a_long_line_is_cut),
		cmocka_unit_test(test_a_thousand_marks_are_bounded),
		cmocka_unit_test(test_every_cut_is_valid),
		cmocka_unit_test(test_escape),
	};

	return cmocka_run_group_tests_name("line", tests, NULL, NULL);
}
