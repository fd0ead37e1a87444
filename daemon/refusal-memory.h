#pragma once
/* A login that was refused, in the store: a restart is no reason to try the same password again
 * sooner than planned. It holds for the login as it is configured (keys with CONFIG_KEY_LOGIN) and
 * for the files that the secret is in, by their inode and times: when these change it is forgotten.
 *
 * No part of a secret enters it. Of a command line that carries one nevertheless 16 bits of a digest
 * are kept, among all the rest: enough to notice a change, too few to try guesses against. */
#include <stdint.h>

#include "base/macros.h"
#include "base/reason.h"
#include "store/store.h"

struct account_config;

struct refusal {
	enum reason reason;
	unsigned n; /* in a row */
	uint64_t when_usec; /* wall clock */
	char *text; /* what the server said; owned, or NULL */
};
void refusal_memory_deinit(struct refusal *refusal);

/* 1: this login was refused; 0: nothing is known against it; or negative errno. */
int refusal_memory_load(
	struct store *store, const struct account_config *config, struct refusal *ret);
/* A part of the open transaction. 0 or negative errno. */
int refusal_memory_save(
	struct store *store, const struct account_config *config, const struct refusal *refusal);
int refusal_memory_forget(struct store *store, const struct account_config *config);
