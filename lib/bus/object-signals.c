#include "bus/object-server.h"

#include "base/memory.h"
#include "bus/object-standard.h"

#include <assert.h>

/* So many objects are signalled before the rest of the loop has its turn. */
#define CHANGES_A_TURN 128

/* `to` is NULL where all is broadcast. */
static void send(struct object_server *s, const struct caller *to, DBusMessage *m) {
	if (to && !dbus_message_set_destination(m, to->name))
		abort();
	(void)connection_send(s->connection, m);
}

static void send_removed(
	struct object_server *s, const struct object_change *change, const struct caller *to) {
	DBusMessage *m = message_new_signal(
		s->tree.root, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved");
	struct message_writer w, names;
	message_writer_init(&w, m);
	message_write_path(&w, change->path);
	message_write_open(&w, DBUS_TYPE_ARRAY, "s", &names);
	for (size_t i = 0; change->removed_interfaces[i]; i++)
		message_write_string(&names, change->removed_interfaces[i]->name);
	message_write_close(&w, &names);
	send(s, to, m);
}

static void send_added(struct object_server *s, const char *path, const struct object_ref *ref,
	const struct caller *to) {
	DBusMessage *m = message_new_signal(
		s->tree.root, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded");
	struct message_writer w;
	message_writer_init(&w, m);
	message_write_path(&w, path);
	object_standard_write_interfaces(&w, ref);
	send(s, to, m);
}

static uint64_t emitted_mask(const struct object_interface *interface) {
	uint64_t mask = 0;
	for (size_t i = 0; i < interface->n_properties; i++)
		if (interface->properties[i].emits == OBJECT_EMITS_CHANGE)
			mask |= UINT64_C(1) << i;
	return mask;
}

/* FNV-1a over the value as it would be sent: a hash, since nobody chooses these values to collide. */
static uint64_t hash_property(const struct object_property *property, void *object) {
	CLEANUP(message_free) DBusMessage *m = message_new_signal("/", "a.b", "c");
	struct message_writer w;
	char *bytes;
	int n;
	uint64_t hash = UINT64_C(0xCBF29CE484222325);
	message_writer_init(&w, m);
	property->get(object, &w);
	if (!dbus_message_marshal(m, &bytes, &n))
		abort();
	for (int i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001B3);
	dbus_free(bytes);
	return hash;
}

/* Which of these are another value for this caller than it was told last; they are told now. */
static uint64_t tell(struct caller *caller, const struct object_interface *interface, void *object,
	uint64_t mask) {
	assert(interface->n_properties <= CALLER_TOLD_MAX);
	for (size_t i = 0; i < interface->n_properties; i++) {
		if (!(mask & UINT64_C(1) << i))
			continue;
		uint64_t hash = hash_property(&interface->properties[i], object);
		if (hash == caller->told[i])
			mask &= ~(UINT64_C(1) << i);
		caller->told[i] = hash;
	}
	return mask;
}

static void send_changed(struct object_server *s, const struct object_change *record,
	const struct object_change_mask *change, void *object, struct caller *to) {
	uint64_t changed = change->mask & emitted_mask(change->interface);
	if (to && change->interface->is_personal)
		changed = tell(to, change->interface, object, changed);
	if (changed == 0)
		return;
	DBusMessage *m =
		message_new_signal(record->path, DBUS_INTERFACE_PROPERTIES, "PropertiesChanged");
	struct message_writer w;
	message_writer_init(&w, m);
	message_write_string(&w, change->interface->name);
	object_standard_write_properties(&w, change->interface, object, changed);
	message_write_strings(&w, NULL); /* invalidated_properties */
	send(s, to, m);
}

static void send_changes(struct object_server *s, const struct object_change *change, void *object,
	struct caller *to) {
	for (size_t i = 0; i < OBJECT_INTERFACES_MAX && change->masks[i].interface; i++)
		send_changed(s, change, &change->masks[i], object, to);
}

/* Who was told that it came, or went, needs no changes. */
static void broadcast_change(struct object_server *s, const struct object_change *change) {
	struct object_ref ref;
	if (change->removed)
		send_removed(s, change, NULL);
	bool is_there = object_server_lookup(s, change->path, NULL, &ref);
	if (is_there && change->added)
		send_added(s, change->path, &ref, NULL);
	if (is_there && !change->added && !change->removed)
		send_changes(s, change, ref.object, NULL);
}

static void tell_change(
	struct object_server *s, const struct object_change *change, struct caller *to) {
	struct object_ref ref;
	bool has_gone = object_changes_audience_has(&change->removed_for, to->slot);
	bool has_come = change->added || object_changes_audience_has(&change->added_for, to->slot);
	if (has_gone)
		send_removed(s, change, to);
	if (!object_server_lookup(s, change->path, to, &ref))
		return;
	if (has_come)
		send_added(s, change->path, &ref, to);
	else if (!has_gone)
		send_changes(s, change, ref.object, to);
}

static void send_change(struct object_server *s, const struct object_change *change) {
	if (!s->tree.callers) {
		broadcast_change(s, change);
		return;
	}
	for (unsigned slot = 0; slot < CALLERS_SUBSCRIBERS_MAX; slot++) {
		struct caller *to = callers_subscriber(s->tree.callers, slot);
		if (to)
			tell_change(s, change, to);
	}
}

/* Asked before each record only: what one record overshoots is small. */
static void on_flush(void *userdata) {
	struct object_server *s = userdata;
	size_t n = 0;
	bool is_empty = false;
	if (s->is_writing)
		return;
	for (; n < CHANGES_A_TURN && !connection_is_congested(s->connection); n++) {
		CLEANUP(object_changes_free)
		struct object_change *change = object_changes_take(&s->changes);
		is_empty = !change;
		if (is_empty)
			break;
		send_change(s, change);
	}
	/* A congested connection goes on from on_drained(). */
	if (!is_empty && !connection_is_congested(s->connection))
		deferred_arm(&s->flush);
	object_slices_changes_sent(s, n);
}

void object_signals_resume(struct object_server *s) {
	deferred_arm(&s->flush);
}

void object_signals_changed(struct object_server *s, const char *path,
	const struct object_interface *interface, uint64_t mask) {
	if (!connection_is_online(s->connection) || mask == 0)
		return;
	object_changes_note(&s->changes, path, interface, mask);
	deferred_arm(&s->flush);
}

void object_signals_added(struct object_server *s, const char *path) {
	if (!connection_is_online(s->connection))
		return;
	object_changes_note_added(&s->changes, path);
	deferred_arm(&s->flush);
}

void object_signals_removed(struct object_server *s, const char *path,
	const struct object_interface *const *interfaces) {
	if (!connection_is_online(s->connection))
		return;
	object_changes_note_removed(&s->changes, path, interfaces);
	deferred_arm(&s->flush);
}

void object_signals_shown(struct object_server *s, const char *path, const struct caller *caller) {
	object_changes_note_shown(&s->changes, path, caller->slot);
	deferred_arm(&s->flush);
}

void object_signals_hidden(struct object_server *s, const char *path,
	const struct object_interface *const *interfaces, const struct caller *caller) {
	object_changes_note_hidden(&s->changes, path, interfaces, caller->slot);
	deferred_arm(&s->flush);
}

/* What it sees now counts as told: the first change after this is one of its own. */
int object_signals_subscribe(struct object_server *s, struct caller *caller) {
	struct object_ref ref;
	if (!s->tree.callers || caller->is_subscribed)
		return 0;
	int r = callers_subscribe(s->tree.callers, caller);
	if (r < 0)
		return r;
	object_changes_forget_slot(&s->changes, caller->slot);
	if (!object_server_lookup(s, s->tree.root, caller, &ref))
		return 0;
	for (size_t i = 0; ref.interfaces[i]; i++)
		if (ref.interfaces[i]->is_personal)
			(void)tell(caller, ref.interfaces[i], ref.object, UINT64_MAX);
	return 0;
}

void object_signals_unsubscribe(struct object_server *s, struct caller *caller) {
	if (s->tree.callers)
		callers_unsubscribe(s->tree.callers, caller);
}

void object_signals_drop(struct object_server *s) {
	object_changes_deinit(&s->changes);
}

void object_signals_init(struct object_server *s) {
	object_changes_init(&s->changes);
	deferred_init(&s->flush, connection_event(s->connection), on_flush, s);
}

void object_signals_deinit(struct object_server *s) {
	deferred_deinit(&s->flush);
	object_changes_deinit(&s->changes);
}
