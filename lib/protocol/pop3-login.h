#pragma once
/* Private to the session: greeting, STLS, CAPA, login. Nothing is sent with a login. */
#include "protocol/pop3-conversation.h"

void pop3_login_on_greeting(struct pop3_session *s, const struct pop3_reply *reply);
void pop3_login_begin(struct pop3_session *s);
void pop3_login_forget(struct pop3_session *s);
/* A status line, or the end of a body. */
void pop3_login_on_reply(
	struct pop3_session *s, enum pop3_command command, const struct pop3_reply *reply);
void pop3_login_on_capabilities(struct pop3_session *s);
