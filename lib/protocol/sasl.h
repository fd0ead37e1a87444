#pragma once
/* The client's side of a SASL exchange (RFC 4422), by GNU SASL. Base64 in and out, as IMAP and POP3
 * carry it; knows neither protocol. Secrets are erased with the object. */
#include <stdbool.h>

#include "base/macros.h"

struct sasl;

/* Borrowed until sasl_new() returns. */
struct sasl_login {
	const char *mechanism; /* "PLAIN" */
	const char *service; /* "imap", "pop" */
	const char *host;
	const char *user;
	const char *password;
};

/* -ENOTSUP: the library has no such mechanism. */
int sasl_new(const struct sasl_login *login, struct sasl **ret);
struct sasl *sasl_free(struct sasl *s);
DEFINE_CLEANUP(struct sasl, sasl_free);

/* The answer to a challenge (NULL: the initial response, before any challenge): base64 without a
 * line end, owned and secret: memory_free_secret(). -EBADMSG when the challenge is not base64, when
 * the mechanism does not accept it, or when nothing more may come: cancel with "*". */
int sasl_step(struct sasl *s, const char *challenge, char **ret_response);

/* Both sides have said all, and the server has proved what the mechanism asks it to prove. Until
 * then its OK is worth nothing. */
bool sasl_is_done(const struct sasl *s);
