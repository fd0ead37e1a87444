#include "cli/unread-list.h"

#include <inttypes.h>
#include <search.h>
#include <string.h>

#include "base/list.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "bus/names.h"

struct message {
	struct list link; /* from the oldest */
	struct event event;
	struct record *keys; /* owned */
	const char *id; /* in the keys; never NULL */
};

struct unread_list {
	struct list messages;
	size_t n;
	size_t n_dropped;
	void *by_id; /* tsearch(3) */
};

static int compare_ids(const void *a, const void *b) {
	return strcmp(((const struct message *)a)->id, ((const struct message *)b)->id);
}

struct unread_list *unread_list_new(void) {
	struct unread_list *l = MEMORY_NEW(struct unread_list);
	list_init(&l->messages);
	return l;
}

static struct message *message_of(struct list *link) {
	return CONTAINER_OF(link, struct message, link);
}

static void remove_message(struct unread_list *l, struct message *m) {
	(void)tdelete(m, &l->by_id, compare_ids);
	list_remove(&m->link);
	(void)record_free(m->keys);
	free(m);
	l->n--;
}

struct unread_list *unread_list_free(struct unread_list *l) {
	if (!l)
		return NULL;
	LIST_FOREACH_SAFE (link, &l->messages)
		remove_message(l, message_of(link));
	return memory_free(l);
}

static struct message *find_id(const struct unread_list *l, const char *id) {
	struct message key = { .id = id };
	struct message *const *found = tfind(&key, (void *const *)&l->by_id, compare_ids);
	return found ? *found : NULL;
}

/* A repeat of an event that was told before takes its place. */
static void add(struct unread_list *l, const struct event *event, struct record *keys) {
	struct message *m = MEMORY_NEW(struct message);
	m->event = *event;
	m->event.keys = keys;
	m->keys = keys;
	m->id = record_text(keys, BUS_KEY_ID);
	struct message *before = find_id(l, m->id);
	if (before)
		remove_message(l, before);
	if (!tsearch(m, &l->by_id, compare_ids))
		abort(); /* out of memory */
	list_append(&l->messages, &m->link);
	if (++l->n <= UNREAD_LIST_MAX)
		return;
	remove_message(l, message_of(l->messages.next));
	l->n_dropped++;
}

static bool is_same(const struct record *a, const struct record *b, const char *key) {
	const char *one = record_text(a, key), *other = record_text(b, key);
	return one && other && strcmp(one, other) == 0;
}

/* The mailbox was numbered anew: what was told of it cannot be found there any more. */
static void forget_mailbox(struct unread_list *l, const struct record *keys) {
	LIST_FOREACH_SAFE (link, &l->messages) {
		struct message *m = message_of(link);
		if (is_same(m->keys, keys, BUS_KEY_ACCOUNT) &&
			is_same(m->keys, keys, BUS_KEY_MAILBOX))
			remove_message(l, m);
	}
}

void unread_list_feed(struct unread_list *l, const struct event *event, struct record *keys) {
	const char *id = record_text(keys, BUS_KEY_ID);
	struct message *retired;
	switch (event->type) {
	case EVENT_NEW:
		if (!id)
			break;
		add(l, event, keys);
		return;
	case EVENT_RETIRED:
		retired = id ? find_id(l, id) : NULL;
		if (retired)
			remove_message(l, retired);
		break;
	case EVENT_RESET:
		forget_mailbox(l, keys);
		break;
	case EVENT_TYPE_COUNT_:
		break;
	}
	(void)record_free(keys);
}

size_t unread_list_count(const struct unread_list *l) {
	return l->n;
}

size_t unread_list_n_dropped(const struct unread_list *l) {
	return l->n_dropped;
}

const struct event *unread_list_next(const struct unread_list *l, const struct event *event) {
	const struct list *link = &l->messages;
	if (event)
		link = &CONTAINER_OF(event, struct message, event)->link;
	return link->next == &l->messages ? NULL : &message_of(link->next)->event;
}

const struct event *unread_list_newest(const struct unread_list *l) {
	return list_is_empty(&l->messages) ? NULL : &message_of(l->messages.previous)->event;
}

const struct event *unread_list_find(const struct unread_list *l, const char *name) {
	const struct message *m = find_id(l, name);
	uint64_t seq;
	if (m)
		return &m->event;
	if (number_parse_u64(name, strlen(name), &seq) < 0)
		return NULL;
	LIST_FOREACH (link, &l->messages)
		if (message_of(link)->event.seq == seq)
			return &message_of(link)->event;
	return NULL;
}
