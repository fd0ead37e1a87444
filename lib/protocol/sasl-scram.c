/* SCRAM-SHA-1 and -256, with and without channel binding (RFC 5802, 7677). The password never leaves
 * this file: the server gets a proof, and must prove in turn that it knows what we know. */
#include <errno.h>
#include <gsasl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "protocol/limits.h"
#include "protocol/sasl-exchange.h"

#define HASH_MAX 32

enum scram_state {
	SCRAM_STATE_BEGIN, /* nothing is said yet */
	SCRAM_STATE_FIRST, /* our first message is out */
	SCRAM_STATE_FINAL, /* our proof is out */
	SCRAM_STATE_PROVED, /* the server's proof is right */
	SCRAM_STATE_FAILED,
};

struct sasl_scram {
	struct sasl_exchange exchange;
	enum scram_state state;
	const EVP_MD *hash;
	char *password; /* secret */
	char *header; /* gs2-header */
	char *first_bare; /* client-first-message-bare */
	const char *nonce; /* in first_bare */
	struct sasl_binding binding;
	uint8_t server_signature[HASH_MAX];
};

struct scram_challenge {
	const char *nonce; /* as long as n_nonce */
	size_t n_nonce;
	const char *salt; /* base64 */
	size_t n_salt;
	uint32_t n_iterations;
};

static bool is_ascii(const char *text) {
	for (; *text; text++)
		if ((uint8_t)*text >= 0x7f || (uint8_t)*text < ' ')
			return false;
	return true;
}

/* SASLprep (RFC 4013), as both sides must do it; what it forbids is taken as it stands. It changes no
 * ASCII, and leaves copies behind. */
static char *prepare(const char *text) {
	char *prepared = NULL;
	if (is_ascii(text) ||
		gsasl_saslprep(text, GSASL_ALLOW_UNASSIGNED, &prepared, NULL) != GSASL_OK)
		return memory_strdup(text);
	char *copy = memory_strdup(prepared);
	memory_erase(prepared, strlen(prepared));
	gsasl_free(prepared);
	return copy;
}

static void append_name(struct buffer *out, const char *name) {
	CLEANUP_TEXT char *prepared = prepare(name);
	sasl_exchange_append_name(out, prepared);
}

static int append_base64(struct buffer *out, const void *bytes, size_t n) {
	char *base64 = NULL;
	size_t n_base64;
	if (gsasl_base64_to(bytes, n, &base64, &n_base64) != GSASL_OK)
		return -ENOMEM;
	int r = buffer_append(out, base64, n_base64);
	memory_erase(base64, n_base64);
	gsasl_free(base64);
	return r;
}

/* Owned by the library: gsasl_free(). NULL when it is not base64. */
static char *from_base64(const char *text, size_t n, size_t *ret_n) {
	char *bytes = NULL;
	return gsasl_base64_from(text, n, &bytes, ret_n) == GSASL_OK ? bytes : NULL;
}

static size_t hash_size(const struct sasl_scram *s) {
	return (size_t)EVP_MD_get_size(s->hash);
}

static void keyed(const struct sasl_scram *s, const uint8_t *key, const char *text, uint8_t *ret) {
	if (!HMAC(s->hash, key, (int)hash_size(s), (const uint8_t *)text, strlen(text), ret, NULL))
		abort();
}

/* gs2-header = gs2-cbind-flag "," [authzid] "," */
static char *make_header(const struct sasl_login *login) {
	static const char *const names[] = {
		[SASL_BINDING_TLS_EXPORTER] = "tls-exporter",
		[SASL_BINDING_TLS_SERVER_END_POINT] = "tls-server-end-point",
		[SASL_BINDING_TLS_UNIQUE] = "tls-unique",
	};
	struct buffer out;
	buffer_init(&out, SASL_RESPONSE_MAX);
	if (sasl_mechanism_facts(login->mechanism)->is_plus)
		(void)buffer_append_format(&out, "p=%s", names[login->binding_kind]);
	else
		(void)buffer_append_text(
			&out, login->binding_flag == SASL_BINDING_FLAG_UNOFFERED ? "y" : "n");
	(void)buffer_append_text(&out, ",");
	if (login->authorization) {
		(void)buffer_append_text(&out, "a=");
		append_name(&out, login->authorization);
	}
	(void)buffer_append_text(&out, ",");
	return buffer_take_text(&out);
}

/* client-first-message-bare = username "," nonce */
static char *make_first(const struct sasl_login *login) {
	struct buffer out;
	buffer_init(&out, SASL_RESPONSE_MAX);
	(void)buffer_append_text(&out, "n=");
	append_name(&out, login->user);
	(void)buffer_append_format(&out, ",r=%s", login->nonce);
	return buffer_take_text(&out);
}

