#pragma once
/* A client certificate with its key, as one account shows it to its server. */
#include <stdint.h>

#include "base/macros.h"

struct ssl_st; /* OpenSSL's SSL */
struct tls_identity;

/* PEM: the certificate, the chain behind it, and the key without a passphrase, which may be in a
 * file of its own (NULL: in the same, in any order). A key that everybody can read is refused. On failure
 * (negative errno, -EINVAL) the owned sentence says what is wrong with which file. */
int tls_identity_new(
	const char *file, const char *key_file, struct tls_identity **ret, char **ret_problem);
struct tls_identity *tls_identity_free(struct tls_identity *identity);
DEFINE_CLEANUP(struct tls_identity, tls_identity_free);

/* For tls.c: shows it on this connection. */
void tls_identity_use(const struct tls_identity *identity, struct ssl_st *ssl);
/* A number that no other identity has. */
uint64_t tls_identity_id(const struct tls_identity *identity);
