#pragma once
/* Tells the manager's listener what stands in the log and was not told: from what the store says was
 * published, on to its end. What was signalled is kept with the next commit: after a crash in between,
 * the events behind it are signalled again under the same seq. Embedded in the manager. */
#include <stdbool.h>

struct manager_listener;
struct metrics;
struct store;

/* All borrowed. */
struct publisher {
	struct store *store;
	struct metrics *metrics;
	const struct manager_listener *listener;
	bool is_publishing; /* a listener may publish in turn */
};

/* True: the log has grown since it was all told. */
bool publisher_publish(struct publisher *p);
