#pragma once
/* What an engine needs to log in, gathered from the configuration, the credential, the store and the
 * stream. For watch-*.c. */
#include "daemon/credential.h"
#include "daemon/watch.h"
#include "protocol/login.h"

struct stream;

struct watch_login {
	struct login_settings settings; /* borrows from all the others */
	char nonce[33];
	char host[256]; /* in ASCII, as certificates and tickets have it */
};

/* 0, or negative errno: without knowing the floor nobody logs in. */
int watch_login_init(struct watch_login *w, const struct watch_context *context,
	const struct credential_result *credential);

/* What this connection can be bound to; nothing while it is in the clear. */
void watch_login_bindings(const struct stream *stream, struct sasl_bindings *ret);

/* The server let us in like this. */
void watch_login_report(const struct watch_context *context, const struct login_outcome *outcome);
