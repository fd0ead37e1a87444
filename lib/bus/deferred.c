#include "bus/deferred.h"

#include <errno.h>
#include <stdlib.h>

void deferred_init(struct deferred *d, sd_event *event, deferred_fn work, void *userdata) {
	*d = (struct deferred){ .event = event, .work = work, .userdata = userdata };
}

void deferred_deinit(struct deferred *d) {
	d->source = sd_event_source_disable_unref(d->source);
}

static int on_turn(sd_event_source *source, void *userdata) {
	struct deferred *d = userdata;
	d->source = sd_event_source_disable_unref(d->source);
	d->work(d->userdata);
	return 0;
}

void deferred_arm(struct deferred *d) {
	if (d->source)
		return;
	/* One that is kept and enabled again would count as pending since it was first made, and go
	 * before everything. A timer that is due costs four system calls, two of which reach a
	 * hypervisor. */
	int r = sd_event_add_defer(d->event, &d->source, on_turn, d);
	/* -ESTALE: the loop has ended and has no more turns. */
	if (r < 0 && r != -ESTALE)
		abort();
}
