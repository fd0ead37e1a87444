#pragma once
/* The mailboxes of one account, as the daemon lists them (ListMailboxes of posthorn-dbus(7)). Pure. */
#include <stddef.h>

#include "base/json.h"
#include "cli/record.h"
#include "cli/table.h"

struct mailbox_list {
	struct record **items; /* owned */
	size_t n;
};

void mailbox_list_deinit(struct mailbox_list *list);

/* A new one at the end, to be filled. Borrowed. */
struct record *mailbox_list_add(struct mailbox_list *list);

/* A table of mailboxes: name, what becomes of it, unseen, all, its use. `account` stands before the
 * names; NULL: it goes without saying. */
struct table *mailbox_list_new_table(void);
void mailbox_list_add_rows(
	const struct mailbox_list *list, const char *account, struct table *table);

/* An array of objects with the names of the contract. */
void mailbox_list_write_json(const struct mailbox_list *list, struct json_writer *w);
