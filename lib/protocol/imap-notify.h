#pragma once
/* Private to the session: the best rung of the ladder (RFC 5465). NOTIFY SET goes out once the
 * mailboxes were looked at, IDLE follows it: Dovecot looks for what it missed in IDLE alone, and sends
 * its heartbeats there. What the server tells from then on:
 *
 *   selected mailbox   EXISTS and a FETCH with the envelope: an event without a word of ours
 *   any other          STATUS, a state and not an event: a visit, if the comparison says so
 *
 * The set belongs to the connection. But Dovecot 2.3 crashes where it holds header fields and the
 * selected mailbox is not the one from before, and a second set in the place of the first is deaf for
 * the other mailboxes. So NOTIFY NONE goes out before each SELECT or EXAMINE, and a new set after
 * the last; the STATUS of all that a set begins with tells what happened in between, but for the
 * selected one: so the new set goes out before anything else is asked of it, where that can be. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/imap-notify-command.h"
#include "protocol/imap-wire.h"

struct imap_reply;
struct imap_session;

struct imap_notify {
	enum imap_notify_form form; /* that is in force, or to be tried next */
	bool is_armed;
	bool is_silenced; /* by NOTIFY NONE: not even IDLE tells of the selected mailbox now */
	bool is_muffled; /* something was answered meanwhile, and may have hidden an arrival */
	bool is_bare; /* an arrival is there without its envelope */
	uint8_t n_bare; /* in a row; so many, and nothing is waited for any more */
	uint64_t due_usec; /* an envelope is awaited until then; 0: none */
	uint64_t lost_usec; /* when the server last said that it had lost something */
};

/* True: the server can tell of all mailboxes, and may. */
bool imap_notify_is_usable(const struct imap_session *s);
/* True: of the others, too, and does. */
bool imap_notify_is_complete(const struct imap_session *s);

/* NOTIFY SET is the next thing to send: what else is answered before, hides what came meanwhile. */
bool imap_notify_is_due(const struct imap_session *s);
/* Nothing is in flight. True: NOTIFY SET went out. */
bool imap_notify_arm(struct imap_session *s);
/* Nothing is in flight. True: the server proved deaf, and another connection is needed, since there is
 * no way back from NOTIFY to what IDLE was before. */
bool imap_notify_leave(struct imap_session *s);
/* Before SELECT or EXAMINE, in the same write. */
void imap_notify_disarm(struct imap_session *s);

/* Any tagged reply. A server that was told NOTIFY NONE (RFC 5465 3.1) says nothing of a message that comes
 * then, but counts it with the next command that it answers: Dovecot takes it for told. */
void imap_notify_on_answer(struct imap_session *s, enum imap_command_kind kind);
/* That of NOTIFY SET. */
void imap_notify_on_tagged(struct imap_session *s, const struct imap_reply *reply);
/* An untagged OK, NO or BAD. */
void imap_notify_on_condition(struct imap_session *s, const struct imap_reply *reply);

/* A message was announced. True: its envelope may be on the way, until the deadline. */
bool imap_notify_awaits(struct imap_session *s);
/* Envelopes came; `complete`: all that were announced. */
void imap_notify_on_envelope(struct imap_session *s, bool complete);
/* A FETCH of a new message without its envelope. */
void imap_notify_on_bare(struct imap_session *s);
/* The deadline has come, or what is announced is asked for now. */
void imap_notify_give_up(struct imap_session *s);
