#include "tls-server.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static void must(bool done) {
	if (!done)
		abort();
}

SSL_CTX *tls_server_context(const struct identity *identity) {
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	must(context != NULL);
	must(SSL_CTX_use_certificate(context, identity->certificate) == 1);
	must(SSL_CTX_use_PrivateKey(context, identity->key) == 1);
	must(SSL_CTX_set_session_id_context(context, (const uint8_t *)"test", 4) == 1);
	return context;
}

struct tls_server *tls_server_new(SSL_CTX *context) {
	struct tls_server *server = MEMORY_NEW(struct tls_server);
	server->ssl = SSL_new(context);
	must(server->ssl != NULL);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	must(in && out);
	SSL_set_bio(server->ssl, in, out);
	SSL_set_accept_state(server->ssl);
	buffer_init(&server->plaintext, (size_t)64 * 1024 * 1024);
	buffer_init(&server->to_say, (size_t)64 * 1024 * 1024);
	return server;
}

struct tls_server *tls_server_free(struct tls_server *server) {
	if (!server)
		return NULL;
	SSL_free(server->ssl);
	buffer_deinit(&server->plaintext);
	buffer_deinit(&server->to_say);
	return memory_free(server);
}

static void say(struct tls_server *server) {
	if (!server->secured || server->to_say.n == 0)
		return;
	int n = (int)server->to_say.n;
	must(SSL_write(server->ssl, buffer_bytes(&server->to_say), n) == n);
	buffer_clear(&server->to_say);
}

static void run(struct tls_server *server) {
	ERR_clear_error();
	int r = SSL_do_handshake(server->ssl);
	if (r == 1)
		server->secured = true;
	say(server);
	uint8_t bytes[4096];
	size_t n;
	while (r == 1 && (r = SSL_read_ex(server->ssl, bytes, sizeof(bytes), &n)) == 1)
		must(buffer_append(&server->plaintext, bytes, n) == 0);
	int error = SSL_get_error(server->ssl, r);
	server->closed = error == SSL_ERROR_ZERO_RETURN;
	server->failed = !server->closed && error != SSL_ERROR_WANT_READ;
	ERR_clear_error();
}

void tls_server_feed(struct tls_server *server, const uint8_t *bytes, size_t n) {
	if (n > 0)
		must(BIO_write(SSL_get_rbio(server->ssl), bytes, (int)n) == (int)n);
	if (!server->failed && !server->closed)
		run(server);
}

void tls_server_write(struct tls_server *server, const char *text) {
	must(buffer_append(&server->to_say, text, strlen(text)) == 0);
	say(server);
}

void tls_server_take_output(struct tls_server *server, struct buffer *to) {
	uint8_t bytes[4096];
	int n;
	while ((n = BIO_read(SSL_get_wbio(server->ssl), bytes, sizeof(bytes))) > 0)
		must(buffer_append(to, bytes, (size_t)n) == 0);
}
