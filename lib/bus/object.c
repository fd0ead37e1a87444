#include "bus/object.h"

#include "base/memory.h"
#include "bus/object-server.h"
#include "bus/object-standard.h"

#include <assert.h>
#include <string.h>

struct object_reply {
	struct list link;
	struct object_server *server; /* NULL: it is gone, or the caller's bus is */
	DBusMessage *call;
};

const struct object_tree *object_server_tree(const struct object_server *s) {
	return &s->tree;
}

bool object_server_lookup(
	struct object_server *s, const char *path, struct caller *caller, struct object_ref *ret) {
	return s->tree.lookup(path, caller, ret, s->tree.userdata);
}

bool object_server_find(struct object_call *call) {
	struct object_ref ref = { 0 };
	bool is_there = object_server_lookup(call->server, call->path, call->caller, &ref);
	call->interfaces = is_there ? ref.interfaces : NULL;
	call->object = is_there ? ref.object : NULL;
	return is_there;
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

static void answer(struct caller *caller, DBusMessage *m, void *userdata) {
	struct object_server *s = userdata;
	struct object_call call = {
		.message = m, .path = dbus_message_get_path(m), .server = s, .caller = caller
	};
	(void)object_server_find(&call);
	DBusMessage *reply = dispatch(&call);
	if (reply && dbus_message_get_no_reply(m))
		reply = message_free(reply);
	if (reply)
		(void)connection_send(s->connection, reply);
}

static bool on_message(struct connection_listener *l, DBusMessage *m) {
	struct object_server *s = CONTAINER_OF(l, struct object_server, listener);
	struct caller *caller = NULL;
	if (dbus_message_get_type(m) != DBUS_MESSAGE_TYPE_METHOD_CALL)
		return false;
	if (s->tree.callers)
		caller = callers_identify(s->tree.callers, m);
	if (caller || !s->tree.callers)
		answer(caller, m, s);
	return true;
}

/* Replies that take time */

/* The header alone: while a message lives, libdbus counts its bytes against what it reads. */
static DBusMessage *new_stub(DBusMessage *call) {
	DBusMessage *stub = message_new_call(NULL, dbus_message_get_path(call),
		dbus_message_get_interface(call), dbus_message_get_member(call));
	dbus_message_set_serial(stub, dbus_message_get_serial(call));
	dbus_message_set_no_reply(stub, dbus_message_get_no_reply(call));
	if (!dbus_message_set_sender(stub, dbus_message_get_sender(call)))
		abort();
	return stub;
}

struct object_reply *object_reply_later(const struct object_call *call) {
	struct object_reply *later = MEMORY_NEW(struct object_reply);
	later->server = call->server;
	later->call = new_stub(call->message);
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

/* The connection's news */

static void on_drained(struct connection_listener *l) {
	object_signals_resume(CONTAINER_OF(l, struct object_server, listener));
}

static void on_lost(struct connection_listener *l) {
	struct object_server *s = CONTAINER_OF(l, struct object_server, listener);
	object_signals_drop(s);
	object_slices_drop(s);
	drop_replies(s);
}

struct object_server *object_server_new(struct connection *c, const struct object_tree *tree) {
	struct object_server *s = MEMORY_NEW(struct object_server);
	s->connection = c;
	s->tree = *tree;
	list_init(&s->replies);
	object_signals_init(s);
	object_slices_init(s);
	if (tree->callers)
		callers_set_call(tree->callers, answer, s);
	s->listener.on_message = on_message;
	s->listener.on_lost = on_lost;
	s->listener.on_drained = on_drained;
	connection_listen(c, &s->listener);
	return s;
}

struct object_server *object_server_free(struct object_server *s) {
	if (!s)
		return NULL;
	if (s->tree.callers)
		callers_set_call(s->tree.callers, NULL, NULL);
	object_slices_deinit(s);
	drop_replies(s);
	connection_unlisten(&s->listener);
	object_signals_deinit(s);
	return memory_free(s);
}
