#include "protocol/imap-round.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "protocol/imap-conversation.h"
#include "protocol/imap-opening.h"
#include "protocol/imap-refusal.h"
#include "protocol/imap-watch.h"

static bool is_parked(const struct imap_session *s, const struct imap_place *place) {
	return place->standing.parked_usec > s->now_usec;
}

static void park(struct imap_session *s, struct imap_place *place) {
	place->state = IMAP_PLACE_REFUSED;
	place->standing.parked_usec = s->now_usec + IMAP_PARKED_USEC;
}

static bool may_be_home(const struct imap_session *s, const struct imap_place *place) {
	bool is_inbox = text_equal_nocase(place->name, "INBOX");
	if (!place->is_watched || place->is_elsewhere || is_parked(s, place))
		return false;
	return place->state == IMAP_PLACE_HERE ||
	       (place->state == IMAP_PLACE_UNPROVED && (place->is_named || is_inbox));
}

/* What the user named first; else INBOX, else whatever there is. */
size_t imap_round_home(const struct imap_session *s) {
	size_t home = IMAP_PLACE_NONE;
	for (size_t i = 0; i < s->places.n; i++) {
		const struct imap_place *place = &s->places.items[i];
		if (!may_be_home(s, place))
			continue;
		if (place->is_named)
			return i;
		if (home == IMAP_PLACE_NONE || text_equal_nocase(place->name, "INBOX"))
			home = i;
	}
	return home;
}

/* Only what the server named: a push may tell a part. HIGHESTMODSEQ waits for a visit, which sees
 * what it stands for. */
static void take_counts(struct imap_session *s, size_t i, const struct imap_status *status) {
	struct imap_cursor *cursor = &s->places.items[i].cursor;
	struct imap_cursor before = *cursor;
	if (status->known & IMAP_STATUS_MESSAGES)
		cursor->messages = status->messages;
	if (status->known & IMAP_STATUS_UNSEEN)
		cursor->unseen = status->unseen;
	if (cursor->messages == before.messages && cursor->unseen == before.unseen)
		return;
	imap_pending_raise_at(s, i, IMAP_EVENT_COUNTS);
}

/* One that was refused is tried again a few times, then only when it moves or much later. */
static void want_visit(
	struct imap_session *s, struct imap_place *place, const struct imap_status *status) {
	bool has_moved = (status->known & IMAP_STATUS_UIDNEXT) &&
			 status->uidnext != place->standing.refused_uidnext;
	if (!is_parked(s, place) || has_moved)
		place->is_visit_due = true;
}

/* It is said to be there. */
static void prove(struct imap_session *s, size_t i) {
	struct imap_place *place = &s->places.items[i];
	bool was_gone = place->state == IMAP_PLACE_GONE;
	if (was_gone || place->state == IMAP_PLACE_UNPROVED)
		place->state = IMAP_PLACE_HERE;
	if (was_gone)
		imap_pending_raise_at(s, i, IMAP_EVENT_MAILBOX);
}

/* First sight, complete. What a mailbox holds that was made a moment ago came while we watched. */
static void announce_first_sight(struct imap_session *s, size_t i) {
	struct imap_place *place = &s->places.items[i];
	uint32_t uidnext = place->cursor.next_uid;
	place->is_fresh = false;
	place->reset = NULL;
	if (place->is_newborn && uidnext > 1 && uidnext <= IMAP_NEWBORN_MESSAGES_MAX + 1) {
		place->cursor.next_uid = 1;
		place->is_visit_due = true;
	}
	imap_pending_raise_at(s, i, IMAP_EVENT_BASELINE);
}

static void on_first_sight(struct imap_session *s, size_t i, const struct imap_status *status) {
	struct imap_place *place = &s->places.items[i];
	unsigned all = IMAP_STATUS_UIDVALIDITY | IMAP_STATUS_UIDNEXT | IMAP_STATUS_MESSAGES |
		       IMAP_STATUS_UNSEEN;
	if ((status->known & all) != all || status->uidvalidity == 0 || status->uidnext == 0) {
		want_visit(s, place, status);
		return;
	}
	place->is_fresh = true;
	place->cursor = (struct imap_cursor){
		.uidvalidity = status->uidvalidity,
		.next_uid = status->uidnext,
		.messages = status->messages,
		.unseen = status->unseen,
		.highestmodseq = status->highestmodseq,
	};
	/* at the end of the round it is known whether it is one that had another name before */
	if (!s->round.is_running)
		announce_first_sight(s, i);
}

