#include "protocol/imap-session.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "protocol/imap-conversation.h"
#include "protocol/imap-login.h"
#include "protocol/imap-opening.h"
#include "protocol/imap-refusal.h"
#include "protocol/imap-session-idle.h"
#include "protocol/imap-session-share.h"
#include "protocol/imap-watch.h"

/* A user and a password of a kilobyte each, twice as long when they are quoted. */
#define HELD_MAX ((size_t)64 * 1024)

static void begin_conversation(struct imap_session *s, uint64_t tag_seed, uint32_t n_tags) {
	imap_wire_init(&s->wire, tag_seed, n_tags);
	buffer_init_secret(&s->held, HELD_MAX);
	imap_reply_init(&s->reader);
	s->selected.place = s->round.wanted = IMAP_PLACE_NONE;
}

static void end_conversation(struct imap_session *s) {
	imap_reply_deinit(&s->reader);
	imap_wire_deinit(&s->wire);
	buffer_deinit(&s->held);
	s->arrival.uids = memory_free(s->arrival.uids);
	imap_flags_reset(&s->flags);
	s->mark = imap_mark_free(s->mark);
	imap_pending_deinit(&s->pending);
	imap_discovery_deinit(&s->discovery);
}

struct imap_session *imap_session_new(const struct imap_login *login) {
	struct imap_session *s = MEMORY_NEW(struct imap_session);
	s->login = login_new(&login->login, "imap");
	s->security = login->security;
	s->items.wants_preview = login->wants_preview;
	s->quirks = imap_quirk_match(IMAP_QUIRK_KEY_HOST, login->login.host, NULL);
	s->ceiling = login->ceiling;
	s->proof = login->proof ? *login->proof : (struct imap_proof){ 0 };
	s->poll_usec = login->poll_usec != 0 ? login->poll_usec : IMAP_POLL_USEC;
	imap_renewal_init(&s->renewal, 0);
	s->is_secure = login->security != IMAP_SECURITY_STARTTLS;
	s->deadline_usec = USEC_NEVER;
	begin_conversation(s, login->tag_seed, 0);
	return s;
}

struct imap_session *imap_session_free(struct imap_session *s) {
	if (!s)
		return NULL;
	end_conversation(s);
	imap_login_forget(s);
	imap_place_deinit_all(&s->places);
	imap_pattern_deinit_all(&s->patterns);
	return memory_free(s);
}

void imap_session_watch(struct imap_session *s, const char *pattern) {
	assert(s->state == IMAP_STATE_GREETING);
	if (imap_pattern_kind(pattern) != IMAP_PATTERN_NAME) {
		imap_pattern_add(&s->patterns, pattern, false);
		return;
	}
	size_t i = imap_place_add(&s->places, pattern);
	if (i != IMAP_PLACE_NONE)
		s->places.items[i].is_named = true;
}

void imap_session_ignore(struct imap_session *s, const char *pattern) {
	assert(s->state == IMAP_STATE_GREETING);
	imap_pattern_add(&s->patterns, pattern, true);
}

static void remember(struct imap_place *place, const struct imap_memory *memory) {
	place->cursor = memory->cursor;
	if (memory->announced)
		imap_announced_copy(&place->announced, memory->announced);
}

void imap_session_remember(
	struct imap_session *s, const char *mailbox, const struct imap_memory *memory) {
	assert(s->state == IMAP_STATE_GREETING);
	size_t i = imap_place_find(&s->places, mailbox);
	if (i == IMAP_PLACE_NONE && imap_pattern_needs_list(&s->patterns))
		i = imap_place_add(&s->places, mailbox);
	if (i == IMAP_PLACE_NONE || s->places.items[i].cursor.uidvalidity != 0)
		return;
	struct imap_place *place = &s->places.items[i];
	remember(place, memory);
	place->standing = memory->standing;
}

bool imap_session_yield(struct imap_session *s, const char *mailbox) {
	size_t i = imap_place_find(&s->places, mailbox);
	if (i == IMAP_PLACE_NONE || imap_round_is_open(s, i))
		return false;
	s->places.items[i].is_elsewhere = true;
	return true;
}

