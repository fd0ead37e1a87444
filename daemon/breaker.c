#include "daemon/breaker.h"

#include <assert.h>

#define N_PROBES_MAX 16

/* Any other one says nothing of the host. */
static const enum breaker_sight sights_of_reasons[REASON_COUNT_] = {
	[REASON_DNS_FAILED] = BREAKER_FAILING,
	[REASON_CONNECT_FAILED] = BREAKER_FAILING,
	[REASON_CONNECTION_LOST] = BREAKER_FAILING,
	[REASON_TIMED_OUT] = BREAKER_FAILING,
	[REASON_SERVER_CLOSED] = BREAKER_FAILING,
	[REASON_UNAVAILABLE] = BREAKER_FAILING,
	[REASON_TLS_FAILED] = BREAKER_FAILING,
	[REASON_TLS_TRUNCATED] = BREAKER_FAILING,
	/* it answered */
	[REASON_AUTH_FAILED] = BREAKER_WELL,
	[REASON_NO_MAILBOX] = BREAKER_WELL,
	[REASON_PUSH_REFUSED] = BREAKER_WELL,
	[REASON_PUSH_SILENT] = BREAKER_WELL,
};

enum breaker_sight breaker_sight_of(enum reason reason) {
	assert(reason < REASON_COUNT_);
	return sights_of_reasons[reason];
}

static void forget_sight(struct breaker *breaker, struct breaker_view *view) {
	bool counts = view->era == breaker->era;
	if (counts && view->sight == BREAKER_WELL)
		breaker->n_well--;
	if (counts && view->sight == BREAKER_FAILING)
		breaker->n_failing--;
	view->sight = BREAKER_UNKNOWN;
}

static void keep_sight(
	struct breaker *breaker, struct breaker_view *view, enum breaker_sight sight) {
	forget_sight(breaker, view);
	view->era = breaker->era;
	view->sight = (uint8_t)sight;
	breaker->n_well += sight == BREAKER_WELL;
	breaker->n_failing += sight == BREAKER_FAILING;
}

/* Full jitter, as everywhere: other machines watch this host too. */
static void open_for_a_while(struct breaker *breaker, const struct breaker_news *news) {
	uint64_t most = MIN(BREAKER_WAIT_MIN_USEC << breaker->n_probes, BREAKER_WAIT_MAX_USEC);
	breaker->state = BREAKER_OPEN;
	breaker->until_usec =
		news->now_usec + USEC_PER_SEC + news->random % (most - USEC_PER_SEC + 1);
	if (breaker->n_probes < N_PROBES_MAX)
		breaker->n_probes++;
}

/* What the others saw before counts no more: they all may find out anew. */
void breaker_reset(struct breaker *breaker) {
	*breaker = (struct breaker){ .era = breaker->era + 1 };
}

bool breaker_may_try(struct breaker *breaker, struct breaker_view *view, uint64_t now_usec) {
	switch ((enum breaker_state)breaker->state) {
	case BREAKER_CLOSED:
		return true;
	case BREAKER_OPEN:
		if (now_usec < breaker->until_usec)
			return false;
		breaker->state = BREAKER_PROBING;
		view->is_probe = true;
		return true;
	case BREAKER_PROBING:
		return view->is_probe;
	}
	return true;
}

uint64_t breaker_due(const struct breaker *breaker, uint64_t now_usec) {
	switch ((enum breaker_state)breaker->state) {
	case BREAKER_CLOSED:
		return now_usec;
	case BREAKER_OPEN:
		return MAX(breaker->until_usec, now_usec);
	case BREAKER_PROBING:
		return USEC_NEVER;
	}
	return now_usec;
}

bool breaker_note(
	struct breaker *breaker, struct breaker_view *view, const struct breaker_news *news) {
	bool was_probe = view->is_probe && breaker->state == BREAKER_PROBING;
	view->is_probe = false;
	keep_sight(breaker, view, news->sight);
	if (news->sight == BREAKER_WELL && breaker->state != BREAKER_CLOSED) {
		breaker_reset(breaker);
		keep_sight(breaker, view, BREAKER_WELL);
		return true;
	}
	if (was_probe) {
		/* One that ended for a reason of its own leaves the place to the next one. */
		if (news->sight == BREAKER_FAILING)
			open_for_a_while(breaker, news);
		else
			breaker->state = BREAKER_OPEN;
		return true;
	}
	if (breaker->state == BREAKER_CLOSED && news->sight == BREAKER_FAILING &&
		breaker->n_failing >= BREAKER_FAILURES_MIN &&
		breaker->n_failing > breaker->n_well) {
		open_for_a_while(breaker, news);
		return true;
	}
	return false;
}

bool breaker_forget(struct breaker *breaker, struct breaker_view *view) {
	return breaker_note(breaker, view, &(struct breaker_news){ BREAKER_UNKNOWN, 0, 0 });
}
