#include "notify/accounts.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "bus/names.h"
#include "notify/daemon-proxy.h"

#include <string.h>

#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"
#define PROPERTIES "org.freedesktop.DBus.Properties"

struct accounts {
	GDBusConnection *bus;
	struct accounts_listener listener;
	PosthornManager *manager; /* NULL: the daemon is away */
	guint objects, properties; /* subscriptions */
	GCancellable *cancellable; /* of the question under way */
	bool is_first; /* on_loaded is due */
	GHashTable *known; /* id -> struct account */
	unsigned count;
};

static void free_account(gpointer userdata) {
	struct account *account = userdata;

	memory_free(account->id);
	memory_free(account->path);
	memory_free(account->name);
	memory_free(account->protocol);
	memory_free(account->user);
	memory_free(account->state);
	memory_free(account->reason);
	memory_free(account->reason_text);
	memory_free(account);
}

/* True: it is another one than before. */
static bool take_text(GVariant *properties, const char *key, char **text) {
	const char *value = *text ? *text : "";
	bool is_given = g_variant_lookup(properties, key, "&s", &value);

	if (*text && (!is_given || !strcmp(*text, value)))
		return false;
	char *old = *text;
	*text = memory_strdup(value);
	memory_free(old);
	return true;
}

static bool take_number(GVariant *properties, const char *key, uint32_t *number) {
	guint32 old = *number;

	(void)g_variant_lookup(properties, key, "u", number);
	return *number != old;
}

static bool take_properties(struct account *account, GVariant *properties) {
	bool is_changed = take_text(properties, BUS_PROPERTY_NAME, &account->name);

	is_changed |= take_text(properties, BUS_PROPERTY_PROTOCOL, &account->protocol);
	is_changed |= take_text(properties, BUS_PROPERTY_USER, &account->user);
	is_changed |= take_text(properties, BUS_PROPERTY_STATE, &account->state);
	is_changed |= take_text(properties, BUS_PROPERTY_REASON, &account->reason);
	is_changed |= take_text(properties, BUS_PROPERTY_REASON_TEXT, &account->reason_text);
	is_changed |= take_number(properties, BUS_PROPERTY_UNSEEN, &account->unseen);
	return is_changed;
}

static void take_account(struct accounts *a, const char *path, GVariant *properties) {
	const char *id = NULL;
	struct account *account;

	if (!g_variant_lookup(properties, BUS_PROPERTY_ID, "&s", &id) || !*id)
		return;
	account = g_hash_table_lookup(a->known, id);
	if (!account) {
		if (g_hash_table_size(a->known) >= ACCOUNTS_NAMED_MAX)
			return;
		account = MEMORY_NEW(struct account);
		account->id = memory_strdup(id);
		account->path = memory_strdup(path);
		(void)g_hash_table_insert(a->known, account->id, account);
	}
	if (take_properties(account, properties))
		a->listener.on_account(account, a->listener.userdata);
}

/* --- all of them --- */

static void drop_missing(struct accounts *a, GHashTable *named) {
	GHashTableIter iterator;
	gpointer key;

	g_hash_table_iter_init(&iterator, a->known);
	while (g_hash_table_iter_next(&iterator, &key, NULL)) {
		CLEANUP_TEXT char *id = NULL;

		if (g_hash_table_contains(named, key))
			continue;
		id = memory_strdup(key);
		g_hash_table_iter_remove(&iterator);
		a->listener.on_gone(id, a->listener.userdata);
	}
}

static void take_list(struct accounts *a, GVariant *list) {
	GVariantIter iterator;
	g_autoptr(GHashTable) named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GVariant *properties;
	const char *path;

	g_variant_iter_init(&iterator, list);
	while (g_variant_iter_loop(&iterator, "(&o@a{sv})", &path, &properties)) {
		const char *id = NULL;

		if (g_variant_lookup(properties, BUS_PROPERTY_ID, "&s", &id))
			(void)g_hash_table_add(named, g_strdup(id));
		take_account(a, path, properties);
	}
	drop_missing(a, named);
}

static void on_list(GObject *source, GAsyncResult *result, gpointer userdata) {
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) list = NULL;
	guint total = 0;
	bool is_answered = posthorn_manager_call_list_accounts_finish(
		POSTHORN_MANAGER(source), &list, &total, result, &error);

	/* Cancelled: `userdata` may be gone. */
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	struct accounts *a = userdata;
	bool is_first = a->is_first;
	g_clear_object(&a->cancellable);
	a->is_first = false;
	if (is_answered) {
		a->count = total;
		take_list(a, list);
	} else {
		log_warning("the daemon does not name its accounts: %s", error->message);
	}
	if (is_first)
		a->listener.on_loaded(a->listener.userdata);
}

