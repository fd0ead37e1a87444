#pragma once
/* All that the configuration folders say: the daemon's own settings, and every account. */
#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "config/config-messages.h"
#include "daemon/daemon-config.h"

#define CONFIG_ACCOUNTS_MAX 100000

struct account_config;
struct config_assignments;

/* Kept for a listing only: where each value comes from. */
struct config_sources {
	struct config_assignments *shared;
	struct config_origins daemon;
	struct config_assignments **own; /* one for each account */
	struct config_origins *accounts;
};

struct config {
	struct daemon_config daemon;
	struct account_config **accounts; /* sorted by id; the bad ones too, with their problem */
	size_t n_accounts;
	struct config_messages messages;
	struct config_sources *sources; /* NULL unless asked for */
};

/* Reads posthorn.conf, posthorn.conf.d/ *.conf, accounts.d/ *.conf and accounts.d/ID.conf.d/ *.conf
 * of the folders (NULL-terminated, highest rank first; see config-files.h). Never fails: what cannot
 * be read is a message. */
struct config *config_load(const char *const *folders, bool with_sources);
/* Forgets all accounts but one; its absence is no error. Not with sources. */
void config_keep(struct config *config, const char *id);
struct config *config_free(struct config *config);
DEFINE_CLEANUP(struct config, config_free);
