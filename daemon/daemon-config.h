#pragma once
/* What posthorn.conf says of the daemon as a whole. Its other sections are defaults for accounts. */
#include <stdint.h>

#include "base/log.h"
#include "base/macros.h"
#include "config/config-assignments.h"

#define DAEMON_CONFIG_LOGINS_MAX 10000
#define DAEMON_CONFIG_RETRY_MIN USEC_PER_MINUTE
#define DAEMON_CONFIG_RETRY_MAX (24 * USEC_PER_HOUR)

struct daemon_config {
	unsigned log_level; /* of log_level_words */
	uint64_t logins_per_host;
	bool gnome_online_accounts;
	uint64_t retry_max_usec; /* 0: by the kind of daemon */
	uint64_t events_max_age_usec;
	uint64_t events_max_count;
};

extern const struct config_table daemon_config_table;

/* Fills `config`, which owns what it points to afterwards. */
void daemon_config_init(struct daemon_config *config, struct config_assignments *assignments,
	struct config_messages *messages, struct config_origins *origins);
void daemon_config_deinit(struct daemon_config *config);

enum log_level daemon_config_log_level(const struct daemon_config *config);
