#include "protocol/imap-login.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "protocol/imap-capability.h"
#include "protocol/imap-conversation.h"
#include "protocol/imap-opening.h"
#include "protocol/imap-refusal.h"

/* RFC 2683 3.2.1.5; Dovecot refuses longer lines before login. */
#define INITIAL_RESPONSE_LINE_MAX 1000

void imap_login_forget(struct imap_session *s) {
	s->login = login_free(s->login);
}

/* What else may stand where a greeting should: the words for it (S-37). */
static enum reason reason_of_stray(const struct imap_reply *reply) {
	switch (reply->kind) {
	case IMAP_REPLY_TAGGED:
		return REASON_UNEXPECTED_TAG;
	case IMAP_REPLY_CONTINUATION:
	case IMAP_REPLY_MALFORMED:
		return REASON_PROTOCOL_ERROR;
	case IMAP_REPLY_CONDITION:
	case IMAP_REPLY_CAPABILITY:
	case IMAP_REPLY_EXISTS:
	case IMAP_REPLY_RECENT:
	case IMAP_REPLY_EXPUNGE:
	case IMAP_REPLY_FETCH:
	case IMAP_REPLY_VANISHED:
	case IMAP_REPLY_STATUS:
	case IMAP_REPLY_LIST:
	case IMAP_REPLY_FLAGS:
	case IMAP_REPLY_SEARCH:
	case IMAP_REPLY_ESEARCH:
	case IMAP_REPLY_ENABLED:
	case IMAP_REPLY_ID:
	case IMAP_REPLY_NAMESPACE:
	case IMAP_REPLY_UNKNOWN:
		return REASON_UNEXPECTED_UNTAGGED;
	case IMAP_REPLY_LIMIT:
		return REASON_LIMIT_EXCEEDED;
	}
	return REASON_PROTOCOL_ERROR;
}

/* Codes and texts in the clear have no say (S-54). */
static void on_bye(struct imap_session *s, const struct imap_reply *reply) {
	if (s->is_secure)
		imap_session_refuse(s, reply, REASON_SERVER_CLOSED);
	else
		imap_session_close(s, REASON_SERVER_CLOSED, NULL);
}

/* greeting = "*" SP (resp-cond-auth / resp-cond-bye) CRLF */
void imap_login_on_greeting(struct imap_session *s, const struct imap_reply *reply) {
	if (reply->kind != IMAP_REPLY_CONDITION) {
		imap_session_close(s, reason_of_stray(reply), NULL);
		return;
	}
	switch (reply->condition) {
	case IMAP_CONDITION_OK:
		break;
	case IMAP_CONDITION_PREAUTH:
		imap_session_close(s,
			s->is_secure ? REASON_UNEXPECTED_PREAUTH : REASON_PREAUTH_CLEARTEXT, NULL);
		return;
	case IMAP_CONDITION_BYE:
		on_bye(s, reply);
		return;
	case IMAP_CONDITION_NO:
	case IMAP_CONDITION_BAD:
		imap_session_close(s, REASON_PROTOCOL_ERROR, reply->text);
		return;
	}
	if (!s->is_secure) {
		/* listed or not: the list may have been tampered with (S-32) */
		imap_wire_send(&s->wire, IMAP_COMMAND_STARTTLS, "STARTTLS");
		imap_session_enter_state(s, IMAP_STATE_STARTTLS);
		return;
	}
	s->capabilities = reply->capabilities;
	s->mechanisms = reply->mechanisms;
	s->has_capabilities = reply->has_capabilities;
	s->quirks |= reply->quirks;
	s->quirks |= imap_quirk_match(IMAP_QUIRK_KEY_GREETING, reply->text, NULL);
	login_set_greeting(s->login, reply->text);
	imap_login_begin(s);
}

/* Four things are legal in the clear: the greeting, * CAPABILITY, and two tagged answers, of which
 * we ask for one. */
