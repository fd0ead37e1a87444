#pragma once
/* Where the mail of an address is to be had, as posthornd --find-server says it. Whether that works
 * is found out when the account is tried. */
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

struct account_place { /* owned texts; NULL: not known */
	char *host;
	uint16_t port; /* 0: the protocol's */
	bool is_pop3;
	bool is_starttls;
	bool is_foreign; /* DNS alone says so, and it is outside of the address' domain */
	char *user;
	char *login; /* "password", "app-password", "token-or-app-password", "token", "none" */
	char *way;
	char *provider;
	char *advice;
};

/* One JSON object, as a line of --json. -EBADMSG: it is none. */
int account_place_parse(const char *line, struct account_place *ret);

/* The best place that was found. An exit code; in ret->advice there may be something to tell then,
 * too. */
int account_place_find(const char *address, struct account_place *ret);
void account_place_deinit(struct account_place *place);
