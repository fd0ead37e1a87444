#pragma once
/* What a person wants to know of an encrypted connection: filled in on the way, since nothing of it
 * is kept afterwards. For a trial of an account; a connection that works holds none. */
#include "base/macros.h"

struct ssl_st; /* OpenSSL's SSL */
struct x509_store_ctx_st; /* OpenSSL's X509_STORE_CTX */

#define TLS_RECORD_CHAIN_MAX 10 /* certificates */

/* Zero: nothing is known yet. Texts are printable and owned. */
struct tls_record {
	char *version; /* "TLSv1.3" */
	char *cipher; /* "TLS_AES_256_GCM_SHA384" */
	/* As the server showed them, also those that were refused; the server's own first. */
	char *chain
		[TLS_RECORD_CHAIN_MAX]; /* "mail.example, issued by Example CA, valid until 2027-01-30" */
	unsigned n_chain;
};

void tls_record_deinit(struct tls_record *record);

/* For tls.c. */
void tls_record_take_chain(struct tls_record *record, struct x509_store_ctx_st *store);
void tls_record_take_session(struct tls_record *record, const struct ssl_st *ssl);
