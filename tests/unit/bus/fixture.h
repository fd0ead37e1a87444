#pragma once
/* A private bus, a loop for the service under test, and a client on the same loop, so that both
 * sides of a conversation run in one thread. Waiting runs the loop; a wait that comes to nothing
 * fails the test. */
#include <dbus/dbus.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <systemd/sd-event.h>

#include "private-bus.h"

struct fixture {
	struct private_bus bus;
	sd_event *event;
	DBusConnection *client;
	sd_event_source *client_io;
	DBusMessage **inbox; /* what the client got, oldest first */
	size_t n_inbox;
};

void fixture_init(struct fixture *f, const char *limits);
void fixture_deinit(struct fixture *f);

/* The client of the bus that runs now; after a restart the old one is dropped. */
void fixture_connect(struct fixture *f);
void fixture_disconnect(struct fixture *f);
DBusConnection *fixture_new_client(const struct fixture *f);
void fixture_free_client(DBusConnection *client);

/* Lets the client write and read what it can, without waiting. */
void fixture_pump(struct fixture *f);
/* Turns the loop until `flag` is true. */
void fixture_run_until(struct fixture *f, const bool *flag);

/* Sends and releases; its serial. */
dbus_uint32_t fixture_send(struct fixture *f, DBusMessage *call);
/* Waits for the reply or error to that, which stays in the inbox. */
DBusMessage *fixture_wait_reply(struct fixture *f, dbus_uint32_t serial);
/* Both; what is returned is owned. */
DBusMessage *fixture_call(struct fixture *f, DBusMessage *call);
/* Waits for the next signal of that name (any interface for NULL) and takes it; owned. */
DBusMessage *fixture_wait_signal(struct fixture *f, const char *interface, const char *member);
/* How many such signals are in the inbox, without waiting. */
size_t fixture_count_signals(const struct fixture *f, const char *member);
/* Asks the bus for signals, and waits until it has understood. */
void fixture_match(struct fixture *f, const char *rule);

const char *fixture_error_name(DBusMessage *reply);
