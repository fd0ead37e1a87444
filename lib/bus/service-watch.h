#pragma once
/* Tells that something about another service on the bus has changed: it came or went, or one of its
 * objects sent a signal. What it was is not said: who asks again learns it. Many changes within a
 * moment are told once, and one that goes on changing is told of less and less often. */
#include <systemd/sd-event.h>

#include "base/macros.h"

#define SERVICE_WATCH_USEC (300 * USEC_PER_MSEC)
#define SERVICE_WATCH_MAX_USEC USEC_PER_MINUTE

struct connection;
struct service_watch;

/* `name` and `path` (the root of its objects) are constants. Negative errno when the loop refuses. */
int service_watch_new(struct connection *connection, const char *name, const char *path,
	struct service_watch **ret);
/* `changed` is called from the loop. */
void service_watch_set_changed(
	struct service_watch *w, void (*changed)(void *userdata), void *userdata);
struct service_watch *service_watch_free(struct service_watch *w);
DEFINE_CLEANUP(struct service_watch, service_watch_free);
