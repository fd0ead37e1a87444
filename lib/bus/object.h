#pragma once
/* D-Bus objects from tables: calls are dispatched, the standard interfaces (Properties,
 * Introspectable, ObjectManager at the root; Peer by libdbus) answered, and changes of properties
 * and objects signalled, once for each object and turn of the loop. No object is registered: one
 * lookup function finds it by its path, one function enumerates them, so that ten thousand cost
 * nothing here. What an object is belongs to its model; models never call this, their api does. */
#include <dbus/dbus.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "bus/callers.h"
#include "bus/connection.h"
#include "bus/message.h"

struct object_server;

/* What a method is given, all borrowed. The signature of the call was checked: reads of the
 * declared arguments cannot fail. */
struct object_call {
	DBusMessage *message;
	const char *path;
	void *object; /* of the lookup */
	const struct object_interface *const *interfaces; /* of the lookup; NULL: a bare node */
	struct object_server *server;
	struct caller *caller; /* NULL: one bus for one user, who may do everything */
};

/* The reply, owned: message_new_reply() or message_new_error() of call->message. NULL: the method
 * took an object_reply_later(). */
typedef DBusMessage *(*object_method_fn)(const struct object_call *call);
/* Appends one value of the property's signature. */
typedef void (*object_property_fn)(void *object, struct message_writer *w);

struct object_method {
	const char *name;
	const char *in; /* signature; NULL or "": none */
	const char *in_names; /* one word for each complete type, between blanks */
	const char *out;
	const char *out_names;
	object_method_fn call;
};

enum object_emits {
	OBJECT_EMITS_CHANGE, /* PropertiesChanged carries the value */
	OBJECT_EMITS_CONST, /* never changes */
	OBJECT_EMITS_NOTHING, /* changes too often for a signal */
};

struct object_property {
	const char *name;
	const char *signature;
	enum object_emits emits;
	object_property_fn get;
};

struct object_signal {
	const char *name;
	const char *signature;
	const char *names;
};

/* `properties` has at most 64 entries: bit i of a change mask is properties[i]. */
struct object_interface {
	const char *name;
	const struct object_method *methods;
	size_t n_methods;
	const struct object_property *properties;
	size_t n_properties;
	const struct object_signal *signals;
	size_t n_signals;
	/* The values differ from caller to caller: a subscriber is told only of what is another value for
	 * it. At most CALLER_TOLD_MAX properties then. */
	bool is_personal;
};

#define OBJECT_INTERFACES_MAX 8

/* What a path means. */
struct object_ref {
	const struct object_interface *const *interfaces; /* NULL-terminated, a constant */
	void *object;
};

/* `caller` is NULL where there are no callers: everything may be seen. */
struct object_tree {
	const char *root; /* has ObjectManager; its object is not one of `next` */
	/* NULL: everybody on the bus may see everything, and signals are broadcast. Else signals are for
	 * subscribers, and what a caller may not see is for it as if it were not there. */
	struct callers *callers;
	/* false: no such object */
	bool (*lookup)(
		const char *path, struct caller *caller, struct object_ref *ret, void *userdata);
	/* The object that follows the one at `path` (which need not exist any more; NULL: the first) in an
	 * order that has those of one parent one after another: its path, owned; NULL: there is none. */
	char *(*next)(
		const char *path, struct caller *caller, struct object_ref *ret, void *userdata);
	void *userdata;
};

/* `tree` is copied. Freed before the connection. */
struct object_server *object_server_new(struct connection *c, const struct object_tree *tree);
struct object_server *object_server_free(struct object_server *s);
DEFINE_CLEANUP(struct object_server, object_server_free);

/* A reply that takes time. The method that made it returns NULL; it is sent once, which takes both,
 * also when the server or its bus is gone meanwhile and nobody hears it. */
struct object_reply;
struct object_reply *object_reply_later(const struct object_call *call);
/* What message_new_reply() and message_new_error() want, without arguments; borrowed. */
DBusMessage *object_reply_call(const struct object_reply *later);
void object_reply_send(struct object_reply *later, DBusMessage *reply);

/* A reply that costs time: written in slices, one in a turn of the loop for all callers together, one
 * reply after the other; while many wait, no calls are taken. No property is signalled while one is
 * written, so that what it says is never newer than a signal behind it. */
struct object_slices {
	/* The reply, or NULL: there is more to do. `call` is as it is now, and its message has no
	 * arguments: they are read before. */
	DBusMessage *(*step)(const struct object_call *call, void *job);
	void *(*free)(void *job);
};
#define OBJECT_SLICES_MAX 16
/* What the method returns then. Takes the job. */
DBusMessage *object_slices_reply(
	const struct object_call *call, const struct object_slices *slices, void *job);

/* Subscribe(): the caller hears of what it may see. -EUSERS: too many do. Without callers all is
 * broadcast, and this is 0. */
int object_signals_subscribe(struct object_server *s, struct caller *caller);
void object_signals_unsubscribe(struct object_server *s, struct caller *caller);

/* Properties of `interface` at `path` have changed (bits as above): signalled at the end of the
 * turn with the values of then, or once the bus takes bytes again. Nothing while not online: who
 * connects later asks. */
void object_signals_changed(struct object_server *s, const char *path,
	const struct object_interface *interface, uint64_t mask);
/* An object came, or went: InterfacesAdded or InterfacesRemoved at the end of the turn. Call
 * _removed before the object goes, `interfaces` is what it had; where there are callers, _hidden says
 * which of them are told, since the tree may be between two states and is not asked. */
void object_signals_added(struct object_server *s, const char *path);
void object_signals_removed(struct object_server *s, const char *path,
	const struct object_interface *const *interfaces);
/* The same for one subscriber alone, which may see it from now on or not any more. */
void object_signals_shown(struct object_server *s, const char *path, const struct caller *caller);
void object_signals_hidden(struct object_server *s, const char *path,
	const struct object_interface *const *interfaces, const struct caller *caller);
