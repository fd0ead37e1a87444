#pragma once
/* Asks systemd to start a unit: whether it runs already, since a start of what runs does nothing, and
 * else for the start. The answer is that a job is queued, not that the unit does well. */
#include "base/macros.h"

struct connection;
struct unit_start;

enum unit_start_result {
	UNIT_START_QUEUED,
	UNIT_START_BUSY, /* it runs: nothing was asked */
	UNIT_START_REFUSED, /* or nobody was there to ask */
};

/* From the loop, once; it may free. `error` (the name of a D-Bus error) and `text` are of REFUSED. */
typedef void (*unit_start_fn)(
	enum unit_start_result result, const char *error, const char *text, void *userdata);

/* Over a connection to the bus that systemd is on; it may not be online yet. `unit` is a valid name.
 * Negative errno when the loop refuses. */
int unit_start_new(struct connection *connection, const char *unit, unit_start_fn done,
	void *userdata, struct unit_start **ret);
struct unit_start *unit_start_free(struct unit_start *start);
DEFINE_CLEANUP(struct unit_start, unit_start_free);
