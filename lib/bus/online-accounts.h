#pragma once
/* Which accounts GNOME Online Accounts has, kept as the service tells of changes. */
#include "base/macros.h"
#include "bus/online-account.h"

/* More of them are left out. */
#define ONLINE_ACCOUNTS_MAX 256

struct connection;
struct online_accounts;

/* `changed` is called from the loop when the list of accounts for mail differs from the one before:
 * once it is known for the first time, unless it is empty. Negative errno when the loop refuses. */
int online_accounts_new(struct connection *connection, void (*changed)(void *userdata),
	void *userdata, struct online_accounts **ret);
/* From inside `changed` too, as its last deed. */
struct online_accounts *online_accounts_free(struct online_accounts *o);
DEFINE_CLEANUP(struct online_accounts, online_accounts_free);

/* The account at this place, by the id and the name it had when it was asked for last; false behind
 * the last one. Borrowed until the next turn of the loop. */
bool online_accounts_at(
	const struct online_accounts *o, size_t index, const char **ret_id, const char **ret_name);
