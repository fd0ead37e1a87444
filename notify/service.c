#include "notify/service.h"

#include "base/log.h"
#include "base/memory.h"

#include <string.h>

#define PROPERTIES "org.freedesktop.DBus.Properties"

/* After a card that failed, or a question. */
#define RETRY_MIN_USEC (1 * USEC_PER_SEC)
#define RETRY_MAX_USEC (5 * USEC_PER_MINUTE)

struct service {
	GDBusConnection *bus;
	struct service_listener listener;
	enum service_state state;
	struct service_abilities abilities;
	char *owner;
	guint watch, subscription;
	guint retry; /* timer */
	GCancellable *cancellable; /* of the questions under way */
	bool may_start; /* there was something new since the bus was last asked to start one */
	bool is_inhibited;
	uint64_t not_before_usec, retry_usec;
};

static gboolean on_retry(gpointer userdata) {
	struct service *s = userdata;

	s->retry = 0;
	s->may_start = true;
	s->listener.on_ready(s->listener.userdata);
	return G_SOURCE_REMOVE;
}

static void back_off(struct service *s) {
	s->retry_usec = MIN(MAX(2 * s->retry_usec, RETRY_MIN_USEC), RETRY_MAX_USEC);
	s->not_before_usec = (uint64_t)g_get_monotonic_time() + s->retry_usec;
}

static void take_word(struct service *s, const char *word) {
	if (!strcmp(word, "actions"))
		s->abilities.actions = true;
	else if (!strcmp(word, "body-markup"))
		s->abilities.body_markup = true;
	else if (!strcmp(word, "sound"))
		s->abilities.sound = true;
	else if (!strcmp(word, "x-dunst-stack-tag"))
		s->abilities.stack_tag = true;
}

/* --- do not disturb --- */

static void take_inhibited(struct service *s, GVariant *value) {
	bool is_inhibited;

	if (!value || !g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN))
		return;
	is_inhibited = g_variant_get_boolean(value);
	if (is_inhibited == s->is_inhibited)
		return;
	log_debug("notification service: %s", is_inhibited ? "do not disturb" : "may disturb");
	s->is_inhibited = is_inhibited;
	s->listener.on_ready(s->listener.userdata);
}

static void on_inhibited(GObject *source, GAsyncResult *result, gpointer userdata) {
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) value = NULL, reply = g_dbus_connection_call_finish(
						  G_DBUS_CONNECTION(source), result, &error);

	if (!reply) /* most have no such property; cancelled: `userdata` may be gone */
		return;
	g_variant_get(reply, "(v)", &value);
	take_inhibited(userdata, value);
}

static void on_properties(GDBusConnection *bus, const gchar *sender, const gchar *path,
	const gchar *interface, const gchar *member, GVariant *parameters, gpointer userdata) {
	struct service *s = userdata;
	g_autoptr(GVariant) changed = NULL, value = NULL;

	if (g_strcmp0(sender, s->owner) ||
		!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(sa{sv}as)")))
		return;
	g_variant_get(parameters, "(&s@a{sv}as)", NULL, &changed, NULL);
	value = g_variant_lookup_value(changed, "Inhibited", NULL);
	take_inhibited(s, value);
}

static void watch_inhibited(struct service *s) {
	if (!s->owner || s->subscription)
		return;
	s->subscription = g_dbus_connection_signal_subscribe(s->bus, s->owner, PROPERTIES,
		"PropertiesChanged", SERVICE_PATH, SERVICE_NAME, G_DBUS_SIGNAL_FLAGS_NONE,
		on_properties, s, NULL);
	g_dbus_connection_call(s->bus, s->owner, SERVICE_PATH, PROPERTIES, "Get",
		g_variant_new("(ss)", SERVICE_NAME, "Inhibited"), G_VARIANT_TYPE("(v)"),
		G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, s->cancellable, on_inhibited, s);
}

/* --- what it can do --- */

static void on_no_capabilities(struct service *s, const GError *error) {
	log_info("no notification service: %s", error->message);
	s->state = SERVICE_ABSENT;
	/* When one appears, on_appeared() asks again. One that is there is asked later. */
	if (!s->owner)
		return;
	back_off(s);
	if (s->retry == 0)
		s->retry = g_timeout_add((guint)(s->retry_usec / USEC_PER_MSEC) + 1, on_retry, s);
}

static void become_ready(struct service *s) {
	s->state = SERVICE_READY;
	log_debug("notification service: ready%s%s%s%s", s->abilities.actions ? ", actions" : "",
		s->abilities.body_markup ? ", markup" : "", s->abilities.sound ? ", sound" : "",
		s->abilities.stack_tag ? ", tags" : "");
	watch_inhibited(s);
	s->listener.on_ready(s->listener.userdata);
}

/* GNOME Shell destroys the notifications of an application that leaves the bus, and tells nobody. No
 * capability says so. */
static void on_information(GObject *source, GAsyncResult *result, gpointer userdata) {
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
	const char *name = "";

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return; /* `userdata` may be gone */
	struct service *s = userdata;
	if (reply)
		g_variant_get(reply, "(&s&s&s&s)", &name, NULL, NULL, NULL);
	s->abilities.forgets_senders = !strcmp(name, "gnome-shell");
	become_ready(s);
}

static void on_capabilities(GObject *source, GAsyncResult *result, gpointer userdata) {
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariantIter) iterator = NULL;
	g_autoptr(GVariant) reply =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
	const char *word;

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return; /* `userdata` may be gone */
	struct service *s = userdata;
	if (!reply) {
		on_no_capabilities(s, error);
		return;
	}
	s->abilities = (struct service_abilities){ 0 };
	g_variant_get(reply, "(as)", &iterator);
	while (g_variant_iter_next(iterator, "&s", &word))
		take_word(s, word);
	g_dbus_connection_call(s->bus, SERVICE_NAME, SERVICE_PATH, SERVICE_NAME,
		"GetServerInformation", NULL, G_VARIANT_TYPE("(ssss)"),
		G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT, s->cancellable, on_information, s);
}

