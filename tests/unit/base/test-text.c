#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/memory.h"

#define CODE_POINT_MAX 0x10FFFF
#define FFFD "\xEF\xBF\xBD"

static void test_nothing_equals_itself_alone(void **state) {
	assert_true(text_equal(NULL, NULL));
	assert_false(text_equal(NULL, ""));
	assert_false(text_equal("", NULL));
	assert_true(text_equal("a", "a"));
	assert_false(text_equal("a", "A"));
}

static void test_ascii_case_only(void **state) {
	assert_true(text_equal_nocase("INBOX", "inbox"));
	assert_true(text_equal_nocase("", ""));
	assert_false(text_equal_nocase("a", "ab"));
	assert_false(text_equal_nocase("ab", "a"));
	/* neighbours of the letters: '@' and '`', '[' and '{' */
	assert_false(text_equal_nocase("@[", "`{"));
	/* A-umlaut and a-umlaut in UTF-8, and in Latin-1 */
	assert_false(text_equal_nocase("\xC3\x84", "\xC3\xA4"));
	assert_false(text_equal_nocase("\xC4", "\xE4"));

	assert_true(text_equal_nocase_n("OK done", 2, "ok"));
	assert_false(text_equal_nocase_n("OK", 2, "okay"));
	assert_false(text_equal_nocase_n("OKAY", 4, "ok"));
	assert_false(text_equal_nocase_n("ok\0ay", 5, "ok"));
	assert_true(text_equal_nocase_n(NULL, 0, ""));

	assert_true(text_starts_nocase("AUTH=PLAIN", "auth="));
	assert_true(text_starts_nocase("x", ""));
	assert_false(text_starts_nocase("AUTH", "auth="));

	assert_true(text_is_empty(NULL));
	assert_true(text_is_empty(""));
	assert_false(text_is_empty(" "));
}

/* The plain arithmetic of RFC 3629 section 3, for any number: also for those that are none. */
static size_t encode(uint32_t c, char *ret) {
	if (c < 0x80) {
		ret[0] = (char)c;
		return 1;
	}
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		ret[i] = (char)(0x80 | (c & 0x3F));
	ret[0] = (char)(lead[n] | c);
	return n;
}

static void test_every_code_point(void **state) {
	char bytes[5];
	for (uint32_t c = 0; c <= CODE_POINT_MAX + 0x1000; c++) {
		size_t n = encode(c, bytes);
		bool expected = c != 0 && (c < 0xD800 || c > 0xDFFF) && c <= CODE_POINT_MAX;
		if (text_is_utf8(bytes, n) != expected)
			fail_msg("U+%04X", c);
		if (n > 1 && text_is_utf8(bytes, n - 1))
			fail_msg("U+%04X without its last byte", c);
	}
}

/* How many well-formed texts there are of so many bytes, counted and calculated. */
static void test_every_short_sequence(void **state) {
	unsigned n_two = 0, n_three = 0, n_four = 0;
	for (uint32_t i = 0; i < 0x10000; i++)
		n_two += text_is_utf8((char[]){ (char)(i >> 8), (char)i }, 2);
	assert_int_equal(n_two, 127 * 127 + (0x800 - 0x80));

	for (uint32_t i = 0xE00000; i <= 0xFFFFFF; i++)
		n_three += text_is_utf8((char[]){ (char)(i >> 16), (char)(i >> 8), (char)i }, 3);
	assert_int_equal(n_three, 0x10000 - 0x800 - 0x800);

	/* of the last two bytes only the edges of their range, which are two good ones each */
	static const char edges[] = { 0x7F, (char)0x80, (char)0xBF, (char)0xC0 };
	for (uint32_t i = 0; i < 0x10000; i++) {
		char bytes[] = { (char)(0xF0 | i >> 12), (char)(i >> 4), edges[i >> 2 & 3],
			edges[i & 3] };
		n_four += text_is_utf8(bytes, 4);
	}
	assert_int_equal(n_four, 0x100000 / 0x1000 * 2 * 2);
}

struct text_case {
	const char *in;
	size_t n;
	const char *out;
};
#define CASE(in, out) \
	{ in, sizeof(in) - 1, out }

