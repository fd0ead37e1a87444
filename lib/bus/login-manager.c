#include "bus/login-manager.h"

#include <dbus/dbus.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "bus/connection.h"
#include "bus/message.h"
#include "bus/peer.h"

#define NAME "org.freedesktop.login1"
#define PATH "/org/freedesktop/login1"
#define INTERFACE "org.freedesktop.login1.Manager"

struct login_manager {
	struct connection *connection;
	struct peer *peer;
	struct login_manager_callbacks callbacks;
	DBusPendingCall *pending; /* Inhibit */
	int lock; /* a descriptor, held for as long as it is open; -1: none */
	bool is_asleep; /* on_sleep was told */
};

void login_manager_release(struct login_manager *l) {
	connection_cancel(&l->pending);
	if (l->lock >= 0)
		(void)close(l->lock);
	l->lock = -1;
}

static void on_inhibited(DBusPendingCall *pending, void *userdata) {
	struct login_manager *l = userdata;
	CLEANUP(message_free) DBusMessage *reply = connection_take_reply(&l->pending);
	struct message_reader r;
	message_reader_init(&r, reply);
	if (dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_ERROR)
		log_debug("the machine sleeps without waiting for us: %s",
			dbus_message_get_error_name(reply));
	else if (message_read_descriptor(&r, &l->lock) < 0)
		log_debug("the machine sleeps without waiting for us: no lock was given");
}

static void take_lock(struct login_manager *l) {
	DBusMessage *call = message_new_call(NAME, PATH, INTERFACE, "Inhibit");
	struct message_writer w;
	message_writer_init(&w, call);
	message_write_string(&w, "sleep");
	message_write_string(&w, "Posthorn");
	message_write_string(&w, "Closing connections to mail servers");
	message_write_string(&w, "delay");
	dbus_message_set_auto_start(call, FALSE);
	login_manager_release(l);
	(void)connection_call(l->connection, call, on_inhibited, l, &l->pending);
}

static void wake(struct login_manager *l) {
	if (!l->is_asleep)
		return;
	l->is_asleep = false;
	l->callbacks.on_wake(l->callbacks.userdata);
}

static void on_appeared(void *userdata) {
	take_lock(userdata);
}

/* What it would have said of a sleep that has begun does not come any more. */
static void on_vanished(void *userdata) {
	struct login_manager *l = userdata;
	login_manager_release(l);
	wake(l);
}

static void on_signal(DBusMessage *m, void *userdata) {
	struct login_manager *l = userdata;
	struct message_reader r;
	bool begins;
	message_reader_init(&r, m);
	if (!dbus_message_is_signal(m, INTERFACE, "PrepareForSleep") ||
		message_read_boolean(&r, &begins) < 0)
		return;
	if (!begins) {
		take_lock(l);
		wake(l);
	} else if (!l->is_asleep) {
		l->is_asleep = true;
		l->callbacks.on_sleep(l->callbacks.userdata);
	}
}

struct login_manager *login_manager_new(
	struct connection *system_bus, const struct login_manager_callbacks *callbacks) {
	struct login_manager *l = MEMORY_NEW(struct login_manager);
	const struct peer_callbacks peer = {
		.on_appeared = on_appeared,
		.on_vanished = on_vanished,
		.on_signal = on_signal,
		.signal = "PrepareForSleep",
		.userdata = l,
	};
	l->connection = system_bus;
	l->callbacks = *callbacks;
	l->lock = -1;
	l->peer = peer_new(system_bus, NAME, &peer);
	return l;
}

struct login_manager *login_manager_free(struct login_manager *l) {
	if (!l)
		return NULL;
	login_manager_release(l);
	peer_free(l->peer);
	return memory_free(l);
}
