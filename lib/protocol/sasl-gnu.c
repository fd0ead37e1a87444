/* PLAIN, LOGIN, EXTERNAL and GSSAPI by GNU SASL. Its SCRAM is not used: 2.2 takes any number of
 * iterations and knows no tls-server-end-point. */
#include <errno.h>
#include <gsasl.h>
#include <string.h>

#include "base/memory.h"
#include "protocol/sasl-exchange.h"

struct sasl_gnu {
	struct sasl_exchange exchange;
	Gsasl *library;
	Gsasl_session *session;
	enum sasl_mechanism mechanism;
	bool is_done;
};

static void free_secret_bytes(char *bytes, size_t n) {
	if (bytes)
		memory_erase(bytes, n);
	gsasl_free(bytes);
}

static enum sasl_progress sasl_gnu_step(
	struct sasl_exchange *e, const char *challenge, size_t n, struct buffer *out) {
	struct sasl_gnu *g = CONTAINER_OF(e, struct sasl_gnu, exchange);
	if (!challenge && g->mechanism == SASL_MECHANISM_LOGIN)
		return SASL_WAIT;
	/* a challenge behind the last response is how some servers say that something is wrong */
	if (g->is_done)
		return SASL_REFUSED;
	char *response = NULL;
	size_t n_response = 0;
	/* behind an empty "+" the library is asked as if nothing had been said */
	int r = gsasl_step(g->session, n > 0 ? challenge : NULL, n, &response, &n_response);
	bool is_fine = r == GSASL_OK || r == GSASL_NEEDS_MORE;
	int appended = is_fine ? buffer_append(out, response, n_response) : 0;
	free_secret_bytes(response, n_response);
	if (!is_fine && g->mechanism == SASL_MECHANISM_GSSAPI)
		return sasl_exchange_refuse(e, "Kerberos: %s", gsasl_strerror(r));
	if (!is_fine || appended < 0)
		return SASL_REFUSED;
	g->is_done = r == GSASL_OK;
	return g->is_done ? SASL_DONE : SASL_MORE;
}

static void sasl_gnu_free(struct sasl_exchange *e) {
	struct sasl_gnu *g = CONTAINER_OF(e, struct sasl_gnu, exchange);
	if (g->session) {
		/* The library frees its copy without erasing it. */
		const char *password = gsasl_property_fast(g->session, GSASL_PASSWORD);
		if (password)
			memory_erase((char *)password, strlen(password));
		gsasl_finish(g->session);
	}
	if (g->library)
		gsasl_done(g->library);
	memory_free(g);
}

static const struct sasl_exchange_kind sasl_gnu_kind = { sasl_gnu_step, sasl_gnu_free };

static int set_properties(struct sasl_gnu *g, const struct sasl_login *login) {
	/* EXTERNAL sends the name that it wants to act as; none: the certificate says it */
	const char *authorization = login->authorization;
	if (!authorization && login->mechanism == SASL_MECHANISM_EXTERNAL)
		authorization = "";
	const struct {
		Gsasl_property property;
		const char *value;
	} properties[] = {
		{ GSASL_SERVICE, login->service },
		{ GSASL_HOSTNAME, login->host },
		{ GSASL_AUTHID, login->user },
		{ GSASL_AUTHZID, authorization },
		{ GSASL_PASSWORD, login->secret },
	};
	for (size_t i = 0; i < ARRAY_SIZE(properties); i++)
		if (properties[i].value && gsasl_property_set(g->session, properties[i].property,
						   properties[i].value) != GSASL_OK)
			return -ENOMEM;
	return 0;
}

int sasl_gnu_new(const struct sasl_login *login, struct sasl_exchange **ret) {
	struct sasl_gnu *g = MEMORY_NEW(struct sasl_gnu);
	const char *name = sasl_mechanism_facts(login->mechanism)->name;
	g->exchange.kind = &sasl_gnu_kind;
	g->mechanism = login->mechanism;
	int r = -ENOTSUP;
	if (gsasl_init(&g->library) == GSASL_OK &&
		gsasl_client_start(g->library, name, &g->session) == GSASL_OK)
		r = set_properties(g, login);
	if (r < 0) {
		sasl_gnu_free(&g->exchange);
		return r;
	}
	*ret = &g->exchange;
	return 0;
}
