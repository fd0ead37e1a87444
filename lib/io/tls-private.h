#pragma once
/* What tls-policy.c and tls.c know of each other; nobody else includes this. */
#include <openssl/ssl.h>
#include <stdint.h>

struct tls_policy {
	SSL_CTX *context;
	BIO_METHOD *window_method;
	uint64_t id;
	/* What a settled connection holds in place of its own session and context. */
	SSL_SESSION *no_session;
	SSL_CTX *settled_contexts[2]; /* TLS 1.2 and 1.3; made when needed */
};

/* NULL: the connection had better stay as it is. */
SSL_CTX *tls_policy_settled_context(struct tls_policy *policy, const SSL *ssl);

/* The callbacks of the context, in tls.c. */
int tls_on_certificate(X509_STORE_CTX *store, void *userdata);
int tls_on_new_session(SSL *ssl, SSL_SESSION *session);
