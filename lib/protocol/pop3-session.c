#include "protocol/pop3-session.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "protocol/pop3-conversation.h"
#include "protocol/pop3-login.h"
#include "protocol/pop3-poll.h"
#include "protocol/pop3-refusal.h"

/* What may wait for next(): as much as a stream reads at once, with room to spare. */
#define INPUT_MAX ((size_t)64 * 1024 * 1024)
#define OUTPUT_MAX ((size_t)64 * 1024)

struct pop3_session *pop3_session_new(
	const struct pop3_login *login, struct pop3_state *state, uint64_t wall_usec) {
	struct pop3_session *s = MEMORY_NEW(struct pop3_session);
	s->login = login_new(&login->login, "pop");
	s->is_secure = login->security != POP3_SECURITY_STLS;
	s->mailbox = state;
	s->wall_usec = wall_usec;
	s->deadline_usec = s->end_usec = USEC_NEVER;
	buffer_init(&s->wire.input, INPUT_MAX);
	buffer_init_secret(&s->wire.output, OUTPUT_MAX);
	pop3_line_init(&s->wire.reader);
	pop3_header_init(&s->header);
	return s;
}

struct pop3_session *pop3_session_free(struct pop3_session *s) {
	if (!s)
		return NULL;
	pop3_login_forget(s);
	buffer_deinit(&s->wire.input);
	buffer_deinit(&s->wire.output);
	pop3_line_deinit(&s->wire.reader);
	pop3_header_deinit(&s->header);
	pop3_uidl_set_mark_end(&s->mailbox->set, false);
	free(s->fresh.hashes);
	free(s->fresh.numbers);
	free(s->pending.text);
	return memory_free(s);
}

static uint64_t state_deadline(const struct pop3_session *s) {
	switch (s->state) {
	case POP3_STATE_GREETING:
		return s->now_usec + POP3_GREETING_USEC;
	case POP3_STATE_STLS:
	case POP3_STATE_LOGIN:
	case POP3_STATE_TRANSACTION:
		return MIN(s->now_usec + POP3_COMMAND_USEC, s->end_usec);
	case POP3_STATE_QUITTING:
		return MIN(s->now_usec + POP3_QUIT_USEC, s->end_usec);
	case POP3_STATE_WANT_TLS: /* the handshake is the stream's */
	case POP3_STATE_CLOSED:
		return USEC_NEVER;
	}
	return USEC_NEVER;
}

void pop3_session_enter_state(struct pop3_session *s, enum pop3_session_state state) {
	s->state = state;
	s->deadline_usec = state_deadline(s);
	switch (state) {
	case POP3_STATE_WANT_TLS:
		pop3_session_raise(s, POP3_EVENT_WANT_TLS);
		break;
	case POP3_STATE_CLOSED:
		buffer_clear(&s->wire.input);
		buffer_clear(&s->wire.output);
		pop3_login_forget(s);
		pop3_session_raise(s, POP3_EVENT_CLOSED);
		break;
	case POP3_STATE_GREETING:
	case POP3_STATE_STLS:
	case POP3_STATE_LOGIN:
	case POP3_STATE_TRANSACTION:
	case POP3_STATE_QUITTING:
		break;
	}
}

void pop3_session_raise(struct pop3_session *s, enum pop3_event_kind kind) {
	s->pending.kinds |= 1u << kind;
}

void pop3_session_close(struct pop3_session *s, enum reason reason, const char *text) {
	if (s->state == POP3_STATE_CLOSED)
		return;
	if (!text_is_empty(text) && s->is_secure)
		s->pending.text = memory_strndup(text, strnlen(text, POP3_TEXT_MAX));
	s->pending.reason = reason;
	pop3_session_enter_state(s, POP3_STATE_CLOSED);
}

void pop3_session_refuse_login(struct pop3_session *s, const struct pop3_reply *reply,
	const struct login_refusal *refusal) {
	s->pending.retry_after_usec = pop3_refusal_of(reply, REASON_NONE).retry_after_usec;
	if (reply->code == POP3_CODE_LOGIN_DELAY)
		s->pending.retry_after_usec = s->mailbox->capabilities.login_delay_usec;
	/* Whatever it was, the next session asks for them again. */
	pop3_capability_init(&s->mailbox->capabilities);
	pop3_session_close(s, refusal->reason, refusal->text);
}