void imap_login_on_clear_reply(struct imap_session *s, const struct imap_reply *reply) {
	if (reply->kind == IMAP_REPLY_CAPABILITY)
		return;
	if (reply->kind == IMAP_REPLY_CONTINUATION) {
		imap_session_close(s, REASON_STARTTLS_REFUSED, NULL);
	} else if (reply->kind == IMAP_REPLY_CONDITION && reply->condition == IMAP_CONDITION_BYE) {
		on_bye(s, reply);
	} else if (reply->kind != IMAP_REPLY_TAGGED ||
		   strcmp(reply->tag, s->wire.flights[0].tag) != 0 ||
		   !imap_wire_is_out(&s->wire, &s->wire.flights[0])) {
		imap_session_close(s, reason_of_stray(reply), NULL);
	} else if (reply->condition != IMAP_CONDITION_OK) {
		imap_session_close(s, REASON_STARTTLS_REFUSED, NULL);
	} else if (s->wire.input.n > 0) {
		imap_session_close(s, REASON_INJECTED_DATA, NULL);
	} else {
		imap_session_enter_state(s, IMAP_STATE_WANT_TLS);
	}
}

/* AUTHENTICATE carries the response with it where the server takes that and the line stays short
 * enough; else the response waits for the +. */
static void send_authenticate(struct imap_session *s, const char *response) {
	const char *name = sasl_mechanism_facts(login_outcome(s->login).mechanism)->name;
	CLEANUP_TEXT char *command = memory_format("AUTHENTICATE %s", name);
	size_t n = IMAP_TAG_SIZE + strlen(command) + strlen(" \r\n");
	if (response && imap_session_can(s, IMAP_CAPABILITY_SASL_IR) &&
		n + strlen(response) < INITIAL_RESPONSE_LINE_MAX) {
		CLEANUP_TEXT char *before = memory_format("%s ", command);
		/* RFC 4959 3: an empty response is a single "=" */
		imap_wire_send_secret(
			&s->wire, IMAP_COMMAND_AUTHENTICATE, before, *response ? response : "=");
		return;
	}
	if (response)
		(void)buffer_append_format(&s->held, "%s\r\n", response);
	imap_wire_send(&s->wire, IMAP_COMMAND_AUTHENTICATE, "%s", command);
}

static void begin_authenticate(struct imap_session *s) {
	CLEANUP_SECRET char *response = NULL;
	int r = login_begin(s->login, &response);
	if (r < 0 && r != -EAGAIN) {
		imap_session_close(s, REASON_SECRET_FAILED, login_problem(s->login));
		return;
	}
	send_authenticate(s, response);
	imap_session_enter_state(s, IMAP_STATE_AUTHENTICATE);
}

/* Moves what may be sent from `held` to the output: up to the end of the next line that announces
 * a literal, or all. */
static void send_held(struct imap_session *s) {
	const char *bytes = (const char *)buffer_bytes(&s->held);
	const char *end = s->held.n > 0 ? memmem(bytes, s->held.n, "}\r\n", 3) : NULL;
	size_t n = end ? (size_t)(end - bytes) + 3 : s->held.n;
	CLEANUP_SECRET char *part = n > 0 ? memory_strndup(bytes, n) : NULL;
	if (part)
		imap_wire_send_text(&s->wire, part);
	buffer_consume(&s->held, n);
	buffer_release(&s->held);
}

static void begin_login(struct imap_session *s) {
	bool literal_plus = imap_session_can(s, IMAP_CAPABILITY_LITERAL_PLUS);
	struct buffer arguments;
	buffer_init_secret(&arguments, s->held.max / 2);
	int r = imap_command_append_string(&arguments, login_user(s->login), literal_plus);
	if (r == 0)
		r = buffer_append_text(&arguments, " ");
	if (r == 0)
		r = imap_command_append_string(&arguments, login_secret(s->login), literal_plus);
	CLEANUP_SECRET char *text = buffer_take_text(&arguments);
	if (r < 0) {
		imap_session_close(s, REASON_CONFIG_ERROR, NULL);
		return;
	}
	/* neither can hold a line end, so each one announces a literal that waits for a + */
	char *end = literal_plus ? NULL : strstr(text, "\r\n");
	if (end) {
		(void)buffer_append_text(&s->held, end + 2);
		(void)buffer_append_text(&s->held, "\r\n");
		memory_erase(end, strlen(end));
	}
	imap_wire_send_secret(&s->wire, IMAP_COMMAND_LOGIN, "LOGIN ", text);
	imap_session_enter_state(s, IMAP_STATE_LOGIN);
}

