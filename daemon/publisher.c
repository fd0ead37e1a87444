#include "daemon/publisher.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/macros.h"
#include "daemon/manager.h"
#include "daemon/metrics.h"
#include "store/store.h"

/* The store is asked for so many events at a time when it is published from. */
#define PUBLISH_PAGE 250
#define PAGES_A_TURN 4

/* The loop's own time is that of the turn's beginning. */
static uint64_t monotonic_now(void) {
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000;
}

struct publication {
	struct publisher *publisher;
	uint64_t last;
	bool stopped;
};

static int publish_event(const struct store_event *event, void *userdata) {
	struct publication *publication = userdata;
	struct publisher *p = publication->publisher;
	const struct manager_listener *listener = p->listener;
	if (!listener->event || !listener->event(listener->userdata, event)) {
		publication->stopped = true;
		return 1;
	}
	publication->last = event->seq;
	const struct log_fields fields = {
		.mailbox = event->mailbox,
		.reason = event->reason,
		.seq = event->seq,
	};
	log_write_fields(LOG_LEVEL_DEBUG, event->account, &fields, "an event is told");
	metrics_signalled(p->metrics, event->seq, monotonic_now());
	return 0;
}

/* Negative errno, 0: that is all; 1: there is more; 2: the listener takes no more for now. */
static int publish_page(struct publisher *p) {
	uint64_t published = store_published(p->store);
	struct publication publication = { .publisher = p, .last = published };
	int r = store_read_events(p->store, published, PUBLISH_PAGE, publish_event, &publication);
	if (r == -ESTALE) {
		/* retention was faster than the bus: from the log's floor on */
		const struct log_fields fields = { .event = LOG_EVENT_EVENTS_DROPPED };
		log_write_fields(LOG_LEVEL_WARNING, NULL, &fields,
			"events were dropped from the log before they were told");
		r = store_read_events(p->store, 0, PUBLISH_PAGE, publish_event, &publication);
	}
	if (publication.last > published)
		store_set_published(p->store, publication.last);
	if (r < 0 || publication.stopped)
		return r < 0 ? r : 2;
	return r == PUBLISH_PAGE;
}

int publisher_publish(struct publisher *p) {
	if (p->is_publishing || store_published(p->store) >= store_last_seq(p->store))
		return 0;
	p->is_publishing = true;
	int r = 1;
	for (unsigned i = 0; i < PAGES_A_TURN && r == 1; i++)
		r = publish_page(p);
	if (r < 0)
		log_error("events cannot be read back: %s", strerror(-r));
	if (r == 1)
		deferred_arm(&p->next);
	if (r == 0 && p->listener->caught_up)
		p->listener->caught_up(p->listener->userdata);
	p->is_publishing = false;
	return r < 0 ? r : 1;
}

static void on_next(void *userdata) {
	(void)publisher_publish(userdata);
}

void publisher_init(struct publisher *p, sd_event *loop) {
	deferred_init(&p->next, loop, on_next, p);
}

void publisher_deinit(struct publisher *p) {
	deferred_deinit(&p->next);
}
