#pragma once
/* Asks GNOME Online Accounts where one account's mail is and for its token or password. The service
 * renews tokens by itself; nobody is asked for anything here. What it answers crosses the bus in the
 * clear, as the service's interface has it; the message is erased. */
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

struct connection;
struct online_credential;

enum online_outcome {
	ONLINE_FOUND,
	ONLINE_MISSING, /* no such account, or none for mail */
	ONLINE_SIGN_IN, /* the user must sign in again, in the settings of his desktop */
	ONLINE_ABSENT, /* no such service, or no bus */
	ONLINE_UNAVAILABLE, /* at the moment: as a rule its provider cannot be reached */
	ONLINE_FAILED,
};

/* Borrowed during the callback. */
struct online_answer {
	enum online_outcome outcome;
	const char *problem; /* a sentence, when there is no secret */
	const char *secret;
	bool is_token; /* an OAuth 2.0 access token, else a password */
	uint32_t expires_sec; /* from now; 0: not said */
	const char *host; /* a name or an address */
	uint16_t port; /* 0: not said */
	bool is_tls, is_starttls; /* neither: no encryption */
	const char *user;
};

typedef void (*online_credential_fn)(const struct online_answer *answer, void *userdata);

/* `id` is copied. The callback is called once, from the loop, and may free the lookup. Negative
 * errno when the loop refuses. */
int online_credential_new(struct connection *connection, const char *id, online_credential_fn done,
	void *userdata, struct online_credential **ret);
struct online_credential *online_credential_free(struct online_credential *o);
DEFINE_CLEANUP(struct online_credential, online_credential_free);