/* Moves *p behind "NAME=value" and the comma behind it. False when another field stands there. */
static bool take_field(const char **p, char name, const char **ret, size_t *ret_n) {
	const char *value = *p;
	if (value[0] != name || value[1] != '=')
		return false;
	value += 2;
	*ret = value;
	*ret_n = strcspn(value, ",");
	*p = value + *ret_n + (value[*ret_n] == ',');
	return *ret_n > 0;
}

/* [reserved-mext ","] nonce "," salt "," iteration-count ["," extensions]; "m=" is an extension that
 * must be understood, and we know none. */
static enum sasl_progress read_challenge(
	struct sasl_scram *s, const char *text, struct scram_challenge *ret) {
	const char *count;
	size_t n_count, n_ours = strlen(s->nonce);
	if (!take_field(&text, 'r', &ret->nonce, &ret->n_nonce) ||
		!take_field(&text, 's', &ret->salt, &ret->n_salt) ||
		!take_field(&text, 'i', &count, &n_count))
		return sasl_exchange_refuse(&s->exchange, "the server's challenge is not SCRAM's");
	if (ret->n_nonce <= n_ours || memcmp(ret->nonce, s->nonce, n_ours) != 0)
		return sasl_exchange_refuse(
			&s->exchange, "the server's nonce does not continue ours");
	if (number_parse_u32(count, n_count, &ret->n_iterations) < 0 ||
		ret->n_iterations < SASL_ITERATIONS_MIN || ret->n_iterations > SASL_ITERATIONS_MAX)
		return sasl_exchange_refuse(&s->exchange,
			"the server asks for %.10s iterations, from %d to %d are done", count,
			SASL_ITERATIONS_MIN, SASL_ITERATIONS_MAX);
	return SASL_MORE;
}

/* SaltedPassword; false when the salt is none. */
static bool salt_password(
	struct sasl_scram *s, const struct scram_challenge *challenge, uint8_t *ret) {
	size_t n = 0;
	char *salt = from_base64(challenge->salt, challenge->n_salt, &n);
	bool is_fine = salt && n > 0;
	if (is_fine &&
		PKCS5_PBKDF2_HMAC(s->password, (int)strlen(s->password), (const uint8_t *)salt,
			(int)n, (int)challenge->n_iterations, s->hash, (int)hash_size(s), ret) != 1)
		abort();
	gsasl_free(salt);
	s->password = memory_free_secret(s->password);
	return is_fine;
}

/* "c=" base64 "," "r=" nonce: cbind-input is the header and, with -PLUS, the binding. */
static char *make_final(const struct sasl_scram *s, const struct scram_challenge *challenge) {
	struct buffer input, out;
	buffer_init(&input, SASL_RESPONSE_MAX + SASL_BINDING_MAX);
	buffer_init(&out, SASL_RESPONSE_MAX);
	(void)buffer_append_text(&input, s->header);
	(void)buffer_append(&input, s->binding.bytes, s->binding.n);
	(void)buffer_append_text(&out, "c=");
	(void)append_base64(&out, buffer_bytes(&input), input.n);
	(void)buffer_append_text(&out, ",r=");
	(void)buffer_append(&out, challenge->nonce, challenge->n_nonce);
	buffer_deinit(&input);
	return buffer_take_text(&out);
}

/* ClientProof, and the ServerSignature that is to come back for it. */
static void prove(
	struct sasl_scram *s, const uint8_t *salted, const char *message, uint8_t *proof) {
	uint8_t key[HASH_MAX], stored[HASH_MAX], signature[HASH_MAX];
	keyed(s, salted, "Client Key", key);
	if (EVP_Digest(key, hash_size(s), stored, NULL, s->hash, NULL) != 1)
		abort();
	keyed(s, stored, message, signature);
	for (size_t i = 0; i < hash_size(s); i++)
		proof[i] = key[i] ^ signature[i];
	keyed(s, salted, "Server Key", key);
	keyed(s, key, message, s->server_signature);
	memory_erase(key, sizeof(key));
	memory_erase(stored, sizeof(stored));
	memory_erase(signature, sizeof(signature));
}

static enum sasl_progress answer(struct sasl_scram *s, const char *text, struct buffer *out) {
	struct scram_challenge challenge;
	uint8_t salted[HASH_MAX], proof[HASH_MAX];
	enum sasl_progress progress = read_challenge(s, text, &challenge);
	if (progress != SASL_MORE)
		return progress;
	if (!salt_password(s, &challenge, salted))
		return sasl_exchange_refuse(&s->exchange, "the server's salt is none");
	CLEANUP_TEXT char *final = make_final(s, &challenge);
	CLEANUP_TEXT char *message = memory_format("%s,%s,%s", s->first_bare, text, final);
	prove(s, salted, message, proof);
	memory_erase(salted, sizeof(salted));
	int r = buffer_append_format(out, "%s,p=", final);
	if (r == 0)
		r = append_base64(out, proof, hash_size(s));
	memory_erase(proof, sizeof(proof));
	s->state = SCRAM_STATE_FINAL;
	return r < 0 ? SASL_REFUSED : SASL_MORE;
}

