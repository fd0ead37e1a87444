#include "protocol/imap-session.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "protocol/imap-conversation.h"
#include "protocol/imap-login.h"
#include "protocol/imap-opening.h"
#include "protocol/imap-refusal.h"
#include "protocol/imap-watch.h"

/* What may wait for next(): as much as a stream reads at once, with room to spare. */
#define INPUT_MAX ((size_t)64 * 1024 * 1024)
#define OUTPUT_MAX ((size_t)64 * 1024)

static void begin_conversation(struct imap_session *s) {
	buffer_init(&s->wire.input, INPUT_MAX);
	buffer_init_secret(&s->wire.output, OUTPUT_MAX);
	buffer_init_secret(&s->held, OUTPUT_MAX);
	imap_reply_init(&s->reader);
}

static void end_conversation(struct imap_session *s) {
	imap_reply_deinit(&s->reader);
	buffer_deinit(&s->wire.input);
	buffer_deinit(&s->wire.output);
	buffer_deinit(&s->held);
	s->sasl = sasl_free(s->sasl);
	s->arrival.uids = memory_free(s->arrival.uids);
	s->pending.text = memory_free(s->pending.text);
}

struct imap_session *imap_session_new(const struct imap_login *login) {
	struct imap_session *s = MEMORY_NEW(struct imap_session);
	s->credentials = (struct imap_credentials){
		.host = memory_strdup(login->host),
		.user = memory_strdup(login->user),
		.password = memory_strdup(login->password),
		.security = login->security,
		.auth = login->auth,
		.tag_seed = login->tag_seed,
	};
	s->is_secure = login->security != IMAP_SECURITY_STARTTLS;
	s->deadline_usec = USEC_NEVER;
	begin_conversation(s);
	return s;
}

struct imap_session *imap_session_free(struct imap_session *s) {
	if (!s)
		return NULL;
	end_conversation(s);
	imap_login_forget(s);
	imap_round_deinit(&s->round);
	free(s->selected.name);
	return memory_free(s);
}

void imap_session_watch(
	struct imap_session *s, const char *mailbox, const struct imap_cursor *cursor) {
	assert(s->state == IMAP_STATE_GREETING);
	if (s->selected.name) {
		imap_round_add(s, mailbox, cursor);
		return;
	}
	s->selected.name = memory_strdup(mailbox);
	if (cursor)
		s->selected.cursor = *cursor;
}

/* A new object in the place of the old one, which heard things in the clear. Only what we brought
 * ourselves is carried over. */
void imap_session_secured(struct imap_session *s) {
	assert(s->state == IMAP_STATE_WANT_TLS || s->state == IMAP_STATE_CLOSED);
	if (s->state == IMAP_STATE_CLOSED)
		return;
	struct imap_session fresh = {
		.now_usec = s->now_usec,
		.credentials = s->credentials,
		.selected.name = s->selected.name,
		.selected.cursor = s->selected.cursor,
		.round = s->round,
		.wire.n_tags = s->wire.n_tags,
		.is_secure = true,
	};
	end_conversation(s);
	*s = fresh;
	begin_conversation(s);
	imap_login_begin(s);
}

static uint64_t state_deadline(const struct imap_session *s) {
	switch (s->state) {
	case IMAP_STATE_GREETING:
		return s->now_usec + IMAP_GREETING_USEC;
	case IMAP_STATE_STARTTLS:
	case IMAP_STATE_CAPABILITY:
	case IMAP_STATE_AUTHENTICATE:
	case IMAP_STATE_LOGIN:
	case IMAP_STATE_OPENING:
	case IMAP_STATE_IDLE_STARTING:
		return s->now_usec + IMAP_COMMAND_USEC;
	case IMAP_STATE_WORKING:
		return s->now_usec + (imap_session_is_in_flight(s, IMAP_COMMAND_IDLE)
						     ? IMAP_DONE_USEC
						     : IMAP_COMMAND_USEC);
	case IMAP_STATE_LEAVING:
		return s->now_usec + IMAP_DONE_USEC;
	case IMAP_STATE_IDLING:
		return s->now_usec + IMAP_IDLE_RENEW_USEC;
	case IMAP_STATE_WAITING:
		return s->arrival.retry_usec ? s->arrival.retry_usec : s->now_usec + IMAP_POLL_USEC;
	case IMAP_STATE_WANT_TLS: /* the handshake is the stream's */
	case IMAP_STATE_CLOSED:
		return USEC_NEVER;
	}
	return USEC_NEVER;
}

