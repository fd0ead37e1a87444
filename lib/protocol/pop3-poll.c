/* What a poll asks: as little as proves what is new. */
#include "protocol/pop3-poll.h"

#include <string.h>

#include "base/memory.h"
#include "protocol/pop3-anchor.h"

/* The word for a mailbox whose messages bear other names than before. */
#define RESET_UIDL "uidl"
/* A server that renames all messages twice does so always. */
#define RENAMED_MAX 2

void pop3_poll_begin(struct pop3_session *s) {
	s->phase = POP3_PHASE_STAT;
	pop3_session_send(s, (struct pop3_flight){ .command = POP3_COMMAND_STAT }, "STAT");
}

static bool can_top(const struct pop3_session *s) {
	const struct pop3_capabilities *c = &s->mailbox->capabilities;
	return !s->has_no_top && (!c->is_known || pop3_session_can(s, POP3_CAPABILITY_TOP));
}

static void send_top(struct pop3_session *s, uint32_t number) {
	const struct pop3_flight flight = { .command = POP3_COMMAND_TOP, .number = number };
	pop3_session_send(s, flight, "TOP %u 0", number);
}

void pop3_poll_add_fresh(struct pop3_session *s, uint32_t number, uint64_t hash) {
	struct pop3_fresh *f = &s->fresh;
	if (f->n == f->n_allocated) {
		f->n_allocated += f->n_allocated / 8 + 16;
		f->hashes = memory_resize(f->hashes, f->n_allocated, sizeof(*f->hashes));
		f->numbers = memory_resize(f->numbers, f->n_allocated, sizeof(*f->numbers));
	}
	f->hashes[f->n] = hash;
	f->numbers[f->n++] = number;
}

/* The last message of the mailbox is looked at, too, so that it is known again by its header if its
 * unique-id should change. */
static void add_newest(struct pop3_session *s) {
	const struct pop3_state *m = s->mailbox;
	const struct pop3_fresh *f = &s->fresh;
	bool is_fresh = f->n > 0 && f->numbers[f->n - 1] == s->messages;
	if (s->messages == 0 || is_fresh || s->newest != 0)
		return;
	if (s->last != 0 && s->last == m->last && m->newest != 0) {
		s->newest = m->newest;
	} else if (can_top(s)) {
		s->is_newest_last = true;
		pop3_poll_add_fresh(s, s->messages, s->last);
	}
}

void pop3_poll_enter_phase(struct pop3_session *s, enum pop3_phase phase) {
	struct pop3_state *m = s->mailbox;
	s->phase = phase;
	switch (phase) {
	case POP3_PHASE_PROBE:
		s->next_number = m->messages;
		break;
	case POP3_PHASE_LISTING:
		s->fresh.n = 0;
		s->is_misfit = false;
		s->listed = 0;
		if (s->is_baseline)
			pop3_uidl_set_clear(&m->set);
		else
			pop3_uidl_set_mark_begin(&m->set);
		pop3_session_send(
			s, (struct pop3_flight){ .command = POP3_COMMAND_UIDL_ALL }, "UIDL");
		break;
	case POP3_PHASE_PROOF:
		send_top(s, m->messages);
		break;
	case POP3_PHASE_GONE:
		s->gone = 0;
		break;
	case POP3_PHASE_HEADERS:
		add_newest(s);
		break;
	case POP3_PHASE_STAT:
	case POP3_PHASE_ANCHOR:
	case POP3_PHASE_OVER:
		break;
	}
}

/* STAT */

/* `UIDL n` of the last known message proves that nothing before it has changed: numbers are given
 * in order, and nothing is put in between. */
static bool can_probe(const struct pop3_session *s) {
	const struct pop3_state *m = s->mailbox;
	if (m->has_no_single || s->is_full || m->last == 0 || s->messages <= m->messages ||
		s->octets < m->octets)
		return false;
	uint32_t n = s->messages - m->messages;
	uint32_t most = pop3_session_can(s, POP3_CAPABILITY_PIPELINING) ? POP3_SINGLES_MAX
									: POP3_SINGLES_SLOW_MAX;
	return n <= most && n < s->messages / 2;
}

