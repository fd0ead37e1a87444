#include "bus/connection.h"

#include "base/memory.h"
#include "bus/address.h"
#include "bus/bus-loop.h"
#include "bus/message.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* That have come and were not closed yet; nothing here wants one. A message may bring 16. */
#define DESCRIPTORS_MAX 64

enum connection_state {
	CONNECTION_STATE_DOWN, /* the retry timer runs */
	CONNECTION_STATE_HELLO,
	CONNECTION_STATE_NAME,
	CONNECTION_STATE_ONLINE,
};

struct connection {
	sd_event *event;
	sd_event_source *retry;
	char *address; /* NULL: found anew at each attempt */
	char *name;
	bool system;
	struct connection_callbacks callbacks;
	struct list listeners;

	enum connection_state state;
	DBusConnection *dbus;
	struct bus_loop *loop;
	DBusPendingCall *pending; /* Hello or RequestName */
	uint64_t delay_usec;
	uint64_t delay_max_usec;
	uint64_t stall_usec;
	bool was_stalled; /* the name may still be with the connection before */
	bool was_reported; /* `reported` is what on_lost said last */
	enum connection_loss reported;
	bool in_callback;
};

/* Going down */

void connection_cancel(DBusPendingCall **pending) {
	if (!*pending)
		return;
	dbus_pending_call_cancel(*pending);
	dbus_pending_call_unref(*pending);
	*pending = NULL;
}

/* Not from inside libdbus: the loop's sources go with it. */
static void close_bus(struct connection *c) {
	connection_cancel(&c->pending);
	if (!c->dbus)
		return;
	dbus_connection_close(c->dbus);
	c->loop = bus_loop_free(c->loop);
	dbus_connection_unref(c->dbus);
	c->dbus = NULL;
}

static void start_retry(struct connection *c) {
	(void)sd_event_source_set_time_relative(c->retry, c->delay_usec);
	(void)sd_event_source_set_enabled(c->retry, SD_EVENT_ONESHOT);
	c->delay_usec = MIN(MAX(2 * c->delay_usec, CONNECTION_RETRY_MIN_USEC), c->delay_max_usec);
}

static void report_lost(struct connection *c, enum connection_loss loss, const char *text) {
	if (c->was_reported && c->reported == loss)
		return;
	c->was_reported = true;
	c->reported = loss;
	if (c->callbacks.on_lost)
		c->callbacks.on_lost(loss, text, c->callbacks.userdata);
}

/* May run inside libdbus: the connection is closed, but taken down only by the next attempt. */
static void enter_down(struct connection *c, enum connection_loss loss, const char *text) {
	if (c->state == CONNECTION_STATE_DOWN)
		return;
	bool was_online = c->state == CONNECTION_STATE_ONLINE;
	c->state = CONNECTION_STATE_DOWN;
	if (was_online)
		c->delay_usec = CONNECTION_RETRY_MIN_USEC;
	dbus_connection_close(c->dbus);
	start_retry(c);
	c->in_callback = true;
	if (was_online)
		LIST_FOREACH_SAFE (item, &c->listeners) {
			struct connection_listener *l =
				CONTAINER_OF(item, struct connection_listener, link);
			if (l->on_lost)
				l->on_lost(l);
		}
	report_lost(c, loss, text);
	c->in_callback = false;
}

/* Coming up */

static void enter_online(struct connection *c) {
	c->state = CONNECTION_STATE_ONLINE;
	c->was_stalled = false;
	c->was_reported = false;
	c->in_callback = true;
	if (c->callbacks.on_online)
		c->callbacks.on_online(c->callbacks.userdata);
	LIST_FOREACH_SAFE (item, &c->listeners) {
		struct connection_listener *l =
			CONTAINER_OF(item, struct connection_listener, link);
		if (l->on_online)
			l->on_online(l);
	}
	c->in_callback = false;
}

static bool is_about_connection(const char *error) {
	return strcmp(error, DBUS_ERROR_NO_REPLY) == 0 || strcmp(error, DBUS_ERROR_TIMEOUT) == 0 ||
	       strcmp(error, DBUS_ERROR_DISCONNECTED) == 0;
}

DBusMessage *connection_take_reply(DBusPendingCall **pending) {
	DBusMessage *reply = dbus_pending_call_steal_reply(*pending);
	dbus_pending_call_unref(*pending);
	*pending = NULL;
	return reply;
}

