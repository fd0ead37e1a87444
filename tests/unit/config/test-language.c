#include "config/language.h"

#include "base/macros.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define BEGIN "\xE2\x81\xA8" /* first strong isolate */
#define END "\xE2\x81\xA9" /* pop directional isolate */

/* Only what runs from right to left is isolated in a sentence from left to right. */
static void test_isolate(void **state) {
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{ NULL, "" },
		{ "", "" },
		{ "Ada", "Ada" },
		{ "Москва – Київ", "Москва – Київ" },
		{ "東京", "東京" },
		{ "՞", "՞" }, /* Armenian */
		{ "֏", "֏" }, /* the last of it, before Hebrew */
		{ "שלום", BEGIN "שלום" END },
		{ "a ש b", BEGIN "a ש b" END },
		{ "مرحبا", BEGIN "مرحبا" END },
		{ "ܐ", BEGIN "ܐ" END }, /* Syriac */
		{ "ࠀ", BEGIN "ࠀ" END }, /* Samaritan */
		{ "ﬖ", "ﬖ" }, /* an Armenian ligature, before the Hebrew ones */
		{ "שׁ", BEGIN "שׁ" END },
		{ "ﷺ", BEGIN "ﷺ" END },
		{ "︀", "︀" }, /* a variation selector, between the Arabic forms */
		{ "ﺏ", BEGIN "ﺏ" END },
		{ "Ａ", "Ａ" }, /* full width, behind them */
		{ "𐤀", BEGIN "𐤀" END }, /* Phoenician */
		{ "𐀀", "𐀀" }, /* Linear B, before them */
		{ "𞤀", BEGIN "𞤀" END }, /* Adlam */
		{ "😀", "😀" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP_TEXT char *seen = language_isolate(rows[i].text);

		assert_string_equal(seen, rows[i].expected);
	}
}

static void test_plural(void **state) {
	static const struct {
		uint64_t n;
		const char *expected;
	} rows[] = { { 0, "many" }, { 1, "one" }, { 2, "many" }, { 21, "many" },
		{ UINT64_MAX, "many" } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(language_plural("one", "many", rows[i].n), rows[i].expected);
}

/* Numbers in JSON and in the journal have a point, whatever the locale says. */
static void test_numbers_are_those_of_the_c_locale(void **state) {
	char number[16];

	language_start("/nonexistent");
	snprintf(number, sizeof(number), "%.1f", 1.5);
	assert_string_equal(number, "1.5");
	assert_string_equal(_("Open"), "Open");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_isolate),
		cmocka_unit_test(test_plural),
		cmocka_unit_test(test_numbers_are_those_of_the_c_locale),
	};

	return cmocka_run_group_tests_name("language", tests, NULL, NULL);
}
