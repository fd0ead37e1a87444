#include "notify/inheritance.h"

#include "base/memory.h"
#include "notify/service.h"

#include <string.h>

struct inheritance {
	GDBusConnection *bus;
	struct inheritance_listener listener;
	guint subscription;
	uint32_t token_number; /* of the notification that the token is for */
	char *token;
};

static void take_token(struct inheritance *i, GVariant *parameters) {
	const char *token;

	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(us)")))
		return;
	g_variant_get(parameters, "(u&s)", &i->token_number, &token);
	memory_free(i->token);
	i->token = memory_strdup(token);
}

static void take_action(struct inheritance *i, GVariant *parameters) {
	uint32_t number;
	const char *action;

	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(us)")))
		return;
	g_variant_get(parameters, "(u&s)", &number, &action);
	CLEANUP_TEXT char *token = TAKE_PTR(i->token);
	i->listener.on_action(
		number, action, i->token_number == number ? token : NULL, i->listener.userdata);
}

static void on_signal(GDBusConnection *bus, const gchar *sender, const gchar *path,
	const gchar *interface, const gchar *member, GVariant *parameters, gpointer userdata) {
	struct inheritance *i = userdata;
	uint32_t number;

	if (!strcmp(member, "ActivationToken"))
		take_token(i, parameters);
	else if (!strcmp(member, "ActionInvoked"))
		take_action(i, parameters);
	else if (!strcmp(member, "NotificationClosed") &&
		 g_variant_is_of_type(parameters, G_VARIANT_TYPE("(uu)"))) {
		g_variant_get(parameters, "(uu)", &number, NULL);
		i->listener.on_closed(number, i->listener.userdata);
	}
}

struct inheritance *inheritance_new(
	GDBusConnection *bus, const char *owner, const struct inheritance_listener *listener) {
	struct inheritance *i = MEMORY_NEW(struct inheritance);

	i->bus = g_object_ref(bus);
	i->listener = *listener;
	i->subscription = g_dbus_connection_signal_subscribe(bus, owner, SERVICE_NAME, NULL,
		SERVICE_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_signal, i, NULL);
	return i;
}

struct inheritance *inheritance_free(struct inheritance *i) {
	if (!i)
		return NULL;
	g_dbus_connection_signal_unsubscribe(i->bus, i->subscription);
	g_object_unref(i->bus);
	memory_free(i->token);
	return memory_free(i);
}
