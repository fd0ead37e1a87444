#include "protocol/imap-opening.h"

#include <string.h>

#include "base/memory.h"
#include "protocol/imap-capability.h"
#include "protocol/imap-mailbox-name.h"
#include "protocol/imap-watch.h"

/* One write, one round trip. ID goes first: Coremail refuses EXAMINE without it. STATUS is asked
 * while the mailbox is not selected yet, as RFC 3501 6.3.10 wants it; only it counts the unseen. */
void imap_opening_begin(struct imap_session *s) {
	CLEANUP_TEXT char *encoded = imap_mailbox_name_encode(s->selected.name);
	struct buffer name;
	buffer_init(&name, IMAP_TOKEN_MAX);
	int r = encoded ? imap_command_append_string(&name, encoded, false) : -1;
	CLEANUP_TEXT char *mailbox = buffer_take_text(&name);
	if (r < 0) {
		imap_session_close(s, REASON_CONFIG_ERROR, NULL);
		return;
	}
	if (!s->has_capabilities)
		imap_session_send(s, IMAP_COMMAND_CAPABILITY, "CAPABILITY");
	if (imap_session_can(s, IMAP_CAPABILITY_ID) && !s->is_identified)
		imap_session_send(s, IMAP_COMMAND_ID, "ID (\"name\" \"posthorn\")");
	s->is_identified = true;
	imap_session_send(
		s, IMAP_COMMAND_STATUS, "STATUS %s (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)", mailbox);
	imap_session_send(s, IMAP_COMMAND_EXAMINE, "EXAMINE %s", mailbox);
	imap_session_enter_state(s, IMAP_STATE_OPENING);
}

/* The part of a mailbox's status that one reply tells; a response code tells one item. */
static struct imap_status status_of(const struct imap_reply *reply) {
	struct imap_status status = { 0 };
	if (reply->kind == IMAP_REPLY_STATUS)
		return reply->status;
	if (reply->code_number == 0)
		return status;
	if (reply->code == IMAP_CODE_UIDVALIDITY) {
		status.known = IMAP_STATUS_UIDVALIDITY;
		status.uidvalidity = (uint32_t)reply->code_number;
	} else if (reply->code == IMAP_CODE_UIDNEXT) {
		status.known = IMAP_STATUS_UIDNEXT;
		status.uidnext = (uint32_t)reply->code_number;
	} else if (reply->code == IMAP_CODE_HIGHESTMODSEQ) {
		status.known = IMAP_STATUS_HIGHESTMODSEQ;
		status.highestmodseq = reply->code_number;
	}
	return status;
}

/* Takes over what `more` knows. */
static void merge(struct imap_status *status, const struct imap_status *more) {
	status->known |= more->known;
	if (more->known & IMAP_STATUS_UIDVALIDITY)
		status->uidvalidity = more->uidvalidity;
	if (more->known & IMAP_STATUS_UIDNEXT)
		status->uidnext = more->uidnext;
	if (more->known & IMAP_STATUS_MESSAGES)
		status->messages = more->messages;
	if (more->known & IMAP_STATUS_UNSEEN)
		status->unseen = more->unseen;
	if (more->known & IMAP_STATUS_HIGHESTMODSEQ)
		status->highestmodseq = more->highestmodseq;
}

/* What a server says of the open mailbox without being asked. Its counts are as it likes; only
 * arrivals and another UIDVALIDITY are believed at once. */
static void on_push(struct imap_session *s, const struct imap_status *pushed) {
	struct imap_selected *m = &s->selected;
	switch (imap_mailbox_compare(&m->cursor, pushed)) {
	case IMAP_CHANGE_SAME:
		break;
	case IMAP_CHANGE_NEW:
		s->arrival.target = MAX(s->arrival.target, pushed->uidnext);
		break;
	case IMAP_CHANGE_SUSPICIOUS:
		s->arrival.is_suspected |= pushed->messages > m->exists;
		break;
	case IMAP_CHANGE_GONE:
	case IMAP_CHANGE_FLAGS:
		imap_count_on_change(s);
		break;
	case IMAP_CHANGE_RESET:
		/* A UIDNEXT may be stale. Another UIDVALIDITY makes every UID we know void: what
		 * is there now is found out by opening the mailbox again. */
		if ((pushed->known & IMAP_STATUS_UIDVALIDITY) &&
			pushed->uidvalidity != m->cursor.uidvalidity)
			imap_session_close(s, REASON_SERVER_CLOSED, NULL);
		break;
	}
	if (pushed->known & IMAP_STATUS_HIGHESTMODSEQ)
		m->cursor.highestmodseq = MAX(m->cursor.highestmodseq, pushed->highestmodseq);
}

