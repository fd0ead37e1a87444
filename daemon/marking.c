#include "daemon/marking.h"

#include <string.h>

#include "base/macros.h"
#include "base/memory.h"

static struct marking_item *find(const struct marking *marking, const char *id) {
	for (size_t i = 0; i < marking->n; i++)
		if (!strcmp(marking->items[i].id, id))
			return &marking->items[i];
	return NULL;
}

void marking_cancel(struct marking *marking) {
	list_remove(&marking->link);
	for (size_t i = 0; i < marking->n; i++)
		free(marking->items[i].id);
	free(marking->items);
	free(marking->text);
	free(marking);
}

struct marking *marking_begin(struct list *markings, const char *const *ids, size_t n,
	const struct marking_caller *caller) {
	struct marking *marking = MEMORY_NEW(struct marking);
	marking->items = MEMORY_NEW_ARRAY(struct marking_item, n);
	marking->caller = *caller;
	for (size_t i = 0; i < n; i++)
		if (!find(marking, ids[i]))
			marking->items[marking->n++].id = memory_strdup(ids[i]);
	marking->n_waiting = marking->n;
	list_append(markings, &marking->link);
	return marking;
}

static void end(struct marking *marking, int error) {
	marking->caller.done(marking->caller.userdata, marking, error);
	marking_cancel(marking);
}

void marking_settle(
	struct list *markings, const char *id, enum marking_outcome outcome, const char *text) {
	LIST_FOREACH_SAFE (link, markings) {
		struct marking *marking = CONTAINER_OF(link, struct marking, link);
		struct marking_item *item = find(marking, id);
		if (!item || item->outcome != MARKING_WAITING)
			continue;
		item->outcome = outcome;
		if (text && !marking->text)
			marking->text = memory_strdup(text);
		if (--marking->n_waiting == 0)
			end(marking, 0);
	}
}

void marking_end_all(struct list *markings, int error) {
	LIST_FOREACH_SAFE (link, markings)
		end(CONTAINER_OF(link, struct marking, link), error);
}

const char *marking_outcome_to_string(enum marking_outcome outcome) {
	switch (outcome) {
	case MARKING_WAITING:
		return "unknown";
	case MARKING_SEEN:
		return "seen";
	case MARKING_GONE:
		return "gone";
	case MARKING_REFUSED:
		return "refused";
	}
	return "";
}