void imap_session_take_back(
	struct imap_session *s, const char *mailbox, const struct imap_memory *memory) {
	size_t i = imap_place_find(&s->places, mailbox);
	if (i == IMAP_PLACE_NONE || s->state == IMAP_STATE_CLOSED)
		return;
	struct imap_place *place = &s->places.items[i];
	remember(place, memory);
	place->is_elsewhere = false;
	place->is_visit_due = true;
	imap_watch_interrupt(s);
}

void imap_session_bind(struct imap_session *s, const struct sasl_bindings *bindings) {
	if (s->login)
		login_set_bindings(s->login, bindings);
}

uint64_t imap_session_capabilities(const struct imap_session *s) {
	return s->capabilities & ~imap_quirk_without(s->quirks);
}

bool imap_session_login(const struct imap_session *s, struct login_outcome *ret) {
	if (!s->is_logged_in)
		return false;
	*ret = s->outcome;
	return true;
}

/* A new object in the place of the old one, which heard things in the clear. Only what we brought
 * ourselves is carried over. */
void imap_session_secured(struct imap_session *s) {
	assert(s->state == IMAP_STATE_WANT_TLS || s->state == IMAP_STATE_CLOSED);
	if (s->state == IMAP_STATE_CLOSED)
		return;
	struct imap_session fresh = {
		.now_usec = s->now_usec,
		.security = s->security,
		.login = s->login,
		.places = s->places,
		.patterns = s->patterns,
		.items.wants_preview = s->items.wants_preview,
		.quirks = imap_quirk_match(IMAP_QUIRK_KEY_HOST, login_host(s->login), NULL),
		.proof = s->proof,
		.ceiling = s->ceiling,
		.poll_usec = s->poll_usec,
		.renewal = s->renewal,
		.is_secure = true,
	};
	uint64_t tag_seed = s->wire.tag_seed;
	uint32_t n_tags = s->wire.n_tags;
	end_conversation(s);
	*s = fresh;
	begin_conversation(s, tag_seed, n_tags);
	imap_login_begin(s);
}

/* A server that is known to fall silent is asked, whatever it says meanwhile. */
static uint64_t idle_deadline(const struct imap_session *s) {
	uint64_t known = imap_quirk_renew_usec(s->quirks), due = imap_renewal_due(&s->renewal);
	return known != 0 ? MIN(due, s->renewal.begun_usec + known) : due;
}

static uint64_t state_deadline(const struct imap_session *s) {
	switch (s->state) {
	case IMAP_STATE_GREETING:
		return s->now_usec + IMAP_GREETING_USEC;
	case IMAP_STATE_STARTTLS:
	case IMAP_STATE_CAPABILITY:
	case IMAP_STATE_AUTHENTICATE:
	case IMAP_STATE_LOGIN:
	case IMAP_STATE_IDLE_STARTING:
		return s->now_usec + IMAP_COMMAND_USEC;
	case IMAP_STATE_OPENING:
	case IMAP_STATE_WORKING:
		return s->now_usec + (imap_wire_awaits(&s->wire, IMAP_COMMAND_IDLE)
						     ? IMAP_DONE_USEC
						     : IMAP_COMMAND_USEC);
	case IMAP_STATE_LEAVING:
		return s->now_usec + IMAP_DONE_USEC;
	case IMAP_STATE_IDLING:
		return idle_deadline(s);
	case IMAP_STATE_WAITING:
		return s->arrival.retry_usec ? s->arrival.retry_usec : imap_watch_poll_due(s);
	case IMAP_STATE_WANT_TLS: /* the handshake is the stream's */
	case IMAP_STATE_CLOSED:
		return USEC_NEVER;
	}
	return USEC_NEVER;
}

