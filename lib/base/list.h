#pragma once
/* An intrusive, doubly linked, circular list. The head is a struct list of its own. */
#include <stdbool.h>

#include "base/macros.h"

struct list {
	struct list *previous;
	struct list *next;
};

static inline void list_init(struct list *l) {
	l->previous = l->next = l;
}

static inline bool list_is_empty(const struct list *head) {
	return head->next == head;
}

static inline void list_append(struct list *head, struct list *item) {
	item->previous = head->previous;
	item->next = head;
	head->previous->next = item;
	head->previous = item;
}

/* Safe on an item that is in no list, if it was list_init()ed. */
static inline void list_remove(struct list *item) {
	item->previous->next = item->next;
	item->next->previous = item->previous;
	list_init(item);
}

#define LIST_FOREACH(item, head) \
	for (struct list *item = (head)->next; item != (head); item = item->next)

/* The item may be removed and freed inside the loop. */
#define LIST_FOREACH_SAFE(item, head)                                                     \
	for (struct list *item = (head)->next, *item##_next = item->next; item != (head); \
		item = item##_next, item##_next = item->next)
