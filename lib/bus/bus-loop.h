#pragma once
/* Drives one libdbus connection by sd-event: its descriptors, its timeouts, and its dispatching,
 * which is done from one deferred source, a bounded number of messages a turn, never inside a
 * watch callback. Made and owned by connection.c. */
#include <dbus/dbus.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/macros.h"

/* So many messages are dispatched before the rest of the loop has its turn. */
#define BUS_LOOP_MESSAGES_A_TURN 64
/* Above so many bytes waiting to be sent nothing more is dispatched (replies would only add to
 * them) and signals are refused, until half of it is left. */
#define BUS_LOOP_OUTGOING_MAX (1024 * 1024)

struct bus_loop;

/* The bytes that waited have gone out, after bus_loop_is_congested() was true. */
typedef void (*bus_loop_drained_fn)(void *userdata);
/* For so long the bus has taken not one of them. */
typedef void (*bus_loop_stalled_fn)(void *userdata);

struct bus_loop_callbacks {
	bus_loop_drained_fn drained;
	bus_loop_stalled_fn stalled;
	uint64_t stall_usec;
	void *userdata;
};

/* `dbus` is borrowed and must outlive the loop object. Negative errno. */
int bus_loop_new(sd_event *event, DBusConnection *dbus, struct bus_loop **ret);
struct bus_loop *bus_loop_free(struct bus_loop *l);
DEFINE_CLEANUP(struct bus_loop, bus_loop_free);

/* Copied. */
void bus_loop_set_callbacks(struct bus_loop *l, const struct bus_loop_callbacks *callbacks);

/* Nothing is dispatched while it is held: who works for earlier calls keeps later ones waiting in the bus. */
void bus_loop_hold(struct bus_loop *l, bool is_held);

/* True as well for the rest of the time until `drained` is called. */
bool bus_loop_is_congested(struct bus_loop *l);
