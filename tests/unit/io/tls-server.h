#pragma once
/* A real OpenSSL server without a socket, for the tests of the TLS engine and of the stream. */
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "authority.h"
#include "base/buffer.h"
#include "base/macros.h"

struct tls_server {
	SSL *ssl;
	struct buffer plaintext; /* what the client said */
	struct buffer to_say; /* waits for the end of the handshake */
	bool secured;
	bool closed; /* close_notify came */
	bool failed;
};

/* Owned; may be tuned further before the first server is made of it. */
SSL_CTX *tls_server_context(const struct identity *identity);

struct tls_server *tls_server_new(SSL_CTX *context);
struct tls_server *tls_server_free(struct tls_server *server);
DEFINE_CLEANUP(struct tls_server, tls_server_free);

/* Takes ciphertext and does what it can. */
void tls_server_feed(struct tls_server *server, const uint8_t *bytes, size_t n);
/* At once, or when the handshake is done. */
void tls_server_write(struct tls_server *server, const char *text);
/* All ciphertext so far, moved out. */
void tls_server_take_output(struct tls_server *server, struct buffer *to);
