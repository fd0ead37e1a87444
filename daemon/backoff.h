#pragma once
/* How long to wait before the next attempt. Pure: time and chance are arguments.
 *
 * Trouble of the network doubles from 2 s, with full jitter, and is forgotten only when a
 * connection has lived for five minutes: a server that lets us in and then closes would else be
 * stormed. A refused login waits 60 s, 15 min, 1 h, 4 h and then for a change by the user. */
#include <stdint.h>

#include "base/reason.h"

#define BACKOFF_BASE_USEC (2 * USEC_PER_SEC)
#define BACKOFF_STABLE_USEC (5 * USEC_PER_MINUTE)

struct backoff {
	unsigned n_failures; /* in a row, of the network's kind */
	unsigned n_refusals; /* in a row, of the login */
};

enum backoff_kind {
	BACKOFF_NETWORK, /* soon, then less and less often */
	BACKOFF_LOGIN, /* the secret was refused */
	BACKOFF_PATIENCE, /* the server asked for peace: throttles, limits */
	BACKOFF_USER, /* only a change of the configuration helps */
};

enum backoff_kind backoff_kind(enum reason reason);

/* A connection ended after it had been online for `alive_usec` (0: it never was). `random` is any
 * 64-bit random number, `cap_usec` the longest wait for the network, `asked_usec` what the server
 * asked for (0: nothing). Returns the wait, or USEC_NEVER. */
uint64_t backoff_next(struct backoff *backoff, enum reason reason, uint64_t alive_usec,
	uint64_t asked_usec, uint64_t cap_usec, uint64_t random);

/* A login was accepted. */
void backoff_accepted(struct backoff *backoff);
