#include "notify/tray-history.h"

#include "base/log.h"
#include "base/memory.h"
#include "bus/names.h"

#define PROPERTIES "org.freedesktop.DBus.Properties"

struct tray_history {
	GDBusConnection *bus;
	struct tray_history_listener listener;
	guint watch;
	char *owner;
	GCancellable *cancellable;
};

static void call(struct tray_history *h, const char *interface, const char *method,
	GVariant *arguments, GAsyncReadyCallback on_reply) {
	g_dbus_connection_call(h->bus, h->owner, BUS_PATH, interface, method, arguments, NULL,
		G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, h->cancellable, on_reply, h);
}

/* NULL: there is none of this type. After a cancelled question the history may be gone. */
static GVariant *finish(GObject *source, GAsyncResult *result, const char *type) {
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

	if (reply && g_variant_is_of_type(reply, G_VARIANT_TYPE(type)))
		return g_steal_pointer(&reply);
	if (reply || !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		log_warning("the tray's menu knows no older mail: %s",
			error ? error->message : "an answer of another type");
	return NULL;
}

static void on_events(GObject *source, GAsyncResult *result, gpointer userdata) {
	struct tray_history *h = userdata;
	g_autoptr(GVariant) reply = finish(source, result, "(aa{sv}t)");
	g_autoptr(GVariant) events = NULL;

	if (!reply)
		return;
	events = g_variant_get_child_value(reply, 0);
	h->listener.on_events(events, h->listener.userdata);
}

static void on_last(GObject *source, GAsyncResult *result, gpointer userdata) {
	struct tray_history *h = userdata;
	g_autoptr(GVariant) reply = finish(source, result, "(v)");
	g_autoptr(GVariant) value = NULL;
	guint64 last, after;

	if (!reply)
		return;
	g_variant_get(reply, "(v)", &value);
	last = g_variant_is_of_type(value, G_VARIANT_TYPE_UINT64) ? g_variant_get_uint64(value) : 0;
	after = last > TRAY_HISTORY_EVENTS ? last - TRAY_HISTORY_EVENTS : 0;
	call(h, BUS_INTERFACE_MANAGER, BUS_METHOD_READ_EVENTS,
		g_variant_new("(tu)", after, TRAY_HISTORY_EVENTS), on_events);
}

static void on_appeared(
	GDBusConnection *bus, const gchar *name, const gchar *owner, gpointer userdata) {
	struct tray_history *h = userdata;

	h->owner = memory_strdup(owner);
	h->cancellable = g_cancellable_new();
	h->listener.on_owner(owner, h->listener.userdata);
	call(h, PROPERTIES, "Get",
		g_variant_new("(ss)", BUS_INTERFACE_MANAGER, BUS_PROPERTY_LAST_SEQUENCE), on_last);
}

static void leave(struct tray_history *h) {
	if (h->cancellable)
		g_cancellable_cancel(h->cancellable);
	g_clear_object(&h->cancellable);
	h->owner = memory_free(h->owner);
}

static void on_vanished(GDBusConnection *bus, const gchar *name, gpointer userdata) {
	struct tray_history *h = userdata;

	leave(h);
	h->listener.on_owner(NULL, h->listener.userdata);
}

struct tray_history *tray_history_new(
	GDBusConnection *bus, const struct tray_history_listener *listener) {
	struct tray_history *h = MEMORY_NEW(struct tray_history);

	h->bus = bus;
	h->listener = *listener;
	h->watch = g_bus_watch_name_on_connection(
		bus, BUS_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE, on_appeared, on_vanished, h, NULL);
	return h;
}

struct tray_history *tray_history_free(struct tray_history *h) {
	if (!h)
		return NULL;
	g_bus_unwatch_name(h->watch);
	leave(h);
	return memory_free(h);
}
