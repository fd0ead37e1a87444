#include "protocol/imap-refusal.h"

#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "base/number.h"

/* A server that asks for more patience than a day is not believed. */
#define RETRY_AFTER_MAX (24 * USEC_PER_HOUR)

struct sentence {
	const char *part; /* in any case */
	enum reason reason;
};

/* These outrank the response code, which says less or something else. */
static const struct sentence certain[] = {
	/* Dovecot, with [UNAVAILABLE] */
	{ "maximum number of connections", REASON_LIMIT },
	/* Gmail, with [ALERT] */
	{ "too many simultaneous connections", REASON_LIMIT },
	{ "too many concurrent connections", REASON_LIMIT },
	{ "too many connections", REASON_LIMIT },
	{ "connection limit", REASON_LIMIT },
	{ "user connection limit", REASON_LIMIT },
	{ "too many sessions", REASON_LIMIT },
	/* Microsoft 365 */
	{ "authenticated but not connected", REASON_LIMIT },
	{ "account is temporarily unavailable", REASON_LIMIT },
	{ "suggested backoff time", REASON_THROTTLED },
	{ "accesstokenexpired", REASON_TOKEN_EXPIRED },
	/* Gmail: [THROTTLED] at the end of the text */
	{ "throttled", REASON_THROTTLED },
	{ "exceeded command or bandwidth limits", REASON_THROTTLED },
	/* Yahoo */
	{ "rate limit", REASON_THROTTLED },
	{ "rate exceeded", REASON_THROTTLED },
	/* after too many failures, of whomever: it says nothing about this password */
	{ "too many login", REASON_THROTTLED },
	{ "too many failed", REASON_THROTTLED },
	{ "too many authentication", REASON_THROTTLED },
	{ "too many attempts", REASON_THROTTLED },
	{ "temporarily blocked", REASON_THROTTLED },
	{ "temporarily locked", REASON_THROTTLED },
};

/* These speak where there is no code. */
static const struct sentence likely[] = {
	{ "temporary authentication failure", REASON_UNAVAILABLE },
	{ "internal authentication failure", REASON_UNAVAILABLE },
	{ "temporarily unavailable", REASON_UNAVAILABLE },
	{ "temporary failure", REASON_UNAVAILABLE },
	{ "temporary system problem", REASON_UNAVAILABLE },
	{ "service unavailable", REASON_UNAVAILABLE },
	{ "server unavailable", REASON_UNAVAILABLE },
	{ "internal error", REASON_UNAVAILABLE },
	{ "internal server error", REASON_UNAVAILABLE },
	{ "try again later", REASON_UNAVAILABLE },
	/* Cyrus without its saslauthd, Dovecot without its auth process */
	{ "generic failure", REASON_UNAVAILABLE },
	{ "authentication server is not", REASON_UNAVAILABLE },
	{ "cannot connect to saslauthd", REASON_UNAVAILABLE },
};

static enum reason find(const struct sentence *sentences, size_t n, const char *text) {
	for (size_t i = 0; i < n; i++)
		if (strcasestr(text, sentences[i].part))
			return sentences[i].reason;
	return REASON_NONE;
}

/* RFC 5530 3, RFC 5162. A code that has nothing to say is REASON_NONE. */
static enum reason reason_of_code(enum imap_code code) {
	switch (code) {
	case IMAP_CODE_AUTHENTICATIONFAILED:
	case IMAP_CODE_AUTHORIZATIONFAILED:
	case IMAP_CODE_EXPIRED: /* the passphrase, not a token */
		return REASON_AUTH_FAILED;
	case IMAP_CODE_PRIVACYREQUIRED:
		return REASON_NO_MECHANISM;
	case IMAP_CODE_LIMIT:
		return REASON_LIMIT;
	case IMAP_CODE_UNAVAILABLE:
	case IMAP_CODE_INUSE:
	case IMAP_CODE_SERVERBUG:
	case IMAP_CODE_CONTACTADMIN:
		return REASON_UNAVAILABLE;
	case IMAP_CODE_NONE:
	case IMAP_CODE_OTHER:
	case IMAP_CODE_ALERT:
	case IMAP_CODE_BADEVENT:
	case IMAP_CODE_CAPABILITY:
	case IMAP_CODE_CLOSED:
	case IMAP_CODE_HIGHESTMODSEQ:
	case IMAP_CODE_NOMODSEQ:
	case IMAP_CODE_NOTIFICATIONOVERFLOW:
	case IMAP_CODE_READ_ONLY:
	case IMAP_CODE_REFERRAL:
	case IMAP_CODE_UIDNEXT:
	case IMAP_CODE_UIDVALIDITY:
	case IMAP_CODE_UNSEEN:
		return REASON_NONE;
	}
	return REASON_NONE;
}

/* "Suggested Backoff Time: 92415 milliseconds" (Microsoft 365) */
static uint64_t retry_after(const char *text) {
	static const char before[] = "Suggested Backoff Time: ";
	const char *p = strcasestr(text, before);
	uint64_t milliseconds;
	if (!p)
		return 0;
	p += strlen(before);
	if (number_parse_u64(p, strspn(p, "0123456789"), &milliseconds) < 0)
		return 0;
	return MIN(milliseconds, RETRY_AFTER_MAX / USEC_PER_MSEC) * USEC_PER_MSEC;
}

struct imap_refusal imap_refusal_of(const struct imap_reply *reply, enum reason fallback) {
	struct imap_refusal refusal = { .retry_after_usec = retry_after(reply->text) };
	refusal.reason = find(certain, ARRAY_SIZE(certain), reply->text);
	if (refusal.reason == REASON_NONE)
		refusal.reason = reason_of_code(reply->code);
	if (refusal.reason == REASON_NONE)
		refusal.reason = find(likely, ARRAY_SIZE(likely), reply->text);
	if (refusal.reason == REASON_NONE)
		refusal.reason = fallback;
	return refusal;
}

bool imap_refusal_is_inactivity(const char *text) {
	static const char *const parts[] = {
		"inactivity", /* Dovecot, Gimap: "Disconnected for inactivity." */
		"autologout", /* UW imapd, Exchange: "Autologout; idle for too long" */
		"idle for too long",
		"idle too long",
		"idle timeout",
		"idle timed out", /* Stalwart */
		"idled for too long",
	};
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (strcasestr(text, parts[i]))
			return true;
	return false;
}