void imap_opening_on_reply(struct imap_session *s, const struct imap_reply *reply) {
	struct imap_selected *m = &s->selected;
	bool is_status = reply->kind == IMAP_REPLY_STATUS;
	if (is_status && !imap_mailbox_name_is(reply->mailbox, strlen(reply->mailbox), m->name))
		return;
	struct imap_status status = status_of(reply);
	if (is_status && imap_session_is_in_flight(s, IMAP_COMMAND_STATUS))
		m->status = status;
	else if (!is_status && imap_session_is_in_flight(s, IMAP_COMMAND_EXAMINE))
		merge(&m->examined, &status);
	else if (m->is_open && s->state != IMAP_STATE_LEAVING && status.known != 0)
		on_push(s, &status);
}

/* STATUS, overruled by EXAMINE, completed by what we know or found out ourselves: a mailbox that does
 * not tell its UIDVALIDITY is the one we know, and its UIDNEXT lies behind the last message. Such a
 * UIDNEXT proves nothing about going back. What stays unknown is 0. */
static struct imap_status observed(const struct imap_session *s) {
	const struct imap_selected *m = &s->selected;
	struct imap_status status = m->status;
	merge(&status, &m->examined);
	status.messages = m->exists;
	if (status.uidvalidity == 0)
		status.uidvalidity = m->cursor.uidvalidity;
	bool is_known = status.uidvalidity == m->cursor.uidvalidity;
	if (status.uidnext == 0 && (s->arrival.probed != 0 || m->exists == 0))
		status.uidnext = MAX(s->arrival.probed + 1, is_known ? m->cursor.next_uid : 1);
	status.known |= IMAP_STATUS_MESSAGES | IMAP_STATUS_UIDVALIDITY | IMAP_STATUS_UIDNEXT;
	return status;
}

/* Messages that came between what UIDNEXT speaks of and what EXISTS speaks of are not covered. */
static void find_covered(struct imap_session *s) {
	struct imap_selected *m = &s->selected;
	if (m->examined.known & IMAP_STATUS_UIDNEXT)
		return;
	if (s->arrival.probed != 0)
		m->covered = MIN(m->covered, s->arrival.probed_number);
	else if (m->status.known & IMAP_STATUS_MESSAGES)
		m->covered = MIN(m->covered, m->status.messages);
}

static void on_first_look(struct imap_session *s, const struct imap_status *status) {
	struct imap_selected *m = &s->selected;
	uint32_t old_validity = m->cursor.uidvalidity;
	switch (imap_mailbox_compare(&m->cursor, status)) {
	case IMAP_CHANGE_SAME:
	case IMAP_CHANGE_GONE:
	case IMAP_CHANGE_FLAGS:
		break;
	case IMAP_CHANGE_NEW:
		s->arrival.target = status->uidnext;
		break;
	case IMAP_CHANGE_SUSPICIOUS:
		s->arrival.is_suspected = true;
		break;
	case IMAP_CHANGE_RESET:
		m->cursor = (struct imap_cursor){
			.uidvalidity = status->uidvalidity,
			.next_uid = status->uidnext,
		};
		s->pending.is_reset = old_validity != 0;
		imap_session_raise(s, IMAP_EVENT_BASELINE);
		break;
	}
	m->cursor.messages = m->exists;
	m->cursor.highestmodseq = status->highestmodseq;
	if (status->known & IMAP_STATUS_UNSEEN)
		m->cursor.unseen = status->unseen;
}

/* All answers are there. */
static void open_mailbox(struct imap_session *s) {
	struct imap_selected *m = &s->selected;
	struct imap_status status = observed(s);
	bool is_known = status.uidvalidity != 0 && status.uidvalidity == m->cursor.uidvalidity;
	if (status.uidnext == 0 && !m->is_probed) {
		m->is_probed = true;
		imap_arrival_probe(s);
		imap_session_enter_state(s, IMAP_STATE_OPENING);
		return;
	}
	/* nothing to know messages by: RFC 3501 6.3.1 makes both items a must */
	if (status.uidvalidity == 0 || (status.uidnext == 0 && !is_known)) {
		imap_session_close(s, REASON_PROTOCOL_ERROR, NULL);
		return;
	}
	s->count.reported_messages = m->cursor.messages;
	s->count.reported_unseen = m->cursor.unseen;
	unsigned counted = IMAP_STATUS_UNSEEN | IMAP_STATUS_MESSAGES;
	if ((m->status.known & counted) != counted || m->status.messages != m->exists)
		imap_count_on_change(s);
	s->count.below_uid = status.uidnext;
	m->is_open = true;
	find_covered(s);
	on_first_look(s, &status);
	imap_watch_proceed(s);
}

void imap_opening_on_tagged(
	struct imap_session *s, enum imap_command_kind kind, const struct imap_reply *reply) {
	/* the others may fail: what they would have told is found out otherwise */
	if (kind == IMAP_COMMAND_EXAMINE && reply->condition != IMAP_CONDITION_OK) {
		if (!imap_round_give_up(s))
			imap_session_refuse(s, reply, REASON_NO_MAILBOX);
		return;
	}
	if (s->wire.n_flights == 0)
		open_mailbox(s);
}
