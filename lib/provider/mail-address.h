#pragma once
/* A user's address, split for the search of his server. Pure. */
#include <stdbool.h>

#include "base/macros.h"

#define MAIL_ADDRESS_MAX 320 /* RFC 3696, errata: 64 + 1 + 255 */
#define MAIL_ADDRESS_DOMAIN_MAX 253

struct mail_address {
	char *whole; /* as it was written, the domain in lower case */
	char *local;
	char *domain; /* a host name in ASCII, in lower case, without a dot at its end */
};

/* -EINVAL with a sentence (a constant). Domains outside of ASCII must come in their A-form. */
int mail_address_parse(const char *text, struct mail_address *ret, const char **ret_problem);
void mail_address_deinit(struct mail_address *address);

/* Letters, digits, hyphens and dots as RFC 1123 has them, with a dot in it. */
bool mail_address_is_host(const char *text);