void imap_session_enter_state(struct imap_session *s, enum imap_state state) {
	s->state = state;
	if (state == IMAP_STATE_IDLING)
		imap_renewal_begin(&s->renewal, s->now_usec);
	s->deadline_usec = state_deadline(s);
	switch (state) {
	case IMAP_STATE_WANT_TLS:
		imap_pending_raise(s, IMAP_EVENT_WANT_TLS);
		break;
	case IMAP_STATE_CLOSED:
		imap_wire_clear(&s->wire);
		buffer_clear(&s->held);
		imap_login_forget(s);
		imap_pending_raise(s, IMAP_EVENT_CLOSED);
		break;
	case IMAP_STATE_GREETING:
	case IMAP_STATE_STARTTLS:
	case IMAP_STATE_CAPABILITY:
	case IMAP_STATE_AUTHENTICATE:
	case IMAP_STATE_LOGIN:
	case IMAP_STATE_OPENING:
	case IMAP_STATE_WORKING:
	case IMAP_STATE_IDLE_STARTING:
	case IMAP_STATE_IDLING:
	case IMAP_STATE_WAITING:
	case IMAP_STATE_LEAVING:
		break;
	}
}

static void keep_text(struct imap_session *s, const char *text) {
	s->pending.text = memory_free(s->pending.text);
	if (!text_is_empty(text) && s->is_secure)
		s->pending.text = memory_strndup(text, strnlen(text, IMAP_TEXT_MAX));
}

void imap_session_close(struct imap_session *s, enum reason reason, const char *text) {
	if (s->state == IMAP_STATE_CLOSED)
		return;
	keep_text(s, text);
	s->pending.reason = reason;
	imap_session_enter_state(s, IMAP_STATE_CLOSED);
}

void imap_session_refuse(
	struct imap_session *s, const struct imap_reply *reply, enum reason fallback) {
	struct imap_refusal refusal = imap_refusal_of(reply, fallback);
	s->pending.retry_after_usec = refusal.retry_after_usec;
	imap_session_close(s, refusal.reason, reply->text);
}

bool imap_session_can(const struct imap_session *s, uint32_t capability) {
	return (s->capabilities & ~imap_quirk_without(s->quirks) & capability) == capability;
}

bool imap_session_has_quirk(const struct imap_session *s, uint32_t quirk) {
	return (imap_quirk_bits(s->quirks) & quirk) != 0;
}

char *imap_session_items(const struct imap_session *s, enum imap_preview preview) {
	return imap_items_format(&s->items, s->capabilities & ~imap_quirk_without(s->quirks),
		imap_quirk_bits(s->quirks), preview);
}

static void on_tagged(struct imap_session *s, const struct imap_reply *reply) {
	struct imap_flight flight;
	if (!imap_wire_land(&s->wire, reply->tag, &flight)) {
		imap_session_close(s, REASON_UNEXPECTED_TAG, NULL);
		return;
	}
	enum imap_command_kind kind = flight.kind;
	imap_notify_on_answer(s, kind);
	if (kind == IMAP_COMMAND_ROUND)
		imap_round_on_tagged(s, flight.place, reply);
	else if (kind == IMAP_COMMAND_LIST)
		imap_discovery_on_tagged(s, reply);
	switch (s->state) {
	case IMAP_STATE_CAPABILITY:
	case IMAP_STATE_AUTHENTICATE:
	case IMAP_STATE_LOGIN:
		imap_login_on_tagged(s, reply);
		break;
	case IMAP_STATE_OPENING:
		imap_opening_on_tagged(s, kind, reply);
		break;
	case IMAP_STATE_WORKING:
	case IMAP_STATE_IDLE_STARTING:
	case IMAP_STATE_IDLING:
	case IMAP_STATE_LEAVING:
		imap_watch_on_tagged(s, kind, reply);
		break;
	case IMAP_STATE_GREETING:
	case IMAP_STATE_STARTTLS:
	case IMAP_STATE_WANT_TLS:
	case IMAP_STATE_WAITING:
	case IMAP_STATE_CLOSED:
		break; /* nothing is in flight, or not handled here */
	}
}

