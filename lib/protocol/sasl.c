#include "protocol/sasl.h"

#include <errno.h>
#include <gsasl.h>
#include <string.h>

#include "base/memory.h"

struct sasl {
	Gsasl *library;
	Gsasl_session *session;
	bool is_done;
	bool is_broken;
};

int sasl_new(const struct sasl_login *login, struct sasl **ret) {
	CLEANUP(sasl_free) struct sasl *s = MEMORY_NEW(struct sasl);
	if (gsasl_init(&s->library) != GSASL_OK)
		return -ENOTSUP;
	if (gsasl_client_start(s->library, login->mechanism, &s->session) != GSASL_OK)
		return -ENOTSUP;

	const struct {
		Gsasl_property property;
		const char *value;
	} properties[] = {
		{ GSASL_SERVICE, login->service },
		{ GSASL_HOSTNAME, login->host },
		{ GSASL_AUTHID, login->user },
		{ GSASL_PASSWORD, login->password },
	};
	for (size_t i = 0; i < ARRAY_SIZE(properties); i++)
		if (gsasl_property_set(s->session, properties[i].property, properties[i].value) !=
			GSASL_OK)
			return -ENOMEM;
	*ret = TAKE_PTR(s);
	return 0;
}

struct sasl *sasl_free(struct sasl *s) {
	if (!s)
		return NULL;
	if (s->session) {
		/* The library frees its copy without erasing it. */
		const char *password = gsasl_property_fast(s->session, GSASL_PASSWORD);
		if (password)
			memory_erase((char *)password, strlen(password));
		gsasl_finish(s->session);
	}
	if (s->library)
		gsasl_done(s->library);
	return memory_free(s);
}

static void free_secret_bytes(char *bytes, size_t n) {
	if (bytes)
		memory_erase(bytes, n);
	gsasl_free(bytes);
}

static int encode(const char *bytes, size_t n, char **ret) {
	char *base64 = NULL;
	size_t n_base64;
	if (n == 0) {
		*ret = memory_strdup("");
		return 0;
	}
	if (gsasl_base64_to(bytes, n, &base64, &n_base64) != GSASL_OK)
		return -ENOMEM;
	*ret = memory_strndup(base64, n_base64);
	free_secret_bytes(base64, n_base64);
	return 0;
}

/* One step of bytes. */
static int step(struct sasl *s, const char *challenge, size_t n, char **ret_response) {
	char *response = NULL;
	size_t n_response = 0;
	int r = gsasl_step(s->session, challenge, n, &response, &n_response);
	if (r != GSASL_OK && r != GSASL_NEEDS_MORE) {
		s->is_broken = true;
		return -EBADMSG;
	}
	s->is_done = r == GSASL_OK;
	r = encode(response, n_response, ret_response);
	free_secret_bytes(response, n_response);
	return r;
}

int sasl_step(struct sasl *s, const char *challenge, char **ret_response) {
	/* A challenge behind the last response is how some servers say that something is wrong. */
	if (s->is_done)
		s->is_broken = true;
	if (s->is_broken)
		return -EBADMSG;
	if (!challenge || !*challenge)
		return step(s, NULL, 0, ret_response);

	char *bytes = NULL;
	size_t n;
	if (gsasl_base64_from(challenge, strlen(challenge), &bytes, &n) != GSASL_OK) {
		s->is_broken = true;
		return -EBADMSG;
	}
	int r = step(s, bytes, n, ret_response);
	gsasl_free(bytes);
	return r;
}

bool sasl_is_done(const struct sasl *s) {
	return s->is_done && !s->is_broken;
}
