#include "authority.h"

#include <assert.h>
#include <ftw.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

#define DAY 86400

struct authority {
	struct identity self;
	char directory[32];
	char *file;
	char *path;
};

/* The tests need no assertion of their own for what OpenSSL does for them. */
static void must(bool done) {
	if (!done)
		abort();
}

static void set_serial(X509 *certificate) {
	uint64_t serial;
	must(RAND_bytes((uint8_t *)&serial, sizeof(serial)) == 1);
	must(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) == 1);
}

static void set_name(X509 *certificate, const char *common_name) {
	X509_NAME *name = X509_get_subject_name(certificate);
	must(X509_NAME_add_entry_by_txt(
		name, "O", MBSTRING_ASC, (const uint8_t *)"Test", -1, -1, 0));
	if (common_name)
		must(X509_NAME_add_entry_by_txt(
			name, "CN", MBSTRING_ASC, (const uint8_t *)common_name, -1, -1, 0));
}

static void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value) {
	X509V3_CTX context;
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	must(extension && X509_add_ext(certificate, extension, -1) == 1);
	X509_EXTENSION_free(extension);
}

static void add_raw_dns(X509 *certificate, const char *bytes, size_t n) {
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();
	must(names && name && text && ASN1_STRING_set(text, bytes, (int)n) == 1);
	GENERAL_NAME_set0_value(name, GEN_DNS, text);
	must(sk_GENERAL_NAME_push(names, name) > 0);
	must(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0) == 1);
	GENERAL_NAMES_free(names);
}

static X509 *certificate_new(EVP_PKEY *key, const struct identity_wish *wish) {
	X509 *certificate = X509_new();
	must(certificate && X509_set_version(certificate, X509_VERSION_3) == 1);
	set_serial(certificate);
	set_name(certificate, wish->common_name);
	long ends_in = wish->ends_in != 0 ? wish->ends_in : DAY;
	must(X509_gmtime_adj(X509_getm_notBefore(certificate), wish->starts_in) != NULL);
	must(X509_gmtime_adj(X509_getm_notAfter(certificate), ends_in) != NULL);
	must(X509_set_pubkey(certificate, key) == 1);
	return certificate;
}

struct identity *authority_issue(const struct authority *a, const struct identity_wish *wish) {
	struct identity *i = MEMORY_NEW(struct identity);
	i->key = wish->key ? wish->key : EVP_EC_gen("P-256");
	must(i->key && (!wish->key || EVP_PKEY_up_ref(i->key) == 1));
	i->certificate = certificate_new(i->key, wish);
	X509 *issuer = wish->self_signed ? i->certificate : a->self.certificate;
	must(X509_set_issuer_name(i->certificate, X509_get_subject_name(issuer)) == 1);
	if (wish->alt_names)
		add_extension(i->certificate, issuer, NID_subject_alt_name, wish->alt_names);
	if (wish->raw_dns)
		add_raw_dns(i->certificate, wish->raw_dns, wish->n_raw_dns);
	if (wish->extended_usage)
		add_extension(i->certificate, issuer, NID_ext_key_usage, wish->extended_usage);
	must(X509_sign(i->certificate, wish->self_signed ? i->key : a->self.key, EVP_sha256()) > 0);
	return i;
}

struct identity *authority_free_identity(struct identity *i) {
	if (!i)
		return NULL;
	EVP_PKEY_free(i->key);
	X509_free(i->certificate);
	return memory_free(i);
}

void authority_write(const char *path, X509 *certificate) {
	FILE *file = fopen(path, "wx");
	must(file && PEM_write_X509(file, certificate) == 1 && fclose(file) == 0);
}

void authority_write_identity(const char *path, const struct identity *i) {
	authority_write(path, i->certificate);
	FILE *file = fopen(path, "a");
	must(file && PEM_write_PrivateKey(file, i->key, NULL, NULL, 0, NULL, NULL) == 1);
	must(fchmod(fileno(file), 0600) == 0);
	must(fclose(file) == 0);
}

static void write_file(struct authority *a) {
	strcpy(a->directory, "/tmp/posthorn-test-XXXXXX");
	must(mkdtemp(a->directory) != NULL);
	a->file = memory_format("%s/ca.pem", a->directory);
	authority_write(a->file, a->self.certificate);
}

struct authority *authority_new(const char *name) {
	struct authority *a = MEMORY_NEW(struct authority);
	a->self.key = EVP_EC_gen("P-256");
	must(a->self.key != NULL);
	struct identity_wish wish = { .common_name = name, .starts_in = -DAY, .ends_in = 2 * DAY };
	X509 *self = a->self.certificate = certificate_new(a->self.key, &wish);
	must(X509_set_issuer_name(self, X509_get_subject_name(self)) == 1);
	add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE");
	must(X509_sign(self, a->self.key, EVP_sha256()) > 0);
	write_file(a);
	return a;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk) {
	return remove(path);
}

struct authority *authority_free(struct authority *a) {
	if (!a)
		return NULL;
	(void)nftw(a->directory, remove_entry, 4, FTW_DEPTH | FTW_PHYS);
	memory_free(a->file);
	memory_free(a->path);
	EVP_PKEY_free(a->self.key);
	X509_free(a->self.certificate);
	return memory_free(a);
}

const char *authority_file(const struct authority *a) {
	return a->file;
}

const char *authority_path(struct authority *a, const char *name) {
	memory_free(a->path);
	a->path = memory_format("%s/%s", a->directory, name);
	return a->path;
}
