/* XOAUTH2 and OAUTHBEARER (RFC 7628): one message with an access token. A server that does not like
 * the token says why in a challenge, which must be answered, or it waits for ever. */
#include <errno.h>
#include <string.h>

#include "base/json-reader.h"
#include "base/memory.h"
#include "base/text.h"
#include "protocol/sasl-exchange.h"

/* One text of the server's explanation. */
#define VALUE_MAX ((size_t)60)

struct oauth_error {
	char *status;
	char *scope;
	char *configuration;
};

struct sasl_oauth {
	struct sasl_exchange exchange;
	enum sasl_mechanism mechanism;
	char *initial; /* secret */
};

/* "401" and "invalid_token" (RFC 6750 3.1) are about the token itself; Google says 400 of it all. */
static bool is_token_status(const char *status) {
	return strcmp(status, "401") == 0 || text_equal_nocase(status, "invalid_token") ||
	       text_equal_nocase(status, "expired_token");
}

static void keep(char **field, const struct json_member *member) {
	if (!*field && (member->kind == JSON_STRING || member->kind == JSON_NUMBER) &&
		*member->text)
		*field = memory_strndup(member->text, strnlen(member->text, VALUE_MAX));
}

static struct oauth_error read_error(const char *json, size_t n) {
	struct oauth_error error = { 0 };
	struct json_reader reader;
	struct json_member member;
	json_reader_init(&reader, json, n);
	while (json_reader_next(&reader, &member) > 0) {
		if (strcmp(member.key, "status") == 0)
			keep(&error.status, &member);
		else if (strcmp(member.key, "scope") == 0)
			keep(&error.scope, &member);
		else if (strcmp(member.key, "openid-configuration") == 0)
			keep(&error.configuration, &member);
	}
	json_reader_deinit(&reader);
	return error;
}

/* {"status":"invalid_token","scope":"mail","openid-configuration":"https://..."}; not all servers
 * keep to it, and what is not JSON says nothing. */
static void on_error(struct sasl_exchange *e, const char *json, size_t n) {
	struct oauth_error error = read_error(json, n);
	if (error.status && is_token_status(error.status))
		e->verdict = SASL_VERDICT_TOKEN;
	if (error.status || error.scope || error.configuration)
		e->said = memory_format("the token was refused%s%s%s%s%s%s",
			error.status ? " with " : "", error.status ? error.status : "",
			error.scope ? ", the scope wanted is " : "", error.scope ? error.scope : "",
			error.configuration ? ", see " : "",
			error.configuration ? error.configuration : "");
	memory_free(error.status);
	memory_free(error.scope);
	memory_free(error.configuration);
}

static enum sasl_progress sasl_oauth_step(
	struct sasl_exchange *e, const char *challenge, size_t n, struct buffer *out) {
	struct sasl_oauth *o = CONTAINER_OF(e, struct sasl_oauth, exchange);
	if (o->initial && n == 0) {
		int r = buffer_append_text(out, o->initial);
		o->initial = memory_free_secret(o->initial);
		return r < 0 ? SASL_REFUSED : SASL_DONE;
	}
	if (o->initial || !challenge)
		return SASL_REFUSED;
	if (!e->said)
		on_error(e, challenge, n);
	/* RFC 7628 3.2.3: a single ^A; Google wants an empty line */
	if (o->mechanism == SASL_MECHANISM_OAUTHBEARER)
		(void)buffer_append(out, "\1", 1);
	return SASL_MORE;
}

static void sasl_oauth_free(struct sasl_exchange *e) {
	struct sasl_oauth *o = CONTAINER_OF(e, struct sasl_oauth, exchange);
	memory_free_secret(o->initial);
	memory_free(o);
}

static const struct sasl_exchange_kind sasl_oauth_kind = { sasl_oauth_step, sasl_oauth_free };

/* ^A parts the fields (RFC 7628 3.1), and neither a name nor a token has controls in it. */
static bool is_clean(const char *text) {
	for (; *text; text++)
		if ((uint8_t)*text < 0x20 || (uint8_t)*text == 0x7f)
			return false;
	return true;
}

/* Formatting leaves copies behind: a token goes straight to where it is erased. */
static char *make_message(const char *user, const struct sasl_login *login) {
	struct buffer out;
	buffer_init_secret(&out, SASL_RESPONSE_MAX);
	if (login->mechanism == SASL_MECHANISM_XOAUTH2) {
		(void)buffer_append_text(&out, "user=");
		(void)buffer_append_text(&out, user);
	} else {
		(void)buffer_append_text(&out, "n,a=");
		sasl_exchange_append_name(&out, user);
		(void)buffer_append_format(
			&out, ",\1host=%s\1port=%u", login->host, (unsigned)login->port);
	}
	(void)buffer_append_text(&out, "\1auth=Bearer ");
	(void)buffer_append_text(&out, login->secret);
	(void)buffer_append_text(&out, "\1\1");
	return buffer_take_text(&out);
}

int sasl_oauth_new(const struct sasl_login *login, struct sasl_exchange **ret) {
	/* Whose mailbox it is: the token says by itself whose it is. */
	const char *user = login->authorization ? login->authorization : login->user;
	/* the longest name may be three times as long with its escapes */
	if (!login->secret || 3 * strlen(user) + strlen(login->host) + strlen(login->secret) + 64 >
				      SASL_RESPONSE_MAX)
		return -EINVAL;
	if (!is_clean(user) || !is_clean(login->secret))
		return -EINVAL;
	struct sasl_oauth *o = MEMORY_NEW(struct sasl_oauth);
	o->exchange.kind = &sasl_oauth_kind;
	o->mechanism = login->mechanism;
	o->initial = make_message(user, login);
	*ret = &o->exchange;
	return 0;
}
