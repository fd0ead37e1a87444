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
/* More events than this at once are not given one by one: readers take them from the log. */
#define PUBLISH_MAX (4 * PUBLISH_PAGE)

/* The loop's own time is that of the turn's beginning. */
static uint64_t monotonic_now(void) {
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000;
}

struct publication {
	const struct publisher *publisher;
	uint64_t last;
	bool stopped;
};

static int publish_event(const struct store_event *event, void *userdata) {
	struct publication *publication = userdata;
	const struct manager_listener *listener = publication->publisher->listener;
	if (!listener->event || !listener->event(listener->userdata, event)) {
		publication->stopped = true;
		return 1;
	}
	publication->last = event->seq;
	metrics_signalled(publication->publisher->metrics, event->seq, monotonic_now());
	return 0;
}

static bool publish_page(struct publisher *p) {
	uint64_t published = store_published(p->store);
	struct publication publication = { .publisher = p, .last = published };
	int r = store_read_events(p->store, published, PUBLISH_PAGE, publish_event, &publication);
	if (r == -ESTALE) /* retention was faster than the bus: from the log's floor on */
		r = store_read_events(p->store, 0, PUBLISH_PAGE, publish_event, &publication);
	if (r < 0) {
		log_error("events cannot be read back: %s", strerror(-r));
		return false;
	}
	if (publication.last > published)
		store_set_published(p->store, publication.last);
	return r == PUBLISH_PAGE && !publication.stopped;
}

/* The rest of a burst. */
static void pass_over(struct publisher *p) {
	const struct manager_listener *listener = p->listener;
	uint64_t first = store_published(p->store) + 1, last = store_last_seq(p->store);
	if (first <= last && listener->lagged && listener->lagged(listener->userdata, first, last))
		store_set_published(p->store, last);
}

bool publisher_publish(struct publisher *p) {
	if (p->is_publishing || store_published(p->store) >= store_last_seq(p->store))
		return false;
	p->is_publishing = true;
	unsigned n = 0;
	while (publish_page(p) && (n += PUBLISH_PAGE) < PUBLISH_MAX)
		;
	if (n >= PUBLISH_MAX)
		pass_over(p);
	p->is_publishing = false;
	return true;
}
