#pragma once
/* How long to wait before the next attempt. Pure: time and chance are arguments.
 *
 * Trouble of the network doubles from 2 s, with full jitter, and is forgotten only when a
 * connection has lived for five minutes: a server that lets us in and then closes would else be
 * stormed. What a sleep or another network has ended is tried again at once. A throttle waits
 * 15 min, or for as long as the server says, from a minute on, doubled each time. A refused login
 * waits 60 s, 15 min, 1 h, 4 h and then for a change by the user. A key ring that is locked tells
 * when it is not any more; the timer is for those that do not. */
#include <stdbool.h>
#include <stdint.h>

#include "base/reason.h"

#define BACKOFF_BASE_USEC (2 * USEC_PER_SEC)
#define BACKOFF_STABLE_USEC (5 * USEC_PER_MINUTE)

struct backoff {
	unsigned n_failures; /* in a row, of the network's kind, and throttles that name a time */
	unsigned n_refusals; /* in a row, of the login; counted up to where the waits end */
};

enum backoff_kind {
	BACKOFF_NETWORK, /* soon, then less and less often */
	BACKOFF_LOGIN, /* the secret was refused */
	BACKOFF_PATIENCE, /* the server asked for peace: throttles, limits */
	BACKOFF_EVENT, /* somebody tells us when it is worth it */
	BACKOFF_USER, /* only a change of the configuration helps */
};

enum backoff_kind backoff_kind(enum reason reason);

/* How a connection ended, and what the wait depends on. */
struct backoff_end {
	enum reason reason;
	uint64_t alive_usec; /* it had been online for so long; 0: it never was */
	uint64_t asked_usec; /* the server asked for so much patience; 0: it did not */
	uint64_t cap_usec; /* the longest wait for the network */
	uint64_t random; /* any 64-bit random number */
	bool is_excused; /* the machine slept, or its network has changed */
};

/* The wait, or USEC_NEVER. */
uint64_t backoff_next(struct backoff *backoff, const struct backoff_end *end);

/* After a restart or a reload, for a login that was refused at `when_usec`: when it may be tried
 * again. `now_usec`: at once; USEC_NEVER: the waits are over. Those two may be asked for by a user
 * again and again, so that even then not more than one login comes of it in four hours. Wall clock. */
uint64_t backoff_refused_until(
	const struct backoff *backoff, uint64_t when_usec, uint64_t now_usec);

/* A login was accepted. */
void backoff_accepted(struct backoff *backoff);