static void choose_way(struct imap_session *s) {
	switch (login_choose(s->login)) {
	case LOGIN_WAY_SASL:
		begin_authenticate(s);
		break;
	case LOGIN_WAY_COMMAND:
		begin_login(s);
		break;
	case LOGIN_WAY_NONE:
		imap_session_close(s, REASON_NO_MECHANISM, login_problem(s->login));
		break;
	}
}

/* LOGINDISABLED over a stream that is not encrypted speaks of passwords in every form. */
static void take_offer(struct imap_session *s) {
	bool is_disabled = imap_session_can(s, IMAP_CAPABILITY_LOGINDISABLED);
	struct login_offer offer = {
		.mechanisms = s->mechanisms,
		.has_command = !is_disabled,
	};
	for (unsigned i = 0; i < SASL_MECHANISM_COUNT_; i++)
		if (is_disabled && s->security == IMAP_SECURITY_NONE &&
			sasl_mechanism_facts((enum sasl_mechanism)i)->is_revealing)
			offer.mechanisms &= ~sasl_mechanism_bit((enum sasl_mechanism)i);
	login_set_offer(s->login, &offer);
	/* what is authenticated from here on is not what was offered before */
	s->has_capabilities = false;
	choose_way(s);
}

void imap_login_begin(struct imap_session *s) {
	if (s->has_capabilities) {
		take_offer(s);
		return;
	}
	imap_wire_send(&s->wire, IMAP_COMMAND_CAPABILITY, "CAPABILITY");
	imap_session_enter_state(s, IMAP_STATE_CAPABILITY);
}

/* The initial response, or the answer to a challenge. */
static void on_challenge(struct imap_session *s, const struct imap_reply *reply) {
	CLEANUP_SECRET char *response = NULL;
	if (s->held.n > 0 && *reply->text == '\0') {
		response = buffer_take_text(&s->held);
		imap_wire_send_text(&s->wire, response);
		return;
	}
	bool is_readable = !reply->is_cut && s->held.n == 0;
	if (!is_readable)
		login_refuse_challenge(
			s->login, "the server's challenge is too long, or too early");
	if (is_readable && login_step(s->login, reply->text, &response) == 0)
		imap_wire_send_text(&s->wire, response);
	else
		imap_wire_send_text(&s->wire, "*");
	imap_wire_send_text(&s->wire, "\r\n");
}

void imap_login_on_continuation(struct imap_session *s, const struct imap_reply *reply) {
	if (s->state == IMAP_STATE_LOGIN)
		send_held(s);
	else if (s->state == IMAP_STATE_AUTHENTICATE)
		on_challenge(s, reply);
}

static void on_refused(struct imap_session *s, const struct imap_reply *reply) {
	struct imap_refusal meaning = imap_refusal_of(reply, REASON_NONE);
	bool is_proved = login_is_proved(s->login);
	struct login_refusal refusal = login_refused(s->login, meaning.reason, reply->text);
	buffer_clear(&s->held);
	if (refusal.is_retry) {
		s->has_capabilities = false;
		choose_way(s);
		return;
	}
	/* BAD is about the command, not about the password */
	if (reply->condition == IMAP_CONDITION_BAD && is_proved && meaning.reason == REASON_NONE)
		refusal.reason = REASON_PROTOCOL_ERROR;
	s->pending.retry_after_usec = meaning.retry_after_usec;
	imap_session_close(s, refusal.reason, refusal.text);
}

/* An OK is worth what the mechanism proves: SCRAM's server must have shown that it knows the password
 * as well, and no part of a login may be left unsaid. */
static void on_accepted(struct imap_session *s, const struct imap_reply *reply) {
	if (!login_is_proved(s->login) || s->held.n > 0) {
		imap_session_refuse(s, reply, REASON_PROTOCOL_ERROR);
		return;
	}
	s->outcome = login_outcome(s->login);
	s->is_logged_in = true;
	imap_login_forget(s);
	imap_opening_on_login(s);
}

void imap_login_on_tagged(struct imap_session *s, const struct imap_reply *reply) {
	bool is_ok = reply->condition == IMAP_CONDITION_OK;
	if (s->state != IMAP_STATE_CAPABILITY) {
		if (is_ok)
			on_accepted(s, reply);
		else
			on_refused(s, reply);
	} else if (is_ok && s->has_capabilities) {
		take_offer(s);
	} else {
		imap_session_close(s, REASON_PROTOCOL_ERROR, reply->text);
	}
}
