#include "daemon/alarm-queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define N 1000

static void none_is_never(void **state) {
	struct alarm_queue queue = { 0 };
	assert_true(alarm_queue_next(&queue) == USEC_NEVER);
	assert_null(alarm_queue_take(&queue, USEC_NEVER - 1));
	alarm_queue_deinit(&queue);
}

static void first_due_is_first_taken(void **state) {
	struct alarm_queue queue = { 0 };
	struct alarm alarms[N] = { 0 };
	for (size_t i = 0; i < N; i++)
		alarm_queue_set(&queue, &alarms[i], 1 + i * 7919 % N);
	for (uint64_t now = 1; now <= N; now++) {
		assert_int_equal(alarm_queue_next(&queue), now);
		assert_null(alarm_queue_take(&queue, now - 1));
		struct alarm *taken = alarm_queue_take(&queue, now);
		assert_non_null(taken);
		assert_int_equal(1 + (size_t)(taken - alarms) * 7919 % N, now);
		assert_true(taken->due_usec == USEC_NEVER);
	}
	alarm_queue_deinit(&queue);
}

static void one_that_is_put_off_comes_later(void **state) {
	struct alarm_queue queue = { 0 };
	struct alarm alarms[3] = { 0 };
	for (size_t i = 0; i < 3; i++)
		alarm_queue_set(&queue, &alarms[i], 10 * (i + 1));
	alarm_queue_set(&queue, &alarms[0], 100);
	assert_int_equal(alarm_queue_next(&queue), 20);
	alarm_queue_set(&queue, &alarms[0], 5);
	assert_int_equal(alarm_queue_next(&queue), 5);
	alarm_queue_set(&queue, &alarms[0], 40);
	alarm_queue_set(&queue, &alarms[0], 25);
	assert_ptr_equal(alarm_queue_take(&queue, 1000), &alarms[1]);
	assert_ptr_equal(alarm_queue_take(&queue, 1000), &alarms[0]);
	assert_ptr_equal(alarm_queue_take(&queue, 1000), &alarms[2]);
	assert_null(alarm_queue_take(&queue, 1000));
	alarm_queue_deinit(&queue);
}

static void a_silent_one_never_comes(void **state) {
	struct alarm_queue queue = { 0 };
	struct alarm alarms[2] = { 0 };
	alarm_queue_set(&queue, &alarms[0], USEC_NEVER);
	assert_true(alarm_queue_next(&queue) == USEC_NEVER);
	alarm_queue_set(&queue, &alarms[0], 1);
	alarm_queue_set(&queue, &alarms[1], 2);
	alarm_queue_set(&queue, &alarms[0], USEC_NEVER);
	assert_ptr_equal(alarm_queue_take(&queue, 1000), &alarms[1]);
	assert_true(alarm_queue_next(&queue) == USEC_NEVER);
	alarm_queue_set(&queue, &alarms[0], 3);
	assert_int_equal(alarm_queue_next(&queue), 3);
	alarm_queue_remove(&queue, &alarms[0]);
	alarm_queue_deinit(&queue);
}

/* Against a list that is searched. */
static void any_order_of_things_is_kept(void **state) {
	struct alarm_queue queue = { 0 };
	struct alarm alarms[50] = { 0 };
	uint64_t due[50], now = 0;
	uint32_t random = 1;
	for (size_t i = 0; i < 50; i++)
		due[i] = USEC_NEVER;
	for (unsigned step = 0; step < 100000; step++) {
		random = random * 1103515245 + 12345;
		size_t i = (random >> 8) % 50, first = 0;
		unsigned what = (random >> 16) % 8;
		if (what == 0) {
			alarm_queue_remove(&queue, &alarms[i]);
			due[i] = USEC_NEVER;
		} else if (what < 6) {
			due[i] = what == 1 ? USEC_NEVER : now + (random >> 20) % 100;
			alarm_queue_set(&queue, &alarms[i], due[i]);
		}
		for (size_t k = 1; k < 50; k++)
			first = due[k] < due[first] ? k : first;
		assert_true(alarm_queue_next(&queue) == due[first]);
		now++;
		struct alarm *taken = alarm_queue_take(&queue, now);
		assert_int_equal(taken != NULL, due[first] <= now);
		if (taken) {
			assert_true(due[taken - alarms] == due[first]);
			due[taken - alarms] = USEC_NEVER;
		}
	}
	for (size_t i = 0; i < 50; i++)
		alarm_queue_remove(&queue, &alarms[i]);
	alarm_queue_deinit(&queue);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_is_never),
		cmocka_unit_test(first_due_is_first_taken),
		cmocka_unit_test(one_that_is_put_off_comes_later),
		cmocka_unit_test(a_silent_one_never_comes),
		cmocka_unit_test(any_order_of_things_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