void pop3_session_refuse(
	struct pop3_session *s, const struct pop3_reply *reply, enum reason fallback) {
	/* Codes and texts in the clear have no say where TLS was wanted (S-54). */
	if (!s->is_secure) {
		pop3_session_close(s, fallback, reply->text);
		return;
	}
	enum reason reason = pop3_refusal_of(reply, fallback).reason;
	const struct login_refusal refusal = { .reason = reason, .text = reply->text };
	pop3_session_refuse_login(s, reply, &refusal);
}

void pop3_session_send_text(struct pop3_session *s, const char *text) {
	/* The longest are a user's name and a password: 1 KiB each by the configuration. */
	if (buffer_append_text(&s->wire.output, text) < 0)
		pop3_session_close(s, REASON_CONFIG_ERROR, NULL);
	else
		s->wire.n_written += strlen(text);
}

/* The line is written: ends it, and awaits its answer. */
static void end_command(struct pop3_session *s, struct pop3_flight flight) {
	struct pop3_wire *w = &s->wire;
	assert(w->n_flights < ARRAY_SIZE(w->flights));
	pop3_session_send_text(s, "\r\n");
	flight.end = w->n_written;
	w->flights[(w->first + w->n_flights++) % ARRAY_SIZE(w->flights)] = flight;
}

void pop3_session_send(struct pop3_session *s, struct pop3_flight flight, const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	CLEANUP_TEXT char *command = memory_vformat(format, arguments);
	va_end(arguments);
	pop3_session_send_text(s, command);
	end_command(s, flight);
}

/* Formatting leaves copies behind: a secret goes straight to where it is erased. */
void pop3_session_send_secret(struct pop3_session *s, struct pop3_flight flight,
	const char *command, const char *secret) {
	pop3_session_send_text(s, command);
	pop3_session_send_text(s, secret);
	end_command(s, flight);
}

bool pop3_session_can(const struct pop3_session *s, enum pop3_capability capability) {
	return (s->mailbox->capabilities.set & capability) != 0;
}

unsigned pop3_session_room(const struct pop3_session *s) {
	/* Never behind a login: Courier announces PIPELINING and loses what comes with PASS. */
	bool pipelines = s->state == POP3_STATE_TRANSACTION && s->phase != POP3_PHASE_STAT &&
			 pop3_session_can(s, POP3_CAPABILITY_PIPELINING);
	unsigned most = pipelines ? POP3_FLIGHTS_MAX : 1;
	return most > s->wire.n_flights ? most - s->wire.n_flights : 0;
}

void pop3_session_quit(struct pop3_session *s) {
	if (s->state == POP3_STATE_QUITTING || s->state == POP3_STATE_CLOSED)
		return;
	pop3_session_send(s, (struct pop3_flight){ .command = POP3_COMMAND_QUIT }, "QUIT");
	pop3_session_enter_state(s, POP3_STATE_QUITTING);
}

static void land(struct pop3_session *s) {
	s->wire.first = (s->wire.first + 1) % ARRAY_SIZE(s->wire.flights);
	s->wire.n_flights--;
	s->wire.in_body = false;
}

static bool has_body(enum pop3_command command) {
	return command == POP3_COMMAND_CAPA || command == POP3_COMMAND_UIDL_ALL ||
	       command == POP3_COMMAND_TOP;
}

static void on_reply(
	struct pop3_session *s, const struct pop3_flight *flight, const struct pop3_reply *reply) {
	switch (flight->command) {
	case POP3_COMMAND_STLS:
	case POP3_COMMAND_CAPA:
	case POP3_COMMAND_AUTH:
	case POP3_COMMAND_USER:
	case POP3_COMMAND_PASS:
		pop3_login_on_reply(s, flight->command, reply);
		break;
	case POP3_COMMAND_STAT:
	case POP3_COMMAND_UIDL_ONE:
	case POP3_COMMAND_UIDL_ALL:
	case POP3_COMMAND_TOP:
		if (!s->is_leaving)
			pop3_poll_on_reply(s, flight, reply);
		break;
	case POP3_COMMAND_QUIT:
		pop3_session_close(s, REASON_NONE, NULL);
		break;
	}
}

static void on_status(
	struct pop3_session *s, const struct pop3_flight *flight, const struct pop3_line *line) {
	struct pop3_reply reply;
	pop3_reply_parse(line->text, &reply);
	s->wire.may_stray = false;
	bool is_challenge = reply.status == POP3_STATUS_CONTINUATION;
	if (line->is_cut) {
		pop3_session_close(s, REASON_LIMIT_EXCEEDED, NULL);
	} else if (reply.status == POP3_STATUS_NONE ||
		   (is_challenge && flight->command != POP3_COMMAND_AUTH)) {
		pop3_session_close(s, REASON_PROTOCOL_ERROR, NULL);
	} else if (reply.status == POP3_STATUS_OK && has_body(flight->command)) {
		s->wire.in_body = true;
		s->wire.n_body_lines = s->wire.n_body_bytes = 0;
		pop3_header_deinit(&s->header);
	} else {
		if (!is_challenge)
			land(s);
		on_reply(s, flight, &reply);
	}
}

