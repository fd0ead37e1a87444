#pragma once
/* One connection of a service to a bus, on sd-event, that comes back by itself: connects without
 * blocking, says Hello, takes the well-known name (without queueing, and from nobody but our own
 * connection before), and when the bus is not there, goes away, or takes nothing any more, tries
 * again after a growing delay.
 *
 *      DOWN --address opened--> HELLO --unique name--> NAME --owner--> ONLINE
 *        ^------------------------+---------------------+----------------+   on_lost, then a delay
 *
 * Callbacks never run inside connection_new(), and connection_free() must not be called from
 * inside one of them. */
#include <dbus/dbus.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/list.h"
#include "base/macros.h"

#define CONNECTION_RETRY_MIN_USEC (250 * USEC_PER_MSEC)
#define CONNECTION_RETRY_MAX_USEC (30 * USEC_PER_SEC)
/* A bus that takes none of the bytes that wait for so long is left, and connected to anew. */
#define CONNECTION_STALL_USEC USEC_PER_MINUTE

struct connection;

enum connection_loss {
	CONNECTION_LOSS_UNREACHABLE, /* no bus there (yet) */
	CONNECTION_LOSS_ENDED, /* the bus went away, or does not answer */
	CONNECTION_LOSS_REFUSED, /* the bus's policy does not let us own the name */
	CONNECTION_LOSS_NAME_TAKEN, /* another process owns it */
};

struct connection_options {
	const char *address; /* NULL: the session bus, or with `system` the system bus */
	bool system;
	const char *name; /* to be owned; NULL: none */
	uint64_t retry_max_usec; /* 0: CONNECTION_RETRY_MAX_USEC */
	uint64_t stall_usec; /* 0: CONNECTION_STALL_USEC */
};

/* `on_online`: the name is ours, signals may be sent. `on_lost`: once for each change of the
 * answer, not for each attempt; `text` is a sentence for a log. Retries go on in every case; who
 * does not want them (a name that is taken at the start) ends the loop. */
struct connection_callbacks {
	void (*on_online)(void *userdata);
	void (*on_lost)(enum connection_loss loss, const char *text, void *userdata);
	void *userdata;
};

/* Negative errno when sd-event refuses. What `options` points at is copied. */
int connection_new(sd_event *event, const struct connection_options *options,
	const struct connection_callbacks *callbacks, struct connection **ret);
/* What the socket has not taken yet is lost. All listeners must have left. */
struct connection *connection_free(struct connection *c);
DEFINE_CLEANUP(struct connection, connection_free);

bool connection_is_online(const struct connection *c);
sd_event *connection_event(const struct connection *c);
/* ":1.42", borrowed; NULL while not online. */
const char *connection_unique_name(const struct connection *c);

/* Sends and releases `m`. 0; -ENOTCONN while not online; -ENOBUFS when BUS_LOOP_OUTGOING_MAX
 * bytes wait already: nothing was sent then, `on_drained` tells when it is worth trying again.
 * Replies are never refused: calls are not read while bytes wait. */
int connection_send(struct connection *c, DBusMessage *m);
bool connection_is_congested(struct connection *c);

/* While it is held no calls, replies or signals are taken from it; until the bus is lost. */
void connection_hold(struct connection *c, bool is_held);

/* Sends a call and releases it. `on_reply` runs once, with a reply or an error, unless the caller
 * cancels; it must cancel before connection_free(). -ENOTCONN while not online. */
int connection_call(struct connection *c, DBusMessage *call, DBusPendingCallNotifyFunction on_reply,
	void *userdata, DBusPendingCall **ret);
/* For `on_reply`: the reply or error, owned. The pending call is gone then, and NULL. */
DBusMessage *connection_take_reply(DBusPendingCall **pending);
/* Nothing where it is NULL, as afterwards. */
void connection_cancel(DBusPendingCall **pending);

/* AddMatch or RemoveMatch. Without a reply: the order on the wire is enough. */
void connection_match(struct connection *c, const char *member, const char *rule);
/* The same for NameOwnerChanged of one name. */
void connection_match_owner(struct connection *c, const char *member, const char *name);

/* Other modules of this folder hear of everything by a listener, embedded in what they own. All
 * functions are optional. A listener may leave from inside its own functions. */
struct connection_listener {
	struct list link;
	void (*on_online)(struct connection_listener *l);
	void (*on_lost)(struct connection_listener *l);
	void (*on_drained)(struct connection_listener *l);
	/* Calls and signals as they arrive; true: taken, nobody else sees it. */
	bool (*on_message)(struct connection_listener *l, DBusMessage *m);
};
void connection_listen(struct connection *c, struct connection_listener *l);
void connection_unlisten(struct connection_listener *l);
