#pragma once
/* The accounts that the daemon has, as it lists them. */
#include <stdint.h>

#include "bus/client.h"
#include "cli/arguments.h"
#include "cli/status.h"

/* Asks for all of them and appends them to `status`. In pages: an installation may have more
 * accounts than one message holds; those that come or go in between may be missed or shown twice.
 * 0; -EBADMSG: the answer cannot be understood; or negative errno and an owned sentence as
 * client_call() has them. */
int account_list_load(
	struct client *client, uint64_t timeout_usec, struct status *status, char **ret_problem);

/* Complains of each --account that the daemon does not have (now): a filter for it lets nothing
 * through, which looks like no mail. */
void account_list_warn(
	struct client *client, uint64_t timeout_usec, const struct arguments *arguments);
