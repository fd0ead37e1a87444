#pragma once
/* When it is told that an account does not work, and when that is taken back. What somebody has to
 * mend is told at once; what mends itself only when it lasts. One reason is told once in a day. Time
 * is an argument; nothing here knows a bus.
 *
 *     well --ill--> waits --due, take--> in flight --told--> live --well--> to be withdrawn
 *                     ^                     |                 |
 *                     +------- failed ------+                 +--closed--> kept quiet
 */
#include "base/macros.h"
#include "base/reason.h"

#include <stdbool.h>
#include <stdint.h>

#define TROUBLE_AGAIN_USEC (24 * USEC_PER_HOUR)

/* The two clocks: one that only goes on, and the wall's, which outlives us. */
struct trouble_time {
	uint64_t usec;
	uint64_t wall_usec;
};

/* What kind of trouble a reason is: decides when it is told, and in which words. */
enum trouble_sort {
	TROUBLE_NONE, /* mail is told all the same */
	TROUBLE_UNREACHABLE, /* mends itself; what follows needs somebody */
	TROUBLE_LOGIN,
	TROUBLE_TOKEN,
	TROUBLE_SECRET,
	TROUBLE_LOCKED,
	TROUBLE_CERTIFICATE,
	TROUBLE_ENCRYPTION,
	TROUBLE_MAILBOX,
	TROUBLE_FILE,
};

enum trouble_sort trouble_sort(enum reason reason);

struct trouble {
	enum reason reason; /* REASON_NONE: it is well */
	uint64_t since_usec; /* of what mends itself: since when it lasts */
	enum reason told; /* what was told last; REASON_NONE: nothing was */
	uint64_t told_wall_usec;
	bool is_in_flight, is_live;
	bool again; /* the service that showed it is gone, or the reason is another one */
};

/* What the daemon says of the account: words of its properties State and Reason. */
void trouble_observe(struct trouble *t, const char *state, const char *reason, uint64_t now_usec);

/* When to take; 0: now; USEC_NEVER: nothing is to be told. `delay_usec` is the patience with what
 * mends itself; USEC_NEVER: nothing of any kind is told. */
uint64_t trouble_due(const struct trouble *t, uint64_t delay_usec, const struct trouble_time *now);

/* It is on the screen, and the account is well. */
bool trouble_is_over_but_live(const struct trouble *t);

void trouble_take(struct trouble *t);
void trouble_told(struct trouble *t, uint64_t wall_usec);
void trouble_failed(struct trouble *t);

/* By the user, or withdrawn. */
void trouble_closed(struct trouble *t);

/* The service that showed it is gone. */
void trouble_lost(struct trouble *t);

/* Nothing to tell, and nothing to remember of it. */
bool trouble_is_idle(const struct trouble *t, uint64_t wall_usec);
