#pragma once
/* Work for the end of a turn of the loop: behind all I/O that is pending when it is armed, before
 * any that comes later. Not an sd-event defer source: that one counts as pending since it was
 * made, so it goes before all I/O of its priority, and one that is armed again and again keeps
 * the others from their turn. A timer that is due takes its place in the queue. Embedded. */
#include <systemd/sd-event.h>

typedef void (*deferred_fn)(void *userdata);

struct deferred {
	sd_event *event; /* borrowed */
	sd_event_source *source;
	deferred_fn work;
	void *userdata;
};

void deferred_init(struct deferred *d, sd_event *event, deferred_fn work, void *userdata);
void deferred_deinit(struct deferred *d);

/* `work` is called once from the loop, however often it is armed before; it may arm again. */
void deferred_arm(struct deferred *d);
