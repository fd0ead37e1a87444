#include "bus/callers.h"

#include "base/list.h"
#include "base/memory.h"
#include "bus/connection.h"
#include "bus/message.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define GROUPS_MAX 65536 /* NGROUPS_MAX */

struct waiting {
	struct list link;
	char *bytes; /* by libdbus; a message that is kept would keep others from being read */
	int n;
};

struct entry {
	struct list link;
	struct callers *home;
	struct caller caller;
	DBusPendingCall *pending; /* NULL: it is known */
	struct list waiting;
	unsigned n_waiting;
};

struct callers {
	struct connection *connection;
	struct connection_listener listener;
	struct list entries; /* who called last is the last one */
	size_t n_entries;
	size_t n_waiting_bytes;
	struct caller *subscribers[CALLERS_SUBSCRIBERS_MAX];
	callers_call_fn call;
	void *call_userdata;
	callers_left_fn left;
	void *left_userdata;
};

static struct entry *entry_of(struct caller *caller) {
	return CONTAINER_OF(caller, struct entry, caller);
}

/* Forgetting */

static struct waiting *waiting_free(struct callers *c, struct waiting *w) {
	list_remove(&w->link);
	c->n_waiting_bytes -= (size_t)w->n;
	dbus_free(w->bytes);
	return memory_free(w);
}

static void entry_free(struct entry *entry) {
	struct callers *c = entry->home;
	list_remove(&entry->link);
	c->n_entries--;
	callers_unsubscribe(c, &entry->caller);
	connection_cancel(&entry->pending);
	while (!list_is_empty(&entry->waiting))
		(void)waiting_free(c, CONTAINER_OF(entry->waiting.next, struct waiting, link));
	if (c->left)
		c->left(&entry->caller, c->left_userdata);
	free((char *)entry->caller.name);
	free((uint32_t *)entry->caller.gids);
	free(entry);
}

static void forget(struct entry *entry) {
	connection_match_owner(entry->home->connection, "RemoveMatch", entry->caller.name);
	entry_free(entry);
}

/* Whoever has been idle for longest: known, and not subscribed. */
static bool make_room(struct callers *c) {
	LIST_FOREACH (link, &c->entries) {
		struct entry *entry = CONTAINER_OF(link, struct entry, link);
		if (entry->pending || entry->caller.is_subscribed)
			continue;
		forget(entry);
		return true;
	}
	return false;
}

/* Getting to know */

static void read_groups(struct caller *caller, struct message_reader *value) {
	struct message_reader list;
	uint32_t gid, *gids = NULL;
	size_t n = 0;
	if (caller->gids || message_read_enter(value, DBUS_TYPE_ARRAY, &list) < 0)
		return;
	for (; n < GROUPS_MAX && message_read_u32(&list, &gid) == 0; n++) {
		gids = memory_resize(gids, n + 1, sizeof(*gids));
		gids[n] = gid;
	}
	caller->gids = gids;
	caller->n_gids = n;
}

/* False: the bus does not say who it is. */
static bool read_credentials(struct caller *caller, DBusMessage *reply) {
	struct message_reader r, entries, value;
	const char *key;
	bool has_uid = false;
	message_reader_init(&r, reply);
	if (dbus_message_get_type(reply) != DBUS_MESSAGE_TYPE_METHOD_RETURN ||
		message_read_enter(&r, DBUS_TYPE_ARRAY, &entries) < 0)
		return false;
	while (message_read_entry(&entries, &key, &value) > 0)
		if (strcmp(key, "UnixUserID") == 0)
			has_uid = message_read_u32(&value, &caller->uid) == 0;
		else if (strcmp(key, "UnixGroupIDs") == 0)
			read_groups(caller, &value);
	caller->is_privileged = has_uid && (caller->uid == 0 || caller->uid == geteuid());
	return has_uid;
}