static void compare(struct imap_session *s, size_t i, const struct imap_status *status) {
	struct imap_place *place = &s->places.items[i];
	if (place->cursor.uidvalidity == 0 || place->is_fresh) {
		on_first_sight(s, i, status);
		return;
	}
	if (place->state == IMAP_PLACE_REFUSED)
		want_visit(s, place, status);
	switch (imap_mailbox_compare(&place->cursor, status)) {
	case IMAP_CHANGE_SAME:
		break;
	case IMAP_CHANGE_GONE:
	case IMAP_CHANGE_FLAGS:
		take_counts(s, i, status);
		/* which of them it was is to be seen there alone */
		if (place->announced.n > 0)
			want_visit(s, place, status);
		break;
	case IMAP_CHANGE_NEW:
		imap_watch_on_news(
			s, i == s->selected.place ? IMAP_CHANNEL_SELECTED : IMAP_CHANNEL_OTHERS);
		want_visit(s, place, status);
		break;
	case IMAP_CHANGE_RESET:
	case IMAP_CHANGE_SUSPICIOUS:
		want_visit(s, place, status);
		break;
	}
}

void imap_round_on_status(struct imap_session *s, const struct imap_reply *reply) {
	size_t i = imap_place_find_on_wire(&s->places, reply->mailbox);
	if (i == IMAP_PLACE_NONE || !s->places.items[i].is_watched ||
		s->places.items[i].is_elsewhere)
		return;
	struct imap_place *place = &s->places.items[i];
	if (i != s->selected.place) {
		prove(s, i);
		place->is_told = true;
		compare(s, i, &reply->status);
		return;
	}
	if (s->selected.is_open && imap_session_has_quirk(s, IMAP_QUIRK_DEAF_NOOP)) {
		compare(s, i, &reply->status);
		s->selected.is_stale = place->is_visit_due;
		return;
	}
	/* Of the selected mailbox Dovecot tells what it was at the last look: good for one thing,
	 * that it is another mailbox by now. */
	if (s->round.is_running && (reply->status.known & IMAP_STATUS_UIDVALIDITY) &&
		s->selected.is_open && reply->status.uidvalidity != place->cursor.uidvalidity)
		s->selected.is_stale = true;
}

void imap_round_on_gone(struct imap_session *s, size_t place) {
	struct imap_place *p = &s->places.items[place];
	p->is_visit_due = false;
	if (p->state == IMAP_PLACE_GONE)
		return;
	p->state = IMAP_PLACE_GONE;
	s->selected.is_stale |= s->selected.place == place;
	imap_pending_raise_at(s, place, IMAP_EVENT_MAILBOX);
}

/* NO without a word that it will pass. */
static bool says_gone(const struct imap_reply *reply) {
	return reply->condition == IMAP_CONDITION_NO &&
	       imap_refusal_of(reply, REASON_NO_MAILBOX).reason == REASON_NO_MAILBOX;
}

void imap_round_on_tagged(struct imap_session *s, size_t place, const struct imap_reply *reply) {
	/* a server may refuse STATUS of the mailbox that is open (RFC 3501 6.3.10) */
	bool is_open = s->selected.place == place && s->selected.is_open;
	if (says_gone(reply) && !is_open)
		imap_round_on_gone(s, place);
	else if (reply->condition == IMAP_CONDITION_OK)
		prove(s, place);
}

void imap_round_begin(struct imap_session *s) {
	s->round.is_due = true;
	s->round.is_for_untold = false;
}

void imap_round_begin_untold(struct imap_session *s) {
	s->round.is_for_untold = !s->round.is_due || s->round.is_for_untold;
	s->round.is_due = true;
}

