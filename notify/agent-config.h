#pragma once
/* The settings of every account, from the files that the daemon reads too; the agent's part of them
 * is [Notify]. Accounts without a file (of GNOME Online Accounts) have those of posthorn.conf. */
#include "base/macros.h"
#include "config/config-messages.h"
#include "notify/settings.h"

struct agent_config;

/* Reads FOLDERS (NULL-terminated, highest rank first). Never fails: what is wrong is a message. */
struct agent_config *agent_config_load(const char *const *folders);
struct agent_config *agent_config_free(struct agent_config *c);
DEFINE_CLEANUP(struct agent_config, agent_config_free);

const struct config_messages *agent_config_messages(const struct agent_config *c);

/* Of posthorn.conf, for what is not a matter of one account. Borrowed. */
const struct settings *agent_config_shared(const struct agent_config *c);

/* Borrowed; never NULL. */
const struct settings *agent_config_of(const struct agent_config *c, const char *account);
