#pragma once
/* Where the mail of an address is most probably to be had. Asks nobody: whether it is there is
 * found out when the account is tried. */
#include "base/macros.h"

struct account_place {
	char *host;
	const char *how; /* a constant, for people: by which way it was found */
};

/* `domain` is the part of the address behind the @. */
void account_place_find(const char *domain, struct account_place *ret);
void account_place_deinit(struct account_place *place);
