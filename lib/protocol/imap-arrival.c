#include "protocol/imap-arrival.h"

#include "base/memory.h"
#include "protocol/imap-capability.h"
#include "protocol/imap-conversation.h"
#include "protocol/imap-refusal.h"
#include "protocol/imap-watch.h"

/* For so many messages the server may be asked to make previews. */
#define PREVIEWS_MAX 8

/* UIDs of one answer that are remembered to know a message that comes twice. */
#define UIDS_MAX (IMAP_FETCH_WINDOW * 16)

static void on_exists(struct imap_session *s, uint32_t n) {
	struct imap_selected *m = &s->selected;
	/* Fewer than there were, and no EXPUNGE: there may be new ones among them. */
	if (m->is_open && n < m->exists)
		s->arrival.is_suspected = true;
	m->has_grown |= n > m->exists;
	if (!m->has_exists || n < m->covered)
		m->covered = n;
	m->exists = n;
	m->has_exists = true;
	imap_session_cursor(s)->messages = m->is_open ? n : imap_session_cursor(s)->messages;
}

/* More are recent, and EXISTS did not say that there are more: some servers push only this. */
static void on_recent(struct imap_session *s, uint32_t n) {
	struct imap_selected *m = &s->selected;
	if (m->is_open && n > m->recent && !m->has_grown)
		s->arrival.is_suspected = true;
	m->recent = n;
	m->has_grown = false;
}

static void lose(struct imap_session *s, uint64_t n, uint64_t n_covered) {
	struct imap_selected *m = &s->selected;
	m->exists -= MIN(n, (uint64_t)m->exists);
	m->covered -= MIN(n_covered, (uint64_t)m->covered);
	m->covered = MIN(m->covered, m->exists);
	if (m->is_open) {
		imap_session_cursor(s)->messages = m->exists;
		imap_count_on_change(s);
	}
}

static void on_expunge(struct imap_session *s, uint32_t number) {
	imap_flags_on_expunge(s);
	if (number <= s->selected.exists)
		lose(s, 1, number <= s->selected.covered ? 1 : 0);
	else
		s->n_skipped++;
}

static void on_vanished(struct imap_session *s, const struct imap_reply *reply) {
	uint32_t next = imap_session_cursor(s)->next_uid;
	imap_flags_on_vanished(s, reply);
	if (reply->is_earlier)
		return;
	uint64_t n = (uint64_t)reply->last - reply->first + 1;
	uint64_t n_new = reply->last < next ? 0 : reply->last - MAX(reply->first, next) + 1;
	lose(s, n, n - n_new);
}

/* A message that was given already in this answer. Answers come in the order of UIDs, so the list
 * is looked at only when they do not. */
static bool is_repeated(struct imap_session *s, uint32_t uid) {
	struct imap_arrival *a = &s->arrival;
	for (size_t i = 0; uid <= a->highest && i < a->n_uids; i++)
		if (a->uids[i] == uid)
			return true;
	if (a->n_uids >= UIDS_MAX)
		return uid <= a->highest;
	if ((a->n_uids & (a->n_uids - 1)) == 0)
		a->uids = memory_resize(a->uids, MAX(a->n_uids * 2, (size_t)1), sizeof(*a->uids));
	a->uids[a->n_uids++] = uid;
	return false;
}

static void report(struct imap_session *s, const struct imap_reply *reply) {
	const struct imap_message *message = imap_fetch_message(reply->fetch);
	if (imap_fetch_is_stand_in(reply->fetch))
		return;
	bool seen = imap_fetch_is_seen(reply->fetch);
	imap_count_on_message(s, message->uid, seen);
	if (seen || imap_fetch_is_deleted(reply->fetch))
		return;
	s->pending.message = message;
	imap_flags_on_message(s, message->uid);
	imap_pending_raise_at(s, s->selected.place, IMAP_EVENT_MESSAGE);
}

static void on_message(struct imap_session *s, const struct imap_reply *reply) {
	struct imap_selected *m = &s->selected;
	struct imap_arrival *a = &s->arrival;
	const struct imap_message *message = imap_fetch_message(reply->fetch);
	uint32_t uid = message->uid;
	if (a->last != 0 && uid > a->last)
		return;
	m->covered = MAX(m->covered, MIN(reply->number, m->exists));
	/* n:* always names the last message, however old (RFC 3501 6.4.8); and behind the highest
	 * UID there is no UIDNEXT */
	if (uid < a->first || uid == UINT32_MAX || is_repeated(s, uid))
		return;

	a->highest = MAX(a->highest, uid);
	a->n_asked++;
	report(s, reply);
}

/* A push tells of flags alone. */
static bool is_answer(const struct imap_session *s, const struct imap_fetch *fetch) {
	unsigned asked = IMAP_FETCH_INTERNALDATE | IMAP_FETCH_SIZE | IMAP_FETCH_ENVELOPE;
	if (s->items.level == IMAP_ITEMS_PLAIN && imap_fetch_message(fetch)->uid != 0)
		asked |= IMAP_FETCH_FLAGS;
	return imap_wire_awaits(&s->wire, IMAP_COMMAND_FETCH) &&
	       (imap_fetch_items(fetch) & asked) != 0;
}