/* Takes the reply out of the pending call; NULL after an error, which has brought us down. */
static DBusMessage *take_reply(struct connection *c) {
	CLEANUP(message_free) DBusMessage *reply = connection_take_reply(&c->pending);
	if (dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_METHOD_RETURN)
		return TAKE_PTR(reply);
	struct message_reader r;
	const char *words = "";
	message_reader_init(&r, reply);
	(void)message_read_string(&r, &words);
	const char *error = dbus_message_get_error_name(reply);
	bool ended = is_about_connection(error);
	CLEANUP_TEXT char *text =
		memory_format("%s: %s", ended ? "the bus does not answer" : error, words);
	enter_down(c, ended ? CONNECTION_LOSS_ENDED : CONNECTION_LOSS_REFUSED, text);
	return NULL;
}

static int send_pending(
	struct connection *c, DBusMessage *call, DBusPendingCallNotifyFunction notify) {
	CLEANUP(message_free) DBusMessage *owned = call;
	assert(!c->pending);
	if (!dbus_connection_send_with_reply(c->dbus, call, &c->pending, DBUS_TIMEOUT_USE_DEFAULT))
		abort();
	if (!c->pending) /* disconnected already */
		return -ENOTCONN;
	if (!dbus_pending_call_set_notify(c->pending, notify, c, NULL))
		abort();
	return 0;
}

static void on_name_reply(DBusPendingCall *pending, void *userdata) {
	struct connection *c = userdata;
	CLEANUP(message_free) DBusMessage *reply = take_reply(c);
	if (!reply || c->state != CONNECTION_STATE_NAME)
		return;
	struct message_reader r;
	uint32_t answer = 0;
	message_reader_init(&r, reply);
	(void)message_read_u32(&r, &answer);
	if (answer == DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER ||
		answer == DBUS_REQUEST_NAME_REPLY_ALREADY_OWNER) {
		enter_online(c);
		return;
	}
	CLEANUP_TEXT char *text =
		memory_format("the name %s is owned by another process on this bus", c->name);
	enter_down(c, CONNECTION_LOSS_NAME_TAKEN, text);
}

/* A bus that does not read from a connection does not see its end either: the name stays there, and only
 * who may replace it gets it back. On the system bus none but our user may, by its policy; on the session
 * bus there is no other user. */
static uint32_t name_flags(const struct connection *c) {
	return DBUS_NAME_FLAG_DO_NOT_QUEUE | DBUS_NAME_FLAG_ALLOW_REPLACEMENT |
	       (c->was_stalled ? DBUS_NAME_FLAG_REPLACE_EXISTING : 0);
}

static void request_name(struct connection *c) {
	if (!c->name) {
		enter_online(c);
		return;
	}
	c->state = CONNECTION_STATE_NAME;
	DBusMessage *call = message_new_bus_call("RequestName", c->name);
	struct message_writer w;
	message_writer_init(&w, call);
	message_write_u32(&w, name_flags(c));
	if (send_pending(c, call, on_name_reply) < 0)
		enter_down(c, CONNECTION_LOSS_ENDED, "the bus closed the connection");
}

static void on_hello_reply(DBusPendingCall *pending, void *userdata) {
	struct connection *c = userdata;
	CLEANUP(message_free) DBusMessage *reply = take_reply(c);
	if (!reply || c->state != CONNECTION_STATE_HELLO)
		return;
	struct message_reader r;
	const char *unique;
	message_reader_init(&r, reply);
	if (message_read_string(&r, &unique) < 0) {
		enter_down(c, CONNECTION_LOSS_REFUSED, "the bus answered Hello without a name");
		return;
	}
	if (!dbus_bus_set_unique_name(c->dbus, unique))
		abort();
	request_name(c);
}

/* Messages */

static bool is_from_bus(DBusMessage *m, const char *member) {
	return dbus_message_is_signal(m, DBUS_INTERFACE_DBUS, member) &&
	       dbus_message_has_sender(m, DBUS_SERVICE_DBUS);
}

/* `member`: NameAcquired or NameLost */
static bool is_about_our_name(struct connection *c, DBusMessage *m, const char *member) {
	struct message_reader r;
	const char *name;
	if (!c->name || !is_from_bus(m, member))
		return false;
	message_reader_init(&r, m);
	return message_read_string(&r, &name) == 0 && strcmp(name, c->name) == 0;
}

