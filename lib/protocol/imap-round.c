#include "protocol/imap-round.h"

#include <string.h>

#include "base/memory.h"
#include "protocol/imap-conversation.h"
#include "protocol/imap-mailbox-name.h"
#include "protocol/imap-opening.h"

#define NOWHERE SIZE_MAX

static void append(struct imap_round *round, const char *name, const struct imap_cursor *cursor) {
	round->places = memory_resize(round->places, round->n_places + 1, sizeof(*round->places));
	struct imap_place *place = &round->places[round->n_places++];
	*place = (struct imap_place){ .name = memory_strdup(name) };
	if (cursor)
		place->cursor = *cursor;
}

void imap_round_add(struct imap_session *s, const char *name, const struct imap_cursor *cursor) {
	struct imap_round *round = &s->round;
	if (round->n_places == 0)
		append(round, s->selected.name, NULL);
	append(round, name, cursor);
	round->wanted = NOWHERE;
	round->is_due = true;
}

void imap_round_deinit(struct imap_round *round) {
	for (size_t i = 0; i < round->n_places; i++)
		free(round->places[i].name);
	round->places = memory_free(round->places);
	round->n_places = 0;
}

static size_t find(const struct imap_round *round, const char *mailbox) {
	for (size_t i = 0; i < round->n_places; i++)
		if (imap_mailbox_name_is(mailbox, strlen(mailbox), round->places[i].name))
			return i;
	return NOWHERE;
}

/* Only what the server named: a push may tell a part. */
static void take_counts(struct imap_session *s, size_t i, const struct imap_status *status) {
	struct imap_cursor *cursor = &s->round.places[i].cursor;
	struct imap_cursor before = *cursor;
	if (status->known & IMAP_STATUS_MESSAGES)
		cursor->messages = status->messages;
	if (status->known & IMAP_STATUS_UNSEEN)
		cursor->unseen = status->unseen;
	if (cursor->messages == before.messages && cursor->unseen == before.unseen)
		return;
	s->round.about = i;
	imap_session_raise(s, IMAP_EVENT_COUNTS);
}

void imap_round_on_status(struct imap_session *s, const struct imap_reply *reply) {
	struct imap_round *round = &s->round;
	size_t i = find(round, reply->mailbox);
	if (i == NOWHERE || i == round->selected)
		return;
	switch (imap_mailbox_compare(&round->places[i].cursor, &reply->status)) {
	case IMAP_CHANGE_SAME:
		break;
	case IMAP_CHANGE_GONE:
	case IMAP_CHANGE_FLAGS:
		take_counts(s, i, &reply->status);
		break;
	case IMAP_CHANGE_NEW:
	case IMAP_CHANGE_RESET:
	case IMAP_CHANGE_SUSPICIOUS:
		round->places[i].is_due = true;
		break;
	}
}

static void ask_status(struct imap_session *s, const char *name) {
	CLEANUP_TEXT char *encoded = imap_mailbox_name_encode(name);
	struct buffer quoted;
	buffer_init(&quoted, IMAP_TOKEN_MAX);
	if (encoded && imap_command_append_string(&quoted, encoded, false) == 0) {
		CLEANUP_TEXT char *mailbox = buffer_take_text(&quoted);
		imap_session_send(s, IMAP_COMMAND_ROUND,
			"STATUS %s (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)", mailbox);
	}
	buffer_deinit(&quoted);
}

/* As many in one write as may be in flight. */
static bool ask(struct imap_session *s) {
	struct imap_round *round = &s->round;
	while (round->asked < round->n_places && s->wire.n_flights < IMAP_FLIGHTS_MAX) {
		if (round->asked != round->selected)
			ask_status(s, round->places[round->asked].name);
		round->asked++;
	}
	return s->wire.n_flights > 0;
}

static size_t next_visit(const struct imap_round *round) {
	for (size_t i = 0; i < round->n_places; i++)
		if (round->places[i].is_due)
			return i;
	return NOWHERE;
}

bool imap_round_has_visit(const struct imap_session *s) {
	return next_visit(&s->round) != NOWHERE;
}

bool imap_round_proceed(struct imap_session *s) {
	struct imap_round *round = &s->round;
	if (round->n_places == 0)
		return false;
	if (round->is_due) {
		round->is_due = false;
		round->asked = 0;
	}
	if (ask(s))
		return true;
	round->wanted = next_visit(round);
	if (round->wanted == NOWHERE && round->selected != 0)
		round->wanted = 0;
	return round->wanted != NOWHERE;
}

void imap_round_switch(struct imap_session *s) {
	struct imap_round *round = &s->round;
	if (round->n_places == 0 || round->wanted == NOWHERE || s->state == IMAP_STATE_CLOSED)
		return;
	struct imap_place *to = &round->places[round->wanted];
	round->places[round->selected].cursor = s->selected.cursor;
	round->selected = round->wanted;
	round->wanted = NOWHERE;
	to->is_due = false;
	free(s->selected.name);
	s->selected = (struct imap_selected){
		.name = memory_strdup(to->name),
		.cursor = to->cursor,
	};
	memory_free(s->arrival.uids);
	s->arrival = (struct imap_arrival){ 0 };
	s->count = (struct imap_count){ 0 };
	imap_opening_begin(s);
}

bool imap_round_give_up(struct imap_session *s) {
	struct imap_round *round = &s->round;
	if (round->n_places == 0 || round->selected == 0)
		return false;
	/* asked again in the next round; it may be there again then */
	round->wanted = 0;
	return true;
}
