#pragma once
/* What an IMAP session has to say. Borrowed until the next call of any of its functions. */
#include <stdbool.h>
#include <stdint.h>

#include "base/reason.h"
#include "protocol/imap-announced.h"
#include "protocol/imap-mailbox.h"
#include "protocol/imap-message.h"

/* In the order in which they are handed out when more than one is due. */
enum imap_event_kind {
	/* The server accepted STARTTLS and not a byte stood behind it: start TLS, then call
	 * imap_session_secured(). */
	IMAP_EVENT_WANT_TLS,
	/* A sentence of the server for its user ([ALERT]), after login over a trusted stream. */
	IMAP_EVENT_ALERT,
	/* A mailbox is there, is watched or not, or has gone, otherwise than was known; or it was renamed,
	 * and all that is known of `old_mailbox` belongs to it. `listed`. */
	IMAP_EVENT_MAILBOX,
	/* First sight or a reset: `cursor` is where to start, silently. */
	IMAP_EVENT_BASELINE,
	/* A new message, in the order of the server's answer, which is by UID, each one once. Not
	 * to be acted upon before the next CURSOR. */
	IMAP_EVENT_MESSAGE,
	/* An announced message, `uid`, was read or is gone: `retirement`. Said once. Not to be acted
	 * upon before the next CURSOR. */
	IMAP_EVENT_RETIRED,
	/* What MESSAGE and RETIRED told since the last CURSOR is complete: to be stored together
	 * with `cursor` and `announced`. */
	IMAP_EVENT_CURSOR,
	/* `cursor` has other counts of messages or unseen ones; nothing new. */
	IMAP_EVENT_COUNTS,
	/* What came of imap_session_mark_seen() for `uid`: `marked`. */
	IMAP_EVENT_MARKED,
	/* A list of all mailboxes is complete: what MAILBOX did not tell of since the last one, and is
	 * not watched, is not there. */
	IMAP_EVENT_SWEPT,
	/* Logged in and watching. `strategy` says by which means, `reason` why not by better ones
	 * (REASON_NONE: the server has none, or none is wanted); again when they change. */
	IMAP_EVENT_ONLINE,
	/* The session has ended; `reason`, `text`, `retry_after_usec`. The last event. */
	IMAP_EVENT_CLOSED,
};

enum imap_mailbox_state {
	IMAP_MAILBOX_HERE,
	IMAP_MAILBOX_GONE,
	IMAP_MAILBOX_REFUSED, /* listed, and not to be opened */
};

/* What a session knows of a mailbox beside its messages. */
struct imap_listed {
	const char *special_use; /* "\\Sent"; "" for none, NULL where none was asked for */
	enum imap_mailbox_state state;
	bool is_watched;
	bool is_named; /* its very name was given to imap_session_watch() */
	struct imap_standing standing; /* to be remembered in the next session */
};

struct imap_event {
	enum imap_event_kind kind;
	const char *mailbox; /* UTF-8 name; all but those of the account */
	const char *old_mailbox; /* MAILBOX: it was called so, or NULL */
	struct imap_listed listed; /* MAILBOX */
	/* BASELINE, CURSOR, COUNTS; MESSAGE, RETIRED, MARKED: its uidvalidity */
	struct imap_cursor cursor;
	const struct imap_message *message; /* MESSAGE */
	uint32_t uid; /* RETIRED, MARKED */
	enum imap_marked marked; /* MARKED; `text`: what the server said, where it refused */
	enum imap_retirement retirement; /* RETIRED */
	/* CURSOR, BASELINE: the messages that were announced and are unread; NULL: as before. */
	const struct imap_announced *announced;
	const char *strategy; /* ONLINE: "notify", "idle", "poll" */
	uint64_t quirks; /* ONLINE: the rows of imap-quirk.h that fit the server, as a set */
	const char *reset; /* BASELINE: the word for why; a constant, or NULL at first sight */
	enum reason reason; /* CLOSED, ONLINE */
	/* CLOSED, ALERT: the server's words, bounded, not yet printable; or NULL. None from before
	 * TLS where TLS was wanted. */
	const char *text;
	uint64_t retry_after_usec; /* CLOSED: the server asked for that; 0: it did not */
};
