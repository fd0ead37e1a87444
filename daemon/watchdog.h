#pragma once
/* Tells the service manager that we are well (WATCHDOG=1, sd_notify(3)), which is more than that the
 * loop turns: only while every deadline of every session is met. A daemon whose deadlines do not
 * ring is blind, however lively it looks, and is restarted by the service manager. */
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/macros.h"
#include "daemon/clock-jump.h"

struct alarm_clock;
struct watchdog;

/* An alarm may be late by so much, and by no more than half of WatchdogSec=. */
#define WATCHDOG_PATIENCE_USEC (30 * USEC_PER_SEC)

/* Does nothing where no service manager asked for it (WATCHDOG_USEC). Negative errno: the loop
 * refuses. The clock must outlive it. */
int watchdog_new(sd_event *loop, struct alarm_clock *clock, struct watchdog **ret);
struct watchdog *watchdog_free(struct watchdog *w);
DEFINE_CLEANUP(struct watchdog, watchdog_free);

/* The judgement, without clocks. Embedded, zeroed but for the patience. */
struct watchdog_view {
	uint64_t patience_usec;
	struct clock_jump jump;
	uint64_t resumed_usec; /* BOOTTIME: what was due in a sleep is due from then on */
};

/* Whether the first alarm, due at `due_usec` (BOOTTIME; USEC_NEVER: there is none), is on time. */
bool watchdog_is_on_time(struct watchdog_view *view, uint64_t due_usec, uint64_t boottime_usec,
	uint64_t monotonic_usec);
