#pragma once
/* The menu of the tray on the bus (com.canonical.dbusmenu), by libdbusmenu. */
#include "base/macros.h"
#include "notify/tray-rows.h"

#define TRAY_MENU_PATH "/StatusNotifierItem/Menu"

struct tray_menu;

/* A row was chosen. Borrowed; the menu may be changed or freed meanwhile. */
typedef void (*tray_menu_chosen_fn)(const struct tray_row *row, void *userdata);

/* On the session's bus, as GDBus knows it. */
struct tray_menu *tray_menu_new(tray_menu_chosen_fn on_chosen, void *userdata);
struct tray_menu *tray_menu_free(struct tray_menu *m);
DEFINE_CLEANUP(struct tray_menu, tray_menu_free);

/* Takes ownership. What is the same as before is no change. */
void tray_menu_set_rows(struct tray_menu *m, struct tray_rows *rows);