static void refuse(struct callers *c, DBusMessage *m, const char *error, const char *why) {
	if (!dbus_message_get_no_reply(m))
		(void)connection_send(c->connection, message_new_error(m, error, "%s", why));
}

/* The calls go on in their order. Each may have the caller forgotten. */
static void deliver(struct callers *c, const char *name, bool is_known) {
	for (;;) {
		struct caller *caller = callers_find(c, name);
		struct entry *entry = caller ? entry_of(caller) : NULL;
		if (!entry || list_is_empty(&entry->waiting))
			return;
		struct waiting *w = CONTAINER_OF(entry->waiting.next, struct waiting, link);
		CLEANUP(message_free)
		DBusMessage *m = dbus_message_demarshal(w->bytes, w->n, NULL);
		if (!m)
			abort();
		(void)waiting_free(c, w);
		entry->n_waiting--;
		if (!is_known)
			refuse(c, m, DBUS_ERROR_ACCESS_DENIED, "the bus does not say who you are");
		else if (c->call)
			c->call(caller, m, c->call_userdata);
	}
}

static void on_credentials(DBusPendingCall *pending, void *userdata) {
	struct entry *entry = userdata;
	struct callers *c = entry->home;
	CLEANUP(message_free) DBusMessage *reply = connection_take_reply(&entry->pending);
	CLEANUP_TEXT char *name = memory_strdup(entry->caller.name);
	bool is_known = read_credentials(&entry->caller, reply);
	deliver(c, name, is_known);
	struct caller *caller = callers_find(c, name);
	if (caller && !is_known)
		forget(entry_of(caller));
}

/* First the rule, then the question: who is answered for, and leaves, is told of. A rule for each, since
 * the bus would tell of everybody's end otherwise. */
static struct entry *entry_new(struct callers *c, const char *name) {
	struct entry *entry = MEMORY_NEW(struct entry);
	entry->home = c;
	entry->caller.name = memory_strdup(name);
	list_init(&entry->waiting);
	list_append(&c->entries, &entry->link);
	c->n_entries++;
	connection_match_owner(c->connection, "AddMatch", name);
	DBusMessage *call = message_new_bus_call("GetConnectionCredentials", name);
	if (connection_call(c->connection, call, on_credentials, entry, &entry->pending) < 0) {
		entry_free(entry);
		return NULL;
	}
	return entry;
}

/* Its size is what libdbus would send. */
static bool keep_waiting(struct entry *entry, DBusMessage *m) {
	struct callers *c = entry->home;
	char *bytes = NULL;
	int n = 0;
	if (entry->n_waiting >= CALLERS_WAITING_MAX)
		return false;
	if (!dbus_message_marshal(m, &bytes, &n))
		abort();
	if (c->n_waiting_bytes + (size_t)n > CALLERS_WAITING_BYTES_MAX) {
		dbus_free(bytes);
		return false;
	}
	struct waiting *w = MEMORY_NEW(struct waiting);
	w->bytes = bytes;
	w->n = n;
	list_append(&entry->waiting, &w->link);
	entry->n_waiting++;
	c->n_waiting_bytes += (size_t)n;
	return true;
}

struct caller *callers_find(struct callers *c, const char *name) {
	LIST_FOREACH (link, &c->entries) {
		struct entry *entry = CONTAINER_OF(link, struct entry, link);
		if (strcmp(entry->caller.name, name) == 0)
			return &entry->caller;
	}
	return NULL;
}

