#include "notify/trouble.h"

#include <assert.h>
#include <string.h>

enum trouble_sort trouble_sort(enum reason reason) {
	switch (reason) {
	case REASON_NONE:
	case REASON_PUSH_REFUSED:
	case REASON_PUSH_SILENT:
		return TROUBLE_NONE;
	case REASON_AUTH_FAILED:
	case REASON_NO_MECHANISM:
		return TROUBLE_LOGIN;
	case REASON_TOKEN_EXPIRED:
		return TROUBLE_TOKEN;
	case REASON_SECRET_FAILED:
		return TROUBLE_SECRET;
	case REASON_LOCKED:
		return TROUBLE_LOCKED;
	case REASON_TLS_UNTRUSTED:
	case REASON_TLS_SELF_SIGNED:
	case REASON_TLS_EXPIRED:
	case REASON_TLS_NOT_YET_VALID:
	case REASON_TLS_NAME:
	case REASON_TLS_PURPOSE:
	case REASON_TLS_PIN:
	case REASON_TLS_PIN_EXPIRED:
		return TROUBLE_CERTIFICATE;
	case REASON_TLS_VERSION:
	case REASON_TLS_ALPN:
	case REASON_CLEARTEXT_REFUSED:
	case REASON_STARTTLS_REFUSED:
	case REASON_INJECTED_DATA:
	case REASON_PREAUTH_CLEARTEXT:
	case REASON_UNEXPECTED_PREAUTH:
		return TROUBLE_ENCRYPTION;
	case REASON_NO_MAILBOX:
		return TROUBLE_MAILBOX;
	case REASON_CONFIG_ERROR:
		return TROUBLE_FILE;
	case REASON_DNS_FAILED:
	case REASON_CONNECT_FAILED:
	case REASON_PROXY_FAILED:
	case REASON_CONNECTION_LOST:
	case REASON_TIMED_OUT:
	case REASON_SERVER_CLOSED:
	case REASON_TLS_FAILED:
	case REASON_TLS_TRUNCATED:
	case REASON_THROTTLED:
	case REASON_LIMIT:
	case REASON_UNAVAILABLE:
	case REASON_PROTOCOL_ERROR:
	case REASON_UNEXPECTED_TAG:
	case REASON_UNEXPECTED_UNTAGGED:
	case REASON_LIMIT_EXCEEDED:
	case REASON_STORE_FAILED:
	case REASON_INTERNAL:
	case REASON_COUNT_:
		break;
	}
	return TROUBLE_UNREACHABLE;
}

static bool mends_itself(enum reason reason) {
	return trouble_sort(reason) == TROUBLE_UNREACHABLE;
}

/* All that keeps the server out of reach is one trouble, however its face changes. */
static bool is_same(enum reason a, enum reason b) {
	return a == b || (mends_itself(a) && mends_itself(b));
}

/* Attempts come and go; only an account that works, or that nobody wants to work, is well. */
static bool is_well(const char *state, enum reason reason) {
	if (!strcmp(state, "degraded"))
		return trouble_sort(reason) == TROUBLE_NONE;
	return !strcmp(state, "online") || !strcmp(state, "paused");
}

void trouble_observe(struct trouble *t, const char *state, const char *word, uint64_t now_usec) {
	enum reason reason = reason_from_string(word);

	if (*word && reason == REASON_NONE)
		reason = REASON_INTERNAL; /* a word of a later version */
	if (is_well(state, reason)) {
		t->reason = REASON_NONE;
		t->again = false;
		return;
	}
	if (trouble_sort(reason) == TROUBLE_NONE || !strcmp(state, "connecting"))
		return;
	if (t->reason == REASON_NONE || mends_itself(t->reason) != mends_itself(reason))
		t->since_usec = now_usec;
	if (t->is_live && !is_same(t->reason, reason))
		t->again = true;
	t->reason = reason;
}

/* A clock that went back does not hold it for ever. */
static bool is_recent(const struct trouble *t, uint64_t wall_usec) {
	return t->told != REASON_NONE && wall_usec >= t->told_wall_usec &&
	       wall_usec < t->told_wall_usec + TROUBLE_AGAIN_USEC;
}

uint64_t trouble_due(const struct trouble *t, uint64_t delay_usec, const struct trouble_time *now) {
	if (t->is_in_flight)
		return USEC_NEVER;
	if (t->reason == REASON_NONE || delay_usec == USEC_NEVER)
		return t->is_live ? 0 : USEC_NEVER;
	if (t->is_live && !t->again)
		return USEC_NEVER;
	if (!t->again && is_recent(t, now->wall_usec) && is_same(t->told, t->reason))
		return USEC_NEVER;
	return mends_itself(t->reason) ? t->since_usec + delay_usec : 0;
}

bool trouble_is_over_but_live(const struct trouble *t) {
	return t->is_live && !t->is_in_flight && t->reason == REASON_NONE;
}

void trouble_take(struct trouble *t) {
	assert(!t->is_in_flight && t->reason != REASON_NONE);
	t->is_in_flight = true;
	t->again = false;
	t->told = t->reason;
}

void trouble_told(struct trouble *t, uint64_t wall_usec) {
	t->is_in_flight = false;
	t->is_live = true;
	t->told_wall_usec = wall_usec;
}

void trouble_failed(struct trouble *t) {
	t->is_in_flight = false;
	t->again = true;
}

void trouble_closed(struct trouble *t) {
	t->is_live = t->again = false;
}

void trouble_lost(struct trouble *t) {
	t->again = t->again || t->is_live;
	t->is_live = false;
}

bool trouble_is_idle(const struct trouble *t, uint64_t wall_usec) {
	return t->reason == REASON_NONE && !t->is_live && !t->is_in_flight &&
	       !is_recent(t, wall_usec);
}
