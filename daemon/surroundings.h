#pragma once
/* What becomes of the accounts when the machine sleeps and wakes, and when its networks change. Each
 * connection is asked for a sign of life before it is given up, so that a line that flaps costs
 * a few bytes and not a login; nobody but the mail servers is asked. Works as far as what it listens to is
 * there: logind, the clocks, rtnetlink. */
#include <systemd/sd-event.h>

#include "base/macros.h"

struct connection;
struct manager;
struct surroundings;

/* A server on the way says within so long that it lives, one account at a time and without a hurry:
 * what thousands are asked at once takes longer. */
#define SURROUNDINGS_PROBE_USEC (3 * USEC_PER_SEC)
#define SURROUNDINGS_PROBE_MAX_USEC (15 * USEC_PER_SEC)
/* Servers are said goodbye for so long before a sleep. */
#define SURROUNDINGS_FAREWELL_USEC (1500 * USEC_PER_MSEC)

struct surroundings_settings {
	sd_event *loop;
	struct manager *manager;
	struct connection *system_bus; /* NULL: we are on another one */
};

struct surroundings *surroundings_new(const struct surroundings_settings *settings);
/* Before the connection and the manager. */
struct surroundings *surroundings_free(struct surroundings *s);
DEFINE_CLEANUP(struct surroundings, surroundings_free);