static bool offer_to_listeners(struct connection *c, DBusMessage *m) {
	bool taken = false;
	c->in_callback = true;
	LIST_FOREACH_SAFE (item, &c->listeners) {
		struct connection_listener *l =
			CONTAINER_OF(item, struct connection_listener, link);
		if (!l->on_message || !l->on_message(l, m))
			continue;
		taken = true;
		break;
	}
	c->in_callback = false;
	return taken;
}

static DBusHandlerResult on_message(DBusConnection *dbus, DBusMessage *m, void *userdata) {
	struct connection *c = userdata;
	/* No peer can send this one: libdbus makes it, and refuses it from the wire. */
	if (dbus_message_is_signal(m, DBUS_INTERFACE_LOCAL, "Disconnected")) {
		enter_down(c, CONNECTION_LOSS_ENDED, "the bus closed the connection");
		return DBUS_HANDLER_RESULT_HANDLED;
	}
	/* The call that had us started comes behind this signal, and before the reply to RequestName. */
	if (c->state == CONNECTION_STATE_NAME && is_about_our_name(c, m, "NameAcquired")) {
		enter_online(c);
		return DBUS_HANDLER_RESULT_HANDLED;
	}
	if (c->state != CONNECTION_STATE_ONLINE)
		return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
	if (is_about_our_name(c, m, "NameLost")) {
		enter_down(c, CONNECTION_LOSS_NAME_TAKEN, "the bus took our name away");
		return DBUS_HANDLER_RESULT_HANDLED;
	}
	return offer_to_listeners(c, m) ? DBUS_HANDLER_RESULT_HANDLED
					: DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
}

static void on_drained(void *userdata) {
	struct connection *c = userdata;
	if (c->state != CONNECTION_STATE_ONLINE)
		return;
	c->in_callback = true;
	LIST_FOREACH_SAFE (item, &c->listeners) {
		struct connection_listener *l =
			CONTAINER_OF(item, struct connection_listener, link);
		if (l->on_drained)
			l->on_drained(l);
	}
	c->in_callback = false;
}

/* What is sent to a program that does not read is counted by the bus against the sender, which it does
 * not hear any more at its limit: the next connection begins without that. Readers lose nothing but
 * signals, and read the log when the name is back. */
static void on_stalled(void *userdata) {
	struct connection *c = userdata;
	c->was_stalled = true;
	enter_down(c, CONNECTION_LOSS_ENDED,
		"the bus takes nothing: it may wait for a program that does not read");
}

/* The attempt */

/* On the way to HELLO; negative errno with an owned text. */
static int open_bus(struct connection *c, char **ret_text) {
	CLEANUP_TEXT char *address =
		c->address ? memory_strdup(c->address) : address_find(c->system);
	if (!address) {
		*ret_text = memory_strdup("no session bus: DBUS_SESSION_BUS_ADDRESS is not set");
		return -ENOENT;
	}
	DBusError error = DBUS_ERROR_INIT;
	c->dbus = dbus_connection_open_private(address, &error);
	if (!c->dbus) {
		*ret_text = memory_strdup(error.message);
		dbus_error_free(&error);
		return -ECONNREFUSED;
	}
	dbus_connection_set_exit_on_disconnect(c->dbus, FALSE);
	/* Calls that wait for their turn stay in the bus, not in us. */
	dbus_connection_set_max_received_size(c->dbus, BUS_LOOP_OUTGOING_MAX);
	/* Descriptors count before anybody has looked at the message that they came with. */
	dbus_connection_set_max_received_unix_fds(c->dbus, DESCRIPTORS_MAX);
	if (!dbus_connection_add_filter(c->dbus, on_message, c, NULL))
		abort();
	int r = bus_loop_new(c->event, c->dbus, &c->loop);
	if (r < 0) {
		*ret_text = memory_format("cannot watch the bus: %s", strerror(-r));
		return r;
	}
	bus_loop_set_callbacks(c->loop, &(struct bus_loop_callbacks){
						.drained = on_drained,
						.stalled = on_stalled,
						.stall_usec = c->stall_usec,
						.userdata = c,
					});
	return 0;
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
	struct connection *c = userdata;
	CLEANUP_TEXT char *text = NULL;
	close_bus(c);
	c->state = CONNECTION_STATE_HELLO;
	if (open_bus(c, &text) < 0) {
		c->state = CONNECTION_STATE_DOWN;
		close_bus(c);
		start_retry(c);
		c->in_callback = true;
		report_lost(c, CONNECTION_LOSS_UNREACHABLE, text);
		c->in_callback = false;
		return 0;
	}
	if (send_pending(c, message_new_bus_call("Hello", NULL), on_hello_reply) < 0)
		enter_down(c, CONNECTION_LOSS_ENDED, "the bus closed the connection");
	return 0;
}

