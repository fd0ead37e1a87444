#pragma once
/* The client's side of one SASL exchange (RFC 4422): one mechanism, one attempt. Base64 in and out, as
 * IMAP and POP3 carry it; knows neither protocol. PLAIN, LOGIN, EXTERNAL and GSSAPI are GNU SASL's
 * (sasl-gnu.c), SCRAM (sasl-scram.c) and the two of OAuth (sasl-oauth.c) are ours. Secrets are
 * erased with the object. */
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "protocol/sasl-binding.h"
#include "protocol/sasl-mechanism.h"

struct sasl;

/* What a SCRAM without -PLUS says of bindings (the gs2-cbind-flag of RFC 5802 section 6). */
enum sasl_binding_flag {
	SASL_BINDING_FLAG_UNABLE, /* n: we have none, or do not want it */
	SASL_BINDING_FLAG_UNOFFERED, /* y: we would, and the server did not offer it */
};

/* Borrowed until sasl_new() returns. */
struct sasl_login {
	enum sasl_mechanism mechanism;
	const char *service; /* "imap", "pop" */
	const char *host;
	uint16_t port;
	const char *user; /* whose secret it is */
	const char *authorization; /* as whom to act; NULL: as the same */
	const char *secret; /* NULL where the mechanism has none */
	const char *nonce; /* SCRAM: random, printable, without a comma */
	enum sasl_binding_flag binding_flag; /* SCRAM without -PLUS */
	enum sasl_binding_kind binding_kind; /* -PLUS */
	const struct sasl_binding *binding;
};

/* -ENOTSUP: the library has no such mechanism; -EINVAL: it cannot carry this user or secret. */
int sasl_new(const struct sasl_login *login, struct sasl **ret);
struct sasl *sasl_free(struct sasl *s);
DEFINE_CLEANUP(struct sasl, sasl_free);

/* The answer to a challenge (NULL: the initial response, before any challenge): base64 without a
 * line end, owned and secret: memory_free_secret(). -EBADMSG when the challenge is not base64, when
 * the mechanism does not accept it, or when nothing more may come: cancel with "*". -EAGAIN: this
 * mechanism speaks behind the first challenge only. */
int sasl_step(struct sasl *s, const char *challenge, char **ret_response);

/* The challenge is refused before it is looked at: cancel with "*". `why` is what sasl_said() tells,
 * unless the exchange knows better. */
void sasl_refuse(struct sasl *s, const char *why);

/* Both sides have said all, and the server has proved what the mechanism asks it to prove. Until
 * then its OK is worth nothing. */
bool sasl_is_done(const struct sasl *s);

/* What the exchange itself tells of a login that failed. */
enum sasl_verdict {
	SASL_VERDICT_NONE, /* nothing: the server's answer says it */
	SASL_VERDICT_TOKEN, /* this token is not, or no longer, valid */
	SASL_VERDICT_BINDING, /* the server does not know this kind of binding */
	SASL_VERDICT_SERVER, /* it is we who refuse the server, see sasl_said() */
};
enum sasl_verdict sasl_verdict(const struct sasl *s);
/* And in words: ours, or the server's (bounded, not yet printable); or NULL. */
const char *sasl_said(const struct sasl *s);
