#include "protocol/refusal-table.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"

/* A lock, or a trouble that the server calls temporary: to come back in a second helps nobody. */
#define SOON_USEC USEC_PER_MINUTE
#define LATE_USEC USEC_PER_HOUR
/* A server that is restarted. */
#define RESTART_USEC (5 * USEC_PER_SEC)
/* A server that asks for more patience than a day is not believed. */
#define ASKED_MAX (24 * USEC_PER_HOUR)

#define CERTAIN(protocol, part) \
	REFUSAL_CERTAIN, REFUSAL_##protocol, part, IMAP_CODE_NONE, POP3_CODE_NONE
#define LIKELY(protocol, part) \
	REFUSAL_LIKELY, REFUSAL_##protocol, part, IMAP_CODE_NONE, POP3_CODE_NONE
#define INACTIVITY(protocol, part) \
	REFUSAL_INACTIVITY, REFUSAL_##protocol, part, IMAP_CODE_NONE, POP3_CODE_NONE
#define IMAP(code) REFUSAL_CODE, REFUSAL_IMAP, NULL, IMAP_CODE_##code, POP3_CODE_NONE
#define POP3(code) REFUSAL_CODE, REFUSAL_POP3, NULL, IMAP_CODE_NONE, POP3_CODE_##code

/* Words that servers are said to use, without a server's name. */
#define NO_SOURCE "no server is known by name"

/* A trouble that the server calls temporary, in both protocols; over POP3 with the least wait. */
#define PASSING(part, said, source)                                             \
	{ LIKELY(IMAP, part), REASON_UNAVAILABLE, 0, said, source }, {          \
		LIKELY(POP3, part), REASON_UNAVAILABLE, SOON_USEC, said, source \
	}

