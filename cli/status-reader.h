#pragma once
/* From the daemon to a struct status. */
#include <stdint.h>

#include "bus/client.h"
#include "cli/arguments.h"
#include "cli/status.h"

/* The manager's properties and all accounts; or, with `ids` (NULL-terminated; NULL and none: all),
 * these accounts as far as they are there, and their mailboxes. 0; -EBADMSG: the answer cannot be understood, with a
 * sentence too; or negative errno and an owned sentence as client_call() has them. */
int status_reader_load(struct client *client, uint64_t timeout_usec, const char *const *ids,
	struct status *status, char **ret_problem);

/* The same over a connection of its own: 0, or an exit code after a complaint. */
int status_reader_ask(
	const struct arguments *arguments, const char *const *ids, struct status *status);