/* An envelope that nobody asked for is news if it is the next message behind all that are reported:
 * sequence numbers go with UIDs, so none is passed over. */
static bool is_news(const struct imap_session *s, const struct imap_reply *reply) {
	uint32_t uid = imap_fetch_message(reply->fetch)->uid;
	return s->notify.is_armed && reply->number > s->selected.covered && uid != 0 &&
	       uid >= imap_session_cursor(s)->next_uid && uid < UINT32_MAX &&
	       !imap_wire_awaits(&s->wire, IMAP_COMMAND_FETCH);
}

/* The cursor moves to what was known before the fetch, or behind what was seen in it. */
static void advance(struct imap_session *s, uint32_t to) {
	if (to <= imap_session_cursor(s)->next_uid)
		return;
	imap_session_cursor(s)->next_uid = to;
	imap_pending_raise_at(s, s->selected.place, IMAP_EVENT_CURSOR);
}

/* More is missing than what was announced. */
static bool is_astray(const struct imap_session *s) {
	const struct imap_arrival *a = &s->arrival;
	return a->is_suspected || a->target > imap_session_cursor(s)->next_uid;
}

static void on_news(struct imap_session *s, const struct imap_reply *reply) {
	struct imap_selected *m = &s->selected;
	bool has_envelope = (imap_fetch_items(reply->fetch) & IMAP_FETCH_ENVELOPE) != 0;
	if (!has_envelope || reply->number != m->covered + 1 || is_astray(s)) {
		imap_notify_on_bare(s);
		return;
	}
	imap_watch_on_news(s, IMAP_CHANNEL_SELECTED);
	m->covered = reply->number;
	report(s, reply);
	advance(s, imap_fetch_message(reply->fetch)->uid + 1);
	imap_notify_on_envelope(s, m->exists == m->covered);
}

static void on_fetch(struct imap_session *s, const struct imap_reply *reply) {
	uint32_t uid = imap_fetch_message(reply->fetch)->uid;
	bool is_known = imap_flags_on_fetch(s, reply->fetch);
	is_known |= imap_mark_on_fetch(s, reply->fetch);
	if (imap_wire_awaits(&s->wire, IMAP_COMMAND_PROBE) && uid >= s->arrival.probed &&
		uid < UINT32_MAX) {
		s->arrival.probed = uid;
		s->arrival.probed_number = reply->number;
	}
	if (!s->selected.is_open)
		return;
	/* a message that was never announced */
	if (reply->number > s->selected.exists)
		on_exists(s, reply->number);
	if (is_answer(s, reply->fetch)) {
		imap_session_enter_state(s, s->state); /* it moves on: the deadline too */
		if (uid != 0)
			on_message(s, reply);
		else
			s->arrival.n_nameless++;
	} else if (is_news(s, reply)) {
		on_news(s, reply);
	} else if ((imap_fetch_items(reply->fetch) & IMAP_FETCH_FLAGS) && !is_known) {
		imap_count_on_change(s);
	}
}

void imap_arrival_on_reply(struct imap_session *s, const struct imap_reply *reply) {
	if (s->state < IMAP_STATE_OPENING || s->state >= IMAP_STATE_LEAVING ||
		s->selected.place == IMAP_PLACE_NONE)
		return;
	if (reply->kind == IMAP_REPLY_EXISTS)
		on_exists(s, reply->number);
	else if (reply->kind == IMAP_REPLY_EXPUNGE)
		on_expunge(s, reply->number);
	else if (reply->kind == IMAP_REPLY_VANISHED)
		on_vanished(s, reply);
	else if (reply->kind == IMAP_REPLY_RECENT)
		on_recent(s, reply->number);
	else if (reply->kind == IMAP_REPLY_FETCH)
		on_fetch(s, reply);
}

bool imap_arrival_is_telling(const struct imap_session *s) {
	return s->arrival.highest != 0 && imap_wire_awaits(&s->wire, IMAP_COMMAND_FETCH);
}

bool imap_arrival_is_due(const struct imap_session *s) {
	const struct imap_selected *m = &s->selected;
	const struct imap_arrival *a = &s->arrival;
	if (a->retry_usec != 0 || m->place == IMAP_PLACE_NONE)
		return false;
	return a->is_suspected || m->exists > m->covered ||
	       a->target > imap_session_cursor(s)->next_uid;
}

void imap_arrival_probe(struct imap_session *s) {
	s->arrival.probed = 0;
	s->arrival.announced = s->selected.exists;
	imap_wire_send(&s->wire, IMAP_COMMAND_PROBE, "UID FETCH * (UID)");
}

/* Previews of a backlog would have the server open every message (RFC 8970 3.2). */
static enum imap_preview preview_of(const struct imap_session *s, uint32_t first, uint32_t last) {
	const struct imap_selected *m = &s->selected;
	uint32_t n = last == 0 ? m->exists - MIN(m->covered, m->exists) : last - first + 1;
	return n <= PREVIEWS_MAX ? IMAP_PREVIEW_MADE : IMAP_PREVIEW_LAZY;
}

