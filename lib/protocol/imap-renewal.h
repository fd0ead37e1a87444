#pragma once
/* How long an IDLE may be silent before it is renewed, learned for a server and the network between.
 * Pure: time is an argument. Embedded in the session; the learned interval outlives it.
 *
 * RFC 2177 allows 29 minutes, but gateways forget a silent connection after five, and servers end
 * it after ten or twelve, without a word. So it begins with 9 minutes; a connection that is found
 * dead after about an interval of silence takes a quarter off, three in a row that were answered
 * add a tenth, but never again as much as was fatal. A server that says something by itself ("* OK Still here") needs no renewal before
 * 24 minutes, and is missed soon when it stops. */
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

#define IMAP_RENEWAL_START_USEC (9 * USEC_PER_MINUTE)
#define IMAP_RENEWAL_MIN_USEC (4 * USEC_PER_MINUTE)
#define IMAP_RENEWAL_MAX_USEC (24 * USEC_PER_MINUTE)

/* The times at which a session may wake its process: `phase_usec` and every `every_usec` from
 * there, on the clock of the session. The few sessions of a desktop share all of them, those of
 * thousands of accounts have each its own. */
struct imap_renewal_slot {
	uint32_t every_usec; /* 0: any time */
	uint32_t phase_usec;
};

/* The last such time that is not after `due_usec`, nor in the first half of the wait since `from_usec`;
 * `due_usec` itself where there is none. */
uint64_t imap_renewal_slot_before(
	const struct imap_renewal_slot *slot, uint64_t from_usec, uint64_t due_usec);

/* Times of one IDLE are counted from its beginning: each idle session has one of these. */
struct imap_renewal {
	uint64_t begun_usec; /* 0: there was no IDLE, or its end was counted already */
	uint32_t interval_usec;
	uint32_t fatal_usec; /* a silence that a connection did not survive; 0: none is known */
	struct imap_renewal_slot slot;
	uint32_t heard_usec; /* the server's last word */
	uint32_t asked_usec; /* it is being renewed since then; 0: it is not */
	uint32_t beat_usec; /* the last heartbeat; 0: none yet */
	uint32_t spacing_usec; /* of two heartbeats; 0: not known */
	uint8_t n_clean; /* full intervals in a row that were answered */
};

/* What imap_renewal_learned() said of an earlier session; 0: nothing. */
void imap_renewal_init(struct imap_renewal *r, uint64_t learned);
/* For the next session: the interval in the lower half, in the upper one what was fatal. */
uint64_t imap_renewal_learned(const struct imap_renewal *r);
/* The same without what was fatal: gateways are exchanged, and servers get other settings. */
uint64_t imap_renewal_forgive(uint64_t learned);

/* IDLE begins. */
void imap_renewal_begin(struct imap_renewal *r, uint64_t now_usec);
/* The server says something inside it; `is_heartbeat`: an OK that tells nothing else. */
void imap_renewal_hear(struct imap_renewal *r, uint64_t now_usec, bool is_heartbeat);
/* When to renew. */
uint64_t imap_renewal_due(const struct imap_renewal *r);

/* IDLE is ended because of its age alone ... */
void imap_renewal_ask(struct imap_renewal *r, uint64_t now_usec);
/* ... and the server has answered. */
void imap_renewal_answer(struct imap_renewal *r);
/* The connection is found dead: no answer, or it ended without a word. */
void imap_renewal_lose(struct imap_renewal *r, uint64_t now_usec);
/* The end of this IDLE, whatever it is, says nothing about silence: the machine slept, or its network
 * has changed. */
void imap_renewal_excuse(struct imap_renewal *r);
/* The server ends it and says that it was idle for too long. */
void imap_renewal_dismiss(struct imap_renewal *r, uint64_t now_usec);