static bool is_full_due(const struct pop3_session *s) {
	const struct pop3_state *m = s->mailbox;
	/* a clock that went back is no reason to trust for longer */
	return m->is_partial || s->wall_usec < m->full_usec ||
	       s->wall_usec - m->full_usec >= POP3_FULL_USEC;
}

static void choose_phase(struct pop3_session *s) {
	struct pop3_state *m = s->mailbox;
	s->last = m->last;
	s->newest = m->newest;
	s->is_baseline = !m->is_known;
	s->is_full = s->is_baseline || is_full_due(s);
	bool is_same = s->messages == m->messages && s->octets == m->octets;
	if (is_same && !s->is_full) {
		pop3_poll_enter_phase(s, POP3_PHASE_OVER);
		return;
	}
	s->last = s->newest = 0;
	if (s->is_baseline) {
		pop3_poll_enter_phase(s, POP3_PHASE_LISTING);
	} else if (m->identity != POP3_IDENTITY_UIDL) {
		pop3_anchor_begin(s);
	} else if (s->messages == 0) {
		s->is_full = true;
		pop3_uidl_set_mark_begin(&m->set);
		pop3_poll_enter_phase(s, POP3_PHASE_GONE);
	} else {
		pop3_poll_enter_phase(s, can_probe(s) ? POP3_PHASE_PROBE : POP3_PHASE_LISTING);
	}
}

static void on_stat(struct pop3_session *s, const struct pop3_reply *reply) {
	if (reply->status != POP3_STATUS_OK)
		pop3_session_refuse(s, reply, REASON_UNAVAILABLE);
	else if (pop3_reply_parse_stat(reply->text, &s->messages, &s->octets) < 0)
		pop3_session_close(s, REASON_PROTOCOL_ERROR, NULL);
	else if (s->messages > POP3_MESSAGES_MAX)
		pop3_session_close(s, REASON_LIMIT_EXCEEDED, NULL);
	else
		choose_phase(s);
}

/* Unique-ids */

/* unique-id = 1*70 %x21-7E (RFC 1939 7); longer ones occur, and 8-bit ones. 0: not to be used. */
static uint64_t hash_of(const struct pop3_session *s, const struct pop3_listing *listing) {
	if (listing->n_id == 0 || listing->n_id > POP3_UIDL_MAX)
		return 0;
	for (size_t i = 0; i < listing->n_id; i++)
		if ((unsigned char)listing->id[i] <= ' ' || listing->id[i] == 0x7F)
			return 0;
	return pop3_uidl_set_hash(s->mailbox->key, listing->id, listing->n_id);
}

static void on_single(struct pop3_session *s, uint32_t number, const struct pop3_reply *reply) {
	const struct pop3_state *m = s->mailbox;
	struct pop3_listing listing;
	if (reply->status != POP3_STATUS_OK ||
		pop3_reply_parse_listing(reply->text, strlen(reply->text), &listing) < 0 ||
		listing.number != number) {
		s->is_misfit = true;
		return;
	}
	uint64_t hash = hash_of(s, &listing);
	if (number == s->messages)
		s->last = hash;
	if (number == m->messages)
		s->is_misfit |= hash != m->last;
	else if (hash != 0 && pop3_uidl_set_has(&m->set, hash))
		s->is_misfit = true;
	else
		pop3_poll_add_fresh(s, number, hash);
}

static void proceed_probe(struct pop3_session *s) {
	const struct pop3_wire *w = &s->wire;
	while (!s->is_misfit && s->next_number <= s->messages && pop3_session_room(s) > 0) {
		const struct pop3_flight flight = {
			.command = POP3_COMMAND_UIDL_ONE,
			.number = s->next_number++,
		};
		pop3_session_send(s, flight, "UIDL %u", flight.number);
	}
	if (w->n_flights > 0)
		return;
	s->last = s->is_misfit ? 0 : s->last;
	pop3_poll_enter_phase(s, s->is_misfit ? POP3_PHASE_LISTING : POP3_PHASE_HEADERS);
}

