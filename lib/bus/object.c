#include "bus/object.h"

#include "base/memory.h"
#include "bus/deferred.h"
#include "bus/object-changes.h"
#include "bus/object-standard.h"

#include <assert.h>
#include <string.h>

/* So many objects are signalled before the rest of the loop has its turn. */
#define CHANGES_A_TURN 128

struct object_server {
	struct connection_listener listener;
	struct connection *connection;
	struct object_tree tree;
	struct object_changes changes;
	struct deferred flush;
	struct list replies; /* that are still due */
};

struct object_reply {
	struct list link;
	struct object_server *server; /* NULL: it is gone, or the caller's bus is */
	DBusMessage *call;
};

const struct object_tree *object_server_tree(const struct object_server *s) {
	return &s->tree;
}

static bool lookup(struct object_server *s, const char *path, struct object_ref *ret) {
	return s->tree.lookup(path, ret, s->tree.userdata);
}

/* Calls */

static const struct object_method *find_method(const struct object_interface *const *interfaces,
	const char *interface, const char *member) {
	for (; interfaces && *interfaces; interfaces++) {
		if (interface && strcmp((*interfaces)->name, interface) != 0)
			continue;
		for (size_t i = 0; i < (*interfaces)->n_methods; i++)
			if (strcmp((*interfaces)->methods[i].name, member) == 0)
				return &(*interfaces)->methods[i];
	}
	return NULL;
}

static bool has_interface(const struct object_interface *const *interfaces, const char *name) {
	for (; interfaces && *interfaces; interfaces++)
		if (strcmp((*interfaces)->name, name) == 0)
			return true;
	return false;
}

static DBusMessage *new_unknown_error(
	const struct object_call *call, const struct object_interface *const *standard) {
	DBusMessage *m = call->message;
	const char *interface = dbus_message_get_interface(m);
	if (!call->interfaces)
		return message_new_error(m, DBUS_ERROR_UNKNOWN_OBJECT, "no object %s", call->path);
	if (interface && !has_interface(standard, interface) &&
		!has_interface(call->interfaces, interface))
		return message_new_error(m, DBUS_ERROR_UNKNOWN_INTERFACE, "%s has no interface %s",
			call->path, interface);
	return message_new_error(m, DBUS_ERROR_UNKNOWN_METHOD, "%s has no method %s", call->path,
		dbus_message_get_member(m));
}

static DBusMessage *dispatch(const struct object_call *call) {
	const char *interface = dbus_message_get_interface(call->message);
	const char *member = dbus_message_get_member(call->message);
	bool is_root = strcmp(call->path, call->server->tree.root) == 0;
	const struct object_interface *const *standard =
		object_standard_interfaces(call->interfaces, is_root);
	const struct object_method *method = find_method(call->interfaces, interface, member);
	if (!method)
		method = find_method(standard, interface, member);
	if (!method || !method->call)
		return new_unknown_error(call, standard);
	const char *expected = method->in ? method->in : "";
	if (!dbus_message_has_signature(call->message, expected))
		return message_new_error(call->message, DBUS_ERROR_INVALID_ARGS,
			"%s takes \"%s\", not \"%s\"", member, expected,
			dbus_message_get_signature(call->message));
	return method->call(call);
}

static bool on_message(struct connection_listener *l, DBusMessage *m) {
	struct object_server *s = CONTAINER_OF(l, struct object_server, listener);
	if (dbus_message_get_type(m) != DBUS_MESSAGE_TYPE_METHOD_CALL)
		return false;
	struct object_ref ref = { 0 };
	struct object_call call = { .message = m, .path = dbus_message_get_path(m), .server = s };
	if (lookup(s, call.path, &ref)) {
		call.interfaces = ref.interfaces;
		call.object = ref.object;
	}
	DBusMessage *reply = dispatch(&call);
	if (reply && dbus_message_get_no_reply(m))
		reply = message_free(reply);
	if (reply)
		(void)connection_send(s->connection, reply);
	return true;
}

/* Replies that take time */

struct object_reply *object_reply_later(const struct object_call *call) {
	struct object_reply *later = MEMORY_NEW(struct object_reply);
	later->server = call->server;
	later->call = dbus_message_ref(call->message);
	list_append(&call->server->replies, &later->link);
	return later;
}

DBusMessage *object_reply_call(const struct object_reply *later) {
	return later->call;
}

void object_reply_send(struct object_reply *later, DBusMessage *reply) {
	bool is_wanted = later->server && !dbus_message_get_no_reply(later->call);
	if (is_wanted)
		(void)connection_send(later->server->connection, reply);
	else
		(void)message_free(reply);
	list_remove(&later->link);
	(void)message_free(later->call);
	free(later);
}

/* Another bus does not know who asked. */
static void drop_replies(struct object_server *s) {
	LIST_FOREACH_SAFE (link, &s->replies) {
		CONTAINER_OF(link, struct object_reply, link)->server = NULL;
		list_remove(link);
	}
}