static bool is_to_be_asked(const struct imap_session *s, size_t i) {
	const struct imap_place *place = &s->places.items[i];
	if (i == s->selected.place || !place->is_watched || place->is_told || place->is_elsewhere)
		return false;
	return place->is_named || place->state != IMAP_PLACE_GONE;
}

/* As many in one write as may be in flight. */
static bool ask(struct imap_session *s) {
	struct imap_round *round = &s->round;
	for (; round->asked < s->places.n && s->wire.n_flights < IMAP_FLIGHTS_MAX; round->asked++) {
		if (!is_to_be_asked(s, round->asked))
			continue;
		CLEANUP_TEXT char *name = imap_place_argument(&s->places.items[round->asked]);
		imap_wire_send(&s->wire, IMAP_COMMAND_ROUND, "STATUS %s %s", name,
			imap_opening_status_items(s));
		imap_wire_set_place(&s->wire, round->asked);
	}
	return s->wire.n_flights > 0;
}

void imap_round_ask_selected(struct imap_session *s) {
	CLEANUP_TEXT char *name = imap_place_argument(imap_session_place(s));
	imap_wire_send(
		&s->wire, IMAP_COMMAND_ROUND, "STATUS %s %s", name, imap_opening_status_items(s));
	imap_wire_set_place(&s->wire, s->selected.place);
}

static void begin(struct imap_session *s) {
	s->round.is_due = false;
	s->round.is_running = true;
	s->round.asked = 0;
	if (s->round.is_for_untold)
		return;
	for (size_t i = 0; i < s->places.n; i++)
		s->places.items[i].is_told = false;
	imap_discovery_begin_round(s);
}

/* Two mailboxes of a server do not have one UIDVALIDITY but by chance, so both ways there must be
 * one alone that fits. */
static bool is_same_mailbox(const struct imap_place *gone, const struct imap_place *fresh) {
	return gone->state == IMAP_PLACE_GONE && fresh->is_fresh && fresh->is_watched &&
	       gone->cursor.uidvalidity == fresh->cursor.uidvalidity &&
	       gone->cursor.next_uid <= fresh->cursor.next_uid;
}

static size_t find_old_self(const struct imap_session *s, size_t fresh) {
	size_t found = IMAP_PLACE_NONE;
	const struct imap_place *items = s->places.items;
	for (size_t i = 0; i < s->places.n; i++) {
		if (!is_same_mailbox(&items[i], &items[fresh]))
			continue;
		if (found != IMAP_PLACE_NONE)
			return IMAP_PLACE_NONE;
		found = i;
	}
	for (size_t i = 0; found != IMAP_PLACE_NONE && i < s->places.n; i++)
		if (i != fresh && is_same_mailbox(&items[found], &items[i]))
			return IMAP_PLACE_NONE;
	return found;
}

/* A mailbox that went as another came is one that was renamed. */
static void take_over(struct imap_session *s, size_t gone, size_t fresh) {
	const struct imap_cursor seen = s->places.items[fresh].cursor;
	const struct imap_status status = {
		.known = IMAP_STATUS_UIDVALIDITY | IMAP_STATUS_UIDNEXT | IMAP_STATUS_MESSAGES |
			 IMAP_STATUS_UNSEEN,
		.uidvalidity = seen.uidvalidity,
		.uidnext = seen.next_uid,
		.messages = seen.messages,
		.unseen = seen.unseen,
	};
	CLEANUP_TEXT char *name = memory_strdup(s->places.items[fresh].name);
	(void)imap_discovery_rename(s, gone, name);
	s->places.items[gone].is_watched = true;
	compare(s, gone, &status);
}

/* All is told that will be. */
static void finish(struct imap_session *s) {
	bool is_swept = imap_pattern_needs_list(&s->patterns) && !s->discovery.was_refused &&
			!s->round.is_for_untold;
	for (size_t i = 0; i < s->places.n; i++) {
		if (!s->places.items[i].is_fresh)
			continue;
		size_t gone = find_old_self(s, i);
		if (gone != IMAP_PLACE_NONE)
			take_over(s, gone, i);
		else
			announce_first_sight(s, i);
	}
	s->round.is_running = false;
	if (is_swept)
		imap_pending_raise(s, IMAP_EVENT_SWEPT);
}

