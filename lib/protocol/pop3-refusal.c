#include "protocol/pop3-refusal.h"

#include <string.h>

#include "base/macros.h"

/* A lock, or a trouble that the server calls temporary: to come back in a second helps nobody. */
#define SOON_USEC USEC_PER_MINUTE
/* Only the server's people can help (RFC 3206 4.2). */
#define LATE_USEC USEC_PER_HOUR

static const struct sentence {
	const char *part; /* in any case */
	struct pop3_refusal refusal;
} sentences[] = {
	/* qpopper, Courier, mail.ru */
	{ "lock busy", { REASON_UNAVAILABLE, SOON_USEC } },
	{ "already locked", { REASON_UNAVAILABLE, SOON_USEC } },
	{ "mailbox is locked", { REASON_UNAVAILABLE, SOON_USEC } },
	{ "unable to lock", { REASON_UNAVAILABLE, SOON_USEC } },
	/* Hotmail; Cyrus' popminpoll; others */
	{ "exceeded the login limit", { REASON_THROTTLED, 0 } },
	{ "logins must be at least", { REASON_THROTTLED, 0 } },
	{ "login too frequently", { REASON_THROTTLED, 0 } },
	{ "too many login", { REASON_THROTTLED, 0 } },
	{ "too many failed", { REASON_THROTTLED, 0 } },
	{ "too many attempts", { REASON_THROTTLED, 0 } },
	{ "temporarily blocked", { REASON_THROTTLED, 0 } },
	{ "rate limit", { REASON_THROTTLED, 0 } },
	/* Microsoft 365 */
	{ "suggested backoff time", { REASON_THROTTLED, 0 } },
	{ "authenticated but not connected", { REASON_LIMIT, 0 } },
	{ "accesstokenexpired", { REASON_TOKEN_EXPIRED, 0 } },
	{ "throttled", { REASON_THROTTLED, 0 } },
	{ "maximum number of connections", { REASON_LIMIT, 0 } },
	{ "too many connections", { REASON_LIMIT, 0 } },
	/* Cyrus' maxlogins_per_user */
	{ "too many open connections", { REASON_LIMIT, 0 } },
	{ "too many simultaneous connections", { REASON_LIMIT, 0 } },
	/* Courier, of which the password was right, or was not even looked at */
	{ "chdir ", { REASON_NO_MAILBOX, SOON_USEC } },
	{ "maildir invalid", { REASON_NO_MAILBOX, SOON_USEC } },
	{ "tls required", { REASON_NO_MECHANISM, 0 } },
	{ "via insecure connection", { REASON_NO_MECHANISM, 0 } },
	{ "temporary authentication failure", { REASON_UNAVAILABLE, SOON_USEC } },
	{ "internal authentication failure", { REASON_UNAVAILABLE, SOON_USEC } },
	{ "temporarily unavailable", { REASON_UNAVAILABLE, SOON_USEC } },
	{ "temporary failure", { REASON_UNAVAILABLE, SOON_USEC } },
	{ "temporary problem", { REASON_UNAVAILABLE, SOON_USEC } },
	{ "try again later", { REASON_UNAVAILABLE, SOON_USEC } },
	{ "internal error", { REASON_UNAVAILABLE, SOON_USEC } },
	{ "internal server error", { REASON_UNAVAILABLE, SOON_USEC } },
};

static struct pop3_refusal refusal_of_text(const char *text, enum reason fallback) {
	for (size_t i = 0; i < ARRAY_SIZE(sentences); i++)
		if (strcasestr(text, sentences[i].part))
			return sentences[i].refusal;
	return (struct pop3_refusal){ .reason = fallback };
}

struct pop3_refusal pop3_refusal_of(const struct pop3_reply *reply, enum reason fallback) {
	switch (reply->code) {
	case POP3_CODE_AUTH:
		return (struct pop3_refusal){ .reason = REASON_AUTH_FAILED };
	case POP3_CODE_IN_USE:
	case POP3_CODE_SYS_TEMP:
		return (struct pop3_refusal){ REASON_UNAVAILABLE, SOON_USEC };
	case POP3_CODE_LOGIN_DELAY:
		return (struct pop3_refusal){ .reason = REASON_THROTTLED };
	case POP3_CODE_SYS_PERM:
		return (struct pop3_refusal){ REASON_NO_MAILBOX, LATE_USEC };
	case POP3_CODE_NONE:
	case POP3_CODE_OTHER:
		return refusal_of_text(reply->text, fallback);
	}
	return (struct pop3_refusal){ .reason = fallback };
}