/* Signals */

static void send_removed(struct object_server *s, const struct object_change *change) {
	DBusMessage *m = message_new_signal(
		s->tree.root, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved");
	struct message_writer w, names;
	message_writer_init(&w, m);
	message_write_path(&w, change->path);
	message_write_open(&w, DBUS_TYPE_ARRAY, "s", &names);
	for (size_t i = 0; change->removed_interfaces[i]; i++)
		message_write_string(&names, change->removed_interfaces[i]->name);
	message_write_close(&w, &names);
	(void)connection_send(s->connection, m);
}

static void send_added(struct object_server *s, const char *path, const struct object_ref *ref) {
	DBusMessage *m = message_new_signal(
		s->tree.root, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded");
	struct message_writer w;
	message_writer_init(&w, m);
	message_write_path(&w, path);
	object_standard_write_interfaces(&w, ref);
	(void)connection_send(s->connection, m);
}

static uint64_t emitted_mask(const struct object_interface *interface) {
	uint64_t mask = 0;
	for (size_t i = 0; i < interface->n_properties; i++)
		if (interface->properties[i].emits == OBJECT_EMITS_CHANGE)
			mask |= UINT64_C(1) << i;
	return mask;
}

static void send_changed(struct object_server *s, const char *path,
	const struct object_change_mask *change, void *object) {
	uint64_t changed = change->mask & emitted_mask(change->interface);
	if (changed == 0)
		return;
	DBusMessage *m = message_new_signal(path, DBUS_INTERFACE_PROPERTIES, "PropertiesChanged");
	struct message_writer w;
	message_writer_init(&w, m);
	message_write_string(&w, change->interface->name);
	object_standard_write_properties(&w, change->interface, object, changed);
	message_write_strings(&w, NULL); /* invalidated_properties */
	(void)connection_send(s->connection, m);
}

static void send_change(struct object_server *s, const struct object_change *change) {
	struct object_ref ref;
	if (change->removed)
		send_removed(s, change);
	bool is_there = lookup(s, change->path, &ref);
	if (is_there && change->added)
		send_added(s, change->path, &ref);
	/* Who was told that it came, or went, needs no changes. */
	if (!is_there || change->added || change->removed)
		return;
	for (size_t i = 0; i < OBJECT_INTERFACES_MAX && change->masks[i].interface; i++)
		send_changed(s, change->path, &change->masks[i], ref.object);
}

/* Asked before each record only: what one record overshoots is small. */
static void on_flush(void *userdata) {
	struct object_server *s = userdata;
	for (unsigned i = 0; i < CHANGES_A_TURN && !connection_is_congested(s->connection); i++) {
		CLEANUP(object_changes_free)
		struct object_change *change = object_changes_take(&s->changes);
		if (!change)
			return;
		send_change(s, change);
	}
	/* A congested connection goes on from on_drained(). */
	if (!connection_is_congested(s->connection))
		deferred_arm(&s->flush);
}

static void on_drained(struct connection_listener *l) {
	struct object_server *s = CONTAINER_OF(l, struct object_server, listener);
	deferred_arm(&s->flush);
}

static void on_lost(struct connection_listener *l) {
	struct object_server *s = CONTAINER_OF(l, struct object_server, listener);
	object_changes_deinit(&s->changes);
	drop_replies(s);
}

void object_server_changed(struct object_server *s, const char *path,
	const struct object_interface *interface, uint64_t mask) {
	if (!connection_is_online(s->connection) || mask == 0)
		return;
	object_changes_note(&s->changes, path, interface, mask);
	deferred_arm(&s->flush);
}

void object_server_added(struct object_server *s, const char *path) {
	if (!connection_is_online(s->connection))
		return;
	object_changes_note_added(&s->changes, path);
	deferred_arm(&s->flush);
}

void object_server_removed(struct object_server *s, const char *path,
	const struct object_interface *const *interfaces) {
	if (!connection_is_online(s->connection))
		return;
	object_changes_note_removed(&s->changes, path, interfaces);
	deferred_arm(&s->flush);
}

struct object_server *object_server_new(struct connection *c, const struct object_tree *tree) {
	struct object_server *s = MEMORY_NEW(struct object_server);
	s->connection = c;
	s->tree = *tree;
	object_changes_init(&s->changes);
	list_init(&s->replies);
	deferred_init(&s->flush, connection_event(c), on_flush, s);
	s->listener.on_message = on_message;
	s->listener.on_lost = on_lost;
	s->listener.on_drained = on_drained;
	connection_listen(c, &s->listener);
	return s;
}

struct object_server *object_server_free(struct object_server *s) {
	if (!s)
		return NULL;
	drop_replies(s);
	connection_unlisten(&s->listener);
	deferred_deinit(&s->flush);
	object_changes_deinit(&s->changes);
	return memory_free(s);
}
