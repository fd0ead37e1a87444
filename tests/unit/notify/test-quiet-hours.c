#include "notify/quiet-hours.h"

#include "base/macros.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define AT(weekday, hour, minute) .day = (weekday), .at = (hour)*60 + (minute)

static const struct {
	const char *text;
	unsigned day, at, left;
} rows[] = {
	{ "22:00-07:00", AT(0, 21, 59), .left = 0 },
	{ "22:00-07:00", AT(0, 22, 0), .left = 9 * 60 },
	{ "22:00-07:00", AT(0, 23, 30), .left = 7 * 60 + 30 },
	{ "22:00-07:00", AT(3, 0, 0), .left = 7 * 60 },
	{ "22:00-07:00", AT(3, 6, 59), .left = 1 },
	{ "22:00-07:00", AT(3, 7, 0), .left = 0 },
	{ "9:00-12:30", AT(3, 12, 29), .left = 1 },
	{ "9:00-12:30", AT(3, 12, 30), .left = 0 },
	{ "Sat,Sun 00:00-24:00", AT(5, 0, 0), .left = 24 * 60 },
	{ "Sat,Sun 00:00-24:00", AT(6, 23, 59), .left = 1 },
	{ "Sat,Sun 00:00-24:00", AT(0, 0, 0), .left = 0 },
	{ "fri 20:00-08:00", AT(4, 20, 0), .left = 12 * 60 },
	{ "fri 20:00-08:00", AT(5, 7, 0), .left = 60 }, /* the night that began on Friday */
	{ "fri 20:00-08:00", AT(4, 7, 0), .left = 0 },
	{ "Sun 20:00-08:00", AT(0, 7, 0), .left = 60 }, /* over the end of the week */
	{ "Fri-Mon 10:00-11:00", AT(6, 10, 0), .left = 60 },
	{ "Fri-Mon 10:00-11:00", AT(1, 10, 0), .left = 0 },
};

static void test_rows(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct quiet_hours q;

		assert_null(quiet_hours_parse(rows[i].text, &q));
		assert_int_equal(quiet_hours_left(&q, rows[i].day, rows[i].at), rows[i].left);
	}
}

static void test_what_is_none(void **state) {
	static const char *const texts[] = { "", "22", "22:00", "22:00-", "22:00-7", "25:00-07:00",
		"22:60-07:00", "22:00-22:00", "24:00-07:00", "24:01-07:00", "22:00-07:00 ", "Mon",
		"Mon22:00-07:00", "Foo 22:00-07:00", "Mon- 22:00-07:00", "Mon, 22:00-07:00",
		"22:00-07:000", "-1:00-07:00", "22:0x-07:00" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct quiet_hours q;
		CLEANUP_TEXT char *problem = quiet_hours_parse(texts[i], &q);

		if (!problem)
			fail_msg("'%s' was taken", texts[i]);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_what_is_none),
	};

	return cmocka_run_group_tests_name("quiet-hours", tests, NULL, NULL);
}
