#include "protocol/imap-notify.h"

#include <string.h>

#include "base/memory.h"
#include "protocol/imap-capability.h"
#include "protocol/imap-conversation.h"
#include "protocol/imap-watch.h"

/* A server that announces so often without sending the envelope will not. */
#define BARE_MAX 3
/* Room for two groups of names, each within its limit, and the items. */
#define COMMAND_MAX (2 * IMAP_NOTIFY_LENGTH_MAX + (size_t)8 * 1024)

bool imap_notify_is_usable(const struct imap_session *s) {
	return imap_session_can(s, IMAP_CAPABILITY_NOTIFY | IMAP_CAPABILITY_IDLE) &&
	       s->proof.best == IMAP_RUNG_NOTIFY && s->ceiling == IMAP_RUNG_NOTIFY;
}

bool imap_notify_is_complete(const struct imap_session *s) {
	return s->notify.is_armed && (s->notify.form != IMAP_NOTIFY_SELECTED || s->places.n == 1);
}

static bool is_told_of(const struct imap_place *place) {
	return place->is_watched && !place->is_elsewhere && place->state != IMAP_PLACE_GONE;
}

/* The set in force leaves nobody out. */
static bool is_covering(const struct imap_session *s) {
	for (size_t i = 0; i < s->places.n; i++)
		if (is_told_of(&s->places.items[i]) && !s->places.items[i].is_in_set)
			return false;
	return true;
}

/* The names of all but the selected one; the array is owned. */
static const char **other_names(const struct imap_session *s, size_t *ret_n) {
	const char **names = MEMORY_NEW_ARRAY(const char *, s->places.n);
	size_t n = 0;
	for (size_t i = 0; i < s->places.n; i++)
		if (i != s->selected.place && is_told_of(&s->places.items[i]))
			names[n++] = s->places.items[i].name;
	*ret_n = n;
	return names;
}

static char *make_command(const struct imap_session *s) {
	CLEANUP_TEXT char *items = imap_session_items(s, IMAP_PREVIEW_MADE);
	struct imap_notify_request request = {
		.form = s->notify.form,
		.items = items,
		.wants_names = imap_pattern_needs_list(&s->patterns),
		.literal_plus = imap_session_can(s, IMAP_CAPABILITY_LITERAL_PLUS),
	};
	const char **names = other_names(s, &request.n_mailboxes);
	request.mailboxes = names;
	struct buffer out;
	buffer_init(&out, COMMAND_MAX);
	int r = imap_notify_command_append(&out, &request);
	char *command = buffer_take_text(&out);
	free(names);
	return r < 0 ? memory_free(command) : command;
}

bool imap_notify_leave(struct imap_session *s) {
	const struct imap_notify *n = &s->notify;
	bool is_set = n->is_armed || n->is_silenced;
	if (!is_set || n->form == IMAP_NOTIFY_SELECTED || s->proof.best == IMAP_RUNG_NOTIFY)
		return false;
	imap_session_close(s, s->proof.reason, NULL);
	return true;
}

/* Not while it is no help, and not for the sake of a mailbox that is only visited, or written to. */
bool imap_notify_is_due(const struct imap_session *s) {
	const struct imap_notify *n = &s->notify;
	if (!s->selected.is_open || s->selected.place != imap_round_home(s) ||
		s->selected.is_writing || s->arrival.retry_usec != 0 || !imap_round_is_over(s))
		return false;
	if (n->form == IMAP_NOTIFY_SELECTED)
		return n->is_silenced;
	return imap_notify_is_usable(s) && !(n->is_armed && is_covering(s));
}

/* A day after an overflow it may go better. */
static void forgive(struct imap_session *s) {
	struct imap_notify *n = &s->notify;
	if (n->form != IMAP_NOTIFY_SELECTED || !imap_notify_is_usable(s))
		return;
	n->form = IMAP_NOTIFY_FULL;
	imap_notify_disarm(s);
}

bool imap_notify_arm(struct imap_session *s) {
	struct imap_notify *n = &s->notify;
	forgive(s);
	if (!imap_notify_is_due(s))
		return s->wire.n_flights > 0;
	CLEANUP_TEXT char *command = make_command(s);
	if (!command)
		return false;
	imap_notify_disarm(s);
	for (size_t i = 0; i < s->places.n; i++)
		s->places.items[i].is_told = false;
	for (size_t i = 0; i < s->places.n; i++)
		s->places.items[i].is_in_set = is_told_of(&s->places.items[i]);
	/* its snapshot is a round */
	s->round.is_due &= n->form == IMAP_NOTIFY_SELECTED;
	imap_wire_send(&s->wire, IMAP_COMMAND_NOTIFY, "%s", command);
	return true;
}

void imap_notify_disarm(struct imap_session *s) {
	struct imap_notify *n = &s->notify;
	if (!n->is_armed)
		return;
	imap_wire_send(&s->wire, IMAP_COMMAND_NOTIFY_NONE, "NOTIFY NONE");
	n->is_armed = n->is_bare = false;
	n->is_silenced = true;
	n->due_usec = 0;
}

