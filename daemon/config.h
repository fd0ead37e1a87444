#pragma once
/* All accounts that the configuration folders hold. */
#include <stddef.h>

#include "base/macros.h"
#include "daemon/config-messages.h"

#define CONFIG_FILE_MAX ((size_t)1024 * 1024)
#define CONFIG_ACCOUNTS_MAX 100000

struct account_config;

struct config {
	struct account_config **accounts; /* sorted by id; the bad ones too, with their problem */
	size_t n_accounts;
	struct config_messages messages;
};

/* Reads DIR/accounts.d/ *.conf of each folder (NULL-terminated, the first one wins when a file of
 * the same name stands in several; an empty file or a link to /dev/null masks). A folder that is
 * not there is an empty one. Never fails: what cannot be read is a message. */
struct config *config_load(const char *const *folders);
struct config *config_free(struct config *config);
DEFINE_CLEANUP(struct config, config_free);
