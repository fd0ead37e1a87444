#include "protocol/sasl.h"

#include <errno.h>
#include <gsasl.h>
#include <string.h>

#include "base/memory.h"
#include "protocol/sasl-exchange.h"

struct sasl {
	struct sasl_exchange *exchange;
	bool is_done;
	bool is_broken;
};

static int new_exchange(const struct sasl_login *login, struct sasl_exchange **ret) {
	switch (login->mechanism) {
	case SASL_MECHANISM_PLAIN:
	case SASL_MECHANISM_LOGIN:
	case SASL_MECHANISM_EXTERNAL:
	case SASL_MECHANISM_GSSAPI:
		return sasl_gnu_new(login, ret);
	case SASL_MECHANISM_SCRAM_SHA_1:
	case SASL_MECHANISM_SCRAM_SHA_256:
	case SASL_MECHANISM_SCRAM_SHA_1_PLUS:
	case SASL_MECHANISM_SCRAM_SHA_256_PLUS:
		return sasl_scram_new(login, ret);
	case SASL_MECHANISM_XOAUTH2:
	case SASL_MECHANISM_OAUTHBEARER:
		return sasl_oauth_new(login, ret);
	case SASL_MECHANISM_NONE:
	case SASL_MECHANISM_COUNT_:
		return -ENOTSUP;
	}
	return -ENOTSUP;
}

int sasl_new(const struct sasl_login *login, struct sasl **ret) {
	struct sasl_exchange *exchange;
	int r = new_exchange(login, &exchange);
	if (r < 0)
		return r;
	struct sasl *s = MEMORY_NEW(struct sasl);
	s->exchange = exchange;
	*ret = s;
	return 0;
}

struct sasl *sasl_free(struct sasl *s) {
	if (!s)
		return NULL;
	memory_free(s->exchange->said);
	s->exchange->kind->free(s->exchange);
	return memory_free(s);
}

static int encode(const struct buffer *bytes, char **ret) {
	char *base64 = NULL;
	size_t n;
	if (bytes->n == 0) {
		*ret = memory_strdup("");
		return 0;
	}
	if (gsasl_base64_to((const char *)buffer_bytes(bytes), bytes->n, &base64, &n) != GSASL_OK)
		return -ENOMEM;
	*ret = memory_strndup(base64, n);
	memory_erase(base64, n);
	gsasl_free(base64);
	return 0;
}

void sasl_refuse(struct sasl *s, const char *why) {
	s->is_broken = true;
	if (s->exchange->verdict == SASL_VERDICT_NONE && !s->exchange->said)
		(void)sasl_exchange_refuse(s->exchange, "%s", why);
}

/* One step of bytes. */
static int step(struct sasl *s, const char *challenge, size_t n, char **ret_response) {
	struct buffer out;
	buffer_init_secret(&out, SASL_RESPONSE_MAX);
	enum sasl_progress progress = s->exchange->kind->step(s->exchange, challenge, n, &out);
	int r = progress == SASL_WAIT ? -EAGAIN : progress == SASL_REFUSED ? -EBADMSG : 0;
	if (r == 0)
		r = encode(&out, ret_response);
	buffer_deinit(&out);
	s->is_done = progress == SASL_DONE;
	s->is_broken = progress == SASL_REFUSED;
	return r;
}

int sasl_step(struct sasl *s, const char *challenge, char **ret_response) {
	if (s->is_broken)
		return -EBADMSG;
	if (!challenge)
		return step(s, NULL, 0, ret_response);
	if (!*challenge)
		return step(s, "", 0, ret_response);

	char *bytes = NULL;
	size_t n;
	if (gsasl_base64_from(challenge, strlen(challenge), &bytes, &n) != GSASL_OK) {
		sasl_refuse(s, "the server's challenge is not base64");
		return -EBADMSG;
	}
	CLEANUP_SECRET char *text = memory_strndup(bytes, n);
	gsasl_free(bytes);
	return step(s, text, n, ret_response);
}

bool sasl_is_done(const struct sasl *s) {
	return s->is_done && !s->is_broken;
}

enum sasl_verdict sasl_verdict(const struct sasl *s) {
	return s->exchange->verdict;
}

const char *sasl_said(const struct sasl *s) {
	return s->exchange->said;
}
