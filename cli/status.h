#pragma once
/* What `posthorn status` shows: the manager's and the accounts' properties as a table for people
 * or as JSON. Pure; verb-status.c asks the daemon. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/macros.h"
#include "cli/record.h"
#include "cli/table.h"

struct status {
	struct record *manager; /* owned, never NULL */
	struct record **accounts; /* owned, in the daemon's order */
	size_t n_accounts;
};

struct status *status_new(void);
struct status *status_free(struct status *s);
DEFINE_CLEANUP(struct status, status_free);

/* A new account at the end, to be filled. Borrowed. */
struct record *status_add_account(struct status *s);

/* Every account has the state `online`; true when there is none. */
bool status_all_online(const struct status *s);

/* A row for each account, under it the reason when it is not well, and a last line that counts. */
void status_print_table(const struct status *s, uint64_t now_usec, const struct table_look *look,
	struct buffer *out);

/* {"accounts":[{"Id":...,...}],"Version":...,...} and the end of the line, with the names of the
 * D-Bus contract. */
void status_print_json(const struct status *s, struct buffer *out);
