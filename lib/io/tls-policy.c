#include "io/tls-policy.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "io/tls-private.h"
#include "io/tls-window.h"

/* Opening it first gives the better sentence: OpenSSL says only "system lib". */
static int check_readable(const char *path, char **ret_problem) {
	if (access(path, R_OK) == 0)
		return 0;
	int r = -errno;
	*ret_problem = memory_format("CA file %s cannot be read: %s", path, strerror(-r));
	return r;
}

static int load_authorities(SSL_CTX *context, const char *ca_file, char **ret_problem) {
	if (!ca_file) {
		if (SSL_CTX_set_default_verify_paths(context) == 1)
			return 0;
		*ret_problem = memory_strdup("the system's certificate store cannot be set up");
		return -EINVAL;
	}
	int r = check_readable(ca_file, ret_problem);
	if (r < 0)
		return r;
	if (SSL_CTX_load_verify_file(context, ca_file) != 1) {
		*ret_problem =
			memory_format("CA file %s holds no certificate in PEM form", ca_file);
		return -EINVAL;
	}
	/* What the user names is the anchor, also when it is no root: an intermediate, or the
	 * server's own certificate. */
	X509_VERIFY_PARAM *parameters = SSL_CTX_get0_param(context);
	(void)X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
	return 0;
}

/* Ciphers, groups and the security level are left to the system's openssl.cnf, which SSL_CTX_new()
 * has applied; only what must not be weaker is set here. */
static void set_rules(struct tls_policy *policy) {
	SSL_CTX *context = policy->context;
	if (SSL_CTX_get_min_proto_version(context) < TLS1_2_VERSION)
		(void)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	(void)SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	(void)SSL_CTX_clear_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
	(void)SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(context, tls_on_certificate, NULL);
	(void)SSL_CTX_set_session_cache_mode(
		context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(context, tls_on_new_session);

	X509_VERIFY_PARAM *parameters = SSL_CTX_get0_param(context);
	(void)X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER);
	/* RFC 9525: no common name, no "w*.example.com" */
	X509_VERIFY_PARAM_set_hostflags(parameters,
		X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
}

int tls_policy_new(const char *ca_file, struct tls_policy **ret, char **ret_problem) {
	CLEANUP(tls_policy_free) struct tls_policy *policy = MEMORY_NEW(struct tls_policy);
	policy->context = SSL_CTX_new(TLS_client_method());
	policy->window_method = tls_window_method_new();
	/* A number no other policy has, also one made later at the same place: tickets name it. */
	policy->no_session = SSL_SESSION_new();
	if (!policy->no_session)
		abort();
	if (!policy->context || RAND_bytes((uint8_t *)&policy->id, sizeof(policy->id)) != 1) {
		ERR_clear_error();
		*ret_problem = memory_strdup("OpenSSL cannot be set up");
		return -EINVAL;
	}
	set_rules(policy);
	int r = load_authorities(policy->context, ca_file, ret_problem);
	ERR_clear_error();
	if (r < 0)
		return r;
	*ret = TAKE_PTR(policy);
	return 0;
}

/* SSL_set_session() begins the connection anew unless the context speaks exactly the version that
 * was negotiated. The one of the policy speaks all, so it is exchanged for one that fits. */
SSL_CTX *tls_policy_settled_context(struct tls_policy *policy, const SSL *ssl) {
	SSL_CTX **slot = &policy->settled_contexts[SSL_version(ssl) == TLS1_3_VERSION];
	if (!*slot)
		*slot = SSL_CTX_new(SSL_get_ssl_method(ssl));
	bool fits = *slot && SSL_CTX_get_ssl_method(*slot) == SSL_get_ssl_method(ssl);
	return fits ? *slot : NULL;
}

struct tls_policy *tls_policy_free(struct tls_policy *policy) {
	if (!policy)
		return NULL;
	SSL_CTX_free(policy->settled_contexts[0]);
	SSL_CTX_free(policy->settled_contexts[1]);
	SSL_SESSION_free(policy->no_session);
	SSL_CTX_free(policy->context);
	BIO_meth_free(policy->window_method);
	return memory_free(policy);
}
