#pragma once
/* What holds, written as one would write it: a text that reads back as the same configuration, or
 * JSON for scripts. Secrets are not in it, since none is in the configuration. */
#include <stdbool.h>

#include "base/buffer.h"

struct config;

struct config_listing {
	const char *account; /* this one alone, by its id; NULL: the daemon, then all accounts */
	bool with_origins; /* where each value comes from */
	bool as_json; /* one line */
};

/* -ENOENT: there is no such account. The configuration must have been loaded with its sources. */
int config_listing_write(
	const struct config_listing *listing, const struct config *config, struct buffer *out);