static const struct text_case utf8_cases[] = {
	CASE("", ""),
	CASE("plain", "plain"),
	CASE("caf\xC3\xA9", "caf\xC3\xA9"),
	CASE("a\0b", "a" FFFD "b"),
	CASE("caf\xE9!", "caf" FFFD "!"),
	/* overlong forms of U+002F and U+0000 */
	CASE("\xC0\xAF", FFFD FFFD),
	CASE("\xE0\x80\xAF", FFFD FFFD FFFD),
	CASE("\xF0\x80\x80\xAF", FFFD FFFD FFFD FFFD),
	CASE("\xC0\x80", FFFD FFFD),
	/* surrogates, alone and as CESU-8 pairs */
	CASE("\xED\xA0\x80", FFFD FFFD FFFD),
	CASE("\xED\xA0\xBD\xED\xB3\xAC", FFFD FFFD FFFD FFFD FFFD FFFD),
	CASE("\xED\x9F\xBF\xEE\x80\x80", "\xED\x9F\xBF\xEE\x80\x80"),
	/* U+FFFE and U+FFFF are no characters, but they are UTF-8 */
	CASE("\xEF\xBF\xBE\xEF\xBF\xBF", "\xEF\xBF\xBE\xEF\xBF\xBF"),
	/* U+10FFFF, and what would follow it */
	CASE("\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"),
	CASE("\xF4\x90\x80\x80", FFFD FFFD FFFD FFFD),
	CASE("\xF5\x80\x80\x80", FFFD FFFD FFFD FFFD),
	CASE("\xFE\xFF", FFFD FFFD),
	/* cut off: one mark for what could have become one character */
	CASE("\xE2\x82", FFFD),
	CASE("\xE2\x82x", FFFD "x"),
	CASE("\xF0\x9F\x93", FFFD),
	CASE("\xF0\x9F\x93\xE2\x82\xAC", FFFD "\xE2\x82\xAC"),
	CASE("\x80\xBF", FFFD FFFD),
};

static void test_made_valid(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(utf8_cases); i++) {
		const struct text_case *c = &utf8_cases[i];
		CLEANUP_TEXT char *out = text_utf8(c->in, c->n, SIZE_MAX);
		assert_string_equal(out, c->out);
		bool same = strlen(c->out) == c->n && memcmp(c->in, c->out, c->n) == 0;
		assert_int_equal(text_is_utf8(c->in, c->n), same);
	}
	CLEANUP_TEXT char *nothing = text_utf8(NULL, 0, 0);
	assert_string_equal(nothing, "");
}

static void test_cut_between_code_points(void **state) {
	/* 1, 2, 3 and 4 bytes, then one that is replaced by 3 */
	static const char text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x93\xAC\xFFz";
	static const size_t expected[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10, 10, 13, 14, 14 };
	CLEANUP_TEXT char *valid = text_utf8(text, sizeof(text) - 1, SIZE_MAX);
	assert_int_equal(strlen(valid), 14);
	for (size_t max = 0; max < ARRAY_SIZE(expected); max++) {
		CLEANUP_TEXT char *out = text_utf8(text, sizeof(text) - 1, max);
		assert_int_equal(strlen(out), expected[max]);
		assert_memory_equal(out, valid, expected[max]);
		assert_int_equal(text_fit(valid, max), expected[max]);
	}
	assert_int_equal(text_fit(valid, SIZE_MAX), 14);
	assert_int_equal(text_fit("", 0), 0);
}

