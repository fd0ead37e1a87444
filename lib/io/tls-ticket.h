#pragma once
/* What resumes a TLS session: the newest ticket of one account. Never shared between accounts.
 *
 * A resumed handshake checks no certificate, so a ticket lives no longer than what was checked when
 * it was issued: it is good for the same policy, identity and host only, and not beyond the first
 * end of validity in the chain. It is kept in serial form without the peer's certificates, which
 * takes some 400 bytes in place of 11 KiB, and which no user of it can spoil for the next one. */
#include <stdint.h>

#include "base/macros.h"
#include "io/tls-certificate.h"

struct ssl_session_st; /* OpenSSL's SSL_SESSION */
struct tls_ticket;

struct tls_ticket *tls_ticket_new(void);
struct tls_ticket *tls_ticket_free(struct tls_ticket *ticket);
DEFINE_CLEANUP(struct tls_ticket, tls_ticket_free);

/* The rest is for tls.c. What a ticket is good for: */
struct tls_ticket_scope {
	uint64_t policy_id;
	uint64_t identity_id; /* of ours; 0: none */
	const char *host;
	struct tls_certificate certificate;
};

void tls_ticket_keep(struct tls_ticket *ticket, const struct ssl_session_st *session,
	const struct tls_ticket_scope *scope);
void tls_ticket_drop(struct tls_ticket *ticket);

/* An owned session (SSL_SESSION_free) and the scope's certificate, or NULL: no ticket for this
 * scope, or one that has expired. A ticket that does not fit is dropped. */
struct ssl_session_st *tls_ticket_take(struct tls_ticket *ticket, struct tls_ticket_scope *scope);
