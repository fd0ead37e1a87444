#include "io/tls-identity.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

static const char *read_certificates(struct tls_identity *identity, FILE *file) {
	identity->certificate = PEM_read_X509(file, NULL, on_passphrase, NULL);
	X509 *next;
	while (identity->certificate && (next = PEM_read_X509(file, NULL, on_passphrase, NULL)))
		if (sk_X509_push(identity->chain, next) <= 0)
			abort();
	return identity->certificate ? NULL : "holds no certificate in PEM form";
}

static const char *read_key(struct tls_identity *identity, FILE *file) {
	identity->key = PEM_read_PrivateKey(file, NULL, on_passphrase, NULL);
	if (!identity->key)
		return "holds no key in PEM form, or one with a passphrase";
	if (X509_check_private_key(identity->certificate, identity->key) != 1)
		return "holds a key that is not the first certificate's";
	/* A group of those who may use keys is common (ssl-cert), everybody is not. */
	struct stat status;
	if (fstat(fileno(file), &status) < 0 || (status.st_mode & S_IRWXO))
		return "holds a key that everybody can read; chmod o= mends it";
	return NULL;
}

static int read_file(struct tls_identity *identity, const char *path,
	const char *(*read)(struct tls_identity *identity, FILE *file), char **ret_problem) {
	FILE *file = fopen(path, "re");
	if (!file) {
		int r = -errno;
		*ret_problem = memory_format(
			"client certificate %s cannot be read: %s", path, strerror(-r));
		return r;
	}
	const char *problem = read(identity, file);
	(void)fclose(file);
	ERR_clear_error();
	if (!problem)
		return 0;
	*ret_problem = memory_format("client certificate %s %s", path, problem);
	return -EINVAL;
}

int tls_identity_new(
	const char *file, const char *key_file, struct tls_identity **ret, char **ret_problem) {
	CLEANUP(tls_identity_free) struct tls_identity *identity = MEMORY_NEW(struct tls_identity);
	identity->chain = sk_X509_new_null();
	if (!identity->chain || RAND_bytes((uint8_t *)&identity->id, sizeof(identity->id)) != 1)
		abort();
	int r = read_file(identity, file, read_certificates, ret_problem);
	if (r >= 0)
		r = read_file(identity, key_file ? key_file : file, read_key, ret_problem);
	if (r < 0)
		return r;
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
