#include "cli/screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

#define BEGIN "\033[?2026h\033[H"
#define END "\033[J\033[?2026l"
#define L "\033[0m\033[K"

/* No line of a picture is erased before its text is there, and the last one does not scroll. */
static void test_pictures(void **state) {
	static const struct {
		const char *text;
		size_t rows;
		const char *picture;
	} rows[] = {
		{ "", 3, BEGIN END },
		{ "a\n", 3, BEGIN "a" L END },
		{ "a\nb\nc\n", 3, BEGIN "a" L "\r\nb" L "\r\nc" L END },
		{ "a\n\nc\n", 3, BEGIN "a" L "\r\n" L "\r\nc" L END },
		{ "a\nb\nc\nd\n", 3, BEGIN "a" L "\r\nb" L "\r\n... 2 more lines" L END },
		{ "a\nb\n", 1, BEGIN "... 2 more lines" L END },
		{ "a\nb\n", 0, BEGIN END },
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buffer out;
		buffer_init(&out, 4096);
		screen_draw(rows[i].text, rows[i].rows, &out);
		CLEANUP_TEXT char *picture = buffer_take_text(&out);
		buffer_deinit(&out);
		assert_string_equal(picture, rows[i].picture);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pictures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
