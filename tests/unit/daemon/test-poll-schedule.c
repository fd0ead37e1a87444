#include "daemon/poll-schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/memory.h"

#define INTERVAL (5 * USEC_PER_MINUTE)

static void a_place_is_kept(void **state) {
	struct poll_schedule s = { .interval_usec = INTERVAL, .seed = poll_schedule_seed("work") };
	uint64_t first = poll_schedule_next(&s, USEC_PER_HOUR, USEC_PER_HOUR);
	assert_true(first > USEC_PER_HOUR);
	assert_int_equal(poll_schedule_next(&s, first, first), first + INTERVAL);
	/* late by a minute, and in its place again */
	uint64_t late = first + USEC_PER_MINUTE;
	assert_int_equal(poll_schedule_next(&s, late, late), first + INTERVAL);
}

static void never_too_soon_nor_too_late(void **state) {
	for (uint64_t seed = 0; seed < 1000; seed++) {
		struct poll_schedule s = { .interval_usec = INTERVAL, .seed = seed * 7919 * 1000 };
		uint64_t now = USEC_PER_HOUR + seed * 1234567;
		uint64_t next = poll_schedule_next(&s, now, now);
		assert_true(next >= now + INTERVAL / 2);
		assert_true(next <= now + INTERVAL + INTERVAL / 2);
	}
}

static void the_servers_delay_rules(void **state) {
	for (uint64_t seed = 0; seed < 1000; seed++) {
		struct poll_schedule s = {
			.interval_usec = USEC_PER_MINUTE,
			.delay_usec = 15 * USEC_PER_MINUTE,
			.seed = seed * 7919 * 1000,
		};
		uint64_t now = USEC_PER_HOUR + seed * 1234567;
		assert_true(poll_schedule_next(&s, now, now) >= now + 15 * USEC_PER_MINUTE);
		assert_true(poll_schedule_next(&s, now, now) >= poll_schedule_earliest(&s, now));
	}
}

static void without_a_delay_one_may_look_at_once(void **state) {
	struct poll_schedule s = { .interval_usec = INTERVAL };
	assert_int_equal(poll_schedule_earliest(&s, 42), 42);
}

/* Of a thousand accounts every twentieth of the interval gets some, and none gets a tenth. */
static void accounts_are_spread(void **state) {
	unsigned slots[20] = { 0 };
	for (unsigned i = 0; i < 1000; i++) {
		CLEANUP_TEXT char *id = memory_format("account%u", i);
		struct poll_schedule s = { .interval_usec = INTERVAL,
			.seed = poll_schedule_seed(id) };
		uint64_t next = poll_schedule_next(&s, 10 * INTERVAL, 10 * INTERVAL);
		slots[next % INTERVAL / (INTERVAL / 20)]++;
	}
	for (size_t i = 0; i < ARRAY_SIZE(slots); i++)
		assert_in_range(slots[i], 20, 100);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_place_is_kept),
		cmocka_unit_test(never_too_soon_nor_too_late),
		cmocka_unit_test(the_servers_delay_rules),
		cmocka_unit_test(without_a_delay_one_may_look_at_once),
		cmocka_unit_test(accounts_are_spread),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
