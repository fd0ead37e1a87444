#include "daemon/alarm-clock.h"

#include <stdbool.h>

#include "base/memory.h"

/* So many ring before the rest of the loop has its turn: after a suspend all may be overdue. */
#define RINGS_A_TURN 64

struct alarm_clock {
	sd_event *loop;
	sd_event_source *timer;
	struct alarm_queue queue;
	uint64_t armed_usec; /* the timer's time; USEC_NEVER: it is off */
	bool is_ringing;
};

uint64_t alarm_clock_now(const struct alarm_clock *clock) {
	uint64_t now = 0;
	(void)sd_event_now(clock->loop, CLOCK_BOOTTIME, &now);
	return now;
}

static void arm(struct alarm_clock *clock, uint64_t due_usec) {
	uint64_t now = alarm_clock_now(clock);
	uint64_t ahead = due_usec > now ? due_usec - now : 0;
	clock->armed_usec = due_usec;
	(void)sd_event_source_set_time(clock->timer, due_usec);
	(void)sd_event_source_set_time_accuracy(
		clock->timer, MAX(MIN(ahead / 16, USEC_PER_MINUTE), USEC_PER_MSEC));
	(void)sd_event_source_set_enabled(clock->timer, SD_EVENT_ONESHOT);
}

static void ring_all(struct alarm_clock *clock) {
	uint64_t now = alarm_clock_now(clock);
	struct alarm *alarm;
	for (unsigned i = 0; i < RINGS_A_TURN; i++) {
		alarm = alarm_queue_take(&clock->queue, now);
		if (!alarm)
			break;
		alarm->ring(alarm);
	}
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
	struct alarm_clock *clock = userdata;
	clock->is_ringing = true;
	ring_all(clock);
	clock->is_ringing = false;
	clock->armed_usec = USEC_NEVER;
	uint64_t next = alarm_queue_next(&clock->queue);
	if (next != USEC_NEVER)
		arm(clock, next);
	return 0;
}

int alarm_clock_new(sd_event *loop, struct alarm_clock **ret) {
	CLEANUP(alarm_clock_free) struct alarm_clock *clock = MEMORY_NEW(struct alarm_clock);
	clock->loop = sd_event_ref(loop);
	clock->armed_usec = USEC_NEVER;
	int r = sd_event_add_time(loop, &clock->timer, CLOCK_BOOTTIME, 0, 0, on_timer, clock);
	if (r >= 0)
		r = sd_event_source_set_enabled(clock->timer, SD_EVENT_OFF);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(clock);
	return 0;
}

struct alarm_clock *alarm_clock_free(struct alarm_clock *clock) {
	if (!clock)
		return NULL;
	alarm_queue_deinit(&clock->queue);
	sd_event_source_disable_unref(clock->timer);
	sd_event_unref(clock->loop);
	return memory_free(clock);
}

/* Only what comes before the timer moves it: one that wakes up for nothing, once, is cheaper than
 * one that is set anew with every answer of a server. */
void alarm_clock_set(struct alarm_clock *clock, struct alarm *alarm, uint64_t due_usec) {
	alarm_queue_set(&clock->queue, alarm, due_usec);
	if (due_usec < clock->armed_usec && !clock->is_ringing)
		arm(clock, due_usec);
}

uint64_t alarm_clock_next(struct alarm_clock *clock) {
	return alarm_queue_next(&clock->queue);
}

void alarm_clock_remove(struct alarm_clock *clock, struct alarm *alarm) {
	alarm_queue_remove(&clock->queue, alarm);
}
