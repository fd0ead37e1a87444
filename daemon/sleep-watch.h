#pragma once
/* Tells that the machine goes to sleep and that it has woken: by logind, which waits for us before, and
 * without it by the clocks, which tell afterwards. The system bus, and logind on it, may be
 * absent, come late, restart or vanish. */
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/macros.h"

struct connection;
struct sleep_watch;

struct sleep_watch_settings {
	sd_event *loop;
	struct connection *system_bus; /* borrowed; NULL: one of its own is made */
	/* It sleeps when sleep_watch_release() is called, or a few seconds later. */
	void (*on_sleep)(void *userdata);
	/* Once for each sleep, told before or not, and for one that was called off. */
	void (*on_wake)(void *userdata);
	void *userdata;
};

struct sleep_watch *sleep_watch_new(const struct sleep_watch_settings *settings);
struct sleep_watch *sleep_watch_free(struct sleep_watch *w);
DEFINE_CLEANUP(struct sleep_watch, sleep_watch_free);

/* All is done that had to be done before the sleep. */
void sleep_watch_release(struct sleep_watch *w);
/* Looks at the clocks now. What is due in the same turn of the loop can be told before the sleep is. */
void sleep_watch_look(struct sleep_watch *w);
