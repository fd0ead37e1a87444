#include "notify/accounts.h"

#include "base/log.h"
#include "base/memory.h"
#include "bus/names.h"

struct accounts {
	GDBusConnection *bus;
	GCancellable *cancellable; /* of the question under way */
	GHashTable *names; /* id -> name */
	unsigned count;
	accounts_loaded_fn on_loaded;
	void *userdata;
};

struct accounts *accounts_new(GDBusConnection *bus) {
	struct accounts *a = MEMORY_NEW(struct accounts);

	a->bus = g_object_ref(bus);
	a->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return a;
}

void accounts_cancel(struct accounts *a) {
	if (a->cancellable)
		g_cancellable_cancel(a->cancellable);
	g_clear_object(&a->cancellable);
}

struct accounts *accounts_free(struct accounts *a) {
	if (!a)
		return NULL;
	accounts_cancel(a);
	g_hash_table_destroy(a->names);
	g_object_unref(a->bus);
	return memory_free(a);
}

static void take_account(struct accounts *a, GVariant *properties) {
	const char *id = NULL, *name = NULL;

	(void)g_variant_lookup(properties, BUS_PROPERTY_ID, "&s", &id);
	(void)g_variant_lookup(properties, BUS_PROPERTY_NAME, "&s", &name);
	if (id && name && *name && g_hash_table_size(a->names) < ACCOUNTS_NAMED_MAX)
		(void)g_hash_table_replace(a->names, g_strdup(id), g_strdup(name));
}

static void take_list(struct accounts *a, GVariant *reply) {
	g_autoptr(GVariantIter) iterator = NULL;
	GVariant *properties;

	g_variant_get(reply, "(a(oa{sv})u)", &iterator, &a->count);
	g_hash_table_remove_all(a->names);
	while (g_variant_iter_loop(iterator, "(&o@a{sv})", NULL, &properties))
		take_account(a, properties);
}

static void on_list(GObject *source, GAsyncResult *result, gpointer userdata) {
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

	/* Cancelled: `userdata` may be gone. */
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	struct accounts *a = userdata;
	g_clear_object(&a->cancellable);
	if (reply)
		take_list(a, reply);
	else
		log_warning("the daemon does not name its accounts: %s", error->message);
	if (a->on_loaded)
		a->on_loaded(a->userdata);
}

void accounts_load(
	struct accounts *a, const char *owner, accounts_loaded_fn on_loaded, void *userdata) {
	accounts_cancel(a);
	a->cancellable = g_cancellable_new();
	a->on_loaded = on_loaded;
	a->userdata = userdata;
	g_dbus_connection_call(a->bus, owner, BUS_PATH, BUS_INTERFACE_MANAGER,
		BUS_METHOD_LIST_ACCOUNTS, g_variant_new("(uu)", 0, ACCOUNTS_NAMED_MAX),
		G_VARIANT_TYPE("(a(oa{sv})u)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, a->cancellable,
		on_list, a);
}

const char *accounts_name(const struct accounts *a, const char *id) {
	return g_hash_table_lookup(a->names, id);
}

unsigned accounts_count(const struct accounts *a) {
	return a->count;
}
