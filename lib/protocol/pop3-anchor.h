#pragma once
/* Private to the session: polls of servers without unique-ids. */
#include "protocol/pop3-conversation.h"

void pop3_anchor_begin(struct pop3_session *s);
void pop3_anchor_on_header(struct pop3_session *s, uint32_t number, uint64_t hash);
void pop3_anchor_proceed(struct pop3_session *s);