/* Where the connection cannot be what it was before NOTIFY, another one can. */
static void fall_back(struct imap_session *s) {
	imap_proof_on_refusal(&s->proof, IMAP_RUNG_NOTIFY, s->now_usec);
	if (s->notify.is_silenced)
		imap_session_close(s, REASON_PUSH_REFUSED, NULL);
	else
		imap_round_begin(s);
}

static void on_armed(struct imap_session *s) {
	s->notify.is_armed = true;
	s->notify.is_silenced = false;
	s->arrival.is_suspected |= s->notify.is_muffled;
	s->notify.is_muffled = false;
	imap_proof_on_answer(&s->proof, IMAP_RUNG_NOTIFY);
	/* what the server does not know, or did not tell of, is asked for */
	for (size_t i = 0; i < s->places.n; i++)
		if (i != s->selected.place && is_told_of(&s->places.items[i]) &&
			!s->places.items[i].is_told)
			imap_round_begin_untold(s);
}

/* The selected mailbox alone is refused by no server; home is told of by it as by IDLE. */
static void on_overflow(struct imap_session *s) {
	struct imap_notify *n = &s->notify;
	if (n->form == IMAP_NOTIFY_SELECTED || s->places.n == 1) {
		fall_back(s);
		return;
	}
	imap_proof_on_refusal(&s->proof, IMAP_RUNG_NOTIFY, s->now_usec);
	n->form = IMAP_NOTIFY_SELECTED;
	imap_round_begin(s);
}

/* EXAMINE tells all that there is; what any other answer kept to itself no later one tells. */
void imap_notify_on_answer(struct imap_session *s, enum imap_command_kind kind) {
	struct imap_notify *n = &s->notify;
	if (kind == IMAP_COMMAND_EXAMINE)
		n->is_muffled = false;
	else if (kind != IMAP_COMMAND_NOTIFY)
		n->is_muffled |= n->is_silenced;
}

void imap_notify_on_tagged(struct imap_session *s, const struct imap_reply *reply) {
	struct imap_notify *n = &s->notify;
	if (reply->condition == IMAP_CONDITION_OK)
		on_armed(s);
	else if (reply->code == IMAP_CODE_NOTIFICATIONOVERFLOW)
		on_overflow(s);
	else if (n->form == IMAP_NOTIFY_FULL)
		n->form = IMAP_NOTIFY_BASIC; /* [BADEVENT], or a word it does not like */
	else
		fall_back(s);
}

/* RFC 5465 5.8: as if NOTIFY NONE had been given. Something was lost, and nothing comes any more. */
static void on_lost_all(struct imap_session *s) {
	s->notify.is_armed = false;
	s->notify.is_silenced = true;
	s->notify.due_usec = 0;
	on_overflow(s);
	if (s->state != IMAP_STATE_CLOSED)
		imap_session_check(s);
}

/* Dovecot: "NOTIFY error, some events may have got lost". */
static void on_lost_some(struct imap_session *s) {
	struct imap_notify *n = &s->notify;
	if (n->lost_usec != 0 && s->now_usec - n->lost_usec < IMAP_NOTIFY_LOST_USEC)
		return;
	n->lost_usec = s->now_usec;
	s->is_check_due = true;
	imap_watch_interrupt(s);
}

void imap_notify_on_condition(struct imap_session *s, const struct imap_reply *reply) {
	if (!s->notify.is_armed)
		return;
	if (reply->code == IMAP_CODE_NOTIFICATIONOVERFLOW)
		on_lost_all(s);
	else if (reply->condition == IMAP_CONDITION_NO && strcasestr(reply->text, "NOTIFY"))
		on_lost_some(s);
}

bool imap_notify_awaits(struct imap_session *s) {
	struct imap_notify *n = &s->notify;
	if (!n->is_armed || n->is_bare || n->n_bare >= BARE_MAX || s->arrival.is_suspected ||
		s->arrival.target > imap_session_cursor(s)->next_uid)
		return false;
	if (n->due_usec == 0)
		n->due_usec = s->now_usec + IMAP_NOTIFY_ENVELOPE_USEC;
	return true;
}

void imap_notify_on_envelope(struct imap_session *s, bool complete) {
	s->notify.n_bare = 0;
	s->notify.due_usec = complete ? 0 : s->now_usec + IMAP_NOTIFY_ENVELOPE_USEC;
}

void imap_notify_on_bare(struct imap_session *s) {
	if (s->notify.is_armed)
		s->notify.is_bare = true;
}

void imap_notify_give_up(struct imap_session *s) {
	struct imap_notify *n = &s->notify;
	if (n->due_usec != 0 || n->is_bare)
		n->n_bare = (uint8_t)MIN(n->n_bare + 1, BARE_MAX);
	n->due_usec = 0;
	n->is_bare = false;
}
