#include "daemon/clock-jump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MSEC USEC_PER_MSEC
#define SEC USEC_PER_SEC

/* A row: both clocks move by so much, and what is told then. */
struct step {
	uint64_t awake_usec;
	uint64_t asleep_usec;
	uint64_t told_usec;
};

static void play(const struct step *steps, size_t n) {
	struct clock_jump jump = { 0 };
	uint64_t monotonic = 1000 * SEC, boottime = 5000 * SEC;
	assert_int_equal(clock_jump_note(&jump, boottime, monotonic), 0);
	for (size_t i = 0; i < n; i++) {
		monotonic += steps[i].awake_usec;
		boottime += steps[i].awake_usec + steps[i].asleep_usec;
		assert_int_equal(clock_jump_note(&jump, boottime, monotonic), steps[i].told_usec);
	}
}

static void awake_is_not_asleep(void **state) {
	const struct step steps[] = {
		{ 1, 0, 0 },
		{ 24 * USEC_PER_HOUR, 0, 0 },
		{ 0, 0, 0 },
	};
	play(steps, ARRAY_SIZE(steps));
}

static void each_sleep_is_told_once(void **state) {
	const struct step steps[] = {
		{ 10 * SEC, 45 * USEC_PER_MINUTE, 45 * USEC_PER_MINUTE },
		{ 1, 0, 0 },
		{ 10 * SEC, SEC, SEC },
		{ 10 * SEC, 0, 0 },
	};
	play(steps, ARRAY_SIZE(steps));
}

static void short_ones_add_up(void **state) {
	const struct step steps[] = {
		{ SEC, 400 * MSEC, 0 },
		{ SEC, 400 * MSEC, 0 },
		{ SEC, 400 * MSEC, 1200 * MSEC },
		{ SEC, 400 * MSEC, 0 },
	};
	play(steps, ARRAY_SIZE(steps));
}

/* A reading that was put aside between the two clocks, in either order. */
static void slow_readings_are_no_sleep(void **state) {
	struct clock_jump jump = { 0 };
	assert_int_equal(clock_jump_note(&jump, 100 * SEC, 100 * SEC), 0);
	assert_int_equal(clock_jump_note(&jump, 110 * SEC + 900 * MSEC, 110 * SEC), 0);
	assert_int_equal(clock_jump_note(&jump, 119 * SEC, 120 * SEC), 0);
	assert_int_equal(clock_jump_note(&jump, 130 * SEC, 130 * SEC + 800 * MSEC), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(awake_is_not_asleep),
		cmocka_unit_test(each_sleep_is_told_once),
		cmocka_unit_test(short_ones_add_up),
		cmocka_unit_test(slow_readings_are_no_sleep),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
