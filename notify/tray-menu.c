#include "notify/tray-menu.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"

#include <libdbusmenu-glib/dbusmenu-glib.h>
#include <string.h>

#define LABEL_BYTES_MAX (64 * 1024)

/* Beside an item: what it stands for. libdbusmenu calls for a click in a later turn, when the rows may
 * be others and the menu gone. */
#define ROW "posthorn-row"
/* Beside the server, as long as there is a menu. */
#define MENU "posthorn-menu"

struct tray_menu {
	DbusmenuServer *server;
	struct tray_rows *rows;
	tray_menu_chosen_fn on_chosen;
	void *userdata;
};

struct tray_menu *tray_menu_new(tray_menu_chosen_fn on_chosen, void *userdata) {
	struct tray_menu *m = MEMORY_NEW(struct tray_menu);

	m->server = dbusmenu_server_new(TRAY_MENU_PATH);
	m->on_chosen = on_chosen;
	m->userdata = userdata;
	g_object_set_data(G_OBJECT(m->server), MENU, m);
	return m;
}

struct tray_menu *tray_menu_free(struct tray_menu *m) {
	if (!m)
		return NULL;
	g_object_set_data(G_OBJECT(m->server), MENU, NULL);
	g_object_unref(m->server);
	(void)tray_rows_free(m->rows);
	return memory_free(m);
}

/* A low line would mark the letter behind it as an access key; two are one. Owned. */
static char *escape(const char *label) {
	struct buffer escaped;

	buffer_init(&escaped, LABEL_BYTES_MAX);
	for (; *label; label++) {
		if (*label == '_')
			(void)buffer_append_text(&escaped, "_");
		(void)buffer_append(&escaped, label, 1);
	}
	return buffer_take_text(&escaped);
}

static void free_choice(gpointer userdata) {
	struct tray_row *choice = userdata;

	memory_free(choice->account);
	memory_free(choice->mail);
	memory_free(choice);
}

static struct tray_row *new_choice(const struct tray_row *row) {
	struct tray_row *choice = MEMORY_NEW(struct tray_row);

	choice->deed = row->deed;
	choice->account = memory_strdup(row->account);
	choice->mail = memory_strdup(row->mail);
	return choice;
}

/* The item is held while it signals, and its choice with it. */
static void on_activated(DbusmenuMenuitem *item, guint timestamp, gpointer server) {
	struct tray_menu *m = g_object_get_data(G_OBJECT(server), MENU);

	if (m)
		m->on_chosen(g_object_get_data(G_OBJECT(item), ROW), m->userdata);
}

static DbusmenuMenuitem *new_item(struct tray_menu *m, size_t i) {
	const struct tray_row *row = &m->rows->items[i];
	DbusmenuMenuitem *item = dbusmenu_menuitem_new();

	if (row->deed == TRAY_SEPARATOR) {
		(void)dbusmenu_menuitem_property_set(
			item, DBUSMENU_MENUITEM_PROP_TYPE, DBUSMENU_CLIENT_TYPES_SEPARATOR);
		return item;
	}
	CLEANUP_TEXT char *label = escape(row->label);
	(void)dbusmenu_menuitem_property_set(item, DBUSMENU_MENUITEM_PROP_LABEL, label);
	(void)dbusmenu_menuitem_property_set_bool(
		item, DBUSMENU_MENUITEM_PROP_ENABLED, row->is_enabled);
	if (row->deed == TRAY_NOTHING)
		return item;
	g_object_set_data_full(G_OBJECT(item), ROW, new_choice(row), free_choice);
	(void)g_signal_connect_object(item, DBUSMENU_MENUITEM_SIGNAL_ITEM_ACTIVATED,
		G_CALLBACK(on_activated), m->server, 0);
	return item;
}

static DbusmenuMenuitem *new_root(struct tray_menu *m) {
	DbusmenuMenuitem *root = dbusmenu_menuitem_new(), *parent = root;

	for (size_t i = 0; i < m->rows->n; i++) {
		DbusmenuMenuitem *item = new_item(m, i);

		(void)dbusmenu_menuitem_child_append(
			m->rows->items[i].level == 0 ? root : parent, item);
		if (m->rows->items[i].level == 0)
			parent = item;
		g_object_unref(item);
	}
	return root;
}

void tray_menu_set_rows(struct tray_menu *m, struct tray_rows *rows) {
	if (tray_rows_equal(m->rows, rows)) {
		(void)tray_rows_free(rows);
		return;
	}
	(void)tray_rows_free(m->rows);
	m->rows = rows;
	DbusmenuMenuitem *root = new_root(m);
	dbusmenu_server_set_root(m->server, root);
	g_object_unref(root);
}