/* A server that says one thing in STATUS and another in EXAMINE would have us come and go without end
 * (P-28): such a mailbox waits. */
static bool is_tired(const struct imap_session *s, const struct imap_place *place) {
	return place->n_vain >= IMAP_VAIN_VISITS_MAX &&
	       s->now_usec - place->vain_usec < IMAP_VAIN_VISITS_USEC;
}

bool imap_round_is_tired(const struct imap_session *s) {
	return is_tired(s, imap_session_place(s));
}

/* The open mailbox is to be opened anew. */
static bool is_stale(const struct imap_session *s) {
	return s->selected.is_stale && !is_tired(s, imap_session_place(s));
}

/* The open one is opened again only to be written to. */
static size_t next_visit(const struct imap_session *s) {
	for (size_t i = 0; i < s->places.n; i++) {
		const struct imap_place *place = &s->places.items[i];
		bool is_marking = place->marks.n > 0;
		if (place->is_visit_due && !place->is_elsewhere &&
			(is_marking || (i != s->selected.place && !is_tired(s, place))))
			return i;
	}
	return IMAP_PLACE_NONE;
}

bool imap_round_has_work(const struct imap_session *s) {
	return s->round.is_due || is_stale(s) || next_visit(s) != IMAP_PLACE_NONE;
}

void imap_round_visit(struct imap_session *s) {
	s->round.wanted = next_visit(s);
	if (s->round.wanted == IMAP_PLACE_NONE && is_stale(s) && !s->round.is_due)
		s->round.wanted = imap_round_home(s);
}

/* With patterns a list comes first, before which nobody knows what is to be told of. */
bool imap_round_is_over(const struct imap_session *s) {
	const struct imap_round *round = &s->round;
	bool is_list_due =
		round->is_due && !round->is_for_untold && imap_pattern_needs_list(&s->patterns);
	return !round->is_running && !is_list_due && next_visit(s) == IMAP_PLACE_NONE;
}

/* There is nothing that could be selected. */
static bool proceed_homeless(struct imap_session *s) {
	s->selected = (struct imap_selected){ .place = IMAP_PLACE_NONE };
	if (!imap_pattern_needs_list(&s->patterns))
		imap_session_close(s, REASON_NO_MAILBOX, NULL);
	return false;
}

bool imap_round_proceed(struct imap_session *s) {
	struct imap_round *round = &s->round;
	if (round->is_due)
		begin(s);
	if (round->is_running) {
		if (imap_discovery_ask(s) || ask(s))
			return true;
		finish(s);
	}
	round->wanted = next_visit(s);
	if (round->wanted != IMAP_PLACE_NONE)
		return true;
	size_t home = imap_round_home(s);
	if (home == IMAP_PLACE_NONE)
		return proceed_homeless(s);
	if (home != s->selected.place || is_stale(s) || s->selected.is_writing)
		round->wanted = home;
	return round->wanted != IMAP_PLACE_NONE;
}

/* Whether it was worth it to come: for messages, new or retired. */
static void judge_visit(struct imap_session *s) {
	if (s->selected.place == IMAP_PLACE_NONE)
		return;
	struct imap_place *place = imap_session_place(s);
	const struct imap_visit *visit = &s->round.visit;
	bool is_vain = visit->uidvalidity == place->cursor.uidvalidity &&
		       visit->next_uid == place->cursor.next_uid &&
		       visit->n_announced == place->announced.n;
	place->n_vain = is_vain ? (uint8_t)MIN(place->n_vain + 1, IMAP_VAIN_VISITS_MAX) : 0;
	place->vain_usec = s->now_usec;
}

static void begin_visit(struct imap_session *s) {
	const struct imap_place *place = imap_session_place(s);
	s->round.visit = (struct imap_visit){
		.uidvalidity = place->cursor.uidvalidity,
		.next_uid = place->cursor.next_uid,
		.n_announced = place->announced.n,
	};
}

