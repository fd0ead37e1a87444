#include "protocol/pop3-login.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "protocol/pop3-poll.h"
#include "protocol/pop3-refusal.h"

/* RFC 5034 4: with its CR LF. */
#define INITIAL_RESPONSE_LINE_MAX 255

void pop3_login_forget(struct pop3_session *s) {
	s->login = login_free(s->login);
	s->initial = memory_free_secret(s->initial);
}

void pop3_login_on_greeting(struct pop3_session *s, const struct pop3_reply *reply) {
	if (reply->status == POP3_STATUS_ERR) {
		pop3_session_refuse(s, reply, REASON_SERVER_CLOSED);
	} else if (reply->status != POP3_STATUS_OK) {
		pop3_session_close(s, REASON_PROTOCOL_ERROR, NULL);
	} else if (s->is_secure) {
		login_set_greeting(s->login, reply->text);
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

static void begin_auth(struct pop3_session *s) {
	const char *name = sasl_mechanism_facts(login_outcome(s->login).mechanism)->name;
	const struct pop3_flight flight = { .command = POP3_COMMAND_AUTH };
	s->initial = memory_free_secret(s->initial);
	int r = login_begin(s->login, &s->initial);
	if (r < 0 && r != -EAGAIN) {
		pop3_session_close(s, REASON_SECRET_FAILED, login_problem(s->login));
		return;
	}
	/* RFC 5034 4: an empty response is a single "=" */
	const char *response = s->initial && *s->initial ? s->initial : "=";
	size_t n = strlen("AUTH  \r\n") + strlen(name) + strlen(response);
	s->has_sent_initial = r == 0 && n <= INITIAL_RESPONSE_LINE_MAX;
	CLEANUP_TEXT char *command = memory_format("AUTH %s ", name);
	if (s->has_sent_initial)
		pop3_session_send_secret(s, flight, command, response);
	else
		pop3_session_send(s, flight, "AUTH %s", name);
}

/* A line end in either would be a command of its own. */
static bool is_one_line(const char *text) {
	return !strpbrk(text, "\r\n");
}

static void begin_user(struct pop3_session *s) {
	if (!is_one_line(login_user(s->login)) || !is_one_line(login_secret(s->login)))
		pop3_session_close(s, REASON_SECRET_FAILED, NULL);
	else
		pop3_session_send(s, (struct pop3_flight){ .command = POP3_COMMAND_USER },
			"USER %s", login_user(s->login));
}

static void choose_way(struct pop3_session *s) {
	switch (login_choose(s->login)) {
	case LOGIN_WAY_SASL:
		begin_auth(s);
		break;
	case LOGIN_WAY_COMMAND:
		begin_user(s);
		break;
	case LOGIN_WAY_NONE:
		pop3_session_close(s, REASON_NO_MECHANISM, login_problem(s->login));
		break;
	}
}

/* A server without CAPA has USER (RFC 1939); one with CAPA names it (RFC 2449 6.3). */
static void take_offer(struct pop3_session *s) {
	const struct pop3_capabilities *c = &s->mailbox->capabilities;
	const struct login_offer offer = {
		.mechanisms = c->mechanisms,
		.has_command = pop3_session_can(s, POP3_CAPABILITY_USER) || !c->is_known,
		.is_open = !c->is_known,
	};
	pop3_session_enter_state(s, POP3_STATE_LOGIN);
	login_set_offer(s->login, &offer);
	choose_way(s);
}

void pop3_login_begin(struct pop3_session *s) {
	if (s->mailbox->capabilities.is_known) {
		take_offer(s);
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
		take_offer(s);
	else if (!s->is_leaving)
		pop3_poll_begin(s);
}

/* The answer, or NULL: cancel. */
static char *answer(struct pop3_session *s, const char *challenge) {
	char *response = NULL;
	bool is_empty = *challenge == '\0';
	if (s->initial && is_empty && !s->has_sent_initial)
		return TAKE_PTR(s->initial);
	/* Google's servers say "+ " first, whether there was an initial response or not. */
	bool is_again = s->has_sent_initial && is_empty;
	s->has_sent_initial = false;
	int r = is_again ? login_begin(s->login, &response)
			 : login_step(s->login, challenge, &response);
	s->initial = memory_free_secret(s->initial);
	return r < 0 ? NULL : response;
}

static void on_challenge(struct pop3_session *s, const struct pop3_reply *reply) {
	CLEANUP_SECRET char *response = answer(s, reply->text);
	pop3_session_send_text(s, response ? response : "*");
	pop3_session_send_text(s, "\r\n");
	s->wire.flights[s->wire.first].end = s->wire.n_written;
}

/* With a code the server speaks of the user, or of itself; what it means is the table's business. */
static void on_refused(struct pop3_session *s, const struct pop3_reply *reply) {
	struct pop3_refusal meaning = pop3_refusal_of(reply, REASON_NONE);
	struct login_refusal refusal = login_refused(s->login, meaning.reason, reply->text);
	s->initial = memory_free_secret(s->initial);
	if (refusal.is_retry)
		choose_way(s);
	else
		pop3_session_refuse_login(s, reply, &refusal);
}

static void on_login(struct pop3_session *s, const struct pop3_reply *reply) {
	if (reply->status != POP3_STATUS_OK) {
		on_refused(s, reply);
		return;
	}
	if (!login_is_proved(s->login)) {
		pop3_session_close(s, REASON_PROTOCOL_ERROR, NULL);
		return;
	}
	s->outcome = login_outcome(s->login);
	s->is_logged_in = true;
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
		take_offer(s);
	else if (command == POP3_COMMAND_CAPA)
		pop3_poll_begin(s);
	else if (reply->status == POP3_STATUS_CONTINUATION)
		on_challenge(s, reply);
	else if (command == POP3_COMMAND_USER && reply->status == POP3_STATUS_OK)
		pop3_session_send_secret(s, (struct pop3_flight){ .command = POP3_COMMAND_PASS },
			"PASS ", login_secret(s->login));
	else
		on_login(s, reply);
}
