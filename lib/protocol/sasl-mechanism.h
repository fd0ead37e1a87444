#pragma once
/* The SASL mechanisms that we speak, and what each one is worth. Pure tables. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sasl_mechanism {
	SASL_MECHANISM_NONE, /* no mechanism: LOGIN, USER and PASS; or none chosen */
	SASL_MECHANISM_PLAIN, /* RFC 4616 */
	SASL_MECHANISM_LOGIN,
	SASL_MECHANISM_EXTERNAL, /* RFC 4422 appendix A */
	SASL_MECHANISM_SCRAM_SHA_1, /* RFC 5802 */
	SASL_MECHANISM_SCRAM_SHA_256, /* RFC 7677 */
	SASL_MECHANISM_SCRAM_SHA_1_PLUS,
	SASL_MECHANISM_SCRAM_SHA_256_PLUS,
	SASL_MECHANISM_GSSAPI, /* RFC 4752 */
	SASL_MECHANISM_XOAUTH2, /* Google's, before RFC 7628 */
	SASL_MECHANISM_OAUTHBEARER, /* RFC 7628 */
	SASL_MECHANISM_COUNT_
};

enum sasl_secret {
	SASL_SECRET_NONE, /* a certificate, or a ticket of Kerberos */
	SASL_SECRET_PASSWORD,
	SASL_SECRET_TOKEN,
};

struct sasl_facts {
	const char *name;
	enum sasl_secret secret; /* what it proves */
	/* Among those that prove a password: the larger, the less a server learns from a login that
	 * it should not have had. A password itself is 0. */
	unsigned strength;
	bool is_plus; /* bound to the TLS connection */
	bool is_revealing; /* the secret itself goes over the wire */
};

/* Of any mechanism, NONE too (it stands for a password in the clear). */
const struct sasl_facts *sasl_mechanism_facts(enum sasl_mechanism mechanism);

static inline uint32_t sasl_mechanism_bit(enum sasl_mechanism mechanism) {
	return 1U << mechanism;
}

/* NONE for a word that is no mechanism of ours. In any case. */
enum sasl_mechanism sasl_mechanism_from_word(const char *bytes, size_t n);
