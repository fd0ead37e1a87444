#include "protocol/imap-opening.h"

#include <string.h>

#include "base/memory.h"
#include "protocol/imap-capability.h"
#include "protocol/imap-mailbox-name.h"
#include "protocol/imap-watch.h"

static void identify(struct imap_session *s) {
	bool needs_id = imap_session_has_quirk(s, IMAP_QUIRK_NEEDS_ID);
	if (s->is_identified || !(needs_id || imap_session_can(s, IMAP_CAPABILITY_ID)))
		return;
	imap_wire_send(&s->wire, IMAP_COMMAND_ID, "ID (\"name\" \"posthorn\")");
	s->is_identified = true;
}

/* After the login, once: what the server can now (RFC 3501 6.2.3: other than before), and who it
 * is. */
static void ask_who(struct imap_session *s) {
	bool asks = imap_session_has_quirk(s, IMAP_QUIRK_ASK_CAPABILITY) && !s->is_asked;
	if (!s->has_capabilities || asks)
		imap_wire_send(&s->wire, IMAP_COMMAND_CAPABILITY, "CAPABILITY");
	s->is_asked = true;
	identify(s);
	if (s->has_capabilities)
		(void)imap_discovery_ask_namespaces(s);
}

/* RFC 7162 3.2.3: expunged messages are named by their UIDs then, and flags come with theirs. RFC
 * 5161 3.1: not once a mailbox is selected. */
static void enable(struct imap_session *s) {
	if (s->is_enabled || !imap_session_can(s, IMAP_CAPABILITY_QRESYNC) ||
		imap_session_has_quirk(s, IMAP_QUIRK_NO_MODSEQ))
		return;
	imap_wire_send(&s->wire, IMAP_COMMAND_ENABLE, "ENABLE QRESYNC");
	s->is_resyncing = true;
}

const char *imap_opening_status_items(const struct imap_session *s) {
	bool has_modseq = imap_session_can(s, IMAP_CAPABILITY_CONDSTORE) &&
			  !imap_session_has_quirk(s, IMAP_QUIRK_NO_MODSEQ);
	return has_modseq ? "(MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ)"
			  : "(MESSAGES UIDNEXT UIDVALIDITY UNSEEN)";
}

static bool ask_mailbox(struct imap_session *s) {
	CLEANUP_TEXT char *mailbox = imap_place_argument(imap_session_place(s));
	if (!*mailbox) {
		imap_session_close(s, REASON_CONFIG_ERROR, NULL);
		return false;
	}
	imap_wire_send(&s->wire, IMAP_COMMAND_STATUS, "STATUS %s %s", mailbox,
		imap_opening_status_items(s));
	CLEANUP_TEXT char *resync = imap_flags_resync(s);
	s->selected.is_resync_asked = resync != NULL;
	imap_wire_send(&s->wire, IMAP_COMMAND_EXAMINE, "%s %s%s",
		s->selected.is_writing ? "SELECT" : "EXAMINE", mailbox, resync ? resync : "");
	if (!resync)
		imap_flags_ask_behind(s);
	s->looked_usec = s->now_usec;
	s->trouble_usec = 0;
	return true;
}

/* One write, one round trip. ID goes first: Coremail refuses EXAMINE without it. STATUS is asked
 * while the mailbox is not selected yet, as RFC 3501 6.3.10 wants it; only it counts the unseen. */
void imap_opening_begin(struct imap_session *s) {
	imap_watch_on_opening(s);
	ask_who(s);
	enable(s);
	s->is_enabled = true;
	if (s->selected.place != IMAP_PLACE_NONE && !ask_mailbox(s))
		return;
	if (s->wire.n_flights > 0)
		imap_session_enter_state(s, IMAP_STATE_OPENING);
	else
		imap_watch_proceed(s);
}

