#include "bus/peer.h"

#include "base/memory.h"
#include "base/text.h"
#include "bus/message.h"

#include <assert.h>
#include <string.h>

struct peer {
	struct connection_listener listener;
	struct connection *connection;
	struct peer_callbacks callbacks;
	char *name;
	char *owner;
	DBusPendingCall *pending; /* GetNameOwner */
};

/* Last in its callers: the callback may free the peer. */
static void set_owner(struct peer *p, const char *owner) {
	bool was_there = p->owner;
	bool is_there = !text_is_empty(owner);
	free(p->owner);
	p->owner = is_there ? memory_strdup(owner) : NULL;
	if (is_there && !was_there && p->callbacks.on_appeared)
		p->callbacks.on_appeared(p->callbacks.userdata);
	else if (was_there && !is_there && p->callbacks.on_vanished)
		p->callbacks.on_vanished(p->callbacks.userdata);
}

static void send_matches(struct peer *p, const char *member) {
	connection_match_owner(p->connection, member, p->name);
	if (!p->callbacks.on_signal)
		return;
	const char *only = p->callbacks.signal;
	CLEANUP_TEXT char *signal_rule = memory_format("type='signal',sender='%s'%s%s%s", p->name,
		only ? ",member='" : "", only ? only : "", only ? "'" : "");
	connection_match(p->connection, member, signal_rule);
}

/* The bus handles AddMatch, GetNameOwner and changes of owners in one order, so the last word
 * that arrives is the newest. */
static void on_owner_reply(DBusPendingCall *pending, void *userdata) {
	struct peer *p = userdata;
	CLEANUP(message_free) DBusMessage *reply = connection_take_reply(&p->pending);
	struct message_reader r;
	const char *owner = NULL;
	message_reader_init(&r, reply);
	/* An error says that nobody owns it. */
	if (dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_METHOD_RETURN)
		(void)message_read_string(&r, &owner);
	set_owner(p, owner);
}

static void start_following(struct peer *p) {
	connection_cancel(&p->pending);
	send_matches(p, "AddMatch");
	(void)connection_call(p->connection, message_new_bus_call("GetNameOwner", p->name),
		on_owner_reply, p, &p->pending);
}

static void on_online(struct connection_listener *l) {
	start_following(CONTAINER_OF(l, struct peer, listener));
}

static void on_lost(struct connection_listener *l) {
	struct peer *p = CONTAINER_OF(l, struct peer, listener);
	connection_cancel(&p->pending);
	set_owner(p, NULL);
}

static void on_owner_changed(struct peer *p, DBusMessage *m) {
	struct message_reader r;
	const char *name, *old, *owner;
	message_reader_init(&r, m);
	if (message_read_string(&r, &name) < 0 || message_read_string(&r, &old) < 0 ||
		message_read_string(&r, &owner) < 0 || strcmp(name, p->name) != 0)
		return;
	set_owner(p, owner);
}

/* Never "taken": another peer may follow the same name. */
static bool on_message(struct connection_listener *l, DBusMessage *m) {
	struct peer *p = CONTAINER_OF(l, struct peer, listener);
	if (dbus_message_get_type(m) != DBUS_MESSAGE_TYPE_SIGNAL)
		return false;
	if (dbus_message_is_signal(m, DBUS_INTERFACE_DBUS, "NameOwnerChanged") &&
		dbus_message_has_sender(m, DBUS_SERVICE_DBUS))
		on_owner_changed(p, m);
	else if (p->callbacks.on_signal && p->owner && dbus_message_has_sender(m, p->owner))
		p->callbacks.on_signal(m, p->callbacks.userdata);
	return false;
}

struct peer *peer_new(
	struct connection *c, const char *name, const struct peer_callbacks *callbacks) {
	assert(dbus_validate_bus_name(name, NULL));
	struct peer *p = MEMORY_NEW(struct peer);
	p->connection = c;
	p->name = memory_strdup(name);
	p->callbacks = *callbacks;
	p->listener.on_online = on_online;
	p->listener.on_lost = on_lost;
	p->listener.on_message = on_message;
	connection_listen(c, &p->listener);
	if (connection_is_online(c))
		start_following(p);
	return p;
}

struct peer *peer_free(struct peer *p) {
	if (!p)
		return NULL;
	connection_cancel(&p->pending);
	connection_unlisten(&p->listener);
	send_matches(p, "RemoveMatch");
	free(p->owner);
	free(p->name);
	return memory_free(p);
}

const char *peer_owner(const struct peer *p) {
	return p->owner;
}
