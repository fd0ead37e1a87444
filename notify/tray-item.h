#pragma once
/* The icon in the tray: an object on the bus (org.kde.StatusNotifierItem), which is there for as long
 * as the desktop has a tray (org.kde.StatusNotifierWatcher).
 *
 *              watcher appears          name acquired            accepted
 *     HIDDEN ------------------> NAMING --------------> OFFERED ---------> SHOWN
 *       ^                          |                       |                 |
 *       +------- watcher vanishes, from any of them; it refuses -------------+
 */
#include "base/macros.h"

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

struct tray_item_listener {
	/* The menu is to be at its place before true, and not to go before false. */
	void (*on_needed)(bool is_needed, void *userdata);
	void (*on_activated)(
		const char *token, void *userdata); /* a click; the token may be NULL */
	void (*on_activated_secondary)(void *userdata); /* usually the middle button */
	void *userdata;
};

struct tray_item_look {
	uint64_t number; /* drawn on the icon; 0: none */
	const char *title; /* one line */
	const char *tip; /* lines of text, not of markup */
};

struct tray_item;

/* `menu_path`: where com.canonical.dbusmenu is; a constant. on_needed() is called from the loop. */
struct tray_item *tray_item_new(
	GDBusConnection *bus, const char *menu_path, const struct tray_item_listener *listener);
struct tray_item *tray_item_free(struct tray_item *item);
DEFINE_CLEANUP(struct tray_item, tray_item_free);

/* Copies. */
void tray_item_set_look(struct tray_item *item, const struct tray_item_look *look);
