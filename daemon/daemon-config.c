#include "daemon/daemon-config.h"

#include <stdlib.h>

#include "config/config-type.h"

#define FIELD(member) CONFIG_FIELD(struct daemon_config, member)

static const struct config_key rows[] = {
	{
		.section = "Daemon",
		.name = "LogLevel",
		.type = &config_type_word,
		FIELD(log_level),
		.words = log_level_words,
		.standard = "info",
		.help = "error, warning, info or debug; --log-level goes before it",
	},
	{
		.section = "Daemon",
		.name = "LoginsPerHost",
		.type = &config_type_number,
		FIELD(logins_per_host),
		.min = 1,
		.max = DAEMON_CONFIG_LOGINS_MAX,
		.standard = "32",
		.help = "how many accounts may log in at one server host at once",
	},
	{
		.section = "Daemon",
		.name = "RetryMax",
		.type = &config_type_timespan,
		FIELD(retry_max_usec),
		.min = DAEMON_CONFIG_RETRY_MIN,
		.max = DAEMON_CONFIG_RETRY_MAX,
		.help = "longest wait after trouble of the network; default: 5min of a user, "
			"15min of the system",
	},
	{
		.section = "Daemon",
		.name = "GnomeOnlineAccounts",
		.type = &config_type_boolean,
		FIELD(gnome_online_accounts),
		.standard = "no",
		.help = "watch all accounts for mail that GNOME Online Accounts has",
	},
	{
		.section = "Events",
		.name = "MaxAge",
		.type = &config_type_timespan,
		FIELD(events_max_age_usec),
		.min = USEC_PER_MINUTE,
		.standard = "30d",
		.help = "events older than this are dropped from the log",
	},
	{
		.section = "Events",
		.name = "MaxCount",
		.type = &config_type_number,
		FIELD(events_max_count),
		.min = 1,
		.standard = "100000",
		.help = "the log holds the newest so many events",
	},
};

const struct config_table daemon_config_table = { rows, ARRAY_SIZE(rows), NULL, NULL };

void daemon_config_init(struct daemon_config *config, struct config_assignments *assignments,
	struct config_messages *messages, struct config_origins *origins) {
	*config = (struct daemon_config){ 0 };
	struct config_assignments *const layers[2] = { NULL, assignments };
	/* What is wrong was said, and its default holds: the daemon does not stop for it. */
	free(config_assignments_apply(&daemon_config_table, config, layers, messages, origins));
}

void daemon_config_deinit(struct daemon_config *config) {
	config_assignments_clear(&daemon_config_table, config);
}

enum log_level daemon_config_log_level(const struct daemon_config *config) {
	enum log_level level = LOG_LEVEL_INFO;
	(void)log_level_parse(log_level_words[config->log_level], &level);
	return level;
}
