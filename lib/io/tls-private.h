#pragma once
/* What tls-policy.c and tls.c know of each other; nobody else includes this. */
#include <openssl/ssl.h>
#include <stdint.h>

struct tls_policy {
	SSL_CTX *context;
	BIO_METHOD *window_method;
	uint64_t id;
};

/* The callbacks of the context, in tls.c. */
int tls_on_certificate(X509_STORE_CTX *store, void *userdata);
int tls_on_new_session(SSL *ssl, SSL_SESSION *session);
