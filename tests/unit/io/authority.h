#pragma once
/* Certificates for tests, made when they run: a certificate authority with its PEM file in a
 * directory of its own, and what it issues. */
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

struct authority;

struct identity {
	EVP_PKEY *key;
	X509 *certificate;
};

struct identity_wish {
	const char *common_name; /* NULL: none */
	const char *alt_names; /* "DNS:a.example,IP:127.0.0.1"; NULL: none */
	const char *raw_dns; /* one more dNSName, byte for byte ... */
	size_t n_raw_dns; /* ... so that it may hold a NUL */
	const char *extended_usage; /* "serverAuth" */
	long starts_in; /* seconds from now */
	long ends_in; /* 0: a day */
	bool self_signed;
	EVP_PKEY *key; /* borrowed; NULL: a new one */
};

struct authority *authority_new(const char *name);
struct authority *authority_free(struct authority *a);
DEFINE_CLEANUP(struct authority, authority_free);

/* The PEM file of the authority's certificate, and a path beside it for a file of the test's own
 * (borrowed until the next call). */
const char *authority_file(const struct authority *a);
const char *authority_path(struct authority *a, const char *name);
void authority_write(const char *path, X509 *certificate);
/* The certificate and its key, one behind the other. */
void authority_write_identity(const char *path, const struct identity *i);

struct identity *authority_issue(const struct authority *a, const struct identity_wish *wish);
struct identity *authority_free_identity(struct identity *i);
DEFINE_CLEANUP(struct identity, authority_free_identity);
