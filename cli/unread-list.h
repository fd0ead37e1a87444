#pragma once
/* Which messages are new and nobody has read: those of the log that were not retired, in mailboxes
 * that were not numbered anew since. Fed with events in their order; pure. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/macros.h"
#include "cli/event.h"

/* Of more messages the oldest are dropped, and counted. */
#define UNREAD_LIST_MAX 10000

struct unread_list;

struct unread_list *unread_list_new(void);
struct unread_list *unread_list_free(struct unread_list *l);
DEFINE_CLEANUP(struct unread_list, unread_list_free);

/* The keys become the list's. */
void unread_list_feed(struct unread_list *l, const struct event *event, struct record *keys);

size_t unread_list_count(const struct unread_list *l);
size_t unread_list_n_dropped(const struct unread_list *l);

/* The one after `event`; of NULL the oldest; NULL after the newest. Borrowed until the list is fed. */
const struct event *unread_list_next(const struct unread_list *l, const struct event *event);
/* NULL when there is none. */
const struct event *unread_list_newest(const struct unread_list *l);

/* By its id or by the number of its event; NULL. */
const struct event *unread_list_find(const struct unread_list *l, const char *name);