/* In the order of their keys: the first one that fits holds. */
static const struct refusal_row rows[] = {
	/* too many connections */
	{ CERTAIN(BOTH, "maximum number of connections"), REASON_LIMIT, 0,
		"[UNAVAILABLE] Maximum number of connections from user+IP exceeded "
		"(mail_max_userip_connections=10)",
		"Dovecot login-settings.c, mail_max_userip_connections" },
	{ CERTAIN(BOTH, "too many simultaneous connections"), REASON_LIMIT, 0,
		"[ALERT] Too many simultaneous connections. (Failure)",
		"Gmail, 15 for an account: FairEmail ConnectionHelper.isMaxConnections" },
	{ CERTAIN(BOTH, "too many concurrent connections"), REASON_LIMIT, 0,
		"Too many concurrent connections to this mailbox",
		"FairEmail ConnectionHelper.isMaxConnections" },
	{ CERTAIN(BOTH, "too many open connections"), REASON_LIMIT, 0,
		"Too many open connections (maxlogins_per_user=1)",
		"Cyrus, maxlogins_per_user and maxlogins_per_host: seen" },
	{ CERTAIN(BOTH, "too many connections"), REASON_LIMIT, 0,
		"Too many connections from your IP", "Courier, MAXPERIP" },
	{ CERTAIN(BOTH, "too many sessions"), REASON_LIMIT, 0, "Too many sessions", NO_SOURCE },
	{ CERTAIN(BOTH, "connection limit"), REASON_LIMIT, 0, "User connection limit reached",
		NO_SOURCE },
	{ CERTAIN(BOTH, "authenticated but not connected"), REASON_LIMIT, 0,
		"User is authenticated but not connected.",
		"Microsoft 365: a limit, a mailbox without IMAP, or another one; FairEmail "
		"isMaxConnections" },
	{ CERTAIN(BOTH, "account is temporarily unavailable"), REASON_LIMIT, 0,
		"Account is temporarily unavailable.",
		"FairEmail ConnectionHelper.isMaxConnections" },
	/* too much, too often */
	{ CERTAIN(BOTH, "suggested backoff time"), REASON_THROTTLED, 0,
		"Request is throttled. Suggested Backoff Time: 92415 milliseconds",
		"Microsoft 365: imapflow imap-flow.js" },
	{ CERTAIN(BOTH, "exceeded command or bandwidth limits"), REASON_THROTTLED, 0,
		"[OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)",
		"Gmail: ljmerza/ha-email-sensor#16" },
	{ CERTAIN(BOTH, "exceeded pop command or bandwidth limits"), REASON_THROTTLED, 0,
		"[AUTH] Account exceeded pop command or bandwidth limits (Failure)",
		"Gmail over POP3: a throttle under the code of a wrong password" },
	{ CERTAIN(BOTH, "throttled"), REASON_THROTTLED, 0, "Lookup failed [THROTTLED]",
		"Gmail, at the end of the text: Dovecot imapc-connection.c" },
	{ CERTAIN(BOTH, "rate limit"), REASON_THROTTLED, 0, "[LIMIT] LOGIN Rate limit hit.",
		"Yahoo: postalsys/imapflow#75" },
	{ CERTAIN(BOTH, "rate exceeded"), REASON_THROTTLED, 0, "[LIMIT] Rate exceeded", NO_SOURCE },
	{ CERTAIN(POP3, "exceeded the login limit"), REASON_THROTTLED, 0,
		"Exceeded the login limit for a 15 minute period. Reduce the frequency of requests "
		"to the POP3 server.",
		NO_SOURCE },
	{ CERTAIN(POP3, "logins must be at least"), REASON_THROTTLED, 0,
		"Logins must be at least 5 minutes apart", "Cyrus, popminpoll" },
	{ CERTAIN(POP3, "login too frequently"), REASON_THROTTLED, 0, "You login too frequently",
		NO_SOURCE },
	/* after too many failures, of whomever: says nothing about this password */
	{ CERTAIN(IMAP, "too many login"), REASON_THROTTLED, 0,
		"Too many login failures, please wait", NO_SOURCE },
	{ CERTAIN(IMAP, "too many failed"), REASON_THROTTLED, 0, "[ALERT] Too many failed attempts",
		NO_SOURCE },
	{ CERTAIN(IMAP, "too many authentication"), REASON_THROTTLED, 0,
		"Too many authentication failures", NO_SOURCE },
	{ CERTAIN(IMAP, "too many attempts"), REASON_THROTTLED, 0, "Too many attempts, try later",
		NO_SOURCE },
	{ CERTAIN(IMAP, "temporarily blocked"), REASON_THROTTLED, 0,
		"Your address is temporarily blocked", NO_SOURCE },
	{ CERTAIN(IMAP, "temporarily locked"), REASON_THROTTLED, 0, "Account temporarily locked",
		NO_SOURCE },
	/* tokens */
	{ CERTAIN(BOTH, "accesstokenexpired"), REASON_TOKEN_EXPIRED, 0,
		"Session invalidated - AccessTokenExpired", "Microsoft 365: EmailEngine" },
	/* codes */
	{ IMAP(AUTHENTICATIONFAILED), REASON_AUTH_FAILED, 0,
		"[AUTHENTICATIONFAILED] Authentication failed.", "RFC 5530 3" },
	{ IMAP(AUTHORIZATIONFAILED), REASON_AUTH_FAILED, 0,
		"[AUTHORIZATIONFAILED] No such authorization-ID", "RFC 5530 3" },
	{ IMAP(EXPIRED), REASON_AUTH_FAILED, 0, "[EXPIRED] That password isn't valid any more",
		"RFC 5530 3: the passphrase, not a token" },
	{ IMAP(PRIVACYREQUIRED), REASON_NO_MECHANISM, 0,
		"[PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) "
		"connections.",
		"RFC 5530 3" },
	{ IMAP(LIMIT), REASON_LIMIT, 0, "[LIMIT] At most 32 flags in one mailbox supported",
		"RFC 5530 3" },
	{ IMAP(UNAVAILABLE), REASON_UNAVAILABLE, 0,
		"[UNAVAILABLE] User's backend down for maintenance", "RFC 5530 3" },
	{ IMAP(INUSE), REASON_UNAVAILABLE, 0, "[INUSE] Mailbox in use", "RFC 5530 3; Yahoo" },
	{ IMAP(SERVERBUG), REASON_UNAVAILABLE, 0, "[SERVERBUG] This should not happen",
		"RFC 5530 3" },
	{ IMAP(CONTACTADMIN), REASON_UNAVAILABLE, 0, "[CONTACTADMIN] Your account is locked",
		"RFC 5530 3" },
	{ POP3(AUTH), REASON_AUTH_FAILED, 0, "[AUTH] Authentication failed.", "RFC 3206 4.3" },
	{ POP3(IN_USE), REASON_UNAVAILABLE, SOON_USEC,
		"[IN-USE] Do you have another POP session running?", "RFC 2449 8.1.2" },
	{ POP3(LOGIN_DELAY), REASON_THROTTLED, 0,
		"[LOGIN-DELAY] minimum time between mail checks violation", "RFC 2449 8.1.1" },
	{ POP3(SYS_TEMP), REASON_UNAVAILABLE, SOON_USEC, "[SYS/TEMP] mailbox backend is restarting",
		"RFC 3206 4.1" },
	{ POP3(SYS_PERM), REASON_NO_MAILBOX, LATE_USEC, "[SYS/PERM] mailbox is broken",
		"RFC 3206 4.2: only the server's people can help" },
	/* failures once more: here the code knows better */
	{ LIKELY(POP3, "too many login"), REASON_THROTTLED, 0, "Too many login failures",
		NO_SOURCE },
	{ LIKELY(POP3, "too many failed"), REASON_THROTTLED, 0, "Too many failed logins",
		NO_SOURCE },
	{ LIKELY(POP3, "too many attempts"), REASON_THROTTLED, 0, "Too many attempts", NO_SOURCE },
	{ LIKELY(POP3, "temporarily blocked"), REASON_THROTTLED, 0, "Account temporarily blocked",
		NO_SOURCE },
	/* locks and troubles */
	{ LIKELY(POP3, "lock busy"), REASON_UNAVAILABLE, SOON_USEC,
		"POP lock busy! Is another session active?", "qpopper" },
	{ LIKELY(POP3, "already locked"), REASON_UNAVAILABLE, SOON_USEC, "maildrop already locked",
		"RFC 1939 4" },
	{ LIKELY(POP3, "mailbox is locked"), REASON_UNAVAILABLE, SOON_USEC,
		"mailbox is locked by POP server", NO_SOURCE },
	{ LIKELY(POP3, "unable to lock"), REASON_UNAVAILABLE, SOON_USEC, "Unable to lock maildrop",
		NO_SOURCE },
	{ LIKELY(POP3, "chdir "), REASON_NO_MAILBOX, SOON_USEC, "chdir /home/alice/Maildir failed",
		"Courier: the password was right" },
	{ LIKELY(POP3, "maildir invalid"), REASON_NO_MAILBOX, SOON_USEC,
		"Maildir invalid (no 'cur' directory)", "Courier: the password was right" },
	{ LIKELY(POP3, "tls required"), REASON_NO_MECHANISM, 0, "TLS required to log in.",
		"Courier: the password was not even looked at" },
	{ LIKELY(POP3, "via insecure connection"), REASON_NO_MECHANISM, 0,
		"Plaintext login via insecure connection disabled", "Courier, as above" },
	PASSING("temporary authentication failure", "Temporary authentication failure. [host:2026]",
		"Dovecot, auth-client"),
	PASSING("internal authentication failure",
		"Internal authentication failure. Refer to server log.", "Dovecot"),
	PASSING("internal login failure",
		"Internal login failure. Refer to server log for more information.",
		"Dovecot login-common/sasl-server.c"),
	PASSING("temporarily unavailable", "Service temporarily unavailable", NO_SOURCE),
	PASSING("temporary failure", "Temporary failure, please try again", NO_SOURCE),
	PASSING("temporary problem", "Temporary problem, please try again later",
		"Courier authlib"),
	PASSING("temporary system problem",
		"[ALERT] Temporary System Problem. Please try again later (1)", "Gmail"),
	PASSING("service unavailable", "Service unavailable", NO_SOURCE),
	PASSING("server unavailable", "Server Unavailable. 15",
		"Microsoft 365: camel-imapx, bug 793601"),
	PASSING("internal error",
		"Internal error occurred. Refer to server log for more information.", "Dovecot"),
	PASSING("internal server error", "Internal server error", NO_SOURCE),
	PASSING("try again later", "Please try again later", NO_SOURCE),
	PASSING("generic failure", "generic failure", "Cyrus without its saslauthd: seen"),
	PASSING("authentication server is not", "authentication server is not responding",
		"Dovecot without its auth process"),
	PASSING("cannot connect to saslauthd",
		"cannot connect to saslauthd server: No such file or directory",
		"Cyrus without its saslauthd: seen"),
	/* goodbyes: the reason is the word of the BYE itself, the sentence says when to come back */
	{ LIKELY(IMAP, "shutting down"), REASON_SERVER_CLOSED, RESTART_USEC,
		"Server shutting down.",
		"Dovecot, Stalwart: it comes back in a moment, with all its clients" },
	{ LIKELY(IMAP, "session expired"), REASON_SERVER_CLOSED, 0,
		"Session expired, please login again.",
		"Gmail, after 24 hours or when the token ends: nothing is wrong" },
	{ INACTIVITY(IMAP, "inactivity"), REASON_SERVER_CLOSED, 0, "Disconnected for inactivity.",
		"Dovecot, Gmail" },
	{ INACTIVITY(IMAP, "autologout"), REASON_SERVER_CLOSED, 0, "Autologout; idle for too long",
		"UW imapd, Exchange" },
	{ INACTIVITY(IMAP, "idle for too long"), REASON_SERVER_CLOSED, 0, "BYE idle for too long",
		"Exchange" },
	{ INACTIVITY(IMAP, "idle too long"), REASON_SERVER_CLOSED, 0,
		"connection was idle too long", NO_SOURCE },
	{ INACTIVITY(IMAP, "idle timeout"), REASON_SERVER_CLOSED, 0, "idle timeout", NO_SOURCE },
	{ INACTIVITY(IMAP, "idle timed out"), REASON_SERVER_CLOSED, 0, "IDLE timed out.",
		"Stalwart" },
	{ INACTIVITY(IMAP, "idled for too long"), REASON_SERVER_CLOSED, 0,
		"User idled for too long", "Exchange" },
};

size_t refusal_table_count(void) {
	return ARRAY_SIZE(rows);
}

const struct refusal_row *refusal_table_at(size_t i) {
	assert(i < ARRAY_SIZE(rows));
	return &rows[i];
}

static bool row_fits(const struct refusal_row *row, const struct refusal_words *words) {
	if (!(row->protocols & words->protocol))
		return false;
	if (row->key != REFUSAL_CODE)
		return strcasestr(words->text, row->part);
	return words->protocol == REFUSAL_IMAP ? row->imap_code == words->imap_code
					       : row->pop3_code == words->pop3_code;
}

const struct refusal_row *refusal_table_find(const struct refusal_words *words) {
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (row_fits(&rows[i], words))
			return &rows[i];
	return NULL;
}

uint64_t refusal_table_asked(const char *text) {
	static const char before[] = "Suggested Backoff Time: ";
	const char *p = strcasestr(text, before);
	uint64_t milliseconds;
	if (!p)
		return 0;
	p += strlen(before);
	if (number_parse_u64(p, strspn(p, "0123456789"), &milliseconds) < 0)
		return 0;
	return MIN(milliseconds, ASKED_MAX / USEC_PER_MSEC) * USEC_PER_MSEC;
}
