#pragma once
/* Another program on the bus, followed by its name: whether it is there, and its signals. A
 * signal counts only when its sender owns the name at that moment: any process may send us a
 * signal with any path, interface and member. Survives reconnects of the connection. */
#include <dbus/dbus.h>
#include <stdbool.h>

#include "base/macros.h"
#include "bus/connection.h"

struct peer;

/* All optional. Without `on_signal` no signals are asked for. None runs inside peer_new(); the
 * peer may be freed from inside the first two. */
struct peer_callbacks {
	void (*on_appeared)(void *userdata);
	void (*on_vanished)(void *userdata); /* also when the bus is lost */
	void (*on_signal)(DBusMessage *m, void *userdata);
	const char *signal; /* the only member that is asked for; constant; NULL: all */
	void *userdata;
};

/* `name`: well-known or unique, valid. */
struct peer *peer_new(
	struct connection *c, const char *name, const struct peer_callbacks *callbacks);
/* Before the connection is freed. */
struct peer *peer_free(struct peer *p);
DEFINE_CLEANUP(struct peer, peer_free);

/* The unique name that owns the peer's name now; NULL: nobody, or not known yet. */
const char *peer_owner(const struct peer *p);