static void on_listing_line(struct pop3_session *s, const struct pop3_line *line) {
	struct pop3_state *m = s->mailbox;
	struct pop3_listing listing;
	if (pop3_reply_parse_listing(line->text, line->n, &listing) < 0) {
		s->is_misfit = true;
		return;
	}
	/* in order, each one once (RFC 1939 7): what is not could not be asked for again */
	if (listing.number <= s->listed || listing.number > s->messages) {
		pop3_session_close(s, REASON_PROTOCOL_ERROR, NULL);
		return;
	}
	s->listed = listing.number;
	uint64_t hash = line->is_cut ? 0 : hash_of(s, &listing);
	if (listing.number == s->messages)
		s->last = hash;
	/* One that has no name may be any: better no word of what is gone than a wrong one. */
	s->is_misfit |= hash == 0;
	if (s->is_baseline && hash != 0)
		pop3_uidl_set_append(&m->set, hash);
	else if (!s->is_baseline &&
		 (hash == 0 ? listing.number > m->messages : !pop3_uidl_set_mark(&m->set, hash)))
		pop3_poll_add_fresh(s, listing.number, hash);
}

/* All are unknown, and there are no fewer than before: other mail, or the same under other names?
 * The header of the one that was the newest tells. */
static bool is_renamed_perhaps(const struct pop3_session *s) {
	const struct pop3_state *m = s->mailbox;
	return !s->is_misfit && m->set.n > 0 && m->set.n_marked == 0 && m->newest != 0 &&
	       m->messages > 0 && s->messages >= m->messages && can_top(s);
}

static void on_listing_end(struct pop3_session *s) {
	s->is_full = true;
	s->is_misfit |= s->wire.n_body_lines < s->messages;
	if (s->is_baseline) {
		pop3_uidl_set_sort(&s->mailbox->set);
		pop3_poll_enter_phase(s, POP3_PHASE_HEADERS);
	} else {
		pop3_poll_enter_phase(
			s, is_renamed_perhaps(s) ? POP3_PHASE_PROOF : POP3_PHASE_GONE);
	}
}

/* The server has no UIDL; one that had it and says that it has not is in trouble. */
static void on_listing_refused(struct pop3_session *s, const struct pop3_reply *reply) {
	struct pop3_state *m = s->mailbox;
	bool says_so = m->capabilities.is_known && !pop3_session_can(s, POP3_CAPABILITY_UIDL);
	if ((!s->is_baseline && !says_so) || pop3_reply_is_trouble(reply)) {
		pop3_session_refuse(s, reply, REASON_UNAVAILABLE);
		return;
	}
	m->identity = can_top(s) ? POP3_IDENTITY_HEADER : POP3_IDENTITY_COUNT;
	pop3_poll_baseline(s, s->is_baseline ? NULL : RESET_UIDL);
}

/* The known ones get their new names. What was announced of them is not known any more. */
static void rename_all(struct pop3_session *s) {
	struct pop3_state *m = s->mailbox;
	struct pop3_fresh *f = &s->fresh;
	size_t n = 0;
	pop3_uidl_set_mark_end(&m->set, false);
	pop3_uidl_set_clear(&m->set);
	if (++m->n_renamed >= RENAMED_MAX)
		m->identity = POP3_IDENTITY_HEADER;
	for (size_t i = 0; i < f->n; i++) {
		if (f->numbers[i] > m->messages) {
			f->numbers[n] = f->numbers[i];
			f->hashes[n++] = f->hashes[i];
		} else if (m->identity == POP3_IDENTITY_UIDL && f->hashes[i] != 0) {
			pop3_uidl_set_append(&m->set, f->hashes[i]);
		}
	}
	f->n = n;
	pop3_uidl_set_sort(&m->set);
	m->is_partial = true;
	s->pending.reset = RESET_UIDL;
	pop3_session_raise(s, POP3_EVENT_BASELINE);
	pop3_poll_enter_phase(s, POP3_PHASE_HEADERS);
}

static void proceed_gone(struct pop3_session *s) {
	struct pop3_state *m = s->mailbox;
	uint64_t hash;
	if (!s->is_misfit && pop3_uidl_set_next_gone(&m->set, &s->gone, &hash) > 0) {
		s->pending.message.hash = hash;
		s->has_news = true;
		pop3_session_raise(s, POP3_EVENT_RETIRED);
		return;
	}
	pop3_uidl_set_mark_end(&m->set, !s->is_misfit);
	pop3_poll_enter_phase(s, POP3_PHASE_HEADERS);
}

/* Headers */

