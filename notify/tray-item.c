#include "notify/tray-item.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "notify/line.h"
#include "notify/tray-icon.h"

#include <string.h>
#include <unistd.h>

#define WATCHER_NAME "org.kde.StatusNotifierWatcher"
#define WATCHER_PATH "/StatusNotifierWatcher"
#define ITEM_INTERFACE "org.kde.StatusNotifierItem"
#define ITEM_PATH "/StatusNotifierItem"

#define ICON_NAME "org.posthorn.Posthorn-symbolic"

/* As large as trays draw icons; they scale down better than up. */
static const unsigned icon_sizes[] = { 22, 24, 32, 48 };

struct tray_item {
	GDBusConnection *bus;
	const char *menu_path;
	struct tray_item_listener listener;
	guint watch;
	/* of the watcher that is there */
	char *watcher; /* its unique name; NULL: HIDDEN */
	guint object, owned_name;
	GCancellable *cancellable;
	/* the look */
	uint64_t number;
	char *title, *tip;
	char *token; /* of the click that follows */
};

/* As the KDE wrote it down and the trays read it; what nobody asks for is left out. */
static const char introspection[] =
	"<node><interface name='" ITEM_INTERFACE "'>"
	"<method name='ContextMenu'><arg type='i' direction='in'/><arg type='i' "
	"direction='in'/></method>"
	"<method name='Activate'><arg type='i' direction='in'/><arg type='i' "
	"direction='in'/></method>"
	"<method name='SecondaryActivate'><arg type='i' direction='in'/>"
	"<arg type='i' direction='in'/></method>"
	"<method name='Scroll'><arg type='i' direction='in'/><arg type='s' "
	"direction='in'/></method>"
	"<method name='ProvideXdgActivationToken'><arg type='s' direction='in'/></method>"
	"<property name='Category' type='s' access='read'/>"
	"<property name='Id' type='s' access='read'/>"
	"<property name='Title' type='s' access='read'/>"
	"<property name='Status' type='s' access='read'/>"
	"<property name='WindowId' type='i' access='read'/>"
	"<property name='IconThemePath' type='s' access='read'/>"
	"<property name='IconName' type='s' access='read'/>"
	"<property name='IconPixmap' type='a(iiay)' access='read'/>"
	"<property name='OverlayIconName' type='s' access='read'/>"
	"<property name='AttentionIconName' type='s' access='read'/>"
	"<property name='ToolTip' type='(sa(iiay)ss)' access='read'/>"
	"<property name='ItemIsMenu' type='b' access='read'/>"
	"<property name='Menu' type='o' access='read'/>"
	"<signal name='NewTitle'/><signal name='NewIcon'/><signal name='NewToolTip'/>"
	"<signal name='NewStatus'><arg type='s'/></signal>"
	"</interface></node>";

/* --- the object --- */

static GVariant *pixmaps(uint64_t number) {
	GVariantBuilder list;

	g_variant_builder_init(&list, G_VARIANT_TYPE("a(iiay)"));
	for (size_t i = 0; i < ARRAY_SIZE(icon_sizes); i++) {
		unsigned size = icon_sizes[i];
		uint8_t *argb = tray_icon_draw(size, number);

		g_variant_builder_add(&list, "(ii@ay)", (gint32)size, (gint32)size,
			g_variant_new_fixed_array(
				G_VARIANT_TYPE_BYTE, argb, 4 * (gsize)size * size, 1));
		memory_free(argb);
	}
	return g_variant_builder_end(&list);
}

/* Its text may be read as markup. */
static GVariant *tool_tip(const struct tray_item *item) {
	CLEANUP_TEXT char *escaped = line_escape(item->tip);

	return g_variant_new("(s@a(iiay)ss)", "",
		g_variant_new_array(G_VARIANT_TYPE("(iiay)"), NULL, 0), item->title, escaped);
}

/* The theme's icon takes the panel's colours, but cannot bear a number. */
static GVariant *on_get(GDBusConnection *bus, const gchar *sender, const gchar *path,
	const gchar *interface, const gchar *name, GError **error, gpointer userdata) {
	const struct tray_item *item = userdata;

	if (!strcmp(name, "IconPixmap"))
		return pixmaps(item->number);
	if (!strcmp(name, "ToolTip"))
		return tool_tip(item);
	if (!strcmp(name, "Menu"))
		return g_variant_new_object_path(item->menu_path);
	if (!strcmp(name, "ItemIsMenu"))
		return g_variant_new_boolean(FALSE);
	if (!strcmp(name, "WindowId"))
		return g_variant_new_int32(0);
	if (!strcmp(name, "Title"))
		return g_variant_new_string(item->title);
	if (!strcmp(name, "IconName"))
		return g_variant_new_string(item->number > 0 ? "" : ICON_NAME);
	if (!strcmp(name, "Category"))
		return g_variant_new_string("Communications");
	if (!strcmp(name, "Status"))
		return g_variant_new_string("Active");
	if (!strcmp(name, "Id"))
		return g_variant_new_string("posthorn");
	return g_variant_new_string("");
}

