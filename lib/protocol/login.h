#pragma once
/* A session's login, whatever its protocol: which mechanism is taken, what may be tried when the
 * server does not know it after all, and the exchange itself. Owned by a session until it is let
 * in; secrets are erased with it. Pure: the commands around it are the sessions'.
 *
 *   set_offer -> choose -> [begin -> step ...] -> accepted, or refused -> choose again | the end */
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/reason.h"
#include "protocol/sasl.h"

struct login;

/* Borrowed until login_new() returns. */
struct login_settings {
	const char *host; /* as configured */
	uint16_t port;
	const char *user; /* whose mailbox */
	const char *auth_user; /* whose secret, where that is somebody else; or NULL */
	const char *secret; /* NULL: none */
	bool is_token; /* the secret is an OAuth 2.0 access token */
	bool has_certificate; /* a client certificate was shown to the server */
	enum sasl_mechanism auth; /* what the user wants; NONE: the best */
	/* The weakest that may be taken by ourselves: what was taken the last time. */
	enum sasl_mechanism floor;
	enum sasl_binding_kind binding; /* and the kind that the server took; 0 where none did */
	const char *nonce; /* random: at least 16 printable characters without a comma */
};

/* What the server can, as far as it concerns the login. */
struct login_offer {
	uint32_t mechanisms; /* bits */
	bool has_command; /* LOGIN; USER and PASS */
	bool is_open; /* it does not say which: what the user wants is tried */
};

enum login_way {
	LOGIN_WAY_SASL, /* login_begin() */
	LOGIN_WAY_COMMAND,
	LOGIN_WAY_NONE, /* nothing is left: login_problem() */
};

/* `service`: "imap" or "pop", a constant. */
struct login *login_new(const struct login_settings *settings, const char *service);
struct login *login_free(struct login *l);
DEFINE_CLEANUP(struct login, login_free);

/* What the stream has to bind to; none over one that is not encrypted. */
void login_set_bindings(struct login *l, const struct sasl_bindings *bindings);
/* Text of the greeting, when it came over TLS: what the server is may say which binding it takes. NULL: it
 * had none. */
void login_set_greeting(struct login *l, const char *text);
void login_set_offer(struct login *l, const struct login_offer *offer);

/* The best way that was not refused yet. */
enum login_way login_choose(struct login *l);

/* What was chosen, to be remembered when it was accepted. */
struct login_outcome {
	enum sasl_mechanism mechanism; /* NONE: the command */
	enum sasl_binding_kind binding; /* of a -PLUS */
};
struct login_outcome login_outcome(const struct login *l);

/* Begins, or begins again, the exchange of the chosen mechanism. 0 and the initial response as
 * sasl_step() gives it; -EAGAIN: the server begins; other failures are ours, and login_problem()
 * may say which: no ticket, a secret that cannot be sent. */
int login_begin(struct login *l, char **ret_response);
/* As sasl_step(). */
int login_step(struct login *l, const char *challenge, char **ret_response);
/* As sasl_refuse(). */
void login_refuse_challenge(struct login *l, const char *why);
/* What the server's OK is worth. */
bool login_is_proved(const struct login *l);

/* What a refusal means. */
struct login_refusal {
	bool is_retry; /* choose again: the mechanism was refused, not the user */
	enum reason reason;
	const char *text; /* borrowed: the server's, or ours; or NULL */
};
/* The server refused with this text, which means `reason` as far as its code and its words tell
 * (REASON_NONE: nothing). */
struct login_refusal login_refused(struct login *l, enum reason reason, const char *text);
/* Why there is no way, or no exchange: borrowed, or NULL. */
const char *login_problem(const struct login *l);

const char *login_host(const struct login *l);
const char *login_user(const struct login *l); /* for the command */
const char *login_secret(const struct login *l);
