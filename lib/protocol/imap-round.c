#include "protocol/imap-round.h"

#include <string.h>

#include "base/memory.h"
#include "protocol/imap-conversation.h"
#include "protocol/imap-mailbox-name.h"
#include "protocol/imap-opening.h"
#include "protocol/imap-watch.h"

/* The place that is selected while nothing is to do. */
#define HOME ((size_t)0)

/* What is known of them is from another day, but home is looked at anyway. */
void imap_round_init(struct imap_round *round, const struct imap_places *places) {
	*round = (struct imap_round){
		.asked = places->n,
		.wanted = IMAP_PLACE_NONE,
		.is_due = places->n > 1,
	};
}

/* Only what the server named: a push may tell a part. */
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

void imap_round_on_status(struct imap_session *s, const struct imap_reply *reply) {
	size_t i = imap_place_find_on_wire(&s->places, reply->mailbox);
	if (i == IMAP_PLACE_NONE || s->places.items[i].is_elsewhere)
		return;
	bool is_poll = s->selected.is_open && imap_session_has_quirk(s, IMAP_QUIRK_DEAF_NOOP);
	bool is_selected = i == s->selected.place;
	s->places.items[i].is_told |= imap_wire_awaits(&s->wire, IMAP_COMMAND_NOTIFY);
	if (is_selected && !is_poll)
		return;
	switch (imap_mailbox_compare(&s->places.items[i].cursor, &reply->status)) {
	case IMAP_CHANGE_SAME:
		break;
	case IMAP_CHANGE_GONE:
	case IMAP_CHANGE_FLAGS:
		take_counts(s, i, &reply->status);
		/* which of them it was is to be seen there alone */
		if (s->places.items[i].announced.n > 0)
			s->places.items[i].is_visit_due = true;
		break;
	case IMAP_CHANGE_NEW:
		imap_watch_on_news(s, is_selected ? IMAP_CHANNEL_SELECTED : IMAP_CHANNEL_OTHERS);
		s->places.items[i].is_visit_due = true;
		break;
	case IMAP_CHANGE_RESET:
	case IMAP_CHANGE_SUSPICIOUS:
		s->places.items[i].is_visit_due = true;
		break;
	}
}

static void ask_status(struct imap_session *s, const char *name) {
	CLEANUP_TEXT char *encoded = imap_mailbox_name_encode(name);
	struct buffer quoted;
	buffer_init(&quoted, IMAP_TOKEN_MAX);
	if (encoded && imap_command_append_string(&quoted, encoded, false) == 0) {
		CLEANUP_TEXT char *mailbox = buffer_take_text(&quoted);
		imap_wire_send(&s->wire, IMAP_COMMAND_ROUND, "STATUS %s %s", mailbox,
			imap_opening_status_items(s));
	}
	buffer_deinit(&quoted);
}

void imap_round_ask_selected(struct imap_session *s) {
	ask_status(s, imap_session_place(s)->name);
}

static bool is_asked(const struct imap_session *s, size_t i) {
	return i != s->selected.place && !s->places.items[i].is_elsewhere &&
	       !(s->round.is_for_untold && s->places.items[i].is_told);
}

/* As many in one write as may be in flight. */
static bool ask(struct imap_session *s) {
	struct imap_round *round = &s->round;
	for (; round->asked < s->places.n && s->wire.n_flights < IMAP_FLIGHTS_MAX; round->asked++)
		if (is_asked(s, round->asked))
			ask_status(s, s->places.items[round->asked].name);
	return s->wire.n_flights > 0;
}

static size_t next_visit(const struct imap_session *s) {
	for (size_t i = 0; i < s->places.n; i++)
		if (s->places.items[i].is_visit_due && !s->places.items[i].is_elsewhere)
			return i;
	return IMAP_PLACE_NONE;
}

bool imap_round_has_visit(const struct imap_session *s) {
	return next_visit(s) != IMAP_PLACE_NONE;
}

void imap_round_visit(struct imap_session *s) {
	s->round.wanted = next_visit(s);
}

bool imap_round_is_over(const struct imap_session *s) {
	return s->round.asked >= s->places.n && !imap_round_has_visit(s);
}

void imap_round_begin(struct imap_session *s) {
	s->round.is_due = true;
	s->round.is_for_untold = false;
}

void imap_round_begin_untold(struct imap_session *s) {
	s->round.is_for_untold = !s->round.is_due || s->round.is_for_untold;
	s->round.is_due = true;
}

bool imap_round_proceed(struct imap_session *s) {
	struct imap_round *round = &s->round;
	if (round->is_due) {
		round->is_due = false;
		round->asked = 0;
	}
	if (ask(s))
		return true;
	round->wanted = next_visit(s);
	bool is_home = s->selected.place == HOME && !s->selected.is_writing;
	if (round->wanted == IMAP_PLACE_NONE && !is_home)
		round->wanted = HOME;
	return round->wanted != IMAP_PLACE_NONE;
}

void imap_round_switch(struct imap_session *s) {
	struct imap_round *round = &s->round;
	/* an IDLE that ends is answered first, and hinders nothing */
	unsigned n_ending = imap_wire_awaits(&s->wire, IMAP_COMMAND_IDLE) ? 1 : 0;
	if (round->wanted == IMAP_PLACE_NONE || s->state == IMAP_STATE_CLOSED ||
		s->wire.n_flights > n_ending)
		return;
	bool has_written = s->selected.is_writing;
	s->mark = imap_mark_free(s->mark);
	s->selected = (struct imap_selected){
		.place = round->wanted,
		.is_writing = s->places.items[round->wanted].marks.n > 0,
	};
	round->wanted = IMAP_PLACE_NONE;
	imap_session_place(s)->is_visit_due = false;
	memory_free(s->arrival.uids);
	s->arrival = (struct imap_arrival){ 0 };
	s->count = (struct imap_count){ 0 };
	imap_flags_reset(&s->flags);
	/* STATUS of a mailbox that is selected may tell what was */
	if (has_written)
		imap_count_on_change(s);
	imap_opening_begin(s);
}

bool imap_round_give_up(struct imap_session *s) {
	if (s->selected.place == HOME && !s->selected.is_writing)
		return false;
	/* asked again in the next round; it may be there again then */
	s->round.wanted = HOME;
	return true;
}

bool imap_round_is_open(const struct imap_session *s, size_t place) {
	return place == HOME || place == s->selected.place || place == s->round.wanted;
}
