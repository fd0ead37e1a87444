#include "cli/moment.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/memory.h"

#define NOW UINT64_C(1793613600000000)
#define DAY (24 * USEC_PER_HOUR)

static const struct {
	uint64_t distance_usec;
	const char *ago;
	const char *ahead;
} rows[] = {
	{ 0, "now", "now" },
	{ USEC_PER_SEC - 1, "now", "now" },
	{ USEC_PER_SEC, "1 s ago", "in 1 s" },
	{ 12 * USEC_PER_SEC, "12 s ago", "in 12 s" },
	{ 2 * USEC_PER_MINUTE - 1, "119 s ago", "in 119 s" },
	{ 2 * USEC_PER_MINUTE, "2 min ago", "in 2 min" },
	{ 2 * USEC_PER_HOUR - 1, "119 min ago", "in 119 min" },
	{ 2 * USEC_PER_HOUR, "2 h ago", "in 2 h" },
	{ 2 * DAY - 1, "47 h ago", "in 47 h" },
	{ 2 * DAY, "2 days ago", "in 2 days" },
	{ 400 * DAY, "400 days ago", "in 400 days" },
};

static void test_spans(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP_TEXT char *ago = moment_format_ago(NOW, NOW - rows[i].distance_usec);
		CLEANUP_TEXT char *ahead = moment_format_ahead(NOW, NOW + rows[i].distance_usec);
		assert_string_equal(ago, rows[i].ago);
		assert_string_equal(ahead, rows[i].ahead);
	}
}

static void test_a_stepped_clock(void **state) {
	CLEANUP_TEXT char *ago = moment_format_ago(NOW, NOW + DAY);
	CLEANUP_TEXT char *ahead = moment_format_ahead(NOW, NOW - DAY);
	assert_string_equal(ago, "now");
	assert_string_equal(ahead, "now");
}

static void test_local(void **state) {
	static const struct {
		const char *zone;
		uint64_t usec;
		const char *text;
	} times[] = {
		{ "UTC0", NOW + 999999, "2026-11-02 10:00:00" },
		{ "CET-1", NOW, "2026-11-02 11:00:00" },
		{ "EST5", 0, "1969-12-31 19:00:00" },
		{ "UTC0", UINT64_C(253402300799999999), "9999-12-31 23:59:59" },
		/* five digits of a year, and what a hostile server may say */
		{ "UTC0", UINT64_C(253402300800000000), "-------------------" },
		{ "UTC0", UINT64_MAX, "-------------------" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		assert_int_equal(setenv("TZ", times[i].zone, 1), 0);
		tzset();
		CLEANUP_TEXT char *text = moment_format_local(times[i].usec);
		assert_string_equal(text, times[i].text);
	}
}

/* It is 11:00 in a zone whose clocks go back on the last Sunday of October and on in March. */
static void test_parse_local(void **state) {
	static const struct {
		const char *text;
		const char *expected; /* NULL: it is none */
	} times[] = {
		{ "14:30", "2026-11-02 14:30:00" },
		{ "11:01", "2026-11-02 11:01:00" },
		{ "11:00", "2026-11-03 11:00:00" },
		{ "08:15", "2026-11-03 08:15:00" },
		{ "2026-12-24", "2026-12-24 00:00:00" },
		{ "2026-12-24 18:00", "2026-12-24 18:00:00" },
		{ "2027-07-01 18:00", "2027-07-01 18:00:00" },
		{ "2020-01-01", "2020-01-01 00:00:00" },
		{ "2027-02-30", NULL },
		{ "24:00", NULL },
		{ "1h", NULL },
		{ "", NULL },
		{ "tomorrow", NULL },
		{ "2026-12-24 18:00 x", NULL },
	};
	assert_int_equal(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
	tzset();
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		uint64_t usec = 1;
		int r = moment_parse_local(times[i].text, NOW, &usec);
		assert_int_equal(r, times[i].expected ? 0 : -EINVAL);
		CLEANUP_TEXT char *text = moment_format_local(usec);
		if (times[i].expected)
			assert_string_equal(text, times[i].expected);
		else
			assert_int_equal(usec, 1);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_a_stepped_clock),
		cmocka_unit_test(test_local),
		cmocka_unit_test(test_parse_local),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