/* Counted before it is looked at: nothing goes on without an end. */
static bool is_body_too_long(const struct pop3_session *s, enum pop3_command command) {
	if (command == POP3_COMMAND_CAPA)
		return s->wire.n_body_lines > POP3_CAPABILITIES_MAX;
	if (command == POP3_COMMAND_UIDL_ALL)
		return s->wire.n_body_lines > s->messages;
	return s->wire.n_body_bytes > POP3_TOP_DRAINED_MAX;
}

static void on_body_line(
	struct pop3_session *s, const struct pop3_flight *flight, struct pop3_line line) {
	struct pop3_wire *w = &s->wire;
	if (line.n == 1 && line.text[0] == '.') {
		land(s);
		if (flight->command == POP3_COMMAND_CAPA)
			pop3_login_on_capabilities(s);
		else if (!s->is_leaving)
			pop3_poll_on_end(s, flight);
		return;
	}
	w->n_body_lines++;
	w->n_body_bytes += line.n_wire;
	if (is_body_too_long(s, flight->command)) {
		if (flight->command == POP3_COMMAND_TOP && !s->is_leaving)
			pop3_poll_on_flood(s, flight->number);
		pop3_session_close(s, REASON_LIMIT_EXCEEDED, NULL);
		return;
	}
	/* byte-stuffing (RFC 1939 3) */
	if (line.n > 0 && line.text[0] == '.') {
		line.text++;
		line.n--;
	}
	if (flight->command == POP3_COMMAND_CAPA)
		pop3_capability_add(&s->asked, line.text);
	else if (!s->is_leaving)
		pop3_poll_on_body(s, flight, &line);
}

/* What begins no answer (RFC 1939 3), and stands in a listing. */
static bool is_stray(const struct pop3_line *line) {
	return (line->text[0] >= '0' && line->text[0] <= '9') || strcmp(line->text, ".") == 0;
}

/* Servers that know no argument of UIDL list all; the full UIDL that follows says it again. */
static void on_stray(struct pop3_session *s, const struct pop3_line *line) {
	s->mailbox->has_no_single = true;
	if (line->text[0] == '.')
		s->wire.may_stray = false;
	else if (++s->wire.n_body_lines > s->messages)
		pop3_session_close(s, REASON_LIMIT_EXCEEDED, NULL);
}

/* What was not asked, or not even sent, was not answered by anybody who read it. But a server that
 * goes, or wants us to go, has no other word for it than -ERR. */
static void on_unasked(struct pop3_session *s, const struct pop3_line *line) {
	struct pop3_reply reply;
	pop3_reply_parse(line->text, &reply);
	if (reply.status == POP3_STATUS_ERR && !line->is_cut)
		pop3_session_refuse(s, &reply, REASON_SERVER_CLOSED);
	else
		pop3_session_close(s, REASON_UNEXPECTED_UNTAGGED, NULL);
}

static void on_line(struct pop3_session *s, const struct pop3_line *line) {
	if (s->state == POP3_STATE_GREETING) {
		struct pop3_reply reply;
		pop3_reply_parse(line->text, &reply);
		if (line->is_cut)
			pop3_session_close(s, REASON_LIMIT_EXCEEDED, NULL);
		else
			pop3_login_on_greeting(s, &reply);
		return;
	}
	const struct pop3_wire *w = &s->wire;
	struct pop3_flight flight = w->flights[w->first];
	if (pop3_session_is_done(s))
		/* whatever it says of QUIT */
		pop3_session_close(s, REASON_NONE, NULL);
	else if (w->may_stray && is_stray(line))
		on_stray(s, line);
	else if (w->n_flights == 0 || flight.end > w->n_sent)
		on_unasked(s, line);
	else if (w->in_body)
		on_body_line(s, &flight, *line);
	else
		on_status(s, &flight, line);
}

static bool read_line(struct pop3_session *s, struct pop3_line *ret) {
	if (s->state == POP3_STATE_WANT_TLS || s->state == POP3_STATE_CLOSED)
		return false;
	int r = pop3_line_next(&s->wire.reader, &s->wire.input, ret);
	if (r < 0)
		pop3_session_close(s, REASON_LIMIT_EXCEEDED, NULL);
	return r > 0;
}

