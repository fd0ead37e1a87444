#include "io/tls-identity.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct tls_identity {
	uint64_t id;
	X509 *certificate;
	STACK_OF(X509) * chain;
	EVP_PKEY *key;
};

/* OpenSSL would ask at the terminal. */
static int on_passphrase(char *to, int size, int is_writing, void *userdata) {
	return -1;
}

static bool read_certificates(struct tls_identity *identity, FILE *file) {
	identity->certificate = PEM_read_X509(file, NULL, on_passphrase, NULL);
	X509 *next;
	while (identity->certificate && (next = PEM_read_X509(file, NULL, on_passphrase, NULL)))
		if (sk_X509_push(identity->chain, next) <= 0)
			abort();
	return identity->certificate != NULL;
}

static const char *read_file(struct tls_identity *identity, FILE *file) {
	if (!read_certificates(identity, file))
		return "holds no certificate in PEM form";
	rewind(file);
	identity->key = PEM_read_PrivateKey(file, NULL, on_passphrase, NULL);
	if (!identity->key)
		return "holds no key in PEM form, or one with a passphrase";
	if (X509_check_private_key(identity->certificate, identity->key) != 1)
		return "holds a key that is not the first certificate's";
	return NULL;
}

int tls_identity_new(const char *file, struct tls_identity **ret, char **ret_problem) {
	CLEANUP(tls_identity_free) struct tls_identity *identity = MEMORY_NEW(struct tls_identity);
	identity->chain = sk_X509_new_null();
	if (!identity->chain || RAND_bytes((uint8_t *)&identity->id, sizeof(identity->id)) != 1)
		abort();
	FILE *stream = fopen(file, "re");
	if (!stream) {
		int r = -errno;
		*ret_problem = memory_format(
			"client certificate %s cannot be read: %s", file, strerror(-r));
		return r;
	}
	const char *problem = read_file(identity, stream);
	(void)fclose(stream);
	ERR_clear_error();
	if (problem) {
		*ret_problem = memory_format("client certificate %s %s", file, problem);
		return -EINVAL;
	}
	*ret = TAKE_PTR(identity);
	return 0;
}

struct tls_identity *tls_identity_free(struct tls_identity *identity) {
	if (!identity)
		return NULL;
	X509_free(identity->certificate);
	sk_X509_pop_free(identity->chain, X509_free);
	EVP_PKEY_free(identity->key);
	return memory_free(identity);
}

void tls_identity_use(const struct tls_identity *identity, SSL *ssl) {
	/* A key that the security level finds too weak is not shown; the server says what it
	 * thinks of that. */
	(void)SSL_use_cert_and_key(ssl, identity->certificate, identity->key, identity->chain, 1);
	ERR_clear_error();
}

uint64_t tls_identity_id(const struct tls_identity *identity) {
	return identity ? identity->id : 0;
}