void imap_opening_on_login(struct imap_session *s) {
	imap_discovery_begin(s);
	s->selected.place = imap_round_home(s);
	imap_opening_begin(s);
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
	struct imap_cursor *cursor = imap_session_cursor(s);
	/* RFC 7162 3.2.10.2: behind the changes themselves, which were heard */
	if (pushed->known == IMAP_STATUS_HIGHESTMODSEQ) {
		cursor->highestmodseq = MAX(cursor->highestmodseq, pushed->highestmodseq);
		return;
	}
	switch (imap_mailbox_compare(cursor, pushed)) {
	case IMAP_CHANGE_SAME:
		break;
	case IMAP_CHANGE_NEW:
		s->arrival.target = MAX(s->arrival.target, pushed->uidnext);
		break;
	case IMAP_CHANGE_SUSPICIOUS:
		s->arrival.is_suspected |= pushed->messages > s->selected.exists;
		break;
	case IMAP_CHANGE_GONE:
	case IMAP_CHANGE_FLAGS:
		imap_count_on_change(s);
		imap_flags_on_change(s);
		break;
	case IMAP_CHANGE_RESET:
		/* A UIDNEXT may be stale. Another UIDVALIDITY makes every UID we know void: what
		 * is there now is found out by opening the mailbox again. */
		if ((pushed->known & IMAP_STATUS_UIDVALIDITY) &&
			pushed->uidvalidity != cursor->uidvalidity)
			s->selected.is_stale = true;
		break;
	}
	if (pushed->known & IMAP_STATUS_HIGHESTMODSEQ)
		cursor->highestmodseq = MAX(cursor->highestmodseq, pushed->highestmodseq);
}

/* RFC 7162 3.2.11: what was said up to here is of the mailbox that was selected before. */
static void on_closed(struct imap_session *s) {
	struct imap_selected *m = &s->selected;
	if (!imap_wire_awaits(&s->wire, IMAP_COMMAND_EXAMINE))
		return;
	*m = (struct imap_selected){
		.place = m->place,
		.status = m->status,
		.is_resync_asked = m->is_resync_asked,
		.is_writing = m->is_writing,
	};
}

bool imap_opening_is_elsewhere(const struct imap_session *s) {
	return s->has_opened && s->state == IMAP_STATE_OPENING &&
	       imap_wire_awaits(&s->wire, IMAP_COMMAND_STATUS) &&
	       imap_wire_awaits(&s->wire, IMAP_COMMAND_EXAMINE);
}

void imap_opening_on_reply(struct imap_session *s, const struct imap_reply *reply) {
	struct imap_selected *m = &s->selected;
	if (reply->code == IMAP_CODE_CLOSED)
		on_closed(s);
	bool is_status = reply->kind == IMAP_REPLY_STATUS;
	/* in a round the selected mailbox may be told with all others: frozen, on Dovecot */
	if (m->place == IMAP_PLACE_NONE || (is_status && s->round.is_running))
		return;
	if (is_status && imap_place_find_on_wire(&s->places, reply->mailbox) != s->selected.place)
		return;
	/* there a STATUS is how a poll looks, and news are found by opening anew: imap-round.c */
	if (is_status && m->is_open && imap_session_has_quirk(s, IMAP_QUIRK_DEAF_NOOP))
		return;
	struct imap_status status = status_of(reply);
	if (is_status && imap_wire_awaits(&s->wire, IMAP_COMMAND_STATUS))
		m->status = status;
	else if (!is_status && imap_wire_awaits(&s->wire, IMAP_COMMAND_EXAMINE))
		merge(&m->examined, &status);
	else if (m->is_open && s->state != IMAP_STATE_LEAVING && status.known != 0) {
		imap_count_on_status(s, &status);
		on_push(s, &status);
	}
}

/* STATUS, overruled by EXAMINE, completed by what we know or found out ourselves: a mailbox that does
 * not tell its UIDVALIDITY is the one we know, and its UIDNEXT lies behind the last message. Such a
 * UIDNEXT proves nothing about going back. What stays unknown is 0. */
