#pragma once
/* What `posthorn status` shows: the manager's and the accounts' properties as a table for people
 * or as JSON, and the mailboxes of accounts that were asked for by name. Pure; status-reader.c asks
 * the daemon. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/macros.h"
#include "cli/mailbox-list.h"
#include "cli/record.h"
#include "cli/table.h"

struct status {
	struct record *manager; /* owned, never NULL */
	struct record **accounts; /* owned, in the daemon's order */
	size_t n_accounts;
	struct mailbox_list *mailboxes; /* owned; one for each account, or NULL: nobody asked */
};

struct status *status_new(void);
struct status *status_free(struct status *s);
DEFINE_CLEANUP(struct status, status_free);

/* A new account at the end, to be filled. Borrowed. */
struct record *status_add_account(struct status *s);

/* Only the accounts with these ids (NULL-terminated) stay, and get a list of mailboxes each, empty
 * at first. Once, after the last account was added. */
void status_select(struct status *s, const char *const *ids);
bool status_has_account(const struct status *s, const char *id);

/* Every account has the state `online`; true when there is none. */
bool status_all_online(const struct status *s);

/* The unseen messages of the accounts that are here, and how many of these are online or degraded. */
uint64_t status_unseen(const struct status *s);
size_t status_online(const struct status *s);

/* A row for each account, under it the reason when it is not well; the mailboxes, where there are
 * any; and a last line that counts. Nothing when none of the selected accounts is there. */
void status_print_table(const struct status *s, uint64_t now_usec, const struct table_look *look,
	struct buffer *out);

/* {"accounts":[{"Id":...,...}],"Version":...,...} and the end of the line, with the names of the
 * D-Bus contract. */
void status_print_json(const struct status *s, struct buffer *out);