static void on_condition(struct imap_session *s, const struct imap_reply *reply) {
	if (reply->condition == IMAP_CONDITION_BYE) {
		if (imap_refusal_is_inactivity(reply->text))
			imap_renewal_dismiss(&s->renewal, s->now_usec);
		imap_round_on_lost(s);
		if (s->state == IMAP_STATE_LEAVING)
			imap_session_close(s, REASON_NONE, NULL);
		else
			imap_session_refuse(s, reply, REASON_SERVER_CLOSED);
		return;
	}
	bool is_trouble =
		reply->condition == IMAP_CONDITION_NO || reply->condition == IMAP_CONDITION_BAD;
	/* that of NOTIFY is imap-notify.c's */
	if (is_trouble && !(s->notify.is_armed && strcasestr(reply->text, "NOTIFY")))
		imap_watch_on_trouble(s, reply);
	imap_opening_on_reply(s, reply);
	imap_notify_on_condition(s, reply);
}

/* Only from a server that has proved itself and let us in. */
static void on_alert(struct imap_session *s, const struct imap_reply *reply) {
	if (s->state < IMAP_STATE_OPENING || s->state == IMAP_STATE_CLOSED ||
		text_is_empty(reply->text))
		return;
	keep_text(s, reply->text);
	imap_pending_raise(s, IMAP_EVENT_ALERT);
}

/* A server that talks without being asked may do so, within reason. */
static bool is_flood(struct imap_session *s) {
	if (s->state != IMAP_STATE_IDLING && s->state != IMAP_STATE_WAITING)
		return false;
	if (s->now_usec - s->unsolicited_usec >= USEC_PER_MINUTE) {
		s->unsolicited_usec = s->now_usec;
		s->n_unsolicited = 0;
	}
	return ++s->n_unsolicited > IMAP_UNSOLICITED_PER_MINUTE;
}

static void on_data(struct imap_session *s, const struct imap_reply *reply) {
	if (reply->has_capabilities) {
		s->capabilities = reply->capabilities;
		s->mechanisms = reply->mechanisms;
		s->has_capabilities = true;
	}
	s->quirks |= reply->quirks;
	switch (reply->kind) {
	case IMAP_REPLY_TAGGED:
		on_tagged(s, reply);
		break;
	case IMAP_REPLY_CONDITION:
		on_condition(s, reply);
		break;
	case IMAP_REPLY_CONTINUATION:
		if (s->state < IMAP_STATE_OPENING)
			imap_login_on_continuation(s, reply);
		else
			imap_watch_on_continuation(s);
		break;
	case IMAP_REPLY_EXISTS:
	case IMAP_REPLY_EXPUNGE:
	case IMAP_REPLY_VANISHED:
	case IMAP_REPLY_FETCH:
	case IMAP_REPLY_RECENT:
		if (!imap_opening_is_elsewhere(s))
			imap_arrival_on_reply(s, reply);
		break;
	case IMAP_REPLY_STATUS:
		imap_round_on_status(s, reply);
		imap_opening_on_reply(s, reply);
		break;
	case IMAP_REPLY_LIST:
		imap_discovery_on_list(s, reply);
		break;
	case IMAP_REPLY_NAMESPACE:
		imap_discovery_on_namespace(s, reply);
		break;
	case IMAP_REPLY_SEARCH:
	case IMAP_REPLY_ESEARCH:
		imap_count_on_reply(s, reply);
		break;
	case IMAP_REPLY_MALFORMED:
		s->n_skipped++;
		break;
	case IMAP_REPLY_LIMIT:
		imap_session_close(s, REASON_LIMIT_EXCEEDED, NULL);
		break;
	case IMAP_REPLY_CAPABILITY:
	case IMAP_REPLY_FLAGS:
	case IMAP_REPLY_ENABLED:
	case IMAP_REPLY_ID:
	case IMAP_REPLY_UNKNOWN:
		break;
	}
	if (reply->code == IMAP_CODE_ALERT)
		on_alert(s, reply);
	if (s->selected.place != IMAP_PLACE_NONE)
		imap_flags_settle(s);
	imap_watch_on_change(s);
}

/* Any word of the server shows that it is there. */
static void note_life(struct imap_session *s, const struct imap_reply *reply) {
	bool is_heartbeat = reply->kind == IMAP_REPLY_CONDITION &&
			    reply->condition == IMAP_CONDITION_OK && reply->code == IMAP_CODE_NONE;
	bool is_end = reply->kind == IMAP_REPLY_CONDITION && reply->condition == IMAP_CONDITION_BYE;
	if (s->state != IMAP_STATE_IDLING || is_end)
		return;
	imap_renewal_hear(&s->renewal, s->now_usec, is_heartbeat);
	s->deadline_usec = idle_deadline(s);
}

