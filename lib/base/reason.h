#pragma once
/* Why an account is not well: the fixed words of the D-Bus property `Reason`. The whole house
 * speaks them: engines and streams say them, the account picks its retry by them, D-Bus and the
 * programs show them. A sentence for people is made by who shows it. */
#include <stddef.h>

enum reason {
	REASON_NONE,
	/* the way there */
	REASON_DNS_FAILED,
	REASON_CONNECT_FAILED, /* refused, unreachable */
	REASON_PROXY_FAILED, /* the proxy refuses, or is none */
	REASON_CONNECTION_LOST, /* an established one ended without a word */
	REASON_TIMED_OUT, /* silence beyond a deadline */
	REASON_SERVER_CLOSED, /* BYE, or the end after a clean exchange */
	/* TLS: one word for each kind of refusal */
	REASON_TLS_FAILED, /* handshake or record layer, no better word */
	REASON_TLS_UNTRUSTED, /* unknown issuer */
	REASON_TLS_SELF_SIGNED,
	REASON_TLS_EXPIRED,
	REASON_TLS_NOT_YET_VALID,
	REASON_TLS_NAME, /* the certificate is for another host */
	REASON_TLS_PURPOSE, /* not a server's certificate */
	REASON_TLS_PIN, /* the key is not the pinned one */
	REASON_TLS_PIN_EXPIRED, /* it is, but the pin's time is over */
	REASON_TLS_VERSION, /* older than TLS 1.2, or no common cipher */
	REASON_TLS_ALPN,
	REASON_TLS_TRUNCATED, /* the end without close_notify inside an answer */
	REASON_CLEARTEXT_REFUSED, /* Security=none to another host than this one */
	/* STARTTLS */
	REASON_STARTTLS_REFUSED,
	REASON_INJECTED_DATA, /* bytes in the clear behind the answer to STARTTLS */
	REASON_PREAUTH_CLEARTEXT,
	/* the login */
	REASON_AUTH_FAILED,
	REASON_TOKEN_EXPIRED,
	REASON_NO_MECHANISM, /* none that both sides may use */
	REASON_SECRET_FAILED, /* password file or command */
	REASON_LOCKED, /* the key ring waits for the user */
	REASON_THROTTLED,
	REASON_LIMIT, /* too many connections */
	REASON_UNAVAILABLE, /* the server says: not now */
	/* the conversation */
	REASON_PROTOCOL_ERROR,
	REASON_UNEXPECTED_TAG,
	REASON_UNEXPECTED_UNTAGGED,
	REASON_UNEXPECTED_PREAUTH,
	REASON_LIMIT_EXCEEDED, /* a line, literal or list beyond our limits */
	REASON_NO_MAILBOX, /* a watched mailbox cannot be opened */
	REASON_PUSH_REFUSED, /* NOTIFY or IDLE: offered, and refused */
	REASON_PUSH_SILENT, /* accepted, but new mail is found only by asking */
	/* us */
	REASON_CONFIG_ERROR,
	REASON_STORE_FAILED,
	REASON_INTERNAL,
	REASON_COUNT_
};

/* "tls-untrusted"; "" for REASON_NONE */
const char *reason_to_string(enum reason reason);

/* REASON_NONE for an unknown word */
enum reason reason_from_string(const char *word);

/* One sentence for people, without a final stop: "The server's certificate has expired" */
const char *reason_to_sentence(enum reason reason);
