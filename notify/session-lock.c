#include "notify/session-lock.h"

#include "base/log.h"
#include "base/memory.h"

#include <string.h>

#define PROPERTIES "org.freedesktop.DBus.Properties"
#define LOGIND "org.freedesktop.login1"
#define LOGIND_SESSION "org.freedesktop.login1.Session"

/* Names, interfaces and paths are alike. */
static const struct {
	const char *name, *path;
} savers[] = {
	{ "org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver" },
	{ "org.gnome.ScreenSaver", "/org/gnome/ScreenSaver" },
};

#define N_SAVERS ARRAY_SIZE(savers)

/* One of them. */
struct saver {
	struct session_lock *lock;
	const char *name, *path;
	guint watch, signal;
	bool is_active;
};

struct session_lock {
	GDBusConnection *bus, *system; /* `system` NULL: not reached yet, or not there */
	session_lock_changed_fn on_changed;
	void *userdata;
	GCancellable *cancellable;
	struct saver savers[N_SAVERS];
	guint session_signals;
	bool is_hinted;
	bool is_locked; /* as it was told */
};

static void tell(struct session_lock *l) {
	bool is_locked = l->is_hinted;

	for (size_t i = 0; i < N_SAVERS; i++)
		is_locked = is_locked || l->savers[i].is_active;
	if (is_locked == l->is_locked)
		return;
	l->is_locked = is_locked;
	log_debug("screen: %s", is_locked ? "locked" : "unlocked");
	l->on_changed(is_locked, l->userdata);
}

static void take(struct session_lock *l, GVariant *value, bool *is_locked) {
	if (value && g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN))
		*is_locked = g_variant_get_boolean(value);
	tell(l);
}

/* --- the screen saver --- */

static void on_active_changed(GDBusConnection *bus, const gchar *sender, const gchar *path,
	const gchar *interface, const gchar *member, GVariant *parameters, gpointer userdata) {
	struct saver *saver = userdata;
	g_autoptr(GVariant) value = NULL;

	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(b)")))
		return;
	value = g_variant_get_child_value(parameters, 0);
	take(saver->lock, value, &saver->is_active);
}

static void on_active(GObject *source, GAsyncResult *result, gpointer userdata) {
	g_autoptr(GVariant) value = NULL, reply = g_dbus_connection_call_finish(
						  G_DBUS_CONNECTION(source), result, NULL);

	if (!reply) /* it does not say; cancelled: `userdata` may be gone */
		return;
	struct saver *saver = userdata;
	value = g_variant_get_child_value(reply, 0);
	take(saver->lock, value, &saver->is_active);
}

static void on_saver_appeared(
	GDBusConnection *bus, const gchar *name, const gchar *owner, gpointer userdata) {
	struct saver *saver = userdata;

	g_dbus_connection_call(bus, owner, saver->path, saver->name, "GetActive", NULL,
		G_VARIANT_TYPE("(b)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1,
		saver->lock->cancellable, on_active, saver);
}

/* One that crashed holds nothing locked. */
static void on_saver_vanished(GDBusConnection *bus, const gchar *name, gpointer userdata) {
	struct saver *saver = userdata;

	saver->is_active = false;
	tell(saver->lock);
}

static void watch_saver(struct session_lock *l, size_t i) {
	struct saver *saver = &l->savers[i];

	*saver = (struct saver){ .lock = l, .name = savers[i].name, .path = savers[i].path };
	saver->signal = g_dbus_connection_signal_subscribe(l->bus, saver->name, saver->name,
		"ActiveChanged", NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_active_changed, saver,
		NULL);
	saver->watch = g_bus_watch_name_on_connection(l->bus, saver->name,
		G_BUS_NAME_WATCHER_FLAGS_NONE, on_saver_appeared, on_saver_vanished, saver, NULL);
}

/* --- logind --- */

static void on_session(GDBusConnection *bus, const gchar *sender, const gchar *path,
	const gchar *interface, const gchar *member, GVariant *parameters, gpointer userdata) {
	struct session_lock *l = userdata;
	g_autoptr(GVariant) changed = NULL, value = NULL;

	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(sa{sv}as)")))
		return;
	g_variant_get(parameters, "(&s@a{sv}as)", NULL, &changed, NULL);
	value = g_variant_lookup_value(changed, "LockedHint", NULL);
	take(l, value, &l->is_hinted);
}

static void on_hint(GObject *source, GAsyncResult *result, gpointer userdata) {
	g_autoptr(GVariant) value = NULL, reply = g_dbus_connection_call_finish(
						  G_DBUS_CONNECTION(source), result, NULL);

	if (!reply)
		return;
	struct session_lock *l = userdata;
	g_variant_get(reply, "(v)", &value);
	take(l, value, &l->is_hinted);
}

static void on_path(GObject *source, GAsyncResult *result, gpointer userdata) {
	g_autoptr(GVariant) reply =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, NULL);
	const char *path;

	if (!reply)
		return;
	struct session_lock *l = userdata;
	g_variant_get(reply, "(&o)", &path);
	l->session_signals = g_dbus_connection_signal_subscribe(l->system, LOGIND, PROPERTIES,
		"PropertiesChanged", path, LOGIND_SESSION, G_DBUS_SIGNAL_FLAGS_NONE, on_session, l,
		NULL);
	g_dbus_connection_call(l->system, LOGIND, path, PROPERTIES, "Get",
		g_variant_new("(ss)", LOGIND_SESSION, "LockedHint"), G_VARIANT_TYPE("(v)"),
		G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, l->cancellable, on_hint, l);
}

static void on_system_bus(GObject *source, GAsyncResult *result, gpointer userdata) {
	g_autoptr(GError) error = NULL;
	GDBusConnection *bus = g_bus_get_finish(result, &error);

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	struct session_lock *l = userdata;
	if (!bus) {
		log_debug("no system bus: %s", error->message);
		return;
	}
	l->system = bus;
	g_dbus_connection_set_exit_on_close(bus, FALSE);
	/* Our session, or for a unit of the user that on the display. */
	g_dbus_connection_call(bus, LOGIND, "/org/freedesktop/login1",
		"org.freedesktop.login1.Manager", "GetSession", g_variant_new("(s)", "auto"),
		G_VARIANT_TYPE("(o)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, l->cancellable, on_path,
		l);
}

struct session_lock *session_lock_new(
	GDBusConnection *bus, session_lock_changed_fn on_changed, void *userdata) {
	struct session_lock *l = MEMORY_NEW(struct session_lock);

	l->bus = g_object_ref(bus);
	l->on_changed = on_changed;
	l->userdata = userdata;
	l->cancellable = g_cancellable_new();
	for (size_t i = 0; i < N_SAVERS; i++)
		watch_saver(l, i);
	g_bus_get(G_BUS_TYPE_SYSTEM, l->cancellable, on_system_bus, l);
	return l;
}

struct session_lock *session_lock_free(struct session_lock *l) {
	if (!l)
		return NULL;
	g_cancellable_cancel(l->cancellable);
	g_object_unref(l->cancellable);
	for (size_t i = 0; i < N_SAVERS; i++) {
		g_dbus_connection_signal_unsubscribe(l->bus, l->savers[i].signal);
		g_bus_unwatch_name(l->savers[i].watch);
	}
	if (l->session_signals)
		g_dbus_connection_signal_unsubscribe(l->system, l->session_signals);
	if (l->system)
		g_object_unref(l->system);
	g_object_unref(l->bus);
	return memory_free(l);
}
