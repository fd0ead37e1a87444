#include "daemon/wake-slot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/memory.h"
#include "daemon/poll-schedule.h"

static uint64_t seed_of(size_t i) {
	CLEANUP_TEXT char *id = memory_format("account%zu", i);
	return poll_schedule_seed(id);
}

static void a_desktop_wakes_once(void **state) {
	for (size_t n = 1; n <= 60; n++)
		for (size_t i = 0; i < n; i++) {
			struct wake_slot slot = wake_slot_of(seed_of(i), n);
			assert_int_equal(slot.every_usec, USEC_PER_MINUTE);
			assert_int_equal(slot.phase_usec, 0);
		}
}

static void thousands_are_spread(void **state) {
	unsigned seconds[600] = { 0 };
	for (size_t i = 0; i < 10000; i++) {
		struct wake_slot slot = wake_slot_of(seed_of(i), 10000);
		assert_true(slot.every_usec <= 270 * USEC_PER_SEC);
		assert_true(slot.phase_usec < slot.every_usec);
		seconds[slot.phase_usec / USEC_PER_SEC]++;
	}
	for (size_t i = 0; i < 270; i++)
		assert_in_range(seconds[i], 10, 80);
}

static void an_account_keeps_its_place(void **state) {
	struct wake_slot first = wake_slot_of(42, 1000), second = wake_slot_of(42, 1000);
	assert_int_equal(first.phase_usec, second.phase_usec);
	assert_int_equal(first.every_usec, USEC_PER_MINUTE);
	assert_true(first.phase_usec < 31 * USEC_PER_SEC);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_desktop_wakes_once),
		cmocka_unit_test(thousands_are_spread),
		cmocka_unit_test(an_account_keeps_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