static void ask(struct imap_session *s, uint32_t first, uint32_t last) {
	struct imap_arrival *a = &s->arrival;
	CLEANUP_TEXT char *items = imap_session_items(s, preview_of(s, first, last));
	a->first = first;
	a->last = last;
	a->highest = 0;
	a->announced = s->selected.exists;
	a->n_uids = a->n_asked = a->n_nameless = 0;
	a->is_suspected = false;
	if (last == 0)
		imap_wire_send(&s->wire, IMAP_COMMAND_FETCH, "UID FETCH %u:* (%s)", first, items);
	else
		imap_wire_send(
			&s->wire, IMAP_COMMAND_FETCH, "UID FETCH %u:%u (%s)", first, last, items);
}

void imap_arrival_ask_all(struct imap_session *s) {
	ask(s, imap_session_cursor(s)->next_uid, 0);
}

/* By windows where the end is known; else what has come up to now, if that is not too much. */
void imap_arrival_ask(struct imap_session *s) {
	const struct imap_selected *m = &s->selected;
	struct imap_arrival *a = &s->arrival;
	uint32_t next = imap_session_cursor(s)->next_uid;
	if (a->target > next) {
		a->window = MAX(a->window, (uint32_t)IMAP_FETCH_WINDOW);
		ask(s, next, next + MIN(a->window, a->target - next) - 1);
	} else if (m->exists > m->covered && m->exists - m->covered > IMAP_FETCH_WINDOW) {
		imap_arrival_probe(s);
	} else {
		imap_arrival_ask_all(s);
	}
}

/* Nothing came of what was announced: some servers announce before they can tell. */
static bool wait_for_more(struct imap_session *s) {
	struct imap_arrival *a = &s->arrival;
	if (++a->attempts > IMAP_FETCH_RETRIES)
		return false;
	a->retry_usec = s->now_usec + (IMAP_FETCH_RETRY_USEC << (a->attempts - 1));
	return true;
}

static void on_answer(struct imap_session *s) {
	struct imap_selected *m = &s->selected;
	struct imap_arrival *a = &s->arrival;
	imap_items_answered(&s->items);
	a->window = a->n_asked > 0 ? 0 : MIN(a->window, UINT32_MAX / 2) * 2;
	advance(s, MAX(a->highest == 0 ? 0 : a->highest + 1, a->last == 0 ? 0 : a->last + 1));
	if (a->target > imap_session_cursor(s)->next_uid)
		return;
	a->target = a->window = 0;
	s->n_skipped += (unsigned)a->n_nameless;
	/* RFC 3501 6.4.8: a must. Without it there is no telling what was reported. */
	if (a->n_nameless > 0 && a->n_asked == 0 && m->exists > m->covered)
		imap_session_close(s, REASON_PROTOCOL_ERROR, NULL);
	/* what was announced behind the question is asked for at once: Dovecot looks for news once for
	 * all commands of a write, when all are done */
	if (m->exists <= m->covered || m->exists > a->announced || a->n_asked > 0) {
		a->attempts = 0;
	} else if (a->last == 0 && !wait_for_more(s)) {
		m->covered = m->exists;
		a->attempts = 0;
		s->n_skipped++;
	}
}

/* A server that stumbles over one message's structure can often still say that it is there. */
static void on_refusal(struct imap_session *s, const struct imap_reply *reply) {
	struct imap_arrival *a = &s->arrival;
	enum reason reason = imap_refusal_of(reply, REASON_NONE).reason;
	a->is_suspected = true;
	if (a->highest != 0)
		advance(s, a->highest + 1);
	if (reason != REASON_NONE && reason != REASON_UNAVAILABLE)
		imap_session_refuse(s, reply, reason);
	else if (!imap_items_refused(&s->items, s->capabilities) && !wait_for_more(s))
		imap_session_refuse(s, reply, REASON_PROTOCOL_ERROR);
}

static void on_probed(struct imap_session *s) {
	struct imap_selected *m = &s->selected;
	struct imap_arrival *a = &s->arrival;
	if (a->probed >= imap_session_cursor(s)->next_uid) {
		a->target = a->probed + 1;
		return;
	}
	/* nothing was announced, or behind the question */
	if (m->exists <= m->covered || m->exists > a->announced)
		return;
	if (!wait_for_more(s)) {
		m->covered = m->exists;
		a->attempts = 0;
		s->n_skipped++;
	}
}

void imap_arrival_on_tagged(
	struct imap_session *s, bool was_probe, const struct imap_reply *reply) {
	bool ok = reply->condition == IMAP_CONDITION_OK;
	if (was_probe)
		on_probed(s);
	else if (ok)
		on_answer(s);
	else
		on_refusal(s, reply);
	s->arrival.uids = memory_free(s->arrival.uids);
	s->arrival.n_uids = 0;
}
