#include "protocol/imap-count.h"

#include "protocol/imap-capability.h"
#include "protocol/imap-conversation.h"

/* Flags moved or messages went: the count is made again, once for a burst of changes. */
void imap_count_on_change(struct imap_session *s) {
	struct imap_count *c = &s->count;
	if (c->is_due)
		return;
	c->is_due = true;
	c->due_usec = s->now_usec + IMAP_RECOUNT_USEC;
}

/* Without ESEARCH (RFC 4731) the answer names every unseen message: where they are many, not each time
 * that nothing is known to have happened. */
void imap_count_on_poll(struct imap_session *s) {
	bool is_dear = !imap_session_can(s, IMAP_CAPABILITY_ESEARCH) &&
		       imap_session_cursor(s)->unseen > IMAP_COUNT_CHEAP_MAX;
	if (!is_dear || ++s->count.n_polls >= IMAP_COUNT_POLLS)
		imap_count_on_change(s);
}

/* A new message needs no round trip. */
void imap_count_on_message(struct imap_session *s, uint32_t uid, bool seen) {
	s->count.is_doubtful |=
		s->count.has_answer && imap_wire_awaits(&s->wire, IMAP_COMMAND_SEARCH);
	if (!seen && uid >= s->count.below_uid)
		imap_session_cursor(s)->unseen++;
}

void imap_count_on_reply(struct imap_session *s, const struct imap_reply *reply) {
	struct imap_count *c = &s->count;
	bool answers = reply->kind == IMAP_REPLY_SEARCH || reply->has_count;
	if (!answers || !imap_wire_awaits(&s->wire, IMAP_COMMAND_SEARCH))
		return;
	c->answer = c->answer > UINT32_MAX - reply->count ? UINT32_MAX : c->answer + reply->count;
	c->has_answer = true;
}

/* Of the open mailbox. STATUS is no way to count there (RFC 3501 6.3.10) but for those servers. */
void imap_count_on_status(struct imap_session *s, const struct imap_status *status) {
	if (!imap_session_has_quirk(s, IMAP_QUIRK_NO_UNSEEN_SEARCH) ||
		!(status->known & IMAP_STATUS_UNSEEN))
		return;
	imap_session_cursor(s)->unseen = MIN(status->unseen, s->selected.exists);
	bool tells = (status->known & IMAP_STATUS_UIDNEXT) != 0;
	s->count.below_uid = tells ? status->uidnext : imap_session_cursor(s)->next_uid;
}

bool imap_count_ask(struct imap_session *s) {
	struct imap_count *c = &s->count;
	/* a number that an announced message may be part of or not is of no use */
	if (!c->is_due || s->arrival.retry_usec != 0)
		return false;
	c->is_due = c->has_answer = c->is_doubtful = false;
	c->n_polls = 0;
	c->answer = 0;
	if (s->selected.exists == 0)
		imap_session_cursor(s)->unseen = 0;
	if (s->selected.exists == 0 || c->is_broken)
		return false;
	if (imap_session_has_quirk(s, IMAP_QUIRK_NO_UNSEEN_SEARCH)) {
		imap_round_ask_selected(s);
		return true;
	}
	imap_wire_send(&s->wire, IMAP_COMMAND_SEARCH, "UID SEARCH %sUNSEEN",
		imap_session_can(s, IMAP_CAPABILITY_ESEARCH) ? "RETURN (COUNT) " : "");
	return true;
}

void imap_count_on_tagged(struct imap_session *s, const struct imap_reply *reply) {
	struct imap_count *c = &s->count;
	struct imap_selected *m = &s->selected;
	c->is_broken = reply->condition != IMAP_CONDITION_OK;
	if (c->is_broken || !c->has_answer)
		return;
	/* one that came meanwhile may have been counted or not: again, once it is known */
	if (m->exists > m->covered || c->is_doubtful) {
		imap_count_on_change(s);
		return;
	}
	imap_session_cursor(s)->unseen = MIN(c->answer, m->exists);
	c->below_uid = imap_session_cursor(s)->next_uid;
}

bool imap_count_report(struct imap_session *s) {
	const struct imap_cursor *cursor = imap_session_cursor(s);
	size_t place = s->selected.place;
	/* these carry the counts themselves */
	if (imap_pending_has(s, place, IMAP_EVENT_BASELINE) ||
		imap_pending_has(s, place, IMAP_EVENT_CURSOR))
		return false;
	if (cursor->messages == s->count.reported_messages &&
		cursor->unseen == s->count.reported_unseen)
		return false;
	imap_pending_raise_at(s, place, IMAP_EVENT_COUNTS);
	return true;
}

void imap_count_on_reported(struct imap_session *s) {
	s->count.reported_messages = imap_session_cursor(s)->messages;
	s->count.reported_unseen = imap_session_cursor(s)->unseen;
}
