#include "notify/tray-icon.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Pixels that look like this colour, without being transparent. */
static unsigned count(const uint8_t *argb, unsigned size, const uint8_t rgb[3]) {
	unsigned n = 0;

	for (unsigned i = 0; i < size * size; i++) {
		const uint8_t *pixel = &argb[4 * i];
		bool is_near = pixel[0] == 255;

		for (unsigned j = 0; j < 3; j++)
			is_near = is_near && abs(pixel[1 + j] - rgb[j]) < 40;
		n += is_near;
	}
	return n;
}

static const uint8_t yellow[3] = { 0xF6, 0xD3, 0x2D }, red[3] = { 0xC0, 0x1C, 0x28 },
		     white[3] = { 255, 255, 255 };

static void test_number_is_on_the_horn(void **state) {
	static const unsigned sizes[] = { 16, 22, 24, 32, 48 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unsigned size = sizes[i];
		CLEANUP_TEXT char *bare = (char *)tray_icon_draw(size, 0);
		CLEANUP_TEXT char *three = (char *)tray_icon_draw(size, 3);
		CLEANUP_TEXT char *many = (char *)tray_icon_draw(size, 1000);

		assert_int_equal(count((uint8_t *)bare, size, red), 0);
		assert_int_equal(count((uint8_t *)bare, size, white), 0);
		assert_true(count((uint8_t *)bare, size, yellow) > size * size / 3);
		assert_true(count((uint8_t *)three, size, red) > size * size / 20);
		assert_true(count((uint8_t *)three, size, white) > 0);
		/* some of the horn is left */
		assert_true(count((uint8_t *)many, size, yellow) > size * size / 8);
		/* the corners are round */
		assert_int_equal((uint8_t)bare[0], 0);
	}
}

/* Every number up to the limit looks different, and all above it the same. */
static void test_numbers_differ(void **state) {
	enum {
		SIZE = 22,
		BYTES = 4 * SIZE * SIZE
	};
	uint8_t *pictures[TRAY_ICON_NUMBER_MAX + 3];
	size_t n = sizeof(pictures) / sizeof(pictures[0]);

	for (size_t i = 0; i < n; i++)
		pictures[i] = tray_icon_draw(SIZE, i);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			assert_int_equal(memcmp(pictures[i], pictures[j], BYTES) == 0,
				j > TRAY_ICON_NUMBER_MAX);
	for (size_t i = 0; i < n; i++)
		memory_free(pictures[i]);
}

static void test_sizes(void **state) {
	static const unsigned sizes[] = { 1, 2, 7, 256 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint8_t *argb = tray_icon_draw(sizes[i], UINT64_MAX);

		assert_non_null(argb);
		memory_free(argb);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number_is_on_the_horn),
		cmocka_unit_test(test_numbers_differ),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests_name("tray-icon", tests, NULL, NULL);
}
