#pragma once
/* Private to the session: STAT, UIDL and TOP, and what comes of them. */
#include "protocol/pop3-conversation.h"

void pop3_poll_begin(struct pop3_session *s);
void pop3_poll_on_reply(
	struct pop3_session *s, const struct pop3_flight *flight, const struct pop3_reply *reply);
void pop3_poll_on_body(
	struct pop3_session *s, const struct pop3_flight *flight, const struct pop3_line *line);
/* A header that does not end. */
void pop3_poll_on_flood(struct pop3_session *s, uint32_t number);
void pop3_poll_on_end(struct pop3_session *s, const struct pop3_flight *flight);
/* Asks for what comes next, when nothing is in the way of it. */
void pop3_poll_proceed(struct pop3_session *s);
void pop3_poll_enter_phase(struct pop3_session *s, enum pop3_phase phase);
void pop3_poll_add_fresh(struct pop3_session *s, uint32_t number, uint64_t hash);
/* Forgets all and begins anew, silently. */
void pop3_poll_baseline(struct pop3_session *s, const char *reset);
