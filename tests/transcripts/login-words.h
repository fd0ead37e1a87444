#pragma once
/* The words of a transcript's "login" line that both protocols have: user, auth-user, password or
 * token (or secret=none), auth, floor, certificate=yes, nonce, and what the stream can be bound to:
 * exporter, end-point, unique. */
#include "protocol/login.h"

struct login_words {
	struct login_settings settings; /* texts inside this object */
	struct sasl_bindings bindings;
	char *texts[8];
	unsigned n_texts;
};

void login_words_init(struct login_words *w, const char *host, const char *words);
void login_words_deinit(struct login_words *w);
