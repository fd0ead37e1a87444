#pragma once
/* An IMAP session without the connection: bytes of the server go in, bytes for the server and
 * events come out. Knows no socket, clock or log. Made and owned by daemon/watch-imap.c.
 *
 *   GREETING -> [STARTTLS -> WANT_TLS] -> CAPABILITY -> AUTHENTICATE | LOGIN -> [CAPABILITY] -> ID, EXAMINE
 *            -> ready <-> IDLE | waiting to poll
 *               ^-- UID FETCH --'        any state -> CLOSED (said once; the session is dead)
 *
 * Pulled, not called back. The events do not depend on where the bytes were cut. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/reason.h"
#include "protocol/imap-announced.h"
#include "protocol/imap-event.h"
#include "protocol/imap-proof.h"
#include "protocol/limits.h"
#include "protocol/login.h"

struct imap_session;

enum imap_security {
	IMAP_SECURITY_TLS, /* the stream is encrypted before the first byte */
	IMAP_SECURITY_STARTTLS, /* nothing but STARTTLS is said before it is */
	IMAP_SECURITY_NONE, /* to this host, or where the user insists */
};

/* Borrowed until imap_session_new() returns; the secret is copied into erasable memory and erased as
 * soon as it was used. */
struct imap_login {
	struct login_settings login;
	enum imap_security security;
	bool wants_preview; /* the first words of each message, where the server has them */
	uint64_t tag_seed; /* random: tags must not be guessed (CVE-2026-42246) */
	enum imap_rung ceiling; /* nothing better is tried */
	const struct imap_proof *proof; /* of the session before; NULL: nothing is known */
	uint64_t poll_usec; /* between two polls; 0: IMAP_POLL_USEC */
};

struct imap_session *imap_session_new(const struct imap_login *login);
struct imap_session *imap_session_free(struct imap_session *s);
DEFINE_CLEANUP(struct imap_session, imap_session_free);

/* Before the first feed: what to watch, in UTF-8: a name, a pattern with * and %, or a special use (see
 * imap-pattern.h); and what not to watch although it is meant by those. The first name is selected
 * while nothing is to do; INBOX, where none is given. All the others are looked at at the start, with
 * each renewal of IDLE and each check. */
void imap_session_watch(struct imap_session *s, const char *pattern);
void imap_session_ignore(struct imap_session *s, const char *pattern);

/* What was known of a mailbox the last time: where reading ended, and how it behaved. Without it the
 * mailbox is seen for the first time. Before the first feed, after the patterns. The first memory of a
 * mailbox counts: the state may hold an old one of another spelling of INBOX. */
struct imap_memory {
	struct imap_cursor cursor;
	const struct imap_announced *announced; /* and unread; borrowed for the call; NULL: none */
	struct imap_standing standing;
};
void imap_session_remember(
	struct imap_session *s, const char *mailbox, const struct imap_memory *memory);

/* The message of the MESSAGE event just taken is not announced after all, since it is another copy of
 * one that was: nothing is told of what becomes of it. */
void imap_session_disown(struct imap_session *s);

/* The six verbs. feed() copies and never fails on content. An event, and output bytes, are borrowed
 * until the next call of any function but deadline(). After each call look for events until there
 * are none, then for output. */
void imap_session_feed(struct imap_session *s, const void *bytes, size_t n);
int imap_session_next(struct imap_session *s, struct imap_event *ret);
size_t imap_session_output(struct imap_session *s, const uint8_t **ret_bytes);
void imap_session_sent(struct imap_session *s, size_t n);
/* Absolute, on the clock of tick(); USEC_NEVER when nothing is awaited. */
uint64_t imap_session_deadline(const struct imap_session *s);
/* Says what time it is: once before the first byte, before each feed, and at the deadline. */
void imap_session_tick(struct imap_session *s, uint64_t now_usec);

/* A response has begun and is not complete: an end of the stream here cuts it in two. */
bool imap_session_is_partial(const struct imap_session *s);

/* What the login can be bound to, if anything: before the first feed over a stream that is encrypted,
 * or before imap_session_secured(). */
void imap_session_bind(struct imap_session *s, const struct sasl_bindings *bindings);

/* How the server let us in. False: it has not. */
bool imap_session_login(const struct imap_session *s, struct login_outcome *ret);

/* What the server can, as far as we have a use for it (enum imap_capability) and believe it. */
uint64_t imap_session_capabilities(const struct imap_session *s);

/* The stream has ended without a word. One event may follow: MAILBOX, for the one that was being
 * opened beside home, which perhaps made the server go. */
void imap_session_disconnected(struct imap_session *s);

/* The stream is encrypted now. All that was learned in the clear is forgotten. */
void imap_session_secured(struct imap_session *s);

/* Looks for changes now, without waiting for a push: leaves IDLE, NOOP and UID FETCH, IDLE. */
void imap_session_check(struct imap_session *s);

/* Marks a message as seen: the mailbox is selected for writing, \Seen is stored, and all is watched as
 * before. MARKED tells what came of it. -ENOENT: no such mailbox is watched, or it has another
 * UIDVALIDITY; -ENOBUFS: too many are waiting. */
int imap_session_mark_seen(
	struct imap_session *s, const char *mailbox, uint32_t uidvalidity, uint32_t uid);
bool imap_session_has_mailbox(
	const struct imap_session *s, const char *mailbox, uint32_t uidvalidity);

/* Ends politely: DONE if needed, LOGOUT; then CLOSED comes as REASON_NONE. */
void imap_session_logout(struct imap_session *s);

/* What the next session with this server should know; at any time. */
struct imap_proof imap_session_proof(const struct imap_session *s);

/* Replies that were malformed, or made no sense, and were passed over; announced messages that never
 * came. For the log. */
unsigned imap_session_skipped(const struct imap_session *s);