/* An identity for a message of which nothing is known but that it is there. */
static uint64_t hash_of_number(const struct pop3_session *s, uint32_t number) {
	const uint64_t known[] = { number, s->octets, s->wall_usec };
	return pop3_uidl_set_hash(s->mailbox->key, known, sizeof(known));
}

static void announce(struct pop3_session *s, uint32_t number, uint64_t hash) {
	char *const *fields = s->header.fields;
	s->pending.message = (struct pop3_message){
		.number = number,
		.hash = hash,
		.from = fields[POP3_FIELD_FROM],
		.subject = fields[POP3_FIELD_SUBJECT],
		.date = fields[POP3_FIELD_DATE],
		.message_id = fields[POP3_FIELD_MESSAGE_ID],
		.list_id = fields[POP3_FIELD_LIST_ID],
		.auto_submitted = fields[POP3_FIELD_AUTO_SUBMITTED],
	};
	pop3_session_raise(s, POP3_EVENT_MESSAGE);
	s->has_news = true;
	s->n_in_window++;
}

/* What was announced up to message `number` is to be stored, though there is more. The numbers of
 * STAT stay as they were: the next poll, should this one break off, finds the rest. */
static void end_window(struct pop3_session *s, uint32_t number, uint64_t of_header) {
	struct pop3_state *m = s->mailbox;
	s->n_in_window = 0;
	s->has_news = false;
	m->is_partial = true;
	if (m->identity != POP3_IDENTITY_UIDL) {
		m->messages = number;
		m->newest = of_header;
	}
	pop3_session_raise(s, POP3_EVENT_CURSOR);
}

/* The header of the next fresh message is there, or will never be. */
static void on_header(struct pop3_session *s) {
	struct pop3_state *m = s->mailbox;
	struct pop3_fresh *f = &s->fresh;
	size_t i = f->n_done++;
	f->n_asked = MAX(f->n_asked, f->n_done);
	uint64_t of_header = pop3_header_hash(&s->header, m->key), hash = f->hashes[i];
	if (s->is_newest_last && f->n_done == f->n)
		return;
	/* doubles of a unique-id are one message (RFC 1939 7: identical copies) */
	bool has_name = hash != 0 && m->identity == POP3_IDENTITY_UIDL;
	if (has_name && !pop3_uidl_set_add(&m->set, hash, true))
		return;
	if (!has_name)
		hash = of_header ? of_header : hash_of_number(s, f->numbers[i]);
	announce(s, f->numbers[i], hash);
	if (s->n_in_window == POP3_WINDOW && f->n_done < f->n)
		end_window(s, f->numbers[i], of_header);
}

static void finish(struct pop3_session *s) {
	struct pop3_state *m = s->mailbox;
	bool is_changed =
		m->is_partial || s->is_full || s->messages != m->messages || s->octets != m->octets;
	m->is_partial = false;
	m->messages = s->messages;
	m->octets = s->octets;
	m->last = s->last;
	m->newest = s->newest;
	m->full_usec = s->is_full ? s->wall_usec : m->full_usec;
	m->is_known = true;
	if (s->is_baseline)
		pop3_session_raise(s, POP3_EVENT_BASELINE);
	else if (s->has_news)
		pop3_session_raise(s, POP3_EVENT_CURSOR);
	else if (is_changed)
		pop3_session_raise(s, POP3_EVENT_COUNTS);
	s->is_finished = true;
}

static void proceed_headers(struct pop3_session *s) {
	struct pop3_fresh *f = &s->fresh;
	while (can_top(s) && f->n_asked < f->n && pop3_session_room(s) > 0)
		send_top(s, f->numbers[f->n_asked++]);
	/* QUIT goes with the last of them: the lock is held no longer than it must be. */
	if (f->n_asked == f->n && s->wire.n_flights > 0 &&
		pop3_session_can(s, POP3_CAPABILITY_PIPELINING))
		pop3_session_quit(s);
	/* without TOP one after the other, each when the one before was taken */
	while (!can_top(s) && s->wire.n_flights == 0 && f->n_done < f->n && s->pending.kinds == 0)
		on_header(s);
	if (f->n_done == f->n && s->pending.kinds == 0)
		pop3_poll_enter_phase(s, POP3_PHASE_OVER);
}

