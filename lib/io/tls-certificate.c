#include "io/tls-certificate.h"

#include <arpa/inet.h>
#include <assert.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "base/memory.h"
#include "base/text.h"

#define NAME_BYTES_MAX 100

static_assert(TLS_END_POINT_MAX == EVP_MAX_MD_SIZE, "any digest fits");

static int64_t end_of_validity(const X509 *certificate) {
	struct tm when;
	if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &when) != 1)
		return 0;
	return timegm(&when);
}

static int64_t end_of_chain(const STACK_OF(X509) * chain) {
	int64_t end = end_of_validity(sk_X509_value(chain, 0));
	for (int i = 1; i < sk_X509_num(chain); i++)
		end = MIN(end, end_of_validity(sk_X509_value(chain, i)));
	return end;
}

/* RFC 5929 section 4.1: the hash of the certificate's signature, but nothing weaker than SHA-256. */
static const EVP_MD *end_point_hash(X509 *certificate) {
	int hash;
	if (X509_get_signature_info(certificate, &hash, NULL, NULL, NULL) != 1)
		return NULL;
	if (hash == NID_md5 || hash == NID_sha1)
		return EVP_sha256();
	return EVP_get_digestbynid(hash);
}

static bool take_digests(X509 *certificate, struct tls_certificate *ret) {
	const EVP_MD *hash = end_point_hash(certificate);
	unsigned n = 0;
	if (hash && X509_digest(certificate, hash, ret->end_point, &n) == 1)
		ret->n_end_point = (uint8_t)n;
	uint8_t *key = NULL;
	int n_key = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &key);
	bool done = n_key > 0 &&
		    EVP_Digest(key, (size_t)n_key, ret->key, NULL, EVP_sha256(), NULL) == 1;
	OPENSSL_free(key);
	return done;
}

int tls_certificate_verify(
	X509_STORE_CTX *store, const struct tls_wish *wish, struct tls_certificate *ret) {
	*ret = (struct tls_certificate){ .expires = INT64_MAX };
	bool has_chain = X509_verify_cert(store) == 1;
	bool has_key = take_digests(X509_STORE_CTX_get0_cert(store), ret);
	enum tls_pins_match match = has_key && wish->pins
					    ? tls_pins_match(wish->pins, ret->key, time(NULL))
					    : TLS_PINS_NO_MATCH;
	bool is_pinned = match == TLS_PINS_MATCH;
	ret->pin_has_expired = match == TLS_PINS_EXPIRED;
	if (has_chain)
		ret->expires = end_of_chain(X509_STORE_CTX_get0_chain(store));
	/* OpenSSL would keep the chain for as long as the session. */
	X509_STORE_CTX_set0_verified_chain(store, NULL);

	if (!has_chain && !wish->pins_only)
		return 0;
	if (wish->pins && !is_pinned) {
		X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
		return 0;
	}
	if (!has_chain && is_pinned) {
		X509_STORE_CTX_set_error(store, X509_V_OK);
		ret->by_pin = true;
		return 1;
	}
	return has_chain;
}

/* Owned, or NULL: a kind of name that is none of a host. */
static char *format_name(const GENERAL_NAME *name) {
	if (name->type == GEN_DNS) {
		const ASN1_STRING *text = name->d.dNSName;
		CLEANUP_TEXT char *utf8 = text_utf8((const char *)ASN1_STRING_get0_data(text),
			(size_t)ASN1_STRING_length(text), NAME_BYTES_MAX);
		return text_printable(utf8);
	}
	if (name->type != GEN_IPADD)
		return NULL;
	const ASN1_OCTET_STRING *bytes = name->d.iPAddress;
	char text[INET6_ADDRSTRLEN];
	int family = ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6;
	if (family == AF_INET6 && ASN1_STRING_length(bytes) != 16)
		return NULL;
	if (!inet_ntop(family, ASN1_STRING_get0_data(bytes), text, sizeof(text)))
		return NULL;
	return memory_strdup(text);
}

char *tls_certificate_describe(X509 *certificate) {
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	CLEANUP_TEXT char *first = NULL;
	unsigned n = 0;
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		char *name = format_name(sk_GENERAL_NAME_value(names, i));
		n += name != NULL;
		if (!first)
			first = name;
		else
			memory_free(name);
	}
	GENERAL_NAMES_free(names);
	if (n == 0)
		return memory_strdup("the certificate names no host");
	if (n == 1)
		return memory_format("the certificate is for %s", first);
	return memory_format("the certificate is for %s and %u more", first, n - 1);
}

bool tls_certificate_passes(
	const struct tls_certificate *certificate, const struct tls_wish *wish) {
	if (wish->pins &&
		tls_pins_match(wish->pins, certificate->key, time(NULL)) != TLS_PINS_MATCH)
		return false;
	if (certificate->by_pin)
		return wish->pins && wish->pins_only;
	return true;
}
