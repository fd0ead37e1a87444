#pragma once
/* The daemon as the tray needs it: whether it is there, and what its log held when the tray looked. */
#include "base/macros.h"

#include <gio/gio.h>

/* The newest events; what is not among them is too old for a menu. */
#define TRAY_HISTORY_EVENTS 200

struct tray_history_listener {
	void (*on_owner)(const char *owner, void *userdata); /* unique name; NULL: it is away */
	/* Once for each owner: its events, oldest first, as ReadEvents gives them. */
	void (*on_events)(GVariant *events, void *userdata);
	void *userdata;
};

struct tray_history;

struct tray_history *tray_history_new(
	GDBusConnection *bus, const struct tray_history_listener *listener);
struct tray_history *tray_history_free(struct tray_history *h);
DEFINE_CLEANUP(struct tray_history, tray_history_free);
