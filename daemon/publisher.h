#pragma once
/* Tells the manager's listener what stands in the log and was not told: from what the store says was
 * published, on to its end. What was signalled is kept with the next commit: after a crash in between,
 * the events behind it are signalled again under the same seq. Embedded in the manager. */
#include <stdbool.h>
#include <stdint.h>

#include "bus/deferred.h"

struct manager_listener;
struct metrics;
struct store;

/* The pointers are borrowed. */
struct publisher {
	struct store *store;
	struct metrics *metrics;
	const struct manager_listener *listener;
	struct deferred next; /* the rest of what is too much for one turn */
	bool is_publishing; /* a listener may publish in turn */
};

/* The pointers are set. */
void publisher_init(struct publisher *p, sd_event *loop);
void publisher_deinit(struct publisher *p);

/* 1: the log has grown since it was all told; 0: it has not; or negative errno: it cannot be read. */
int publisher_publish(struct publisher *p);
