#pragma once
/* The judgement on a server's certificate, and what stays of it when the certificate is dropped. */
#include <stdbool.h>
#include <stdint.h>

#include "io/tls-pins.h"

#define TLS_END_POINT_MAX 64

struct x509_st; /* OpenSSL's X509 */
struct x509_store_ctx_st; /* OpenSSL's X509_STORE_CTX */

/* What one account wants beyond the policy. */
struct tls_wish {
	const struct tls_pins *pins; /* NULL: none */
	bool pins_only; /* a pinned key is enough, whatever the chain and the name say */
	bool needs_tls_1_3; /* nothing older */
};

struct tls_certificate {
	int64_t expires; /* the first end of validity in the chain; seconds since 1970 */
	uint8_t key[TLS_PIN_BYTES]; /* SHA-256 of SubjectPublicKeyInfo */
	uint8_t end_point[TLS_END_POINT_MAX]; /* tls-server-end-point, RFC 5929 section 4 */
	uint8_t n_end_point; /* 0: the signature algorithm gives none */
	bool by_pin; /* nothing but the pin was checked */
	bool pin_has_expired; /* refused for that */
};

/* 1: verified. 0: refused, the reason is the store's error (X509_V_ERR_*; for a key that is not
 * pinned X509_V_ERR_APPLICATION_VERIFICATION). */
int tls_certificate_verify(
	struct x509_store_ctx_st *store, const struct tls_wish *wish, struct tls_certificate *ret);

/* Why the name does not fit, for people: "the certificate is for mail.example and 3 more names". Owned
 * and printable. */
char *tls_certificate_describe(struct x509_st *certificate);

/* Whether one that was verified earlier, perhaps with another wish, would pass still. */
bool tls_certificate_passes(const struct tls_certificate *certificate, const struct tls_wish *wish);
