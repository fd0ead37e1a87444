/* Servers without unique-ids: the newest message that is known is looked for by its header, and what
 * stands behind it is new. Where there is no TOP either, the number of messages must do. */
#include "protocol/pop3-anchor.h"

#include "protocol/pop3-poll.h"

static void add_behind(struct pop3_session *s, uint32_t number) {
	while (number < s->messages)
		pop3_poll_add_fresh(s, ++number, 0);
	pop3_poll_enter_phase(s, POP3_PHASE_HEADERS);
}

static void begin_at(struct pop3_session *s, uint32_t first, uint32_t last) {
	s->anchor = 0;
	s->next_number = first;
	s->anchor_last = last;
	pop3_poll_enter_phase(s, POP3_PHASE_ANCHOR);
}

static void walk(struct pop3_session *s) {
	s->is_walk = true;
	begin_at(s, s->messages > POP3_WALK_MAX ? s->messages - POP3_WALK_MAX + 1 : 1, s->messages);
}

void pop3_anchor_begin(struct pop3_session *s) {
	const struct pop3_state *m = s->mailbox;
	s->is_full = true;
	/* an empty mailbox knows nothing, and needs nothing to be found */
	bool has_anchor = m->identity == POP3_IDENTITY_HEADER && m->newest != 0;
	if (s->messages == 0 || m->messages == 0 || !has_anchor)
		add_behind(s, MIN(m->messages, s->messages));
	else if (s->messages >= m->messages)
		begin_at(s, m->messages, m->messages);
	else
		walk(s);
}

/* Of equal ones the last. */
void pop3_anchor_on_header(struct pop3_session *s, uint32_t number, uint64_t hash) {
	if (hash == s->mailbox->newest)
		s->anchor = number;
}

static void ask(struct pop3_session *s) {
	while (s->next_number <= s->anchor_last && pop3_session_room(s) > 0) {
		const struct pop3_flight flight = {
			.command = POP3_COMMAND_TOP,
			.number = s->next_number++,
		};
		pop3_session_send(s, flight, "TOP %u 0", flight.number);
	}
}

void pop3_anchor_proceed(struct pop3_session *s) {
	ask(s);
	if (s->wire.n_flights > 0)
		return;
	if (s->anchor != 0) {
		add_behind(s, s->anchor);
	} else if (!s->is_walk) {
		walk(s);
		ask(s);
	} else if (s->messages <= POP3_WALK_MAX) {
		/* all were looked at, and none is known */
		add_behind(s, 0);
	} else {
		pop3_poll_baseline(s, "uidl");
	}
}