int connection_new(sd_event *event, const struct connection_options *options,
	const struct connection_callbacks *callbacks, struct connection **ret) {
	CLEANUP(connection_free) struct connection *c = MEMORY_NEW(struct connection);
	list_init(&c->listeners);
	c->event = sd_event_ref(event);
	c->address = memory_strdup(options->address);
	c->name = memory_strdup(options->name);
	c->system = options->system;
	c->callbacks = *callbacks;
	c->delay_usec = CONNECTION_RETRY_MIN_USEC;
	c->delay_max_usec =
		options->retry_max_usec != 0 ? options->retry_max_usec : CONNECTION_RETRY_MAX_USEC;
	c->stall_usec = options->stall_usec != 0 ? options->stall_usec : CONNECTION_STALL_USEC;
	int r = sd_event_add_time_relative(event, &c->retry, CLOCK_MONOTONIC, 0, 0, on_retry, c);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(c);
	return 0;
}

struct connection *connection_free(struct connection *c) {
	if (!c)
		return NULL;
	assert(!c->in_callback && list_is_empty(&c->listeners));
	close_bus(c);
	(void)sd_event_source_disable_unref(c->retry);
	sd_event_unref(c->event);
	free(c->address);
	free(c->name);
	return memory_free(c);
}

bool connection_is_online(const struct connection *c) {
	return c->state == CONNECTION_STATE_ONLINE;
}

sd_event *connection_event(const struct connection *c) {
	return c->event;
}

const char *connection_unique_name(const struct connection *c) {
	return connection_is_online(c) ? dbus_bus_get_unique_name(c->dbus) : NULL;
}

bool connection_is_congested(struct connection *c) {
	return c->loop && bus_loop_is_congested(c->loop);
}

void connection_hold(struct connection *c, bool is_held) {
	if (c->loop)
		bus_loop_hold(c->loop, is_held);
}

int connection_send(struct connection *c, DBusMessage *m) {
	CLEANUP(message_free) DBusMessage *owned = m;
	if (c->state != CONNECTION_STATE_ONLINE)
		return -ENOTCONN;
	if (dbus_message_get_type(m) == DBUS_MESSAGE_TYPE_SIGNAL && bus_loop_is_congested(c->loop))
		return -ENOBUFS;
	if (!dbus_connection_send(c->dbus, m, NULL))
		abort();
	return 0;
}

void connection_match(struct connection *c, const char *member, const char *rule) {
	DBusMessage *call = message_new_bus_call(member, rule);
	dbus_message_set_no_reply(call, TRUE);
	(void)connection_send(c, call);
}

void connection_match_owner(struct connection *c, const char *member, const char *name) {
	CLEANUP_TEXT char *rule = memory_format("type='signal',sender='" DBUS_SERVICE_DBUS
						"',interface='" DBUS_INTERFACE_DBUS
						"',member='NameOwnerChanged',arg0='%s'",
		name);
	connection_match(c, member, rule);
}

int connection_call(struct connection *c, DBusMessage *call, DBusPendingCallNotifyFunction on_reply,
	void *userdata, DBusPendingCall **ret) {
	CLEANUP(message_free) DBusMessage *owned = call;
	DBusPendingCall *pending = NULL;
	if (c->state != CONNECTION_STATE_ONLINE)
		return -ENOTCONN;
	if (!dbus_connection_send_with_reply(c->dbus, call, &pending, DBUS_TIMEOUT_USE_DEFAULT))
		abort();
	if (!pending)
		return -ENOTCONN;
	if (!dbus_pending_call_set_notify(pending, on_reply, userdata, NULL))
		abort();
	*ret = pending;
	return 0;
}

void connection_listen(struct connection *c, struct connection_listener *l) {
	list_append(&c->listeners, &l->link);
}

void connection_unlisten(struct connection_listener *l) {
	list_remove(&l->link);
}