/* server-error: "e=" one of the words of RFC 5802 section 7. */
static enum sasl_progress on_error(struct sasl_scram *s, const char *text) {
	const char *word;
	size_t n;
	if (!take_field(&text, 'e', &word, &n))
		return sasl_exchange_refuse(
			&s->exchange, "the server did not prove that it knows the password");
	s->exchange.said = memory_strndup(word, MIN(n, SASL_SAID_MAX));
	if (strcmp(s->exchange.said, "unsupported-channel-binding-type") == 0)
		s->exchange.verdict = SASL_VERDICT_BINDING;
	return SASL_REFUSED;
}

/* verifier = "v=" base64 */
static enum sasl_progress verify(struct sasl_scram *s, const char *text) {
	const char *value, *rest = text;
	size_t n, n_bytes = 0;
	if (!take_field(&rest, 'v', &value, &n))
		return on_error(s, text);
	char *bytes = from_base64(value, n, &n_bytes);
	bool is_right = bytes && n_bytes == hash_size(s) &&
			CRYPTO_memcmp(bytes, s->server_signature, n_bytes) == 0;
	gsasl_free(bytes);
	if (!is_right)
		return on_error(s, text);
	s->state = SCRAM_STATE_PROVED;
	return SASL_DONE;
}

static enum sasl_progress on_challenge(
	struct sasl_scram *s, const char *challenge, struct buffer *out) {
	switch (s->state) {
	case SCRAM_STATE_BEGIN:
		if (challenge && *challenge)
			return SASL_REFUSED;
		s->state = SCRAM_STATE_FIRST;
		return buffer_append_format(out, "%s%s", s->header, s->first_bare) < 0
			       ? SASL_REFUSED
			       : SASL_MORE;
	case SCRAM_STATE_FIRST:
		if (challenge && challenge[0] == 'e')
			return on_error(s, challenge);
		return answer(s, challenge ? challenge : "", out);
	case SCRAM_STATE_FINAL:
		return verify(s, challenge ? challenge : "");
	case SCRAM_STATE_PROVED:
	case SCRAM_STATE_FAILED:
		return SASL_REFUSED;
	}
	return SASL_REFUSED;
}

static enum sasl_progress sasl_scram_step(
	struct sasl_exchange *e, const char *challenge, size_t n, struct buffer *out) {
	struct sasl_scram *s = CONTAINER_OF(e, struct sasl_scram, exchange);
	enum sasl_progress progress = SASL_REFUSED;
	/* A NUL would hide what stands behind it. */
	if (n > SASL_CHALLENGE_MAX || (challenge && strlen(challenge) != n))
		(void)sasl_exchange_refuse(e, "the server's challenge is not SCRAM's");
	else
		progress = on_challenge(s, challenge, out);
	if (progress == SASL_REFUSED)
		s->state = SCRAM_STATE_FAILED;
	return progress;
}

static void sasl_scram_free(struct sasl_exchange *e) {
	struct sasl_scram *s = CONTAINER_OF(e, struct sasl_scram, exchange);
	memory_free_secret(s->password);
	memory_free(s->header);
	memory_free(s->first_bare);
	memory_erase(s, sizeof(*s));
	memory_free(s);
}

static const struct sasl_exchange_kind sasl_scram_kind = { sasl_scram_step, sasl_scram_free };

static bool is_sha1(enum sasl_mechanism mechanism) {
	return mechanism == SASL_MECHANISM_SCRAM_SHA_1 ||
	       mechanism == SASL_MECHANISM_SCRAM_SHA_1_PLUS;
}

int sasl_scram_new(const struct sasl_login *login, struct sasl_exchange **ret) {
	bool is_plus = sasl_mechanism_facts(login->mechanism)->is_plus;
	if (!login->secret || !login->nonce || (is_plus && (!login->binding || !login->binding->n)))
		return -EINVAL;
	struct sasl_scram *s = MEMORY_NEW(struct sasl_scram);
	s->exchange.kind = &sasl_scram_kind;
	s->hash = is_sha1(login->mechanism) ? EVP_sha1() : EVP_sha256();
	s->password = prepare(login->secret);
	s->header = make_header(login);
	s->first_bare = make_first(login);
	s->nonce = s->first_bare + strlen(s->first_bare) - strlen(login->nonce);
	if (is_plus)
		s->binding = *login->binding;
	*ret = &s->exchange;
	return 0;
}
