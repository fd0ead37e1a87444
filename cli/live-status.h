#pragma once
/* How the daemon and its accounts are, kept up to date: asked for again whenever the daemon signals
 * that something changed. It outlives the daemon and the bus, and says nothing itself. Pulled by a
 * loop of the caller, which waits for the descriptor and for the deadline. */
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "cli/status.h"

/* Between two questions; after one that took long, more. */
#define LIVE_STATUS_MIN_USEC (200 * USEC_PER_MSEC)
/* What is never signalled, the last contact, is asked for so often. */
#define LIVE_STATUS_REFRESH_USEC (10 * USEC_PER_SEC)

struct live_status;

/* `refreshes`: also what is not signalled is kept up to date. `ids`: as of status_reader_load(),
 * borrowed. */
struct live_status *live_status_new(bool system, bool refreshes, const char *const *ids);
struct live_status *live_status_free(struct live_status *l);
DEFINE_CLEANUP(struct live_status, live_status_free);

/* True: there is something to show anew, the first time in any case; false: not before the
 * descriptor is readable or the deadline has come. */
bool live_status_next(struct live_status *l, uint64_t now_usec);

/* NULL: there is no bus, no daemon on it, or it does not answer. Borrowed until the next call. */
const struct status *live_status_get(const struct live_status *l);

/* Why there is nothing: the bus is away, or forbids it, or the daemon does not answer; NULL where the
 * daemon does not run. Borrowed as above. */
const char *live_status_problem(const struct live_status *l);

int live_status_descriptor(const struct live_status *l);
uint64_t live_status_deadline_usec(const struct live_status *l);
