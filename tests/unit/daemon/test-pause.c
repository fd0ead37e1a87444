/* How long an account is left alone: by a wall clock that may be set, and over restarts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../store/helper.h"
#include "daemon/pause.h"

static void when_to_look_again(void **state) {
	static const struct {
		uint64_t until_usec, wait_usec;
		bool is_over;
	} cases[] = {
		{ NOW - 1, 0, true },
		{ NOW, 0, true },
		{ NOW + 1, 1, false },
		{ NOW + USEC_PER_HOUR, USEC_PER_HOUR, false },
		/* the clock may be set before that */
		{ NOW + 10 * USEC_PER_HOUR, USEC_PER_HOUR, false },
		{ PAUSE_ENDLESS - 1, USEC_PER_HOUR, false },
		{ PAUSE_ENDLESS, USEC_NEVER, false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct pause pause = { cases[i].until_usec };
		assert_true(pause_is_on(&pause));
		assert_int_equal(pause_wait(&pause, NOW), cases[i].wait_usec);
		assert_int_equal(pause_is_over(&pause, NOW), cases[i].is_over);
	}
}

static void one_without_end_shows_none(void **state) {
	const struct pause none = { 0 }, ending = { NOW }, endless = { PAUSE_ENDLESS };
	assert_false(pause_is_on(&none));
	assert_int_equal(pause_end(&none), 0);
	assert_int_equal(pause_end(&ending), NOW);
	assert_int_equal(pause_end(&endless), 0);
}

static void it_is_kept_and_ended(void **state) {
	CLEANUP(store_close) struct store *store = helper_open(*state);
	struct pause pause, again;
	pause_load(&pause, store, "work");
	assert_false(pause_is_on(&pause));
	assert_int_equal(pause_set(&pause, store, "work", 0, NOW), 0);
	assert_false(store_is_dirty(store));
	assert_int_equal(pause_set(&pause, store, "work", PAUSE_ENDLESS, NOW), 1);
	assert_int_equal(pause_set(&pause, store, "work", PAUSE_ENDLESS, NOW + 1), 0);
	assert_int_equal(store_commit(store), 0);
	pause_load(&again, store, "work");
	assert_true(again.until_usec == PAUSE_ENDLESS);
	pause_load(&again, store, "home");
	assert_false(pause_is_on(&again));
	assert_int_equal(pause_set(&pause, store, "work", 0, NOW), 1);
	pause_load(&again, store, "work");
	assert_false(pause_is_on(&again));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(when_to_look_again),
		cmocka_unit_test(one_without_end_shows_none),
		cmocka_unit_test_setup_teardown(
			it_is_kept_and_ended, scratch_setup, scratch_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
