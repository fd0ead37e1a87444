#pragma once
/* One server host that has trouble, seen by all its accounts together: when most of them fail, one
 * tries it and the others wait for what it finds.
 *
 *            most accounts fail             the wait is over
 *   CLOSED ----------------------> OPEN ----------------------> PROBING (one account)
 *      ^                             ^------ it failed too ---------|
 *      |----------------------------- it came through --------------|
 *
 * What fails here is the way to the host, or the host itself; that it refuses one user is that
 * user's business. Pure: time and chance are arguments. */
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/reason.h"

/* So many accounts must fail, and more than there are that do not. */
#define BREAKER_FAILURES_MIN 3
#define BREAKER_WAIT_MIN_USEC (2 * USEC_PER_SEC)
#define BREAKER_WAIT_MAX_USEC (5 * USEC_PER_MINUTE)

enum breaker_state {
	BREAKER_CLOSED,
	BREAKER_OPEN,
	BREAKER_PROBING,
};

/* What an account has last seen of the host. */
enum breaker_sight {
	BREAKER_UNKNOWN,
	BREAKER_WELL,
	BREAKER_FAILING,
};

/* Embedded in what stands for one account; zeroed to begin with. */
struct breaker_view {
	uint32_t era; /* the breaker's, when it was seen: older sights do not count */
	uint8_t sight; /* enum breaker_sight */
	bool is_probe;
};

/* Embedded in what stands for the host; zeroed to begin with. */
struct breaker {
	uint32_t n_well; /* accounts */
	uint32_t n_failing;
	uint64_t until_usec; /* OPEN: when one may try */
	uint32_t era;
	uint8_t n_probes; /* that failed in a row */
	uint8_t state; /* enum breaker_state */
};

/* What an end means for the host. */
enum breaker_sight breaker_sight_of(enum reason reason);

/* May this account try now? True while PROBING for the probe alone. */
bool breaker_may_try(struct breaker *breaker, struct breaker_view *view, uint64_t now_usec);
/* From when on somebody may: `now_usec`; a later time; USEC_NEVER while a probe is under way. */
uint64_t breaker_due(const struct breaker *breaker, uint64_t now_usec);

struct breaker_news {
	enum breaker_sight sight;
	uint64_t now_usec;
	uint64_t random; /* any 64-bit random number */
};

/* What an account has seen. True: the breaker has opened, closed, or goes on waiting: who waits for
 * it wants to know. */
bool breaker_note(
	struct breaker *breaker, struct breaker_view *view, const struct breaker_news *news);
/* What was seen until now says nothing of the host any more: all may find out anew. */
void breaker_reset(struct breaker *breaker);
/* An account goes, or ends its attempt by its own will. True as above. */
bool breaker_forget(struct breaker *breaker, struct breaker_view *view);