void pop3_poll_baseline(struct pop3_session *s, const char *reset) {
	s->is_baseline = true;
	s->is_full = true;
	s->pending.reset = reset;
	s->fresh.n = s->fresh.n_asked = s->fresh.n_done = 0;
	pop3_uidl_set_mark_end(&s->mailbox->set, false);
	pop3_uidl_set_clear(&s->mailbox->set);
	pop3_poll_enter_phase(s, POP3_PHASE_HEADERS);
}

void pop3_poll_proceed(struct pop3_session *s) {
	if (s->state != POP3_STATE_TRANSACTION && s->state != POP3_STATE_QUITTING)
		return;
	switch (s->phase) {
	case POP3_PHASE_PROBE:
		proceed_probe(s);
		break;
	case POP3_PHASE_ANCHOR:
		pop3_anchor_proceed(s);
		break;
	case POP3_PHASE_GONE:
		proceed_gone(s);
		break;
	case POP3_PHASE_HEADERS:
		proceed_headers(s);
		break;
	case POP3_PHASE_OVER:
		if (!s->is_finished)
			finish(s);
		pop3_session_quit(s);
		break;
	case POP3_PHASE_STAT:
	case POP3_PHASE_LISTING:
	case POP3_PHASE_PROOF:
		break;
	}
}

/* The header that a TOP was sent for; an empty one where it was refused. */
static void on_top(struct pop3_session *s, uint32_t number) {
	uint64_t hash = pop3_header_hash(&s->header, s->mailbox->key);
	if (number == s->messages)
		s->newest = hash;
	if (s->phase == POP3_PHASE_HEADERS)
		on_header(s);
	else if (s->phase == POP3_PHASE_ANCHOR)
		pop3_anchor_on_header(s, number, hash);
	else if (s->phase == POP3_PHASE_PROOF && hash == s->mailbox->newest)
		rename_all(s);
	else if (s->phase == POP3_PHASE_PROOF)
		pop3_poll_enter_phase(s, POP3_PHASE_GONE);
}

static void on_top_refused(
	struct pop3_session *s, uint32_t number, const struct pop3_reply *reply) {
	if (pop3_reply_is_trouble(reply)) {
		pop3_session_refuse(s, reply, REASON_UNAVAILABLE);
		return;
	}
	s->has_no_top = s->has_no_top || !s->mailbox->capabilities.is_known;
	pop3_header_deinit(&s->header);
	on_top(s, number);
}

void pop3_poll_on_reply(
	struct pop3_session *s, const struct pop3_flight *flight, const struct pop3_reply *reply) {
	switch (flight->command) {
	case POP3_COMMAND_STAT:
		on_stat(s, reply);
		break;
	case POP3_COMMAND_UIDL_ONE:
		on_single(s, flight->number, reply);
		s->wire.may_stray = s->is_misfit && reply->status == POP3_STATUS_OK;
		s->wire.n_body_lines = 0;
		break;
	case POP3_COMMAND_UIDL_ALL:
		on_listing_refused(s, reply);
		break;
	case POP3_COMMAND_TOP:
		on_top_refused(s, flight->number, reply);
		break;
	case POP3_COMMAND_STLS:
	case POP3_COMMAND_CAPA:
	case POP3_COMMAND_AUTH:
	case POP3_COMMAND_USER:
	case POP3_COMMAND_PASS:
	case POP3_COMMAND_QUIT:
		break;
	}
}

void pop3_poll_on_body(
	struct pop3_session *s, const struct pop3_flight *flight, const struct pop3_line *line) {
	if (flight->command == POP3_COMMAND_UIDL_ALL)
		on_listing_line(s, line);
	else
		pop3_header_add(&s->header, line->text, line->n);
}

void pop3_poll_on_end(struct pop3_session *s, const struct pop3_flight *flight) {
	if (flight->command == POP3_COMMAND_UIDL_ALL)
		on_listing_end(s);
	else
		on_top(s, flight->number);
}

/* Whoever sent this message must not stop the others from being announced: it counts as read. */
void pop3_poll_on_flood(struct pop3_session *s, uint32_t number) {
	struct pop3_fresh *f = &s->fresh;
	if (s->phase != POP3_PHASE_HEADERS)
		return;
	uint64_t hash = pop3_header_hash(&s->header, s->mailbox->key);
	on_top(s, number);
	if (f->n_done == f->n)
		finish(s);
	else
		end_window(s, number, hash);
}