static void on_reply(struct imap_session *s, const struct imap_reply *reply) {
	note_life(s, reply);
	if (reply->kind == IMAP_REPLY_LIMIT || is_flood(s))
		imap_session_close(s, REASON_LIMIT_EXCEEDED, NULL);
	else if (s->state == IMAP_STATE_GREETING)
		imap_login_on_greeting(s, reply);
	else if (s->state == IMAP_STATE_STARTTLS)
		imap_login_on_clear_reply(s, reply);
	else
		on_data(s, reply);
}

static void drop_modseq(struct imap_reply *reply) {
	reply->status.known &= ~(unsigned)IMAP_STATUS_HIGHESTMODSEQ;
	reply->status.highestmodseq = 0;
	if (reply->code == IMAP_CODE_HIGHESTMODSEQ)
		reply->code_number = 0;
}

static bool read_reply(struct imap_session *s, struct imap_reply *ret) {
	struct buffer *input = &s->wire.input;
	if (s->state == IMAP_STATE_WANT_TLS || s->state == IMAP_STATE_CLOSED || input->n == 0)
		return false;
	struct imap_input in = { .bytes = buffer_bytes(input), .n = input->n };
	int r = imap_reply_next(&s->reader, &in, ret);
	buffer_consume(input, input->n - in.n);
	if (r > 0 && imap_session_has_quirk(s, IMAP_QUIRK_NO_MODSEQ))
		drop_modseq(ret);
	return r > 0;
}

/* Nothing is held while nothing is in hand. */
static void release(struct imap_session *s) {
	imap_reply_release(&s->reader);
	buffer_release(&s->wire.input);
	buffer_release(&s->held);
	s->pending.text = memory_free(s->pending.text);
}

int imap_session_next(struct imap_session *s, struct imap_event *ret) {
	struct imap_reply reply;
	for (;;) {
		if (imap_pending_take(s, ret))
			return 1;
		if (imap_round_switch(s))
			continue;
		if (!read_reply(s, &reply))
			break;
		on_reply(s, &reply);
	}
	release(s);
	return 0;
}

void imap_session_feed(struct imap_session *s, const void *bytes, size_t n) {
	assert(s->places.n > 0 || s->patterns.n > 0);
	if (n == 0 || s->state == IMAP_STATE_CLOSED)
		return;
	/* in the clear, behind the answer to STARTTLS */
	if (s->state == IMAP_STATE_WANT_TLS)
		imap_session_close(s, REASON_INJECTED_DATA, NULL);
	else if (buffer_append(&s->wire.input, bytes, n) < 0)
		imap_session_close(s, REASON_LIMIT_EXCEEDED, NULL);
}

bool imap_session_is_partial(const struct imap_session *s) {
	return s->wire.input.n > 0 || !imap_lexer_is_between(&s->reader.lexer);
}

size_t imap_session_output(struct imap_session *s, const uint8_t **ret_bytes) {
	bool awaits_id = imap_wire_awaits(&s->wire, IMAP_COMMAND_ID);
	uint32_t reasons = IMAP_QUIRK_ONE_AT_A_TIME | (awaits_id ? IMAP_QUIRK_ID_FIRST : 0);
	return imap_wire_output(&s->wire, imap_session_has_quirk(s, reasons), ret_bytes);
}

void imap_session_sent(struct imap_session *s, size_t n) {
	buffer_consume(&s->wire.output, n);
	buffer_release(&s->wire.output);
	s->wire.n_sent += (uint32_t)n;
}

uint64_t imap_session_deadline(const struct imap_session *s) {
	return imap_watch_deadline(s);
}

