#pragma once
/* What a click on a notification does: opens the mail, marks it as read, puts it off, or shows why an
 * account does not work. What cannot be done is said in the notification. */
#include "base/macros.h"
#include "notify/accounts.h"
#include "notify/agent-config.h"
#include "notify/popup.h"

#include <gio/gio.h>

struct clicks;

/* All are borrowed; `popup` is the one whose clicks they are. */
struct clicks *clicks_new(GDBusConnection *bus, struct popup *popup, struct accounts *accounts);
struct clicks *clicks_free(struct clicks *c);
DEFINE_CLEANUP(struct clicks, clicks_free);

void clicks_set_config(struct clicks *c, const struct agent_config *config);

/* `owner`: the daemon's unique name; NULL: it is away. */
void clicks_take(struct clicks *c, const struct popup_click *click, const char *owner);
