#include "daemon/backoff.h"

#include "base/macros.h"

#define PATIENCE_USEC (15 * USEC_PER_MINUTE)

static const uint64_t login_waits[] = {
	60 * USEC_PER_SEC,
	15 * USEC_PER_MINUTE,
	1 * USEC_PER_HOUR,
	4 * USEC_PER_HOUR,
};

enum backoff_kind backoff_kind(enum reason reason) {
	switch (reason) {
	case REASON_AUTH_FAILED:
	case REASON_NO_MECHANISM:
	case REASON_TOKEN_EXPIRED:
		return BACKOFF_LOGIN;
	case REASON_THROTTLED:
	case REASON_LIMIT:
		return BACKOFF_PATIENCE;
	case REASON_LOCKED:
		return BACKOFF_EVENT;
	case REASON_CONFIG_ERROR:
	case REASON_CLEARTEXT_REFUSED:
		return BACKOFF_USER;
	case REASON_NONE:
	case REASON_DNS_FAILED:
	case REASON_CONNECT_FAILED:
	case REASON_PROXY_FAILED:
	case REASON_CONNECTION_LOST:
	case REASON_TIMED_OUT:
	case REASON_SERVER_CLOSED:
	case REASON_TLS_FAILED:
	case REASON_TLS_UNTRUSTED:
	case REASON_TLS_SELF_SIGNED:
	case REASON_TLS_EXPIRED:
	case REASON_TLS_NOT_YET_VALID:
	case REASON_TLS_NAME:
	case REASON_TLS_PURPOSE:
	case REASON_TLS_PIN:
	case REASON_TLS_PIN_EXPIRED:
	case REASON_TLS_VERSION:
	case REASON_TLS_ALPN:
	case REASON_TLS_TRUNCATED:
	case REASON_STARTTLS_REFUSED:
	case REASON_INJECTED_DATA:
	case REASON_PREAUTH_CLEARTEXT:
	case REASON_SECRET_FAILED:
	case REASON_UNAVAILABLE:
	case REASON_PROTOCOL_ERROR:
	case REASON_UNEXPECTED_TAG:
	case REASON_UNEXPECTED_UNTAGGED:
	case REASON_UNEXPECTED_PREAUTH:
	case REASON_LIMIT_EXCEEDED:
	case REASON_NO_MAILBOX:
	case REASON_PUSH_REFUSED:
	case REASON_PUSH_SILENT:
	case REASON_STORE_FAILED:
	case REASON_INTERNAL:
	case REASON_COUNT_:
		return BACKOFF_NETWORK;
	}
	return BACKOFF_NETWORK;
}

/* Full jitter: anything from 1 s to the doubled wait, so that a thousand accounts of one host do
 * not come back together. */
static uint64_t backoff_network(struct backoff *backoff, const struct backoff_end *end) {
	if (end->is_excused && backoff->n_failures == 0) {
		backoff->n_failures++;
		return 0;
	}
	unsigned doublings = MIN(backoff->n_failures, 20U);
	uint64_t most = MIN(BACKOFF_BASE_USEC << doublings, end->cap_usec);
	backoff->n_failures++;
	uint64_t least = MIN(1 * USEC_PER_SEC, most);
	return least + end->random % (most - least + 1);
}

/* A server that says how long is believed, and less each time that it refuses again. */
static uint64_t backoff_patience(struct backoff *backoff, const struct backoff_end *end) {
	if (end->asked_usec == 0)
		return PATIENCE_USEC + end->random % USEC_PER_MINUTE;
	unsigned doublings = MIN(backoff->n_failures, 4U);
	uint64_t asked = MIN(end->asked_usec, PATIENCE_USEC);
	uint64_t wait = MAX(asked, USEC_PER_MINUTE) << doublings;
	wait = MIN(wait, PATIENCE_USEC);
	backoff->n_failures++;
	return wait + end->random % (wait / 8);
}

static uint64_t backoff_login(struct backoff *backoff) {
	if (backoff->n_refusals < ARRAY_SIZE(login_waits))
		return login_waits[backoff->n_refusals++];
	backoff->n_refusals = ARRAY_SIZE(login_waits) + 1;
	return USEC_NEVER;
}

uint64_t backoff_refused_until(
	const struct backoff *backoff, uint64_t when_usec, uint64_t now_usec) {
	if (backoff->n_refusals == 0)
		return now_usec;
	bool is_over = backoff->n_refusals > ARRAY_SIZE(login_waits);
	uint64_t wait = login_waits[MIN(backoff->n_refusals, ARRAY_SIZE(login_waits)) - 1];
	uint64_t passed = now_usec > when_usec ? now_usec - when_usec : 0;
	if (passed >= wait)
		return now_usec;
	return is_over ? USEC_NEVER : now_usec + wait - passed;
}

uint64_t backoff_next(struct backoff *backoff, const struct backoff_end *end) {
	if (end->alive_usec >= BACKOFF_STABLE_USEC)
		backoff->n_failures = 0;
	uint64_t wait = 0;
	switch (backoff_kind(end->reason)) {
	case BACKOFF_NETWORK:
		wait = backoff_network(backoff, end);
		break;
	case BACKOFF_LOGIN:
		wait = backoff_login(backoff);
		break;
	case BACKOFF_PATIENCE:
		wait = backoff_patience(backoff, end);
		break;
	case BACKOFF_EVENT:
		wait = PATIENCE_USEC + end->random % USEC_PER_MINUTE;
		break;
	case BACKOFF_USER:
		wait = USEC_NEVER;
		break;
	}
	/* A server may ask for patience; it may not silence us for ever, nor have all accounts back
	 * in the same moment. */
	uint64_t asked = MIN(end->asked_usec, USEC_PER_HOUR);
	if (wait != USEC_NEVER && asked > wait)
		wait = asked + end->random % (asked / 8 + 1);
	return wait;
}

void backoff_accepted(struct backoff *backoff) {
	backoff->n_refusals = 0;
}