void imap_session_tick(struct imap_session *s, uint64_t now_usec) {
	bool is_first = s->state == IMAP_STATE_GREETING && s->deadline_usec == USEC_NEVER;
	s->now_usec = now_usec;
	if (is_first)
		imap_session_enter_state(s, IMAP_STATE_GREETING);
	if (now_usec >= imap_session_deadline(s))
		imap_watch_on_deadline(s);
}

void imap_session_disown(struct imap_session *s) {
	assert(s->pending.message);
	(void)imap_announced_remove(&imap_session_place(s)->announced, s->pending.message->uid);
}

void imap_session_disconnected(struct imap_session *s) {
	imap_round_on_lost(s);
}

void imap_session_check(struct imap_session *s) {
	s->is_check_due = s->is_verifying = true;
	imap_watch_interrupt(s);
}

static size_t find_place(const struct imap_session *s, const char *mailbox, uint32_t uidvalidity) {
	size_t i = imap_place_find(&s->places, mailbox);
	bool is_same = i != IMAP_PLACE_NONE && uidvalidity != 0 &&
		       s->places.items[i].cursor.uidvalidity == uidvalidity;
	return is_same ? i : IMAP_PLACE_NONE;
}

bool imap_session_has_mailbox(
	const struct imap_session *s, const char *mailbox, uint32_t uidvalidity) {
	return find_place(s, mailbox, uidvalidity) != IMAP_PLACE_NONE;
}

int imap_session_mark_seen(
	struct imap_session *s, const char *mailbox, uint32_t uidvalidity, uint32_t uid) {
	size_t place = find_place(s, mailbox, uidvalidity);
	if (place == IMAP_PLACE_NONE || s->state == IMAP_STATE_CLOSED)
		return -ENOENT;
	int r = imap_mark_want(s, place, uid);
	if (r == 0)
		imap_watch_interrupt(s);
	return r;
}

void imap_session_logout(struct imap_session *s) {
	s->is_leaving = true;
	if (s->state < IMAP_STATE_OPENING)
		imap_session_close(s, REASON_NONE, NULL);
	else
		imap_watch_interrupt(s);
}

/* A server that is lost over a command time and again is not asked for that any more. */
struct imap_proof imap_session_proof(const struct imap_session *s) {
	struct imap_proof proof = s->proof;
	if (imap_wire_awaits(&s->wire, IMAP_COMMAND_NOTIFY))
		imap_proof_on_loss(&proof, IMAP_RUNG_NOTIFY, s->now_usec);
	if (s->state == IMAP_STATE_IDLE_STARTING)
		imap_proof_on_loss(&proof, IMAP_RUNG_IDLE, s->now_usec);
	return proof;
}

void imap_session_set_renewal(
	struct imap_session *s, uint64_t learned, const struct imap_renewal_slot *slot) {
	assert(s->state < IMAP_STATE_IDLING);
	imap_renewal_init(&s->renewal, learned);
	s->renewal.slot = *slot;
}

void imap_session_set_poll(struct imap_session *s, uint64_t poll_usec) {
	s->poll_usec = poll_usec;
	if (s->state == IMAP_STATE_WAITING)
		s->deadline_usec = state_deadline(s);
}

bool imap_session_is_idling(const struct imap_session *s) {
	return s->state == IMAP_STATE_IDLING;
}

/* In IDLE, or in the question that ends it. */
void imap_session_lost(struct imap_session *s) {
	if (s->state == IMAP_STATE_IDLING || imap_wire_awaits(&s->wire, IMAP_COMMAND_IDLE))
		imap_renewal_lose(&s->renewal, s->now_usec);
}

/* What is awaited already is awaited for no longer than that. */
void imap_session_probe(struct imap_session *s, uint64_t patience_usec) {
	if (s->state == IMAP_STATE_WANT_TLS || s->state == IMAP_STATE_CLOSED)
		return;
	s->is_poll_due = true;
	imap_watch_interrupt(s);
	imap_renewal_excuse(&s->renewal);
	s->deadline_usec = MIN(s->deadline_usec, s->now_usec + patience_usec);
}

uint64_t imap_session_renewal(const struct imap_session *s) {
	return imap_renewal_learned(&s->renewal);
}

unsigned imap_session_skipped(const struct imap_session *s) {
	return s->n_skipped;
}
