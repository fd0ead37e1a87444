#pragma once
/* The user's own side of the key ring, for the command line: stores and forgets a secret, unlocks.
 * Blocks, and lets the service ask the user (its prompt) for as long as he likes. Not for programs
 * with a loop; those have secret-lookup.h. */
#include <stddef.h>

#include "base/macros.h"

struct secret_keeper;

/* All functions: 0, or an owned sentence and
 *   -ENOTCONN   no session bus             -ESRCH      no key ring on it
 *   -ECANCELED  the user dismissed the prompt, or there is no way to ask him
 *   -EREMOTEIO  any other error that the key ring answered */
int secret_keeper_open(struct secret_keeper **ret, char **ret_problem);
struct secret_keeper *secret_keeper_free(struct secret_keeper *k);
DEFINE_CLEANUP(struct secret_keeper, secret_keeper_free);

struct secret_entry {
	const char *label; /* what the key ring's own programs show */
	const char *const *attributes; /* name, value, ..., NULL */
	const void *secret;
	size_t n;
};

/* Into the default collection, which is unlocked or made first; what had the same attributes there
 * is replaced. */
int secret_keeper_store(
	struct secret_keeper *k, const struct secret_entry *entry, char **ret_problem);
/* How many items were forgotten, in whatever collection. */
int secret_keeper_clear(struct secret_keeper *k, const char *const *attributes, char **ret_problem);
/* The default collection. */
int secret_keeper_unlock(struct secret_keeper *k, char **ret_problem);
