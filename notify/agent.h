#pragma once
/* Joins what comes from the daemon to what is on the screen, by the settings, and keeps in a file how
 * far that went. */
#include "base/macros.h"

#include <gio/gio.h>

struct agent;

/* `bus` is the session's; all of the agent runs in its default main context. */
struct agent *agent_new(GDBusConnection *bus);
/* Saves what is to be kept. */
struct agent *agent_free(struct agent *a);
DEFINE_CLEANUP(struct agent, agent_free);

/* Reads the configuration again. */
void agent_reload(struct agent *a);