static const struct text_case printable_cases[] = {
	CASE("plain caf\xC3\xA9 \xF0\x9F\x93\xAC", "plain caf\xC3\xA9 \xF0\x9F\x93\xAC"),
	CASE("", ""),
	/* OSC 52 writes the clipboard, OSC 8 hides a link, CSI 2J clears the screen */
	CASE("\x1B]52;c;ZXZpbA==\x07", "\\u{1b}]52;c;ZXZpbA==\\u{7}"),
	CASE("\x1B]8;;http://evil\x1B\\ok", "\\u{1b}]8;;http://evil\\u{1b}\\ok"),
	CASE("\x1B[2J", "\\u{1b}[2J"),
	/* the same with C1 control characters: CSI and OSC in one */
	CASE("\xC2\x9B"
	     "2J\xC2\x9D",
		"\\u{9b}2J\\u{9d}"),
	CASE("\xC2\x85\xC2\x80\xC2\x9F\xC2\xA0", "\\u{85}\\u{80}\\u{9f}\xC2\xA0"),
	CASE("over\rwritten\nforged\tline\x7F", "over\\u{d}written\\u{a}forged\\u{9}line\\u{7f}"),
	/* bidirectional overrides and isolates, marks, joiners, byte order mark, soft hyphen */
	CASE("\xE2\x80\xAA\xE2\x80\xAE", "\\u{202a}\\u{202e}"),
	CASE("\xE2\x81\xA6\xE2\x81\xA9", "\\u{2066}\\u{2069}"),
	CASE("\xE2\x80\x8B\xE2\x80\x8F\xE2\x80\x90", "\\u{200b}\\u{200f}\xE2\x80\x90"),
	CASE("\xD8\x9C", "\\u{61c}"),
	CASE("\xEF\xBB\xBF\xC2\xAD", "\\u{feff}\\u{ad}"),
	/* tags, which are invisible, and the lines and paragraphs of Unicode */
	CASE("\xF3\xA0\x81\x81", "\\u{e0041}"),
	CASE("\xF3\xA0\x84\x80\xF4\x80\x80\x80", "\xF3\xA0\x84\x80\xF4\x80\x80\x80"),
	CASE("\xE2\x80\xA8\xE2\x80\xA9", "\\u{2028}\\u{2029}"),
	/* no characters */
	CASE("\xEF\xBF\xBE\xEF\xB7\x90\xF4\x8F\xBF\xBF", "\\u{fffe}\\u{fdd0}\\u{10ffff}"),
	/* not UTF-8 */
	CASE("caf\xE9", "caf\\xe9"),
	CASE("\xC0\xAF\xE2\x82", "\\xc0\\xaf\\xe2\\x82"),
	/* a backslash is not doubled: what was made printable passes as it is */
	CASE("C:\\u{1b}\\x00", "C:\\u{1b}\\x00"),
};

static void test_made_printable(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(printable_cases); i++) {
		const struct text_case *c = &printable_cases[i];
		CLEANUP_TEXT char *out = text_printable(c->in);
		assert_string_equal(out, c->out);
		CLEANUP_TEXT char *again = text_printable(out);
		assert_string_equal(again, out);
	}
	CLEANUP_TEXT char *nothing = text_printable(NULL);
	assert_string_equal(nothing, "");
}

static void test_nearest_word(void **state) {
	static const char *const keys[] = { "Host", "Port", "Password", "PasswordFile",
		"PasswordCommand", "User", NULL };
	static const struct {
		const char *word;
		const char *nearest;
	} cases[] = {
		{ "Host", "Host" },
		{ "host", "Host" },
		{ "Hots", "Host" }, /* two swapped neighbours are one mistake */
		{ "oHst", "Host" },
		{ "Hst", "Host" },
		{ "Hosst", "Host" },
		{ "Pasword", "Password" },
		{ "PasswordFiel", "PasswordFile" },
		{ "PASSWORDCOMAND", "PasswordCommand" },
		{ "Passcommand", NULL },
		{ "Ht", NULL },
		{ "", NULL },
		{ "Colour", NULL },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *nearest = text_nearest(cases[i].word, keys);
		if (cases[i].nearest)
			assert_string_equal(nearest, cases[i].nearest);
		else
			assert_null(nearest);
	}
	assert_null(text_nearest("Host", (const char *const[]){ NULL }));
}

static void test_nearest_is_bounded(void **state) {
	char edge[64], beyond[65];
	memset(edge, 'x', sizeof(edge));
	memset(beyond, 'x', sizeof(beyond));
	edge[63] = beyond[64] = '\0';
	assert_ptr_equal(text_nearest(edge, (const char *const[]){ edge, NULL }), edge);
	assert_ptr_equal(text_nearest(edge, (const char *const[]){ beyond, edge, NULL }), edge);
	assert_null(text_nearest(beyond, (const char *const[]){ beyond, NULL }));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_equals_itself_alone),
		cmocka_unit_test(test_ascii_case_only),
		cmocka_unit_test(test_every_code_point),
		cmocka_unit_test(test_every_short_sequence),
		cmocka_unit_test(test_made_valid),
		cmocka_unit_test(test_cut_between_code_points),
		cmocka_unit_test(test_made_printable),
		cmocka_unit_test(test_nearest_word),
		cmocka_unit_test(test_nearest_is_bounded),
	};
	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