static bool give_event(struct pop3_session *s, struct pop3_event *ret) {
	if (s->pending.kinds == 0)
		return false;
	/* the lowest bit */
	*ret = (struct pop3_event){ .kind = (enum pop3_event_kind)__builtin_ctz(s->pending.kinds) };
	s->pending.kinds &= s->pending.kinds - 1;
	switch (ret->kind) {
	case POP3_EVENT_WANT_TLS:
	case POP3_EVENT_CURSOR:
	case POP3_EVENT_COUNTS:
		break;
	case POP3_EVENT_BASELINE:
		ret->reset = s->pending.reset;
		break;
	case POP3_EVENT_MESSAGE:
		ret->message = &s->pending.message;
		break;
	case POP3_EVENT_RETIRED:
		ret->hash = s->pending.message.hash;
		break;
	case POP3_EVENT_CLOSED:
		ret->reason = s->pending.reason;
		ret->text = s->pending.text;
		ret->retry_after_usec = s->pending.retry_after_usec;
		break;
	}
	return true;
}

int pop3_session_next(struct pop3_session *s, struct pop3_event *ret) {
	struct pop3_line line;
	for (;;) {
		if (give_event(s, ret))
			return 1;
		enum pop3_phase phase = s->phase;
		if (!s->is_leaving)
			pop3_poll_proceed(s);
		if (s->pending.kinds != 0 || s->phase != phase)
			continue;
		bool has_line = read_line(s, &line);
		if (has_line)
			on_line(s, &line);
		else if (s->pending.kinds == 0)
			break;
	}
	pop3_line_release(&s->wire.reader);
	buffer_release(&s->wire.input);
	return 0;
}

void pop3_session_feed(struct pop3_session *s, const void *bytes, size_t n) {
	if (n == 0 || s->state == POP3_STATE_CLOSED)
		return;
	s->deadline_usec = state_deadline(s);
	/* in the clear, behind the answer to STLS */
	if (s->state == POP3_STATE_WANT_TLS)
		pop3_session_close(s, REASON_INJECTED_DATA, NULL);
	else if (buffer_append(&s->wire.input, bytes, n) < 0)
		pop3_session_close(s, REASON_LIMIT_EXCEEDED, NULL);
}

size_t pop3_session_output(struct pop3_session *s, const uint8_t **ret_bytes) {
	*ret_bytes = buffer_bytes(&s->wire.output);
	return s->wire.output.n;
}

void pop3_session_sent(struct pop3_session *s, size_t n) {
	buffer_consume(&s->wire.output, n);
	buffer_release(&s->wire.output);
	s->wire.n_sent += n;
}

uint64_t pop3_session_deadline(const struct pop3_session *s) {
	return s->deadline_usec;
}

void pop3_session_tick(struct pop3_session *s, uint64_t now_usec) {
	bool is_first = s->state == POP3_STATE_GREETING && s->end_usec == USEC_NEVER;
	s->now_usec = now_usec;
	if (is_first) {
		s->end_usec = now_usec + POP3_POLL_USEC;
		pop3_session_enter_state(s, POP3_STATE_GREETING);
	}
	if (now_usec < s->deadline_usec)
		return;
	/* The answer to QUIT changes nothing. */
	bool is_done = pop3_session_is_done(s);
	pop3_session_close(s, is_done ? REASON_NONE : REASON_TIMED_OUT, NULL);
}

void pop3_session_bind(struct pop3_session *s, const struct sasl_bindings *bindings) {
	if (s->login)
		login_set_bindings(s->login, bindings);
}

bool pop3_session_login(const struct pop3_session *s, struct login_outcome *ret) {
	if (!s->is_logged_in)
		return false;
	*ret = s->outcome;
	return true;
}

void pop3_session_secured(struct pop3_session *s) {
	if (s->state != POP3_STATE_WANT_TLS)
		return;
	s->is_secure = true;
	pop3_login_begin(s);
}

void pop3_session_logout(struct pop3_session *s) {
	s->is_leaving = true;
	if (s->state == POP3_STATE_TRANSACTION)
		pop3_session_quit(s);
	else if (s->state != POP3_STATE_QUITTING)
		pop3_session_close(s, REASON_NONE, NULL);
}

bool pop3_session_is_done(const struct pop3_session *s) {
	return s->state == POP3_STATE_QUITTING && s->wire.n_flights == 1;
}

bool pop3_session_is_partial(const struct pop3_session *s) {
	return s->wire.in_body || pop3_line_is_partial(&s->wire.reader);
}
