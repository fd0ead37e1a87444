#include "io/tls-record.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/text.h"

#define NAME_BYTES_MAX 200

void tls_record_deinit(struct tls_record *record) {
	memory_free(record->version);
	memory_free(record->cipher);
	for (unsigned i = 0; i < record->n_chain; i++)
		memory_free(record->chain[i]);
	*record = (struct tls_record){ 0 };
}

/* The last common name, by which people know a certificate; else all of the name. */
static char *format_name(const X509_NAME *name) {
	char *utf8 = NULL;
	int at = -1, last = -1;
	while ((at = X509_NAME_get_index_by_NID(name, NID_commonName, at)) >= 0)
		last = at;
	int n = last < 0 ? -1
			 : ASN1_STRING_to_UTF8((unsigned char **)&utf8,
				   X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last)));
	if (n < 0) {
		utf8 = X509_NAME_oneline(name, NULL, 0);
		n = utf8 ? (int)strlen(utf8) : 0;
	}
	CLEANUP_TEXT char *text = text_utf8(utf8 ? utf8 : "", (size_t)n, NAME_BYTES_MAX);
	OPENSSL_free(utf8);
	return text_printable(text);
}

static char *format_certificate(X509 *certificate) {
	CLEANUP_TEXT char *subject = format_name(X509_get_subject_name(certificate));
	CLEANUP_TEXT char *issuer = format_name(X509_get_issuer_name(certificate));
	struct tm end = { 0 };
	char date[sizeof("-2147483648-12-31")] = "?";
	if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1)
		(void)strftime(date, sizeof(date), "%Y-%m-%d", &end);
	return memory_format("%s, issued by %s, valid until %s", subject, issuer, date);
}

void tls_record_take_chain(struct tls_record *record, X509_STORE_CTX *store) {
	const STACK_OF(X509) *chain = X509_STORE_CTX_get0_untrusted(store);
	for (int i = 0; i < sk_X509_num(chain) && record->n_chain < TLS_RECORD_CHAIN_MAX; i++)
		record->chain[record->n_chain++] = format_certificate(sk_X509_value(chain, i));
}

void tls_record_take_session(struct tls_record *record, const SSL *ssl) {
	memory_free(record->version);
	memory_free(record->cipher);
	record->version = memory_strdup(SSL_get_version(ssl));
	record->cipher = memory_strdup(SSL_get_cipher_name(ssl));
}
