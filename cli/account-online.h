#pragma once
/* Whether GNOME Online Accounts has the mail account of an address. Asks a service that runs and starts
 * none; where there is none, there is no account. */
#include <stdbool.h>

struct account_online { /* owned texts */
	char *id;
	char *host;
};

/* False: it has none that can be used; there is nothing to deinitialise. */
bool account_online_find(const char *address, struct account_online *ret);
void account_online_deinit(struct account_online *online);
