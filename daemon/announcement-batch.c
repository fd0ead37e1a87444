#include "daemon/announcement-batch.h"

#include <assert.h>

#include "base/memory.h"
#include "daemon/announcement.h"

struct announcement *announcement_batch_add(struct announcement_batch *batch) {
	batch->items = memory_resize(batch->items, batch->n + 1, sizeof(*batch->items));
	return &batch->items[batch->n++];
}

void announcement_batch_drop(struct announcement_batch *batch) {
	assert(batch->n > 0);
	announcement_deinit(&batch->items[--batch->n]);
}

struct store_event *announcement_batch_events(const struct announcement_batch *batch) {
	if (batch->n == 0)
		return NULL;
	struct store_event *events = MEMORY_NEW_ARRAY(struct store_event, batch->n);
	for (size_t i = 0; i < batch->n; i++)
		events[i] = batch->items[i].event;
	return events;
}

void announcement_batch_clear(struct announcement_batch *batch) {
	for (size_t i = 0; i < batch->n; i++)
		announcement_deinit(&batch->items[i]);
	batch->items = memory_free(batch->items);
	batch->n = 0;
}
