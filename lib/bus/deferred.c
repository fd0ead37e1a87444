#include "bus/deferred.h"

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

void deferred_init(struct deferred *d, sd_event *event, deferred_fn work, void *userdata) {
	*d = (struct deferred){ .event = event, .work = work, .userdata = userdata };
}

void deferred_deinit(struct deferred *d) {
	d->source = sd_event_source_disable_unref(d->source);
}

static int on_due(sd_event_source *source, uint64_t usec, void *userdata) {
	struct deferred *d = userdata;
	d->work(d->userdata);
	return 0;
}

void deferred_arm(struct deferred *d) {
	if (d->source) {
		(void)sd_event_source_set_enabled(d->source, SD_EVENT_ONESHOT);
		return;
	}
	/* Due since the machine was started; made enabled, once. */
	if (sd_event_add_time(d->event, &d->source, CLOCK_MONOTONIC, 0, 1, on_due, d) < 0)
		abort();
}
