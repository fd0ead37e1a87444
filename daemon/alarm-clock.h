#pragma once
/* Wakes up whoever waits for something: one timer of the loop for all accounts, on CLOCK_BOOTTIME,
 * which goes on in a suspend, so that what is overdue is noticed at the resume. Ten thousand
 * timers of the loop's own would each cost a third of a KiB, and a system call whenever the first
 * of them changes. Owned by the manager. */
#include <systemd/sd-event.h>

#include "base/macros.h"
#include "daemon/alarm-queue.h"

struct alarm_clock;

/* Negative errno: no descriptors. */
int alarm_clock_new(sd_event *loop, struct alarm_clock **ret);
/* All alarms must have been removed. */
struct alarm_clock *alarm_clock_free(struct alarm_clock *clock);
DEFINE_CLEANUP(struct alarm_clock, alarm_clock_free);

/* Rings once, from the loop, at `due_usec` or a little later: the farther away it is, the more it
 * is put together with other wakeups, of this process and of the machine (a sixteenth of the wait,
 * at most a minute). USEC_NEVER: not at all. The ring may free what the alarm is embedded in. */
void alarm_clock_set(struct alarm_clock *clock, struct alarm *alarm, uint64_t due_usec);
/* Before the alarm's memory goes. */
void alarm_clock_remove(struct alarm_clock *clock, struct alarm *alarm);

/* When the first one is due, or was: by now it may be overdue. USEC_NEVER: none is set. */
uint64_t alarm_clock_next(struct alarm_clock *clock);

/* The time of this turn of the loop. */
uint64_t alarm_clock_now(const struct alarm_clock *clock);
