#pragma once
/* What is still to be signalled, one record for each object in the order of their first change:
 * the memory of object.c between a change and the end of the turn, or for as long as the bus
 * takes no bytes. At most one record for each object, however long that is. */
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "bus/callers.h"
#include "bus/object.h"

struct object_change_mask {
	const struct object_interface *interface;
	uint64_t mask;
};

/* Some of the subscribers, a bit for each slot. */
struct object_audience {
	uint64_t bits[CALLERS_SUBSCRIBERS_MAX / 64];
};

void object_changes_audience_add(struct object_audience *a, unsigned slot);
void object_changes_audience_drop(struct object_audience *a, unsigned slot);
bool object_changes_audience_has(const struct object_audience *a, unsigned slot);

struct object_change {
	struct list link;
	char *path;
	/* An object may go and come again in one turn: removed first, then added. */
	bool removed;
	bool added;
	const struct object_interface *const *removed_interfaces;
	/* Where signals are for subscribers, by their slots: who is told that it went, and who is told
	 * that it came, whether it did or not. */
	struct object_audience removed_for;
	struct object_audience added_for;
	struct object_change_mask masks[OBJECT_INTERFACES_MAX];
};

struct object_changes {
	struct list queue;
	void *tree; /* tsearch(3), by path */
	size_t n;
};

void object_changes_init(struct object_changes *c);
void object_changes_deinit(struct object_changes *c);

void object_changes_note(struct object_changes *c, const char *path,
	const struct object_interface *interface, uint64_t mask);
void object_changes_note_added(struct object_changes *c, const char *path);
void object_changes_note_removed(struct object_changes *c, const char *path,
	const struct object_interface *const *interfaces);
/* The record of an object that one subscriber may see from now on, or not any more. */
void object_changes_note_shown(struct object_changes *c, const char *path, unsigned slot);
void object_changes_note_hidden(struct object_changes *c, const char *path,
	const struct object_interface *const *interfaces, unsigned slot);
/* The slot is another one's from now on. */
void object_changes_forget_slot(struct object_changes *c, unsigned slot);

/* The oldest record, or NULL; it is out of the queue and the caller's to free. */
struct object_change *object_changes_take(struct object_changes *c);
struct object_change *object_changes_free(struct object_change *change);
DEFINE_CLEANUP(struct object_change, object_changes_free);
