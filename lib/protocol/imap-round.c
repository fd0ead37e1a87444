#include "protocol/imap-round.h"

#include <string.h>

#include "base/memory.h"
#include "protocol/imap-conversation.h"
#include "protocol/imap-mailbox-name.h"
#include "protocol/imap-opening.h"

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
	bool is_poll = s->selected.is_open && imap_session_has_quirk(s, IMAP_QUIRK_DEAF_NOOP);
	if (i == IMAP_PLACE_NONE || (i == s->selected.place && !is_poll))
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

/* As many in one write as may be in flight. */
static bool ask(struct imap_session *s) {
	struct imap_round *round = &s->round;
	for (; round->asked < s->places.n && s->wire.n_flights < IMAP_FLIGHTS_MAX; round->asked++)
		if (round->asked != s->selected.place)
			ask_status(s, s->places.items[round->asked].name);
	return s->wire.n_flights > 0;
}

static size_t next_visit(const struct imap_session *s) {
	for (size_t i = 0; i < s->places.n; i++)
		if (s->places.items[i].is_visit_due)
			return i;
	return IMAP_PLACE_NONE;
}

bool imap_round_has_visit(const struct imap_session *s) {
	return next_visit(s) != IMAP_PLACE_NONE;
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
	if (round->wanted == IMAP_PLACE_NONE && s->selected.place != HOME)
		round->wanted = HOME;
	return round->wanted != IMAP_PLACE_NONE;
}

void imap_round_switch(struct imap_session *s) {
	struct imap_round *round = &s->round;
	if (round->wanted == IMAP_PLACE_NONE || s->state == IMAP_STATE_CLOSED ||
		s->wire.n_flights > 0)
		return;
	s->selected = (struct imap_selected){ .place = round->wanted };
	round->wanted = IMAP_PLACE_NONE;
	imap_session_place(s)->is_visit_due = false;
	memory_free(s->arrival.uids);
	s->arrival = (struct imap_arrival){ 0 };
	s->count = (struct imap_count){ 0 };
	imap_flags_reset(&s->flags);
	imap_opening_begin(s);
}

bool imap_round_give_up(struct imap_session *s) {
	if (s->selected.place == HOME)
		return false;
	/* asked again in the next round; it may be there again then */
	s->round.wanted = HOME;
	return true;
}