static void cancel(struct accounts *a) {
	if (a->cancellable)
		g_cancellable_cancel(a->cancellable);
	g_clear_object(&a->cancellable);
}

void accounts_reload(struct accounts *a) {
	if (!a->manager)
		return;
	cancel(a);
	a->cancellable = g_cancellable_new();
	posthorn_manager_call_list_accounts(
		a->manager, 0, ACCOUNTS_NAMED_MAX, a->cancellable, on_list, a);
}

/* --- one of them --- */

static struct account *find_path(const struct accounts *a, const char *path) {
	GHashTableIter iterator;
	gpointer value;

	g_hash_table_iter_init(&iterator, a->known);
	while (g_hash_table_iter_next(&iterator, NULL, &value))
		if (!strcmp(((struct account *)value)->path, path))
			return value;
	return NULL;
}

static void on_properties(GDBusConnection *bus, const gchar *sender, const gchar *path,
	const gchar *interface, const gchar *member, GVariant *parameters, gpointer userdata) {
	struct accounts *a = userdata;
	struct account *account = find_path(a, path);
	g_autoptr(GVariant) changed = NULL;

	if (!account || g_strcmp0(sender, g_dbus_proxy_get_name(G_DBUS_PROXY(a->manager))) ||
		!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(sa{sv}as)")))
		return;
	g_variant_get(parameters, "(&s@a{sv}as)", NULL, &changed, NULL);
	if (take_properties(account, changed))
		a->listener.on_account(account, a->listener.userdata);
}

static void on_objects(GDBusConnection *bus, const gchar *sender, const gchar *path,
	const gchar *interface, const gchar *member, GVariant *parameters, gpointer userdata) {
	struct accounts *a = userdata;

	if (!g_strcmp0(sender, g_dbus_proxy_get_name(G_DBUS_PROXY(a->manager))))
		accounts_reload(a);
}

void accounts_follow(struct accounts *a, const char *owner) {
	accounts_leave(a);
	a->manager = daemon_proxy_manager(a->bus, owner);
	if (!a->manager)
		return;
	a->is_first = true;
	a->objects = g_dbus_connection_signal_subscribe(a->bus, owner, OBJECT_MANAGER, NULL,
		BUS_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_objects, a, NULL);
	a->properties = g_dbus_connection_signal_subscribe(a->bus, owner, PROPERTIES,
		"PropertiesChanged", NULL, BUS_INTERFACE_ACCOUNT, G_DBUS_SIGNAL_FLAGS_NONE,
		on_properties, a, NULL);
	accounts_reload(a);
}

void accounts_leave(struct accounts *a) {
	cancel(a);
	if (a->objects)
		g_dbus_connection_signal_unsubscribe(a->bus, a->objects);
	if (a->properties)
		g_dbus_connection_signal_unsubscribe(a->bus, a->properties);
	a->objects = a->properties = 0;
	g_clear_object(&a->manager);
}

struct accounts *accounts_new(GDBusConnection *bus, const struct accounts_listener *listener) {
	struct accounts *a = MEMORY_NEW(struct accounts);

	a->bus = g_object_ref(bus);
	a->listener = *listener;
	a->known = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_account);
	return a;
}

struct accounts *accounts_free(struct accounts *a) {
	if (!a)
		return NULL;
	accounts_leave(a);
	g_hash_table_destroy(a->known);
	g_object_unref(a->bus);
	return memory_free(a);
}

struct account *accounts_find(const struct accounts *a, const char *id) {
	return g_hash_table_lookup(a->known, id);
}

static gint compare(gconstpointer a, gconstpointer b) {
	const struct account *left = *(struct account *const *)a,
			     *right = *(struct account *const *)b;
	int by_name = g_utf8_collate(left->name, right->name);

	return by_name != 0 ? by_name : strcmp(left->id, right->id);
}

GPtrArray *accounts_list(const struct accounts *a) {
	GPtrArray *list = g_ptr_array_new();
	GHashTableIter iterator;
	gpointer value;

	g_hash_table_iter_init(&iterator, a->known);
	while (g_hash_table_iter_next(&iterator, NULL, &value))
		g_ptr_array_add(list, value);
	g_ptr_array_sort(list, compare);
	return list;
}

unsigned accounts_count(const struct accounts *a) {
	return a->count;
}
