#include "bus/exchange.h"

#include "base/list.h"
#include "bus/message.h"

#include <assert.h>

static void stop_timer(struct exchange *e) {
	(void)sd_event_source_set_enabled(e->timer, SD_EVENT_OFF);
}

static void fail(struct exchange *e, const char *name, const char *text) {
	stop_timer(e);
	connection_cancel(&e->pending);
	connection_unlisten(&e->listener);
	e->failed(e, name, text);
}

/* The replies that were waited for do not come any more. */
static void on_lost(struct connection_listener *listener) {
	struct exchange *e = CONTAINER_OF(listener, struct exchange, listener);
	if (e->is_started)
		fail(e, EXCHANGE_ERROR_NO_BUS, "the bus went away");
}

static void on_online(struct connection_listener *listener) {
	struct exchange *e = CONTAINER_OF(listener, struct exchange, listener);
	if (!e->is_started)
		(void)sd_event_source_set_time(e->timer, 0);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
	struct exchange *e = userdata;
	if (e->is_lost || !connection_is_online(e->connection)) {
		fail(e, EXCHANGE_ERROR_NO_BUS,
			e->is_lost ? "the bus went away" : "there is no session bus");
		return 0;
	}
	e->is_started = true;
	e->start(e);
	return 0;
}

int exchange_init(struct exchange *e, struct connection *connection, exchange_fn start,
	exchange_failed_fn failed) {
	*e = (struct exchange){
		.connection = connection,
		.listener = { .on_online = on_online, .on_lost = on_lost },
		.start = start,
		.failed = failed,
	};
	list_init(&e->listener.link);
	uint64_t patience = connection_is_online(connection) ? 0 : EXCHANGE_BUS_USEC;
	int r = sd_event_add_time_relative(
		connection_event(connection), &e->timer, CLOCK_MONOTONIC, patience, 1, on_timer, e);
	if (r >= 0)
		connection_listen(connection, &e->listener);
	return r;
}

void exchange_deinit(struct exchange *e) {
	if (!e->connection)
		return;
	connection_cancel(&e->pending);
	connection_unlisten(&e->listener);
	e->timer = sd_event_source_disable_unref(e->timer);
}

static void fail_by_error(struct exchange *e, DBusMessage *error) {
	struct message_reader r;
	const char *text = "";
	message_reader_init(&r, error);
	(void)message_read_string(&r, &text);
	fail(e, dbus_message_get_error_name(error), text);
}

static void on_reply(DBusPendingCall *pending, void *userdata) {
	struct exchange *e = userdata;
	CLEANUP(message_free) DBusMessage *reply = connection_take_reply(&e->pending);
	if (dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_ERROR)
		fail_by_error(e, reply);
	else
		e->next(e, reply);
}

/* The connection closed behind our back: said from the loop, as every failure. */
static void fail_later(struct exchange *e) {
	e->is_lost = true;
	(void)sd_event_source_set_time(e->timer, 0);
	(void)sd_event_source_set_enabled(e->timer, SD_EVENT_ONESHOT);
}

void exchange_call(struct exchange *e, DBusMessage *call, exchange_reply_fn next) {
	assert(!e->pending);
	e->next = next;
	if (connection_call(e->connection, call, on_reply, e, &e->pending) < 0)
		fail_later(e);
}