void imap_session_enter_state(struct imap_session *s, enum imap_state state) {
	s->state = state;
	s->deadline_usec = state_deadline(s);
	switch (state) {
	case IMAP_STATE_WANT_TLS:
		imap_session_raise(s, IMAP_EVENT_WANT_TLS);
		break;
	case IMAP_STATE_CLOSED:
		buffer_clear(&s->wire.input);
		buffer_clear(&s->wire.output);
		buffer_clear(&s->held);
		imap_login_forget(s);
		imap_session_raise(s, IMAP_EVENT_CLOSED);
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

void imap_session_raise(struct imap_session *s, enum imap_event_kind kind) {
	s->pending.kinds |= 1u << kind;
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
	return (s->capabilities & capability) == capability;
}

void imap_session_send_text(struct imap_session *s, const char *text) {
	/* everything that can be long was measured before */
	(void)buffer_append_text(&s->wire.output, text);
	s->wire.n_written += strlen(text);
}

static struct imap_flight *begin_command(struct imap_session *s, enum imap_command_kind kind) {
	assert(s->wire.n_flights < IMAP_FLIGHTS_MAX);
	struct imap_flight *flight = &s->wire.flights[s->wire.n_flights++];
	flight->kind = kind;
	imap_command_tag(s->credentials.tag_seed, s->wire.n_tags++, flight->tag);
	imap_session_send_text(s, flight->tag);
	imap_session_send_text(s, " ");
	return flight;
}

void imap_session_send(
	struct imap_session *s, enum imap_command_kind kind, const char *format, ...) {
	struct imap_flight *flight = begin_command(s, kind);
	va_list arguments;
	va_start(arguments, format);
	CLEANUP_TEXT char *command = memory_vformat(format, arguments);
	va_end(arguments);
	imap_session_send_text(s, command);
	imap_session_send_text(s, "\r\n");
	flight->end = s->wire.n_written;
}

/* Formatting leaves copies behind: a secret goes straight to where it is erased. */
void imap_session_send_secret(struct imap_session *s, enum imap_command_kind kind,
	const char *command, const char *secret) {
	struct imap_flight *flight = begin_command(s, kind);
	imap_session_send_text(s, command);
	imap_session_send_text(s, secret);
	imap_session_send_text(s, "\r\n");
	flight->end = s->wire.n_written;
}

bool imap_session_is_in_flight(const struct imap_session *s, enum imap_command_kind kind) {
	for (unsigned i = 0; i < s->wire.n_flights; i++)
		if (s->wire.flights[i].kind == kind)
			return true;
	return false;
}

/* Takes the command of a tag out of flight. One that is not all out cannot have been answered by
 * anybody who read it. */
static bool land(struct imap_session *s, const char *tag, enum imap_command_kind *ret) {
	struct imap_wire *w = &s->wire;
	for (unsigned i = 0; i < w->n_flights; i++) {
		if (strcmp(w->flights[i].tag, tag) != 0 || w->flights[i].end > w->n_sent)
			continue;
		*ret = w->flights[i].kind;
		w->n_flights--;
		memmove(&w->flights[i], &w->flights[i + 1],
			(w->n_flights - i) * sizeof(w->flights[0]));
		return true;
	}
	return false;
}

static void on_tagged(struct imap_session *s, const struct imap_reply *reply) {
	enum imap_command_kind kind;
	if (!land(s, reply->tag, &kind)) {
		imap_session_close(s, REASON_UNEXPECTED_TAG, NULL);
		return;
	}
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
		if (s->state == IMAP_STATE_LEAVING)
			imap_session_close(s, REASON_NONE, NULL);
		else
			imap_session_refuse(s, reply, REASON_SERVER_CLOSED);
		return;
	}
	imap_opening_on_reply(s, reply);
}

/* Only from a server that has proved itself and let us in. */
static void on_alert(struct imap_session *s, const struct imap_reply *reply) {
	if (s->state < IMAP_STATE_OPENING || s->state == IMAP_STATE_CLOSED ||
		text_is_empty(reply->text))
		return;
	keep_text(s, reply->text);
	imap_session_raise(s, IMAP_EVENT_ALERT);
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
		s->has_capabilities = true;
	}
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
		imap_arrival_on_reply(s, reply);
		break;
	case IMAP_REPLY_STATUS:
		imap_round_on_status(s, reply);
		imap_opening_on_reply(s, reply);
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
	case IMAP_REPLY_RECENT:
	case IMAP_REPLY_LIST:
	case IMAP_REPLY_FLAGS:
	case IMAP_REPLY_ENABLED:
	case IMAP_REPLY_ID:
	case IMAP_REPLY_NAMESPACE:
	case IMAP_REPLY_UNKNOWN:
		break;
	}
	if (reply->code == IMAP_CODE_ALERT)
		on_alert(s, reply);
	imap_watch_on_change(s);
}

static void on_reply(struct imap_session *s, const struct imap_reply *reply) {
	if (reply->kind == IMAP_REPLY_LIMIT || is_flood(s))
		imap_session_close(s, REASON_LIMIT_EXCEEDED, NULL);
	else if (s->state == IMAP_STATE_GREETING)
		imap_login_on_greeting(s, reply);
	else if (s->state == IMAP_STATE_STARTTLS)
		imap_login_on_clear_reply(s, reply);
	else
		on_data(s, reply);
}

