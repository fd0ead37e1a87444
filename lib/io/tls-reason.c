#include "io/tls-reason.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

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
	{ SSL_R_RECORD_TOO_SMALL, REASON_TLS_FAILED, "too many empty records" },
	{ SSL_R_NO_RENEGOTIATION, REASON_TLS_FAILED, "the server wants to renegotiate" },
};

enum reason tls_reason_of_queue(const char **ret_text) {
	unsigned long error = ERR_peek_error();
	enum reason reason = REASON_TLS_FAILED;
	*ret_text = error ? ERR_reason_error_string(error) : NULL;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		if (ERR_GET_LIB(error) == ERR_LIB_SSL &&
			ERR_GET_REASON(error) == refusals[i].error) {
			reason = refusals[i].reason;
			*ret_text = refusals[i].text;
		}
	ERR_clear_error();
	return reason;
}
