#pragma once
/* Private to the files of the session: what a session knows, and who does what.
 *
 *   imap-session.c   the six verbs; reads replies, hands them to the others
 *   imap-wire.c      bytes both ways; commands and their tags
 *   imap-place.c     what is known of each mailbox
 *   imap-pending.c   events, from where they are raised to where they are handed out
 *   imap-login.c     greeting, STARTTLS, capabilities, login
 *   imap-opening.c   STATUS, EXAMINE, the comparison with the cursor
 *   imap-arrival.c   the selected mailbox: what arrives in it and what leaves it
 *   imap-count.c     how many are unseen
 *   imap-flags.c     what becomes of announced messages
 *   imap-mark.c      marking messages as seen
 *   imap-discovery.c which mailboxes there are, and which of them are watched
 *   imap-round.c     the mailboxes beside the open one
 *   imap-notify.c    NOTIFY: being told of all mailboxes, envelopes included
 *   imap-watch.c     what to do next: work, IDLE, or wait */
#include "base/buffer.h"
#include "protocol/imap-arrival.h"
#include "protocol/imap-count.h"
#include "protocol/imap-discovery.h"
#include "protocol/imap-items.h"
#include "protocol/imap-mark.h"
#include "protocol/imap-flags.h"
#include "protocol/imap-notify.h"
#include "protocol/imap-pending.h"
#include "protocol/imap-pattern.h"
#include "protocol/imap-place.h"
#include "protocol/imap-quirk.h"
#include "protocol/imap-renewal.h"
#include "protocol/imap-reply.h"
#include "protocol/imap-round.h"
#include "protocol/imap-session.h"
#include "protocol/imap-wire.h"
#include "protocol/login.h"

/* The picture is in imap-session.h. */
enum imap_state {
	IMAP_STATE_GREETING,
	IMAP_STATE_STARTTLS,
	IMAP_STATE_WANT_TLS,
	IMAP_STATE_CAPABILITY,
	IMAP_STATE_AUTHENTICATE,
	IMAP_STATE_LOGIN,
	IMAP_STATE_OPENING,
	IMAP_STATE_WORKING, /* commands in flight; perhaps an IDLE that ends */
	IMAP_STATE_IDLE_STARTING, /* no + yet: DONE may not be sent */
	IMAP_STATE_IDLING,
	IMAP_STATE_WAITING, /* nothing in flight, until the deadline */
	IMAP_STATE_LEAVING,
	IMAP_STATE_CLOSED,
};

/* The look at what should have been told by itself, and was not. */
struct imap_sweep {
	uint64_t usec; /* when the last full one began, or the session went online */
	bool is_running;
	bool is_full; /* not only what a renewal of IDLE brings to light */
	unsigned missed; /* in this one: bits, one for each enum imap_channel */
};

struct imap_session {
	enum imap_state state;
	enum imap_security security;
	uint64_t now_usec;
	uint64_t deadline_usec;
	struct login *login; /* NULL once we are in */
	struct login_outcome outcome;
	struct imap_wire wire;
	struct imap_reply_reader reader;
	struct imap_patterns patterns;
	struct imap_places places;
	struct imap_selected selected;
	struct imap_arrival arrival;
	struct imap_count count;
	struct imap_flags flags;
	struct imap_mark *mark;
	struct imap_discovery discovery;
	struct imap_round round;
	struct imap_notify notify;
	struct imap_sweep sweep;
	struct imap_proof proof;
	enum imap_rung ceiling; /* nothing better is wanted */
	enum imap_rung rung; /* as announced by ONLINE, if `is_announced` */
	enum reason rung_reason;
	uint64_t poll_usec;
	/* secret: what waits for a +, the rest of a LOGIN behind a literal's announcement or an
	 * initial response */
	struct buffer held;
	struct imap_items items;
	uint64_t quirks; /* rows of imap-quirk.h */
	struct imap_renewal renewal;
	uint32_t capabilities; /* as announced; imap_session_can() knows better */
	uint32_t mechanisms; /* bits */
	bool has_capabilities;
	bool is_logged_in; /* as `outcome` says */
	bool is_announced; /* so is `rung` */
	bool is_enabled; /* ENABLE was sent, where there is something to enable */
	bool is_resyncing; /* QRESYNC was enabled, and not refused */
	bool has_opened; /* a mailbox, on this connection */
	bool is_identified; /* ID was sent after login */
	bool is_asked; /* so were the capabilities, where that is needed */
	bool is_secure; /* TLS, or as the user insists without */
	bool is_leaving;
	bool is_check_due;
	bool is_poll_due;
	bool is_verifying; /* a check was made: what it did not find is looked for */
	uint32_t verified_uid; /* the cursor's, before it */
	uint64_t looked_usec; /* when the mailbox was opened */
	uint64_t trouble_usec; /* when to look again because the server is in trouble; 0: no need */
	unsigned n_idle_failures;
	unsigned n_skipped;
	uint32_t n_unsolicited; /* replies since */
	uint64_t unsolicited_usec;
	struct imap_pending pending;
};

/* The mailbox that is selected, or is about to be. */
static inline struct imap_place *imap_session_place(const struct imap_session *s) {
	return &s->places.items[s->selected.place];
}

static inline struct imap_cursor *imap_session_cursor(const struct imap_session *s) {
	return &imap_session_place(s)->cursor;
}

/* imap-session.c */
void imap_session_enter_state(struct imap_session *s, enum imap_state state);
/* `text` (NULL: none) must come over a trusted stream. */
void imap_session_close(struct imap_session *s, enum reason reason, const char *text);
void imap_session_refuse(
	struct imap_session *s, const struct imap_reply *reply, enum reason fallback);
bool imap_session_can(const struct imap_session *s, uint32_t capability);
/* enum imap_quirk */
bool imap_session_has_quirk(const struct imap_session *s, uint32_t quirk);
/* Owned: what is asked of new messages, by UID FETCH and by MessageNew of NOTIFY. */
char *imap_session_items(const struct imap_session *s, enum imap_preview preview);
