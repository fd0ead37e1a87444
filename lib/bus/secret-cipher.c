#include "bus/secret-cipher.h"

#include "base/memory.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>

#define KEY_BYTES 16

struct secret_cipher {
	BIGNUM *prime; /* the second Oakley group, RFC 2409, section 6.2; its generator is 2 */
	BIGNUM *own;
	uint8_t public[SECRET_CIPHER_PUBLIC_BYTES];
	uint8_t key[KEY_BYTES];
};

/* base ^ own mod prime, big-endian and padded with zeros to the size of the prime */
static int power(const struct secret_cipher *c, const BIGNUM *base, uint8_t *ret) {
	BN_CTX *context = BN_CTX_secure_new();
	BIGNUM *result = BN_secure_new();
	bool done = context && result &&
		    BN_mod_exp_mont_consttime(result, base, c->own, c->prime, context, NULL) &&
		    BN_bn2binpad(result, ret, SECRET_CIPHER_PUBLIC_BYTES) > 0;
	BN_clear_free(result);
	BN_CTX_free(context);
	return done ? 0 : -EIO;
}

static int make_public(struct secret_cipher *c) {
	BIGNUM *two = BN_new();
	bool done = two && c->prime && c->own && BN_set_word(two, 2) &&
		    BN_priv_rand(c->own, 8 * SECRET_CIPHER_PUBLIC_BYTES - 1, BN_RAND_TOP_ANY,
			    BN_RAND_BOTTOM_ANY) &&
		    power(c, two, c->public) == 0;
	BN_free(two);
	return done ? 0 : -EIO;
}

int secret_cipher_new(struct secret_cipher **ret) {
	CLEANUP(secret_cipher_free) struct secret_cipher *c = MEMORY_NEW(struct secret_cipher);
	c->prime = BN_get_rfc2409_prime_1024(NULL);
	c->own = BN_secure_new();
	int r = make_public(c);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(c);
	return 0;
}

struct secret_cipher *secret_cipher_free(struct secret_cipher *c) {
	if (!c)
		return NULL;
	BN_free(c->prime);
	BN_clear_free(c->own);
	memory_erase(c, sizeof(*c));
	return memory_free(c);
}

const uint8_t *secret_cipher_public(const struct secret_cipher *c) {
	return c->public;
}

/* HKDF with SHA-256, no salt, no info (RFC 5869), as the specification says. */
static int derive(struct secret_cipher *c, uint8_t *shared, size_t n) {
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, shared, n),
		OSSL_PARAM_construct_end(),
	};
	bool done = context && EVP_KDF_derive(context, c->key, KEY_BYTES, parameters) > 0;
	EVP_KDF_CTX_free(context);
	EVP_KDF_free(kdf);
	return done ? 0 : -EIO;
}

/* 0, 1 and p - 1 would make a key that everybody knows. */
static bool is_in_group(const struct secret_cipher *c, const BIGNUM *peer) {
	BIGNUM *last = BN_dup(c->prime);
	bool inside = last && BN_sub_word(last, 1) && BN_cmp(peer, BN_value_one()) > 0 &&
		      BN_cmp(peer, last) < 0;
	BN_free(last);
	return inside;
}

int secret_cipher_agree(struct secret_cipher *c, const uint8_t *bytes, size_t n) {
	if (n == 0 || n > SECRET_CIPHER_PUBLIC_BYTES)
		return -EBADMSG;
	uint8_t shared[SECRET_CIPHER_PUBLIC_BYTES];
	BIGNUM *peer = BN_bin2bn(bytes, (int)n, NULL);
	int r = peer && is_in_group(c, peer) ? 0 : -EBADMSG;
	if (r == 0)
		r = power(c, peer, shared);
	if (r == 0)
		r = derive(c, shared, sizeof(shared));
	memory_erase(shared, sizeof(shared));
	BN_free(peer);
	return r;
}

static int run(EVP_CIPHER_CTX *context, const uint8_t *bytes, size_t n, struct buffer *out) {
	int n_done = 0, n_last = 0;
	/* The padding adds up to one block. */
	uint8_t *room = buffer_reserve(out, n + SECRET_CIPHER_IV_BYTES);
	if (!room)
		return -ENOBUFS;
	if (EVP_CipherUpdate(context, room, &n_done, bytes, (int)n) <= 0 ||
		EVP_CipherFinal_ex(context, room + n_done, &n_last) <= 0) {
		memory_erase(room, n);
		return -EBADMSG;
	}
	buffer_commit(out, (size_t)(n_done + n_last));
	return 0;
}

int secret_cipher_decrypt(
	const struct secret_cipher *c, const struct secret_wire *wire, struct buffer *out) {
	if (wire->n_iv != SECRET_CIPHER_IV_BYTES || wire->n == 0 ||
		wire->n % SECRET_CIPHER_IV_BYTES != 0)
		return -EBADMSG;
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int r = -EIO;
	if (context && EVP_DecryptInit_ex(context, EVP_aes_128_cbc(), NULL, c->key, wire->iv) > 0)
		r = run(context, wire->bytes, wire->n, out);
	EVP_CIPHER_CTX_free(context);
	return r;
}

int secret_cipher_encrypt(const struct secret_cipher *c, const void *bytes, size_t n,
	uint8_t iv[SECRET_CIPHER_IV_BYTES], struct buffer *out) {
	if (RAND_bytes(iv, SECRET_CIPHER_IV_BYTES) <= 0)
		return -EIO;
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int r = -EIO;
	if (context && EVP_EncryptInit_ex(context, EVP_aes_128_cbc(), NULL, c->key, iv) > 0)
		r = run(context, bytes, n, out);
	EVP_CIPHER_CTX_free(context);
	return r;
}

char *secret_cipher_md5(const char *text) {
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	if (EVP_Digest(text, strlen(text), digest, &n, EVP_md5(), NULL) <= 0)
		return NULL;
	struct buffer out;
	buffer_init(&out, sizeof(digest) * 2 + 1);
	for (unsigned i = 0; i < n; i++)
		(void)buffer_append_format(&out, "%02x", digest[i]);
	char *hex = buffer_take_text(&out);
	buffer_deinit(&out);
	return hex;
}