static void cancel(struct service *s) {
	if (s->cancellable)
		g_cancellable_cancel(s->cancellable);
	g_clear_object(&s->cancellable);
}

/* Without a time limit: a service that hangs answers when it is well again, and until then nothing
 * is sent to it. */
static void ask(struct service *s, GDBusCallFlags flags) {
	cancel(s);
	s->cancellable = g_cancellable_new();
	s->state = SERVICE_ASKING;
	g_dbus_connection_call(s->bus, SERVICE_NAME, SERVICE_PATH, SERVICE_NAME, "GetCapabilities",
		NULL, G_VARIANT_TYPE("(as)"), flags, G_MAXINT, s->cancellable, on_capabilities, s);
}

/* --- its coming and going --- */

static void unwatch(struct service *s) {
	cancel(s);
	if (s->subscription)
		g_dbus_connection_signal_unsubscribe(s->bus, s->subscription);
	s->subscription = 0;
	if (s->retry)
		(void)g_source_remove(s->retry);
	s->retry = 0;
	s->owner = memory_free(s->owner);
	s->is_inhibited = false;
}

static void on_appeared(
	GDBusConnection *bus, const gchar *name, const gchar *owner, gpointer userdata) {
	struct service *s = userdata;

	log_debug("notification service: appeared");
	unwatch(s);
	s->owner = memory_strdup(owner);
	s->not_before_usec = s->retry_usec = 0;
	ask(s, G_DBUS_CALL_FLAGS_NO_AUTO_START);
}

/* Called at once when there is none at the start, and between two owners of the name. */
static void on_vanished(GDBusConnection *bus, const gchar *name, gpointer userdata) {
	struct service *s = userdata;

	log_debug("notification service: absent");
	unwatch(s);
	s->state = SERVICE_ABSENT;
	s->listener.on_gone(s->listener.userdata);
}

struct service *service_new(GDBusConnection *bus, const struct service_listener *listener) {
	struct service *s = MEMORY_NEW(struct service);

	s->bus = g_object_ref(bus);
	s->listener = *listener;
	s->watch = g_bus_watch_name_on_connection(bus, SERVICE_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
		on_appeared, on_vanished, s, NULL);
	return s;
}

struct service *service_free(struct service *s) {
	if (!s)
		return NULL;
	g_bus_unwatch_name(s->watch);
	unwatch(s);
	g_object_unref(s->bus);
	return memory_free(s);
}

enum service_state service_state(const struct service *s) {
	return s->state;
}

const struct service_abilities *service_abilities(const struct service *s) {
	return &s->abilities;
}

bool service_is_inhibited(const struct service *s) {
	return s->is_inhibited;
}

const char *service_owner(const struct service *s) {
	return s->owner;
}

void service_start(struct service *s) {
	if (s->state == SERVICE_ABSENT && s->may_start)
		ask(s, G_DBUS_CALL_FLAGS_NONE);
	s->may_start = false;
}

void service_allow_start(struct service *s) {
	s->may_start = true;
}

void service_failed(struct service *s) {
	back_off(s);
	if (s->state == SERVICE_READY)
		ask(s, G_DBUS_CALL_FLAGS_NO_AUTO_START);
}

void service_worked(struct service *s) {
	s->retry_usec = 0;
}

uint64_t service_not_before(const struct service *s) {
	return s->not_before_usec;
}
