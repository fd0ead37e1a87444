#pragma once
/* Work for the end of a turn of the loop: in line with the I/O that is found pending when it is
 * armed, before any that comes later. An sd-event defer source counts as pending since it was
 * made, so each turn makes its own: one that is kept goes before all I/O of its priority, and
 * armed again and again it would keep the others from their turn. Embedded. */
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
