#include "protocol/pop3-login.h"

#include <string.h>

#include "base/memory.h"
#include "protocol/pop3-poll.h"

/* RFC 5034 4: with its CR LF. */
#define INITIAL_RESPONSE_LINE_MAX 255

void pop3_login_forget(struct pop3_session *s) {
	s->sasl = sasl_free(s->sasl);
	s->password = memory_free_secret(s->password);
	s->host = memory_free(s->host);
	s->user = memory_free(s->user);
}

void pop3_login_on_greeting(struct pop3_session *s, const struct pop3_reply *reply) {
	if (reply->status == POP3_STATUS_ERR) {
		pop3_session_refuse(s, reply, REASON_SERVER_CLOSED);
	} else if (reply->status != POP3_STATUS_OK) {
		pop3_session_close(s, REASON_PROTOCOL_ERROR, NULL);
	} else if (s->is_secure) {
		pop3_login_begin(s);
	} else {
		/* Announced or not: the list may have been tampered with. An APOP stamp in the
		 * greeting is no way around it (S-34). */
		pop3_session_send(s, (struct pop3_flight){ .command = POP3_COMMAND_STLS }, "STLS");
		pop3_session_enter_state(s, POP3_STATE_STLS);
	}
}

static void on_stls(struct pop3_session *s, const struct pop3_reply *reply) {
	if (reply->status != POP3_STATUS_OK)
		pop3_session_close(s, REASON_STARTTLS_REFUSED, NULL);
	else if (s->wire.input.n > 0)
		pop3_session_close(s, REASON_INJECTED_DATA, NULL);
	else
		pop3_session_enter_state(s, POP3_STATE_WANT_TLS);
}

static void ask_capabilities(struct pop3_session *s) {
	pop3_capability_init(&s->asked);
	pop3_session_send(s, (struct pop3_flight){ .command = POP3_COMMAND_CAPA }, "CAPA");
}

static int new_sasl(struct pop3_session *s) {
	const struct sasl_login login = {
		.mechanism = "PLAIN",
		.service = "pop",
		.host = s->host,
		.user = s->user,
		.password = s->password,
	};
	s->sasl = sasl_free(s->sasl);
	return sasl_new(&login, &s->sasl);
}

static void begin_auth(struct pop3_session *s) {
	CLEANUP_SECRET char *response = NULL;
	if (new_sasl(s) < 0) {
		pop3_session_close(s, REASON_NO_MECHANISM, NULL);
		return;
	}
	size_t n = strlen(s->user) + strlen(s->password) + 2;
	const struct pop3_flight flight = { .command = POP3_COMMAND_AUTH };
	s->has_sent_initial =
		strlen("AUTH PLAIN \r\n") + (n + 2) / 3 * 4 <= INITIAL_RESPONSE_LINE_MAX &&
		sasl_step(s->sasl, NULL, &response) == 0;
	if (s->has_sent_initial)
		pop3_session_send(s, flight, "AUTH PLAIN %s", response);
	else
		pop3_session_send(s, flight, "AUTH PLAIN");
}

/* A line end in either would be a command of its own. */
static bool is_one_line(const char *text) {
	return !strpbrk(text, "\r\n");
}

static void choose_mechanism(struct pop3_session *s) {
	const struct pop3_capabilities *c = &s->mailbox->capabilities;
	bool plain = pop3_session_can(s, POP3_CAPABILITY_SASL_PLAIN);
	/* A server without CAPA has USER (RFC 1939); one with CAPA names it (RFC 2449 6.3). */
	bool user = pop3_session_can(s, POP3_CAPABILITY_USER) || !c->is_known;
	switch (s->auth) {
	case POP3_AUTH_AUTOMATIC:
		break;
	case POP3_AUTH_PLAIN:
		plain = true;
		break;
	case POP3_AUTH_USER:
		plain = false;
		break;
	}
	pop3_session_enter_state(s, POP3_STATE_LOGIN);
	if (plain)
		begin_auth(s);
	else if (!user || s->auth == POP3_AUTH_PLAIN)
		pop3_session_close(s, REASON_NO_MECHANISM, NULL);
	else if (!is_one_line(s->user) || !is_one_line(s->password))
		pop3_session_close(s, REASON_SECRET_FAILED, NULL);
	else
		pop3_session_send(s, (struct pop3_flight){ .command = POP3_COMMAND_USER },
			"USER %s", s->user);
}

void pop3_login_begin(struct pop3_session *s) {
	if (s->mailbox->capabilities.is_known) {
		choose_mechanism(s);
		return;
	}
	pop3_session_enter_state(s, POP3_STATE_LOGIN);
	ask_capabilities(s);
}

/* Before the login they choose the mechanism, behind it they are the user's own. */
void pop3_login_on_capabilities(struct pop3_session *s) {
	s->asked.is_known = true;
	s->mailbox->capabilities = s->asked;
	if (s->state == POP3_STATE_LOGIN)
		choose_mechanism(s);
	else if (!s->is_leaving)
		pop3_poll_begin(s);
}

static void on_challenge(struct pop3_session *s, const struct pop3_reply *reply) {
	CLEANUP_SECRET char *response = NULL;
	/* Google's servers say "+ " first, whether there was an initial response or not. */
	bool again = s->has_sent_initial && *reply->text == '\0';
	s->has_sent_initial = false;
	if (again && new_sasl(s) < 0)
		pop3_session_close(s, REASON_NO_MECHANISM, NULL);
	else if (sasl_step(s->sasl, reply->text, &response) == 0)
		pop3_session_send_text(s, response);
	else
		pop3_session_send_text(s, "*");
	pop3_session_send_text(s, "\r\n");
	s->wire.flights[s->wire.first].end = s->wire.n_written;
}

static void on_login(struct pop3_session *s, const struct pop3_reply *reply) {
	if (reply->status != POP3_STATUS_OK) {
		pop3_session_refuse(s, reply, REASON_AUTH_FAILED);
		return;
	}
	if (s->sasl && !sasl_is_done(s->sasl)) {
		pop3_session_close(s, REASON_PROTOCOL_ERROR, NULL);
		return;
	}
	pop3_login_forget(s);
	pop3_session_enter_state(s, POP3_STATE_TRANSACTION);
	if (s->mailbox->capabilities.is_by_user)
		ask_capabilities(s);
	else
		pop3_poll_begin(s);
}

void pop3_login_on_reply(
	struct pop3_session *s, enum pop3_command command, const struct pop3_reply *reply) {
	if (command == POP3_COMMAND_STLS)
		on_stls(s, reply);
	else if (command == POP3_COMMAND_CAPA && pop3_reply_is_trouble(reply))
		pop3_session_refuse(s, reply, REASON_UNAVAILABLE);
	else if (command == POP3_COMMAND_CAPA && s->state == POP3_STATE_LOGIN)
		/* refused: a server of before RFC 2449 */
		choose_mechanism(s);
	else if (command == POP3_COMMAND_CAPA)
		pop3_poll_begin(s);
	else if (reply->status == POP3_STATUS_CONTINUATION)
		on_challenge(s, reply);
	else if (command == POP3_COMMAND_USER && reply->status == POP3_STATUS_OK)
		pop3_session_send(s, (struct pop3_flight){ .command = POP3_COMMAND_PASS },
			"PASS %s", s->password);
	else
		on_login(s, reply);
}
