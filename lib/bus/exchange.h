#pragma once
/* A conversation with another service: calls one after the other over a connection that may not be
 * there yet and may go away. It begins from the loop once the connection is online, and it ends by
 * the last answer or by one failure. Embedded in its owner. */
#include <dbus/dbus.h>
#include <systemd/sd-event.h>

#include "base/macros.h"
#include "bus/connection.h"

/* So long is the bus waited for. */
#define EXCHANGE_BUS_USEC (10 * USEC_PER_SEC)
/* Of an error whose reply cannot be read, and when there is no bus. */
#define EXCHANGE_ERROR_NO_BUS DBUS_ERROR_DISCONNECTED

struct exchange;
typedef void (*exchange_fn)(struct exchange *e);
typedef void (*exchange_reply_fn)(struct exchange *e, DBusMessage *reply);
/* `name` is a D-Bus error, `text` what came with it. */
typedef void (*exchange_failed_fn)(struct exchange *e, const char *name, const char *text);

struct exchange {
	struct connection *connection; /* borrowed */
	struct connection_listener listener;
	sd_event_source *timer;
	DBusPendingCall *pending;
	exchange_fn start;
	exchange_reply_fn next; /* what `pending` is for */
	exchange_failed_fn failed;
	bool is_started;
	bool is_lost; /* and is to be said from the loop */
};

/* Negative errno when the loop refuses; then too exchange_deinit() must follow. */
int exchange_init(struct exchange *e, struct connection *connection, exchange_fn start,
	exchange_failed_fn failed);
/* May be called from any of its callbacks, as their last deed. */
void exchange_deinit(struct exchange *e);

/* Sends and releases the call; either `next` or `failed` follows, from the loop. */
void exchange_call(struct exchange *e, DBusMessage *call, exchange_reply_fn next);