static bool read_reply(struct imap_session *s, struct imap_reply *ret) {
	struct buffer *input = &s->wire.input;
	if (s->state == IMAP_STATE_WANT_TLS || s->state == IMAP_STATE_CLOSED || input->n == 0)
		return false;
	struct imap_input in = { .bytes = buffer_bytes(input), .n = input->n };
	int r = imap_reply_next(&s->reader, &in, ret);
	buffer_consume(input, input->n - in.n);
	return r > 0;
}

static const enum imap_event_kind event_order[] = {
	IMAP_EVENT_WANT_TLS,
	IMAP_EVENT_ALERT,
	IMAP_EVENT_BASELINE,
	IMAP_EVENT_MESSAGE,
	IMAP_EVENT_CURSOR,
	IMAP_EVENT_COUNTS,
	IMAP_EVENT_ONLINE,
	IMAP_EVENT_CLOSED,
};

static bool take_pending(struct imap_session *s, enum imap_event_kind *ret) {
	for (size_t i = 0; s->pending.kinds != 0 && i < ARRAY_SIZE(event_order); i++) {
		unsigned bit = 1u << event_order[i];
		if ((s->pending.kinds & bit) == 0)
			continue;
		s->pending.kinds &= ~bit;
		*ret = event_order[i];
		return true;
	}
	return false;
}

static bool give_event(struct imap_session *s, struct imap_event *ret) {
	enum imap_event_kind kind;
	if (!take_pending(s, &kind))
		return false;
	*ret = (struct imap_event){ .kind = kind };
	switch (kind) {
	case IMAP_EVENT_WANT_TLS:
		break;
	case IMAP_EVENT_ONLINE:
		ret->strategy = s->strategy;
		break;
	case IMAP_EVENT_MESSAGE:
		ret->message = s->pending.message;
		ret->mailbox = s->selected.name;
		ret->cursor = s->selected.cursor;
		break;
	case IMAP_EVENT_BASELINE:
	case IMAP_EVENT_CURSOR:
	case IMAP_EVENT_COUNTS:
		if (s->round.about != 0) {
			ret->mailbox = s->round.places[s->round.about].name;
			ret->cursor = s->round.places[s->round.about].cursor;
			s->round.about = 0;
			break;
		}
		ret->reset = kind == IMAP_EVENT_BASELINE && s->pending.is_reset;
		ret->mailbox = s->selected.name;
		ret->cursor = s->selected.cursor;
		s->count.reported_messages = s->selected.cursor.messages;
		s->count.reported_unseen = s->selected.cursor.unseen;
		break;
	case IMAP_EVENT_ALERT:
		ret->text = s->pending.text;
		break;
	case IMAP_EVENT_CLOSED:
		ret->reason = s->pending.reason;
		ret->text = s->pending.text;
		ret->retry_after_usec = s->pending.retry_after_usec;
		break;
	}
	return true;
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
		if (give_event(s, ret))
			return 1;
		imap_round_switch(s);
		if (!read_reply(s, &reply))
			break;
		on_reply(s, &reply);
	}
	release(s);
	return 0;
}

void imap_session_feed(struct imap_session *s, const void *bytes, size_t n) {
	assert(s->selected.name);
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
	*ret_bytes = buffer_bytes(&s->wire.output);
	return s->wire.output.n;
}

void imap_session_sent(struct imap_session *s, size_t n) {
	buffer_consume(&s->wire.output, n);
	buffer_release(&s->wire.output);
	s->wire.n_sent += n;
}

uint64_t imap_session_deadline(const struct imap_session *s) {
	bool counts = s->state == IMAP_STATE_IDLING && s->count.is_due;
	return counts ? MIN(s->deadline_usec, s->count.due_usec) : s->deadline_usec;
}

void imap_session_tick(struct imap_session *s, uint64_t now_usec) {
	bool is_first = s->state == IMAP_STATE_GREETING && s->deadline_usec == USEC_NEVER;
	s->now_usec = now_usec;
	if (is_first)
		imap_session_enter_state(s, IMAP_STATE_GREETING);
	if (now_usec >= imap_session_deadline(s))
		imap_watch_on_deadline(s);
}

void imap_session_check(struct imap_session *s) {
	s->is_check_due = true;
	imap_watch_interrupt(s);
}

void imap_session_logout(struct imap_session *s) {
	s->is_leaving = true;
	if (s->state < IMAP_STATE_OPENING)
		imap_session_close(s, REASON_NONE, NULL);
	else
		imap_watch_interrupt(s);
}

unsigned imap_session_skipped(const struct imap_session *s) {
	return s->n_skipped;
}