bool imap_round_switch(struct imap_session *s) {
	struct imap_round *round = &s->round;
	/* an IDLE that ends is answered first, and hinders nothing */
	unsigned n_ending = imap_wire_awaits(&s->wire, IMAP_COMMAND_IDLE) ? 1 : 0;
	if (round->wanted == IMAP_PLACE_NONE || s->state == IMAP_STATE_CLOSED ||
		s->wire.n_flights > n_ending)
		return false;
	/* who comes back takes for told what it knows */
	if (s->selected.is_open && imap_count_report(s))
		return true;
	judge_visit(s);
	bool has_written = s->selected.is_writing;
	s->mark = imap_mark_free(s->mark);
	s->selected = (struct imap_selected){
		.place = round->wanted,
		.is_writing = s->places.items[round->wanted].marks.n > 0,
	};
	round->wanted = IMAP_PLACE_NONE;
	imap_session_place(s)->is_visit_due = false;
	begin_visit(s);
	memory_free(s->arrival.uids);
	s->arrival = (struct imap_arrival){ 0 };
	s->count = (struct imap_count){ 0 };
	imap_flags_reset(&s->flags);
	/* STATUS of a mailbox that is selected may tell what was */
	if (has_written)
		imap_count_on_change(s);
	imap_opening_begin(s);
	return true;
}

void imap_round_on_opened(struct imap_session *s) {
	struct imap_place *place = imap_session_place(s);
	bool is_back = place->state == IMAP_PLACE_GONE || place->state == IMAP_PLACE_REFUSED;
	place->state = IMAP_PLACE_HERE;
	place->standing.n_refusals = 0;
	place->standing.parked_usec = 0;
	if (is_back)
		imap_pending_raise_at(s, s->selected.place, IMAP_EVENT_MAILBOX);
}

static void count_refusal(struct imap_session *s) {
	struct imap_place *place = imap_session_place(s);
	struct imap_standing *standing = &place->standing;
	standing->refused_uidnext = s->selected.status.uidnext;
	standing->n_refusals = (uint8_t)MIN(standing->n_refusals + 1, IMAP_REFUSALS_MAX);
	if (standing->n_refusals == IMAP_REFUSALS_MAX)
		park(s, place);
	imap_pending_raise_at(s, s->selected.place, IMAP_EVENT_MAILBOX);
}

/* Some servers go when a mailbox is opened that is none. Of home that is not believed. */
void imap_round_on_lost(struct imap_session *s) {
	bool is_opening = s->state == IMAP_STATE_OPENING && s->selected.place != IMAP_PLACE_NONE;
	if (is_opening && s->selected.place != imap_round_home(s))
		count_refusal(s);
}

bool imap_round_on_refused(struct imap_session *s, const struct imap_reply *reply) {
	size_t home = imap_round_home(s);
	bool is_visit = home != s->selected.place || s->selected.is_writing;
	bool is_forever = says_gone(reply) && !s->selected.is_writing;
	if (!is_forever && !is_visit)
		return false;
	if (is_forever && s->selected.status.known != 0) {
		/* a phantom: listed, or with a STATUS, and nothing to open */
		imap_session_place(s)->state = IMAP_PLACE_REFUSED;
		count_refusal(s);
	} else if (is_forever) {
		imap_round_on_gone(s, s->selected.place);
	}
	/* one that is in use just now is asked again in the next round */
	s->round.wanted = imap_round_home(s);
	return s->round.wanted != IMAP_PLACE_NONE;
}

bool imap_round_may_reset(struct imap_session *s) {
	struct imap_place *place = imap_session_place(s);
	if (place->standing.n_resets == 0 ||
		s->now_usec - place->standing.resets_usec > USEC_PER_HOUR) {
		place->standing.resets_usec = s->now_usec;
		place->standing.n_resets = 0;
	}
	if (++place->standing.n_resets <= IMAP_RESETS_MAX)
		return true;
	park(s, place);
	imap_pending_raise_at(s, s->selected.place, IMAP_EVENT_MAILBOX);
	return false;
}

bool imap_round_is_open(const struct imap_session *s, size_t place) {
	return place == imap_round_home(s) || place == s->selected.place ||
	       place == s->round.wanted;
}
