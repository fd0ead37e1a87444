#pragma once
/* Messages that an engine told of and that are not in the store yet: they go there together with
 * the cursor that makes them old. Embedded in a watch. The engines' windows bound it. */
#include <stddef.h>

struct announcement;
struct store_event;

struct announcement_batch {
	struct announcement *items;
	size_t n;
};

/* Room for one more, to be initialised by the caller; valid until the next call. */
struct announcement *announcement_batch_add(struct announcement_batch *batch);

/* Forgets the one that was added last. */
void announcement_batch_drop(struct announcement_batch *batch);

/* The events in their order, an owned array that borrows from the batch; NULL for none. */
struct store_event *announcement_batch_events(const struct announcement_batch *batch);

void announcement_batch_clear(struct announcement_batch *batch);
