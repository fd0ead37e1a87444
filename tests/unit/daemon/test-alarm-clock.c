/* Alarms on a real loop; none that is not due already is waited for. */
#include "daemon/alarm-clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/memory.h"

struct waiter {
	struct alarm alarm;
	struct alarm_clock *clock;
	unsigned n_rings;
	unsigned n_again; /* to be set anew so often */
};

static void on_ring(struct alarm *alarm) {
	struct waiter *w = CONTAINER_OF(alarm, struct waiter, alarm);
	w->n_rings++;
	if (w->n_again > 0) {
		w->n_again--;
		alarm_clock_set(w->clock, &w->alarm, alarm_clock_now(w->clock));
	}
}

static void run_what_is_due(sd_event *loop) {
	while (sd_event_run(loop, 0) > 0)
		;
}

static void what_is_due_rings_once(void **state) {
	sd_event *loop = NULL;
	struct alarm_clock *clock = NULL;
	assert_true(sd_event_new(&loop) >= 0);
	assert_int_equal(alarm_clock_new(loop, &clock), 0);
	struct waiter due = { .alarm.ring = on_ring, .clock = clock };
	struct waiter far = due, silent = due, again = due;
	again.n_again = 200;
	uint64_t now = alarm_clock_now(clock);
	alarm_clock_set(clock, &far.alarm, now + USEC_PER_HOUR);
	alarm_clock_set(clock, &due.alarm, now);
	alarm_clock_set(clock, &silent.alarm, now);
	alarm_clock_set(clock, &silent.alarm, USEC_NEVER);
	alarm_clock_set(clock, &again.alarm, 1);
	run_what_is_due(loop);
	assert_int_equal(due.n_rings, 1);
	assert_int_equal(far.n_rings, 0);
	assert_int_equal(silent.n_rings, 0);
	assert_int_equal(again.n_rings, 201);
	alarm_clock_remove(clock, &far.alarm);
	alarm_clock_free(clock);
	sd_event_unref(loop);
}

/* What the alarm is embedded in goes with the ring. */
static void on_last_ring(struct alarm *alarm) {
	struct waiter *w = CONTAINER_OF(alarm, struct waiter, alarm);
	alarm_clock_remove(w->clock, &w->alarm);
	free(w);
}

static void a_ring_may_free_its_owner(void **state) {
	sd_event *loop = NULL;
	struct alarm_clock *clock = NULL;
	assert_true(sd_event_new(&loop) >= 0);
	assert_int_equal(alarm_clock_new(loop, &clock), 0);
	for (unsigned i = 0; i < 300; i++) {
		struct waiter *w = MEMORY_NEW(struct waiter);
		w->alarm.ring = on_last_ring;
		w->clock = clock;
		alarm_clock_set(clock, &w->alarm, 1 + i);
	}
	run_what_is_due(loop);
	alarm_clock_free(clock); /* which asserts that none is left */
	sd_event_unref(loop);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_due_rings_once),
		cmocka_unit_test(a_ring_may_free_its_owner),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
