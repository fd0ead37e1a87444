#include "bus/object-changes.h"

#include "base/memory.h"

#include <assert.h>
#include <search.h>
#include <string.h>

static int compare_paths(const void *a, const void *b) {
	const struct object_change *left = a, *right = b;
	return strcmp(left->path, right->path);
}

void object_changes_audience_add(struct object_audience *a, unsigned slot) {
	a->bits[slot / 64] |= UINT64_C(1) << slot % 64;
}

void object_changes_audience_drop(struct object_audience *a, unsigned slot) {
	a->bits[slot / 64] &= ~(UINT64_C(1) << slot % 64);
}

bool object_changes_audience_has(const struct object_audience *a, unsigned slot) {
	return a->bits[slot / 64] & UINT64_C(1) << slot % 64;
}

void object_changes_init(struct object_changes *c) {
	list_init(&c->queue);
	c->tree = NULL;
	c->n = 0;
}

void object_changes_deinit(struct object_changes *c) {
	for (;;) {
		CLEANUP(object_changes_free) struct object_change *change = object_changes_take(c);
		if (!change)
			return;
	}
}

static struct object_change *find_or_add(struct object_changes *c, const char *path) {
	struct object_change *fresh = MEMORY_NEW(struct object_change);
	fresh->path = memory_strdup(path);
	struct object_change **node = tsearch(fresh, &c->tree, compare_paths);
	if (!node)
		abort();
	if (*node == fresh) {
		list_append(&c->queue, &fresh->link);
		c->n++;
	} else {
		(void)object_changes_free(fresh);
	}
	return *node;
}

void object_changes_note(struct object_changes *c, const char *path,
	const struct object_interface *interface, uint64_t mask) {
	struct object_change *change = find_or_add(c, path);
	for (size_t i = 0; i < OBJECT_INTERFACES_MAX; i++) {
		struct object_change_mask *slot = &change->masks[i];
		if (slot->interface && slot->interface != interface)
			continue;
		slot->interface = interface;
		slot->mask |= mask;
		return;
	}
	assert(!"an object with more than OBJECT_INTERFACES_MAX interfaces");
}

void object_changes_note_added(struct object_changes *c, const char *path) {
	find_or_add(c, path)->added = true;
}

void object_changes_note_removed(struct object_changes *c, const char *path,
	const struct object_interface *const *interfaces) {
	struct object_change *change = find_or_add(c, path);
	bool was_only_added = change->added && !change->removed;
	change->added = false;
	/* Nobody has heard of an object that came and went in one turn. */
	change->removed = !was_only_added;
	change->removed_interfaces = interfaces;
}

void object_changes_note_shown(struct object_changes *c, const char *path, unsigned slot) {
	struct object_change *change = find_or_add(c, path);
	object_changes_audience_add(&change->added_for, slot);
}

void object_changes_note_hidden(struct object_changes *c, const char *path,
	const struct object_interface *const *interfaces, unsigned slot) {
	struct object_change *change = find_or_add(c, path);
	object_changes_audience_drop(&change->added_for, slot);
	object_changes_audience_add(&change->removed_for, slot);
	change->removed_interfaces = interfaces;
}

void object_changes_forget_slot(struct object_changes *c, unsigned slot) {
	LIST_FOREACH (link, &c->queue) {
		struct object_change *change = CONTAINER_OF(link, struct object_change, link);
		object_changes_audience_drop(&change->added_for, slot);
		object_changes_audience_drop(&change->removed_for, slot);
	}
}

struct object_change *object_changes_take(struct object_changes *c) {
	if (list_is_empty(&c->queue))
		return NULL;
	struct object_change *change = CONTAINER_OF(c->queue.next, struct object_change, link);
	list_remove(&change->link);
	c->n--;
	(void)tdelete(change, &c->tree, compare_paths);
	return change;
}

struct object_change *object_changes_free(struct object_change *change) {
	if (!change)
		return NULL;
	free(change->path);
	return memory_free(change);
}
