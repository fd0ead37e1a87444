#pragma once
/* GnomeOnlineAccounts=yes: each account for mail of GNOME Online Accounts becomes a file of
 * configuration, as systemd's generators make units: accounts.d/goa-ID.conf in a folder of the
 * lowest rank, below $XDG_RUNTIME_DIR. So the defaults of posthorn.conf hold for it, drop-ins can
 * change it, and a file of the same name in a folder of the user takes its place. */
#include <stdbool.h>

#include "base/macros.h"

struct desktop;
struct online_config;

/* `folders` (NULL-terminated) and the desktop are borrowed. `changed` is called from the loop: the
 * files are others than before, read the configuration. Not set on yet; what an earlier daemon left
 * is removed. */
struct online_config *online_config_new(struct desktop *desktop, const char *const *folders,
	void (*changed)(void *userdata), void *userdata);
struct online_config *online_config_free(struct online_config *o);
DEFINE_CLEANUP(struct online_config, online_config_free);

/* The given folders, and behind them the one with the files. */
const char *const *online_config_folders(const struct online_config *o);

/* Switches it on or off; true: files went, read the configuration again. */
bool online_config_set(struct online_config *o, bool is_on);
