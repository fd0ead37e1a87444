#pragma once
/* How a secret crosses the bus: the algorithm "dh-ietf1024-sha256-aes128-cbc-pkcs7" of the Secret
 * Service specification. Not against a thief of the bus, who could ask for the secret himself, but
 * so that no buffer of libdbus or of the bus, and no monitor of it, ever holds a password. Pure but
 * for random numbers; the only file of this folder that knows OpenSSL. */
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/macros.h"

#define SECRET_CIPHER_NAME "dh-ietf1024-sha256-aes128-cbc-pkcs7"
#define SECRET_CIPHER_PUBLIC_BYTES 128
#define SECRET_CIPHER_IV_BYTES 16

struct secret_cipher;

/* MD5 in hexadecimal, by which another program names its items; protects nothing. Owned; NULL where
 * the system has switched MD5 off. */
char *secret_cipher_md5(const char *text);

/* A secret as it is on the bus; borrowed. */
struct secret_wire {
	const uint8_t *iv;
	size_t n_iv;
	const uint8_t *bytes;
	size_t n;
};

/* Our half of a key exchange, made anew for each session; -EIO when there is no randomness. */
int secret_cipher_new(struct secret_cipher **ret);
struct secret_cipher *secret_cipher_free(struct secret_cipher *c);
DEFINE_CLEANUP(struct secret_cipher, secret_cipher_free);

/* SECRET_CIPHER_PUBLIC_BYTES, big-endian; borrowed. */
const uint8_t *secret_cipher_public(const struct secret_cipher *c);
/* The service's half; -EBADMSG when it is no number of the group. Once, before the next two. */
int secret_cipher_agree(struct secret_cipher *c, const uint8_t *bytes, size_t n);

/* Append to `out`. -EBADMSG: it was not made with this key; -ENOBUFS beyond the cap of `out`. */
int secret_cipher_decrypt(
	const struct secret_cipher *c, const struct secret_wire *wire, struct buffer *out);
int secret_cipher_encrypt(const struct secret_cipher *c, const void *bytes, size_t n,
	uint8_t iv[SECRET_CIPHER_IV_BYTES], struct buffer *out);