static void on_method(GDBusConnection *bus, const gchar *sender, const gchar *path,
	const gchar *interface, const gchar *method, GVariant *parameters,
	GDBusMethodInvocation *invocation, gpointer userdata) {
	struct tray_item *item = userdata;
	CLEANUP_TEXT char *token = NULL;
	const char *given = NULL;

	if (!strcmp(method, "ProvideXdgActivationToken")) {
		g_variant_get(parameters, "(&s)", &given);
		memory_free(item->token);
		item->token = memory_strdup(given);
	}
	g_dbus_method_invocation_return_value(invocation, NULL);
	if (!strcmp(method, "Activate")) {
		token = TAKE_PTR(item->token);
		item->listener.on_activated(token, item->listener.userdata);
	} else if (!strcmp(method, "SecondaryActivate")) {
		item->listener.on_activated_secondary(item->listener.userdata);
	}
}

static const GDBusInterfaceVTable methods = {
	.method_call = on_method,
	.get_property = on_get,
};

static void export_object(struct tray_item *item) {
	g_autoptr(GDBusNodeInfo) info = g_dbus_node_info_new_for_xml(introspection, NULL);

	item->object = g_dbus_connection_register_object(
		item->bus, ITEM_PATH, info->interfaces[0], &methods, item, NULL, NULL);
}

static void emit(struct tray_item *item, const char *signal) {
	if (item->object)
		(void)g_dbus_connection_emit_signal(
			item->bus, NULL, ITEM_PATH, ITEM_INTERFACE, signal, NULL, NULL);
}

/* --- the watcher --- */

static void on_registered(GObject *source, GAsyncResult *result, gpointer userdata) {
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

	if (reply)
		log_debug("tray: shown");
	else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		log_warning("the tray does not show an icon: %s", error->message);
}

static void on_name_acquired(GDBusConnection *bus, const gchar *name, gpointer userdata) {
	struct tray_item *item = userdata;

	g_dbus_connection_call(bus, item->watcher, WATCHER_PATH, WATCHER_NAME,
		"RegisterStatusNotifierItem", g_variant_new("(s)", name), NULL,
		G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, item->cancellable, on_registered, NULL);
}

/* A name of its own, as the trays know by its end that the icon is to go. */
static void on_appeared(
	GDBusConnection *bus, const gchar *name, const gchar *owner, gpointer userdata) {
	struct tray_item *item = userdata;
	CLEANUP_TEXT char *ours = memory_format(ITEM_INTERFACE "-%d-1", (int)getpid());

	log_debug("tray: appeared");
	item->watcher = memory_strdup(owner);
	item->cancellable = g_cancellable_new();
	item->listener.on_needed(true, item->listener.userdata);
	export_object(item);
	item->owned_name = g_bus_own_name_on_connection(
		bus, ours, G_BUS_NAME_OWNER_FLAGS_NONE, on_name_acquired, NULL, item, NULL);
}

static void hide(struct tray_item *item) {
	if (!item->watcher)
		return;
	log_debug("tray: gone");
	g_cancellable_cancel(item->cancellable);
	g_clear_object(&item->cancellable);
	g_bus_unown_name(item->owned_name);
	if (item->object)
		(void)g_dbus_connection_unregister_object(item->bus, item->object);
	item->object = 0;
	item->token = memory_free(item->token);
	item->watcher = memory_free(item->watcher);
	item->listener.on_needed(false, item->listener.userdata);
}

static void on_vanished(GDBusConnection *bus, const gchar *name, gpointer userdata) {
	hide(userdata);
}

/* --- its life --- */

struct tray_item *tray_item_new(
	GDBusConnection *bus, const char *menu_path, const struct tray_item_listener *listener) {
	struct tray_item *item = MEMORY_NEW(struct tray_item);

	item->bus = g_object_ref(bus);
	item->menu_path = menu_path;
	item->listener = *listener;
	item->title = memory_strdup("");
	item->tip = memory_strdup("");
	item->watch = g_bus_watch_name_on_connection(bus, WATCHER_NAME,
		G_BUS_NAME_WATCHER_FLAGS_NONE, on_appeared, on_vanished, item, NULL);
	return item;
}

struct tray_item *tray_item_free(struct tray_item *item) {
	if (!item)
		return NULL;
	g_bus_unwatch_name(item->watch);
	hide(item);
	memory_free(item->title);
	memory_free(item->tip);
	g_object_unref(item->bus);
	return memory_free(item);
}

static bool replace(char **text, const char *with) {
	if (text_equal(*text, with))
		return false;
	memory_free(*text);
	*text = memory_strdup(with);
	return true;
}

void tray_item_set_look(struct tray_item *item, const struct tray_item_look *look) {
	bool is_title_new = replace(&item->title, look->title);
	bool is_tip_new = replace(&item->tip, look->tip);

	/* What is drawn ends at a limit. */
	bool is_icon_new = MIN(item->number, TRAY_ICON_NUMBER_MAX + UINT64_C(1)) !=
			   MIN(look->number, TRAY_ICON_NUMBER_MAX + UINT64_C(1));
	item->number = look->number;
	if (is_title_new)
		emit(item, "NewTitle");
	if (is_title_new || is_tip_new)
		emit(item, "NewToolTip");
	if (is_icon_new)
		emit(item, "NewIcon");
}