struct caller *callers_identify(struct callers *c, DBusMessage *m) {
	const char *name = dbus_message_get_sender(m);
	if (!name) /* no message of a bus is without */
		return NULL;
	/* Bytes that are kept hold no descriptor, and libdbus does not read them back without. */
	if (dbus_message_contains_unix_fds(m)) {
		refuse(c, m, DBUS_ERROR_INVALID_ARGS, "no call takes a descriptor");
		return NULL;
	}
	struct caller *caller = callers_find(c, name);
	struct entry *entry = caller ? entry_of(caller) : NULL;
	if (!entry && (c->n_entries < CALLERS_MAX || make_room(c)))
		entry = entry_new(c, name);
	if (!entry) {
		refuse(c, m, DBUS_ERROR_LIMITS_EXCEEDED, "too many callers at once");
		return NULL;
	}
	if (!entry->pending) {
		list_remove(&entry->link);
		list_append(&c->entries, &entry->link);
		return caller;
	}
	if (!keep_waiting(entry, m))
		refuse(c, m, DBUS_ERROR_LIMITS_EXCEEDED,
			"too many calls before the bus has said who you are");
	return NULL;
}

/* Subscribers */

static size_t count_subscriptions(const struct callers *c, uint32_t uid) {
	size_t n = 0;
	for (unsigned i = 0; i < CALLERS_SUBSCRIBERS_MAX; i++)
		n += c->subscribers[i] && c->subscribers[i]->uid == uid;
	return n;
}

int callers_subscribe(struct callers *c, struct caller *caller) {
	if (caller->is_subscribed)
		return 0;
	if (caller->uid != 0 && count_subscriptions(c, caller->uid) >= CALLERS_SUBSCRIBERS_PER_USER)
		return -EUSERS;
	for (unsigned i = 0; i < CALLERS_SUBSCRIBERS_MAX; i++)
		if (!c->subscribers[i]) {
			c->subscribers[i] = caller;
			caller->slot = i;
			caller->is_subscribed = true;
			return 0;
		}
	return -EUSERS;
}

void callers_unsubscribe(struct callers *c, struct caller *caller) {
	if (!caller->is_subscribed)
		return;
	c->subscribers[caller->slot] = NULL;
	caller->is_subscribed = false;
}

struct caller *callers_subscriber(struct callers *c, unsigned slot) {
	return c->subscribers[slot];
}

size_t callers_n_known(const struct callers *c) {
	return c->n_entries;
}

/* The bus */

/* The end of a connection: (name, old owner, no new owner). */
static bool on_message(struct connection_listener *l, DBusMessage *m) {
	struct callers *c = CONTAINER_OF(l, struct callers, listener);
	struct message_reader r;
	const char *name, *was, *is;
	if (!dbus_message_is_signal(m, DBUS_INTERFACE_DBUS, "NameOwnerChanged") ||
		!dbus_message_has_sender(m, DBUS_SERVICE_DBUS))
		return false;
	message_reader_init(&r, m);
	if (message_read_string(&r, &name) < 0 || message_read_string(&r, &was) < 0 ||
		message_read_string(&r, &is) < 0 || *is)
		return false;
	struct caller *caller = callers_find(c, name);
	if (caller)
		forget(entry_of(caller));
	return false; /* for others too */
}

static void forget_all(struct callers *c) {
	while (!list_is_empty(&c->entries))
		entry_free(CONTAINER_OF(c->entries.next, struct entry, link));
}

/* Names mean nothing on the next bus. */
static void on_lost(struct connection_listener *l) {
	forget_all(CONTAINER_OF(l, struct callers, listener));
}

void callers_set_call(struct callers *c, callers_call_fn call, void *userdata) {
	c->call = call;
	c->call_userdata = userdata;
}

void callers_set_left(struct callers *c, callers_left_fn left, void *userdata) {
	c->left = left;
	c->left_userdata = userdata;
}

struct callers *callers_new(struct connection *connection) {
	struct callers *c = MEMORY_NEW(struct callers);
	c->connection = connection;
	list_init(&c->entries);
	c->listener.on_message = on_message;
	c->listener.on_lost = on_lost;
	connection_listen(connection, &c->listener);
	return c;
}

struct callers *callers_free(struct callers *c) {
	if (!c)
		return NULL;
	forget_all(c);
	connection_unlisten(&c->listener);
	return memory_free(c);
}
