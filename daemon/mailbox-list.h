#pragma once
/* The mailboxes of an account, as far as they are known: how many messages each holds and how many
 * are unseen, what it is for, whether it is watched, and whether it can be. Outlives the
 * connection. Embedded in the account. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/imap-event.h"

struct account_config;
struct store;
struct store_cursor;

struct mailbox {
	char *name; /* UTF-8 */
	const char *special_use; /* "\\Sent"; a constant, "" for none */
	uint32_t messages;
	uint32_t unseen;
	uint32_t uidvalidity;
	enum imap_mailbox_state state;
	bool is_watched;
	bool is_named; /* by the user, not by a pattern */
	bool is_told; /* since the last list was complete */
	struct imap_standing standing;
};

struct mailbox_list {
	struct mailbox *items;
	size_t n;
};

/* What the user names, and what the store remembers, so that a start shows the last known numbers and
 * not none. */
void mailbox_list_load(
	struct mailbox_list *list, struct store *store, const struct account_config *config);
void mailbox_list_deinit(struct mailbox_list *list);

/* NULL when it is not known. INBOX is the same in any case. */
const struct mailbox *mailbox_list_find(const struct mailbox_list *list, const char *name);

/* True when a number changed. */
bool mailbox_list_count(
	struct mailbox_list *list, const char *name, const struct store_cursor *cursor);
/* What the server says of one. */
void mailbox_list_set(
	struct mailbox_list *list, const char *name, const struct imap_listed *listed);
/* All that is known of it is known of another name now. */
void mailbox_list_rename(struct mailbox_list *list, const char *old_name, const char *name);
/* A new connection looks anew: what was gone is there until it says otherwise. */
void mailbox_list_begin(struct mailbox_list *list);
/* The server has told of all there are. */
void mailbox_list_swept(struct mailbox_list *list);

/* Of those that are watched and there. */
uint32_t mailbox_list_unseen(const struct mailbox_list *list);
uint32_t mailbox_list_total(const struct mailbox_list *list);

/* Those that the user named and that cannot be watched: a sentence's end, owned, "Work, Team/A"; NULL
 * when there are none. */
char *mailbox_list_missing(const struct mailbox_list *list);