static struct imap_status observed(const struct imap_session *s) {
	const struct imap_selected *m = &s->selected;
	const struct imap_cursor *cursor = imap_session_cursor(s);
	struct imap_status status = m->status;
	merge(&status, &m->examined);
	status.messages = m->exists;
	if (status.uidvalidity == 0)
		status.uidvalidity = cursor->uidvalidity;
	bool is_known = status.uidvalidity == cursor->uidvalidity;
	if (status.uidnext == 0 && (s->arrival.probed != 0 || m->exists == 0))
		status.uidnext = MAX(s->arrival.probed + 1, is_known ? cursor->next_uid : 1);
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

static const char *reset_word(uint32_t old_validity, uint32_t validity) {
	if (old_validity == 0)
		return NULL;
	return old_validity == validity ? "uidnext" : "uidvalidity";
}

/* False: it was made anew once too often, and is not believed any more. */
static bool on_first_look(struct imap_session *s, const struct imap_status *status) {
	struct imap_place *place = imap_session_place(s);
	struct imap_cursor *cursor = &place->cursor;
	uint32_t old_validity = cursor->uidvalidity;
	switch (imap_mailbox_compare(cursor, status)) {
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
		imap_mark_on_reset(s);
		if (old_validity != 0 && !imap_round_may_reset(s))
			return false;
		*cursor = (struct imap_cursor){
			.uidvalidity = status->uidvalidity,
			.next_uid = status->uidnext,
		};
		place->is_announced_changed |= place->announced.n > 0;
		imap_announced_deinit(&place->announced);
		place->reset = reset_word(old_validity, status->uidvalidity);
		imap_pending_raise_at(s, s->selected.place, IMAP_EVENT_BASELINE);
		break;
	}
	cursor->messages = s->selected.exists;
	cursor->highestmodseq = status->highestmodseq;
	if (status->known & IMAP_STATUS_UNSEEN)
		cursor->unseen = status->unseen;
	return true;
}

/* All answers are there. */
static void open_mailbox(struct imap_session *s) {
	struct imap_selected *m = &s->selected;
	const struct imap_cursor *cursor = imap_session_cursor(s);
	struct imap_status status = observed(s);
	bool is_known = status.uidvalidity != 0 && status.uidvalidity == cursor->uidvalidity;
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
	imap_count_on_reported(s);
	unsigned counted = IMAP_STATUS_UNSEEN | IMAP_STATUS_MESSAGES;
	if ((m->status.known & counted) != counted || m->status.messages != m->exists)
		imap_count_on_change(s);
	s->count.below_uid = status.uidnext;
	m->is_open = s->has_opened = true;
	find_covered(s);
	imap_flags_on_opened(s);
	if (on_first_look(s, &status))
		imap_round_on_opened(s);
	else
		m->is_stale = true;
	imap_watch_proceed(s);
}

void imap_opening_on_tagged(
	struct imap_session *s, enum imap_command_kind kind, const struct imap_reply *reply) {
	if (kind == IMAP_COMMAND_FLAGS)
		imap_flags_on_tagged(s, reply);
	if (kind == IMAP_COMMAND_ENABLE && reply->condition != IMAP_CONDITION_OK)
		s->is_resyncing = false;
	/* a server that does not take what it offers (RFC 7162 3.2.5: BAD) */
	if (kind == IMAP_COMMAND_EXAMINE && s->selected.is_resync_asked &&
		reply->condition == IMAP_CONDITION_BAD) {
		s->is_resyncing = false;
		imap_opening_begin(s);
		return;
	}
	bool is_refused = reply->condition != IMAP_CONDITION_OK;
	if (kind == IMAP_COMMAND_EXAMINE && s->selected.is_writing &&
		(is_refused || reply->code == IMAP_CODE_READ_ONLY))
		imap_mark_on_refusal(s, reply);
	/* the others may fail: what they would have told is found out otherwise */
	if (kind == IMAP_COMMAND_EXAMINE && is_refused) {
		if (!imap_round_on_refused(s, reply))
			imap_session_refuse(s, reply, REASON_NO_MAILBOX);
		return;
	}
	/* ID may be announced to those alone who have logged in */
	if (kind == IMAP_COMMAND_CAPABILITY)
		identify(s);
	if (kind == IMAP_COMMAND_IDLE)
		imap_session_enter_state(s, s->state); /* from DONE's deadline to the command's */
	/* when it was refused, imap_round_switch() goes on */
	if (s->wire.n_flights > 0 || s->round.wanted != IMAP_PLACE_NONE)
		return;
	if (s->selected.place != IMAP_PLACE_NONE)
		open_mailbox(s);
	else
		imap_watch_proceed(s);
}
