#include "protocol/imap-flags.h"

#include "base/memory.h"
#include "protocol/imap-conversation.h"

void imap_flags_reset(struct imap_flags *flags) {
	imap_announced_deinit(&flags->asked);
	*flags = (struct imap_flags){ 0 };
}

void imap_flags_on_message(struct imap_session *s, uint32_t uid) {
	struct imap_place *place = imap_session_place(s);
	place->is_announced_changed |= imap_announced_add(&place->announced, uid);
}

static void retire(struct imap_session *s, uint32_t uid, enum imap_retirement why) {
	struct imap_place *place = imap_session_place(s);
	if (!imap_announced_remove(&place->announced, uid))
		return;
	place->is_announced_changed = true;
	place->has_retired = true;
	imap_pending_retire(s, s->selected.place, uid, why);
}

/* What is said while the mailbox is opened makes it a reset, which is told when all answers are there:
 * its UIDNEXT went back. Later ones may be stale. */
static bool is_begun_anew(const struct imap_session *s) {
	const struct imap_selected *m = &s->selected;
	const struct imap_status *said =
		m->examined.known & IMAP_STATUS_UIDNEXT ? &m->examined : &m->status;
	return !m->is_open && (said->known & IMAP_STATUS_UIDNEXT) && said->uidnext != 0 &&
	       said->uidnext < imap_session_cursor(s)->next_uid;
}

/* UIDs of a mailbox that was numbered anew are no UIDs of ours; nothing is told of what a reset makes
 * void. */
static bool is_ours(const struct imap_session *s) {
	const struct imap_status *examined = &s->selected.examined;
	if (is_begun_anew(s))
		return false;
	return (examined->known & IMAP_STATUS_UIDVALIDITY) == 0 ||
	       examined->uidvalidity == imap_session_cursor(s)->uidvalidity;
}

static void on_news(struct imap_session *s, enum imap_announced_news news, uint32_t uid) {
	switch (news) {
	case IMAP_ANNOUNCED_NOTHING:
		break;
	case IMAP_ANNOUNCED_SEEN:
		retire(s, uid, IMAP_RETIREMENT_SEEN);
		break;
	case IMAP_ANNOUNCED_GONE:
		retire(s, uid, IMAP_RETIREMENT_GONE);
		break;
	case IMAP_ANNOUNCED_PERHAPS:
		imap_flags_on_change(s);
		break;
	}
}

bool imap_flags_on_fetch(struct imap_session *s, const struct imap_fetch *fetch) {
	uint32_t uid = imap_fetch_message(fetch)->uid;
	if (!is_ours(s))
		return false;
	bool is_answer = imap_announced_remove(&s->flags.asked, uid);
	if (imap_fetch_items(fetch) & IMAP_FETCH_FLAGS)
		on_news(s,
			imap_announced_on_flags(&imap_session_place(s)->announced, uid,
				imap_fetch_is_seen(fetch), imap_fetch_is_deleted(fetch)),
			uid);
	return is_answer;
}

void imap_flags_on_expunge(struct imap_session *s) {
	on_news(s, imap_announced_on_expunge(&imap_session_place(s)->announced), 0);
}

void imap_flags_on_vanished(struct imap_session *s, const struct imap_reply *reply) {
	const struct imap_announced *announced = &imap_session_place(s)->announced;
	uint32_t uid;
	while (is_ours(s) && (uid = imap_announced_find(announced, reply->first, reply->last)) != 0)
		retire(s, uid, IMAP_RETIREMENT_GONE);
}

void imap_flags_on_change(struct imap_session *s) {
	struct imap_flags *f = &s->flags;
	if (f->is_due || imap_session_place(s)->announced.n == 0)
		return;
	f->is_due = true;
	f->due_usec = s->now_usec + IMAP_FLAGS_USEC;
}

/* With QRESYNC only what changed comes back, and what vanished is said; without, all that is still
 * there. */
