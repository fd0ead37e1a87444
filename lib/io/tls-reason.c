#include "io/tls-reason.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#include "base/macros.h"

enum reason tls_reason_of_verify(long error, const char **ret_text) {
	*ret_text = X509_verify_cert_error_string(error);
	switch (error) {
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return REASON_TLS_SELF_SIGNED;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return REASON_TLS_EXPIRED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return REASON_TLS_NOT_YET_VALID;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return REASON_TLS_NAME;
	case X509_V_ERR_INVALID_PURPOSE:
		return REASON_TLS_PURPOSE;
	case X509_V_ERR_APPLICATION_VERIFICATION:
		*ret_text = "the server's key is none of the pinned ones";
		return REASON_TLS_PIN;
	default:
		return REASON_TLS_UNTRUSTED;
	}
}

static const struct {
	int error; /* SSL_R_* */
	enum reason reason;
	const char *text;
} refusals[] = {
	{ SSL_R_UNSUPPORTED_PROTOCOL, REASON_TLS_VERSION, "the server is older than TLS 1.2" },
	{ SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, REASON_TLS_VERSION,
		"the server refuses TLS 1.2 and 1.3" },
	{ SSL_R_VERSION_TOO_LOW, REASON_TLS_VERSION, "the server is older than TLS 1.2" },
	{ SSL_R_WRONG_SSL_VERSION, REASON_TLS_VERSION, "the server is older than TLS 1.2" },
	{ SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, REASON_TLS_VERSION,
		"the server found no common cipher, or wants a client certificate" },
	{ SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY, REASON_TLS_VERSION,
		"the server found no common cipher" },
	{ SSL_R_WRONG_CIPHER_RETURNED, REASON_TLS_VERSION, "the server chose a refused cipher" },
	{ SSL_R_UNKNOWN_CIPHER_RETURNED, REASON_TLS_VERSION, "the server chose an unknown cipher" },
	{ SSL_R_DH_KEY_TOO_SMALL, REASON_TLS_VERSION, "the server's DH key is too small" },
	{ SSL_R_WRONG_SIGNATURE_TYPE, REASON_TLS_VERSION, "the server's signature is refused" },
	{ SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL, REASON_TLS_ALPN,
		"the server is for another protocol" },
	{ SSL_R_WRONG_VERSION_NUMBER, REASON_TLS_FAILED, "the server does not speak TLS here" },
};

/* OpenSSL calls a wrong choice of protocol a bad extension like any other; only the place where the
 * error was raised tells. */
static bool is_raised_by_alpn(const char *function) {
	return function && strcmp(function, "tls_parse_stoc_alpn") == 0;
}

enum reason tls_reason_of_queue(bool in_handshake, const char **ret_text) {
	const char *function;
	unsigned long error = ERR_peek_error_all(NULL, NULL, &function, NULL, NULL);
	bool is_ssl = in_handshake && ERR_GET_LIB(error) == ERR_LIB_SSL;
	int number = ERR_GET_REASON(error);
	if (is_ssl && is_raised_by_alpn(function))
		number = SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL;

	enum reason reason = REASON_TLS_FAILED;
	*ret_text = error ? ERR_reason_error_string(error) : NULL;
	for (size_t i = 0; is_ssl && i < ARRAY_SIZE(refusals); i++)
		if (number == refusals[i].error) {
			reason = refusals[i].reason;
			*ret_text = refusals[i].text;
		}
	ERR_clear_error();
	return reason;
}
