#pragma once
/* The blocking half, for the command line: connect, call and wait for the reply, wait for the
 * next signal of the daemon. Knows when the daemon comes and goes, and drops signals of anybody
 * else. Not for programs with a loop. */
#include <dbus/dbus.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

struct client;

/* 0; -ENOTCONN when there is no bus. `ret_problem` is an owned sentence. */
int client_open(bool system, struct client **ret, char **ret_problem);
struct client *client_free(struct client *c);
DEFINE_CLEANUP(struct client, client_free);

/* Sends the call (message_new_call() to BUS_NAME) and releases it. Never starts the daemon where
 * the bus could: who asks how it is does not change it. 0 with an owned reply, or an owned
 * sentence and
 *   -ESRCH      the daemon does not run          -ENOTCONN   the bus went away
 *   -ETIMEDOUT  no answer in time                -EACCES     the bus forbids it
 *   -EPERM      the daemon does not allow it to this user
 *   -ESTALE     SequenceGone                     -ENOENT     no such account or object
 *   -EUSERS     too many subscribers
 *   -EREMOTEIO  any other error that the daemon answered */
int client_call(struct client *c, DBusMessage *call, uint64_t timeout_usec, DBusMessage **ret_reply,
	char **ret_problem);

/* Asks for the daemon's signals (on the system bus as a subscriber, of each daemon that comes) and
 * for its coming and going; once, before client_next(). Signals
 * sent after this returned are not missed, so a log read afterwards has no gap. */
int client_follow(struct client *c, char **ret_problem);
/* As far as client_next() has told; only after client_follow(). */
bool client_is_daemon_present(const struct client *c);

enum client_event_kind {
	CLIENT_EVENT_SIGNAL,
	CLIENT_EVENT_APPEARED,
	CLIENT_EVENT_VANISHED,
};

struct client_event {
	enum client_event_kind kind;
	DBusMessage *signal; /* borrowed until the next client_next() */
};

/* 1: an event; 0: none within the time (USEC_NEVER waits for ever, 0 takes what is there);
 * -ENOTCONN: the bus went away. */
int client_next(struct client *c, uint64_t timeout_usec, struct client_event *ret);

/* For a caller that waits for something else too: readable when there may be an event. Only after
 * client_next() with a time of 0 returned 0 is there nothing left that poll() cannot see. -1 when
 * the bus went away. */
int client_descriptor(const struct client *c);
