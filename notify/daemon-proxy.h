#pragma once
/* The daemon's objects, as the contract's XML has them: the build makes the classes out of it. */
#include "base/macros.h"
#include "notify/contract.h"

/* `owner`: the daemon's unique name. Neither waits nor asks it anything; NULL when the connection is
 * closed. To be unreferenced. */
PosthornManager *daemon_proxy_manager(GDBusConnection *bus, const char *owner);
PosthornAccount *daemon_proxy_account(GDBusConnection *bus, const char *owner, const char *path);