static void ask(struct imap_session *s) {
	const struct imap_place *place = imap_session_place(s);
	CLEANUP_TEXT char *set = imap_announced_format(&place->announced, IMAP_ANNOUNCED_TEXT_MAX);
	imap_announced_deinit(&s->flags.asked);
	bool is_plain = s->flags.is_plain;
	s->flags.is_plain = false;
	if (s->is_resyncing && !is_plain && place->cursor.highestmodseq != 0) {
		imap_wire_send(&s->wire, IMAP_COMMAND_FLAGS,
			"UID FETCH %s (UID FLAGS) (CHANGEDSINCE %llu VANISHED)", set,
			(unsigned long long)place->cursor.highestmodseq);
		return;
	}
	imap_announced_copy(&s->flags.asked, &place->announced);
	imap_wire_send(&s->wire, IMAP_COMMAND_FLAGS, "UID FETCH %s (UID FLAGS)", set);
}

bool imap_flags_ask(struct imap_session *s) {
	if (!s->flags.is_due)
		return false;
	s->flags.is_due = false;
	if (imap_session_place(s)->announced.n == 0)
		return false;
	ask(s);
	return true;
}

void imap_flags_settle(struct imap_session *s) {
	struct imap_place *place = s->places.n > 0 ? imap_session_place(s) : NULL;
	if (place && place->has_retired && !imap_arrival_is_telling(s))
		imap_pending_raise_at(s, s->selected.place, IMAP_EVENT_CURSOR);
}

/* A refusal says nothing about the messages: they are asked for again some day; at once where it is the
 * way of asking that was refused. */
void imap_flags_on_tagged(struct imap_session *s, const struct imap_reply *reply) {
	struct imap_announced *asked = &s->flags.asked;
	bool is_told = reply->condition == IMAP_CONDITION_OK && is_ours(s);
	for (uint32_t i = 0; is_told && i < asked->n; i++)
		retire(s, asked->uids[i], IMAP_RETIREMENT_GONE);
	imap_announced_deinit(asked);
	imap_flags_settle(s);
	if (reply->condition == IMAP_CONDITION_BAD && s->is_resyncing) {
		s->is_resyncing = false;
		imap_flags_on_change(s);
	}
}

char *imap_flags_resync(struct imap_session *s) {
	const struct imap_place *place = imap_session_place(s);
	const struct imap_cursor *cursor = &place->cursor;
	if (!s->is_resyncing || place->announced.n == 0 || cursor->highestmodseq == 0)
		return NULL;
	CLEANUP_TEXT char *set = imap_announced_format(&place->announced, IMAP_ANNOUNCED_TEXT_MAX);
	return memory_format(" (QRESYNC (%u %llu %s))", cursor->uidvalidity,
		(unsigned long long)cursor->highestmodseq, set);
}

void imap_flags_ask_behind(struct imap_session *s) {
	const struct imap_place *place = imap_session_place(s);
	if (place->announced.n == 0)
		return;
	CLEANUP_TEXT char *set = imap_announced_format(&place->announced, IMAP_ANNOUNCED_TEXT_MAX);
	imap_announced_copy(&s->flags.asked, &place->announced);
	imap_wire_send(&s->wire, IMAP_COMMAND_FLAGS, "UID FETCH %s (UID FLAGS)", set);
}

/* RFC 7162 3.2.5.1: a mailbox without mod-sequences ([NOMODSEQ]) is opened as if nothing had been
 * asked; so it is where they went back, which they must not. */
void imap_flags_on_opened(struct imap_session *s) {
	const struct imap_status *examined = &s->selected.examined;
	bool has_modseq = (examined->known & IMAP_STATUS_HIGHESTMODSEQ) != 0;
	bool is_trusted =
		has_modseq && examined->highestmodseq >= imap_session_cursor(s)->highestmodseq;
	if (!s->selected.is_resync_asked || is_trusted)
		return;
	imap_flags_on_change(s);
	s->flags.is_plain = true;
}
