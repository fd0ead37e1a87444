#pragma once
/* One poll of a POP3 mailbox, without the connection: bytes of the server go in, bytes for the
 * server and events come out. Knows no socket, clock or log. Made and owned by daemon/watch-pop3.c,
 * a new one for each poll.
 *
 *   GREETING -> [STLS -> WANT_TLS] -> [CAPA] -> AUTH | USER, PASS -> [CAPA] -> STAT
 *            -> nothing, or UIDL and TOP -> QUIT -> CLOSED        any state -> CLOSED (said once)
 *
 * Never RETR, never DELE. Pulled, not called back. The events do not depend on where the bytes were
 * cut. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/reason.h"
#include "protocol/limits.h"
#include "protocol/login.h"
#include "protocol/pop3-state.h"

struct pop3_session;

enum pop3_security {
	POP3_SECURITY_TLS, /* the stream is encrypted before the first byte */
	POP3_SECURITY_STLS, /* nothing but STLS is said before it is */
	POP3_SECURITY_NONE, /* to this host, or where the user insists */
};

/* Borrowed until pop3_session_new() returns; the secret is copied into erasable memory and erased as
 * soon as it was used. */
struct pop3_login {
	struct login_settings login;
	enum pop3_security security;
};

/* A new message: raw header text, unfolded and not decoded; NULL where the server has no TOP, or
 * the header no such field. */
struct pop3_message {
	uint32_t number; /* of this session */
	uint64_t hash; /* of its unique-id, or of its header: its identity */
	const char *from;
	const char *subject;
	const char *date;
	const char *message_id;
	const char *list_id;
	const char *auto_submitted;
};

/* In the order in which they are handed out when more than one is due. */
enum pop3_event_kind {
	/* The server accepted STLS and not a byte stood behind it: start TLS, then call
	 * pop3_session_secured(). */
	POP3_EVENT_WANT_TLS,
	/* An announced message is there no more; `hash`. Not to be acted upon before the next CURSOR. */
	POP3_EVENT_RETIRED,
	/* A new message, each one once. Not to be acted upon before the next CURSOR. */
	POP3_EVENT_MESSAGE,
	/* The mailbox is seen for the first time (`reset` is NULL) or anew; nothing is announced. The
	 * state is to be stored. */
	POP3_EVENT_BASELINE,
	/* What came since the last CURSOR is complete: store it and the state together. */
	POP3_EVENT_CURSOR,
	/* The state has changed, with nothing to report. */
	POP3_EVENT_COUNTS,
	/* The session has ended; `reason` (NONE: the poll is complete, or was left off by logout),
	 * `text`, `retry_after_usec`. The last event. */
	POP3_EVENT_CLOSED,
};

struct pop3_event {
	enum pop3_event_kind kind;
	const char *reset; /* BASELINE: the word for why; a constant, or NULL */
	const struct pop3_message *message; /* MESSAGE */
	uint64_t hash; /* RETIRED */
	enum reason reason; /* CLOSED */
	/* CLOSED: the server's words, bounded, not yet printable; or NULL. None from before TLS where
	 * TLS was wanted. */
	const char *text;
	uint64_t
		retry_after_usec; /* CLOSED: to come back earlier makes no sense; 0: nothing is known */
};

/* `state` is borrowed for the session's life and changed with the events; after a CLOSED with a
 * reason it may be ahead of what was reported: it is to be read back from the store then.
 * `wall_usec` is the wall clock. */
struct pop3_session *pop3_session_new(
	const struct pop3_login *login, struct pop3_state *state, uint64_t wall_usec);
struct pop3_session *pop3_session_free(struct pop3_session *s);
DEFINE_CLEANUP(struct pop3_session, pop3_session_free);

/* The six verbs. feed() copies and never fails on content. An event, and output bytes, are borrowed
 * until the next call of any function but deadline(). After each call look for events until there
 * are none, then for output. */
void pop3_session_feed(struct pop3_session *s, const void *bytes, size_t n);
int pop3_session_next(struct pop3_session *s, struct pop3_event *ret);
size_t pop3_session_output(struct pop3_session *s, const uint8_t **ret_bytes);
void pop3_session_sent(struct pop3_session *s, size_t n);
/* Absolute, on the clock of tick(); USEC_NEVER when nothing is awaited. */
uint64_t pop3_session_deadline(const struct pop3_session *s);
/* Says what time it is: once before the first byte, before each feed, and at the deadline. */
void pop3_session_tick(struct pop3_session *s, uint64_t now_usec);

/* What the login can be bound to, if anything: before the first feed over a stream that is encrypted,
 * or before pop3_session_secured(). */
void pop3_session_bind(struct pop3_session *s, const struct sasl_bindings *bindings);

/* How the server let us in. False: it has not. */
bool pop3_session_login(const struct pop3_session *s, struct login_outcome *ret);

/* The stream is encrypted now. */
void pop3_session_secured(struct pop3_session *s);

/* Ends politely as soon as possible: QUIT; then CLOSED comes as REASON_NONE. */
void pop3_session_logout(struct pop3_session *s);

/* All was asked and answered but QUIT: an end of the stream now is as good as its answer. */
bool pop3_session_is_done(const struct pop3_session *s);

/* An answer has begun and is not complete: an end of the stream here cuts it in two. */
bool pop3_session_is_partial(const struct pop3_session *s);
