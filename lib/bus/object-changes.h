#pragma once
/* What is still to be signalled, one record for each object in the order of their first change:
 * the memory of object.c between a change and the end of the turn, or for as long as the bus
 * takes no bytes. At most one record for each object, however long that is. */
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "bus/object.h"

struct object_change_mask {
	const struct object_interface *interface;
	uint64_t mask;
};

struct object_change {
	struct list link;
	char *path;
	/* An object may go and come again in one turn: removed first, then added. */
	bool removed;
	bool added;
	const struct object_interface *const *removed_interfaces;
	struct object_change_mask masks[OBJECT_INTERFACES_MAX];
};

struct object_changes {
	struct list queue;
	void *tree; /* tsearch(3), by path */
};

void object_changes_init(struct object_changes *c);
void object_changes_deinit(struct object_changes *c);

void object_changes_note(struct object_changes *c, const char *path,
	const struct object_interface *interface, uint64_t mask);
void object_changes_note_added(struct object_changes *c, const char *path);
void object_changes_note_removed(struct object_changes *c, const char *path,
	const struct object_interface *const *interfaces);

/* The oldest record, or NULL; it is out of the queue and the caller's to free. */
struct object_change *object_changes_take(struct object_changes *c);
struct object_change *object_changes_free(struct object_change *change);
DEFINE_CLEANUP(struct object_change, object_changes_free);
