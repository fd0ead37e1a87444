/* One mechanism at a time: published vectors, what hostile servers say, and a second opinion, GNU
 * SASL's server. */
#include "protocol/sasl.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gsasl.h>

#include "base/memory.h"
#include "protocol/limits.h"

#define NONCE "rOprNGfwEbeRWgbNEkqO"

static char *base64(const char *text) {
	char *encoded = NULL;
	size_t n;
	assert_int_equal(gsasl_base64_to(text, strlen(text), &encoded, &n), GSASL_OK);
	char *copy = memory_strndup(encoded, n);
	gsasl_free(encoded);
	return copy;
}

static char *plain_text(const char *encoded) {
	char *bytes = NULL;
	size_t n;
	assert_int_equal(gsasl_base64_from(encoded, strlen(encoded), &bytes, &n), GSASL_OK);
	char *copy = memory_strndup(bytes, n);
	gsasl_free(bytes);
	return copy;
}

static struct sasl *begin(enum sasl_mechanism mechanism, const char *user, const char *secret) {
	struct sasl *s = NULL;
	const struct sasl_login login = {
		.mechanism = mechanism,
		.service = "imap",
		.host = "imap.example.com",
		.port = 993,
		.user = user,
		.secret = secret,
		.nonce = NONCE,
	};
	assert_int_equal(sasl_new(&login, &s), 0);
	return s;
}

/* The answer to a text, which is NULL for none, must be this text; NULL: a refusal. */
static void expect(struct sasl *s, const char *challenge, const char *expected) {
	CLEANUP_TEXT char *encoded = challenge ? base64(challenge) : NULL;
	CLEANUP_SECRET char *response = NULL;
	int r = sasl_step(s, encoded, &response);
	if (!expected) {
		assert_int_equal(r, -EBADMSG);
		assert_null(response);
		assert_false(sasl_is_done(s));
		return;
	}
	assert_int_equal(r, 0);
	CLEANUP_TEXT char *said = plain_text(response);
	assert_string_equal(said, expected);
}

/* RFC 4616: NUL tim NUL tanstaaftanstaaf */
static void plain(void **state) {
	CLEANUP(sasl_free)
	struct sasl *s = begin(SASL_MECHANISM_PLAIN, "tim", "tanstaaftanstaaf");
	CLEANUP_SECRET char *response = NULL;
	assert_false(sasl_is_done(s));
	assert_int_equal(sasl_step(s, NULL, &response), 0);
	assert_string_equal(response, "AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
	assert_true(sasl_is_done(s));
}

/* As somebody else: the name of the mailbox goes first. */
static void plain_for_another(void **state) {
	struct sasl *s = NULL;
	const struct sasl_login login = { .mechanism = SASL_MECHANISM_PLAIN,
		.service = "imap",
		.host = "h",
		.user = "ann",
		.authorization = "shared",
		.secret = "pw" };
	assert_int_equal(sasl_new(&login, &s), 0);
	CLEANUP_SECRET char *response = NULL;
	assert_int_equal(sasl_step(s, NULL, &response), 0);
	assert_string_equal(response, "c2hhcmVkAGFubgBwdw==");
	sasl_free(s);
}

/* Behind the + the challenge is empty; then nothing more may come. */
static void plain_challenges(void **state) {
	CLEANUP(sasl_free)
	struct sasl *s = begin(SASL_MECHANISM_PLAIN, "gr\xc3\xbcn", " \"\\");
	CLEANUP_SECRET char *response = NULL;
	assert_int_equal(sasl_step(s, "", &response), 0);
	assert_string_equal(response, "AGdyw7xuACAiXA==");
	char *none = NULL;
	assert_int_equal(sasl_step(s, "", &none), -EBADMSG);
	assert_null(none);
	assert_false(sasl_is_done(s));
}

static void login(void **state) {
	CLEANUP(sasl_free) struct sasl *s = begin(SASL_MECHANISM_LOGIN, "tim", "secret");
	char *none = NULL;
	assert_int_equal(sasl_step(s, NULL, &none), -EAGAIN);
	expect(s, "Username:", "tim");
	assert_false(sasl_is_done(s));
	expect(s, "Password:", "secret");
	assert_true(sasl_is_done(s));
	expect(s, "Once more:", NULL);
}

static void external(void **state) {
	CLEANUP(sasl_free) struct sasl *s = begin(SASL_MECHANISM_EXTERNAL, "tim", NULL);
	CLEANUP_SECRET char *response = NULL;
	assert_int_equal(sasl_step(s, NULL, &response), 0);
	assert_string_equal(response, "");
	assert_true(sasl_is_done(s));
}

static void a_12_bad_challenges(void **state) {
	static const char *const bad[] = { "!!!", "=", "a", "====", "AAAA\x01" };
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		for (unsigned m = SASL_MECHANISM_PLAIN; m < SASL_MECHANISM_COUNT_; m++) {
			if (m == SASL_MECHANISM_GSSAPI || sasl_mechanism_facts(m)->is_plus)
				continue;
			CLEANUP(sasl_free) struct sasl *s = begin(m, "a", "b");
			char *response = NULL;
			assert_int_equal(sasl_step(s, bad[i], &response), -EBADMSG);
			assert_null(response);
			assert_int_equal(sasl_step(s, NULL, &response), -EBADMSG);
			assert_false(sasl_is_done(s));
		}
}

/* standards: the vectors of the two token mechanisms */
static void a_10_tokens(void **state) {
	CLEANUP(sasl_free)
	struct sasl *x = begin(SASL_MECHANISM_XOAUTH2, "user@example.com", "ya29.token");
	CLEANUP_SECRET char *one = NULL, *two = NULL;
	assert_int_equal(sasl_step(x, NULL, &one), 0);
	assert_string_equal(
		one, "dXNlcj11c2VyQGV4YW1wbGUuY29tAWF1dGg9QmVhcmVyIHlhMjkudG9rZW4BAQ==");
	assert_true(sasl_is_done(x));
	CLEANUP(sasl_free)
	struct sasl *b = begin(SASL_MECHANISM_OAUTHBEARER, "user@example.com", "ya29.token");
	assert_int_equal(sasl_step(b, "", &two), 0);
	assert_string_equal(two,
		"bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9aW1hcC5leGFtcGxlLmNvbQFwb3J0PTk5"
		"MwFhdXRoPUJlYXJlciB5YTI5LnRva2VuAQE=");
	assert_true(sasl_is_done(b));
}

static void bearer_names_are_escaped(void **state) {
	CLEANUP(sasl_free) struct sasl *s = begin(SASL_MECHANISM_OAUTHBEARER, "a,b=c", "t");
	expect(s, NULL, "n,a=a=2Cb=3Dc,\1host=imap.example.com\1port=993\1auth=Bearer t\1\1");
}

/* ^A in a token would be a field of its own, and a line end in one a line. */
static void tokens_have_no_controls(void **state) {
	static const char *const bad[] = { "a\1b", "a\r\n", "a\n", "\x7f" };
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct sasl *s = NULL;
		struct sasl_login l = { .mechanism = SASL_MECHANISM_XOAUTH2,
			.host = "h",
			.user = "u",
			.secret = bad[i] };
		assert_int_equal(sasl_new(&l, &s), -EINVAL);
		l.mechanism = SASL_MECHANISM_OAUTHBEARER;
		l.secret = "t";
		l.user = bad[i];
		assert_int_equal(sasl_new(&l, &s), -EINVAL);
		assert_null(s);
	}
}

/* The error challenge gets the answer that its mechanism wants, and says what is wrong. */
static void a_11_error_challenge(void **state) {
	static const struct {
		const char *json;
		enum sasl_verdict verdict;
		const char *said;
	} cases[] = {
		{ "{\"status\":\"400\",\"schemes\":\"Bearer\",\"scope\":\"https://mail.google.com/"
		  "\"}",
			SASL_VERDICT_NONE,
			"the token was refused with 400, the scope wanted is "
			"https://mail.google.com/" },
		{ "{\"status\":\"invalid_token\",\"openid-configuration\":\"https://idp.example/"
		  "x\"}",
			SASL_VERDICT_TOKEN,
			"the token was refused with invalid_token, see https://idp.example/x" },
		{ " { \"schemes\" : [ \"bearer\" ] , \"status\" : \"401\" } ", SASL_VERDICT_TOKEN,
			"the token was refused with 401" },
		{ "not JSON", SASL_VERDICT_NONE, NULL },
		{ "{\"status\":401}", SASL_VERDICT_TOKEN, "the token was refused with 401" },
		{ "{\"status\":\"", SASL_VERDICT_NONE, NULL },
		{ "{\"status", SASL_VERDICT_NONE, NULL },
	};
	for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		bool bearer = i % 2;
		CLEANUP(sasl_free)
		struct sasl *s = begin(
			bearer ? SASL_MECHANISM_OAUTHBEARER : SASL_MECHANISM_XOAUTH2, "u", "t");
		CLEANUP_SECRET char *response = NULL;
		assert_int_equal(sasl_step(s, NULL, &response), 0);
		expect(s, cases[i / 2].json, bearer ? "\1" : "");
		assert_false(sasl_is_done(s));
		assert_int_equal(sasl_verdict(s), cases[i / 2].verdict);
		if (cases[i / 2].said)
			assert_string_equal(sasl_said(s), cases[i / 2].said);
		else
			assert_null(sasl_said(s));
	}
}

static void a_12_a_long_error_is_cut(void **state) {
	CLEANUP_TEXT char *json = memory_zalloc(70000, 1);
	memset(json, 'x', 65536);
	memcpy(json, "{\"status\":\"", 11);
	memcpy(json + 65536, "\"}", 2);
	CLEANUP(sasl_free) struct sasl *s = begin(SASL_MECHANISM_XOAUTH2, "u", "t");
	CLEANUP_SECRET char *response = NULL;
	assert_int_equal(sasl_step(s, NULL, &response), 0);
	expect(s, json, "");
	assert_true(strlen(sasl_said(s)) < 200);
}

#define FIRST "n,,n=user,r=" NONCE
#define SERVER_NONCE NONCE "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define SERVER_FIRST "r=" SERVER_NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
#define FINAL "c=biws,r=" SERVER_NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
#define SERVER_FINAL "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

/* RFC 7677 section 3 */
static void a_22_scram_vector(void **state) {
	CLEANUP(sasl_free) struct sasl *s = begin(SASL_MECHANISM_SCRAM_SHA_256, "user", "pencil");
	expect(s, NULL, FIRST);
	expect(s, SERVER_FIRST, FINAL);
	assert_false(sasl_is_done(s));
	expect(s, SERVER_FINAL, "");
	assert_true(sasl_is_done(s));
	expect(s, "more", NULL);
}

/* RFC 5802 section 5 */
static void a_22_scram_sha_1_vector(void **state) {
	struct sasl *s = NULL;
	const struct sasl_login l = { .mechanism = SASL_MECHANISM_SCRAM_SHA_1,
		.user = "user",
		.secret = "pencil",
		.nonce = "fyko+d2lbbFgONRv9qkxdawL" };
	assert_int_equal(sasl_new(&l, &s), 0);
	expect(s, NULL, "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
	expect(s, "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
		"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+"
		"HI4Ts=");
	expect(s, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", "");
	assert_true(sasl_is_done(s));
	sasl_free(s);
}

static void a_23_scram_refuses(void **state) {
	static const char *const firsts[] = {
		"r=other%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
		"r=" NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", /* nothing of its own */
		"m=x," SERVER_FIRST, /* an extension that must be understood */
		"r=" SERVER_NONCE ",i=4096,s=W22ZaJ0SNY7soEsUEjb6gQ==",
		"r=" SERVER_NONCE ",s=,i=4096",
		"r=" SERVER_NONCE ",s=!,i=4096",
		"r=" SERVER_NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==",
		"r=" SERVER_NONCE,
		"e=unknown-user",
		"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
		",,,",
		"=",
	};
	for (size_t i = 0; i < ARRAY_SIZE(firsts); i++) {
		CLEANUP(sasl_free)
		struct sasl *s = begin(SASL_MECHANISM_SCRAM_SHA_256, "user", "pencil");
		expect(s, NULL, FIRST);
		expect(s, firsts[i], NULL);
		expect(s, SERVER_FIRST, NULL);
		expect(s, SERVER_FINAL, NULL);
	}
	static const char *const finals[] = {
		"v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
		"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjk=",
		"v=",
		"v=!!",
		"e=invalid-proof",
		"w=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
		SERVER_FIRST,
	};
	for (size_t i = 0; i < ARRAY_SIZE(finals); i++) {
		CLEANUP(sasl_free)
		struct sasl *s = begin(SASL_MECHANISM_SCRAM_SHA_256, "user", "pencil");
		expect(s, NULL, FIRST);
		expect(s, SERVER_FIRST, FINAL);
		expect(s, finals[i], NULL);
		assert_int_equal(sasl_verdict(s),
			finals[i][0] == 'e' ? SASL_VERDICT_NONE : SASL_VERDICT_SERVER);
		expect(s, SERVER_FINAL, NULL);
	}
}

/* An extension behind what we know is passed over (RFC 5802 section 5.1). */
static void scram_extensions(void **state) {
	CLEANUP(sasl_free) struct sasl *s = begin(SASL_MECHANISM_SCRAM_SHA_256, "user", "pencil");
	expect(s, NULL, FIRST);
	CLEANUP_TEXT char *encoded = base64(SERVER_FIRST ",t=5");
	CLEANUP_SECRET char *response = NULL;
	assert_int_equal(sasl_step(s, encoded, &response), 0);
}

static void a_24_iterations(void **state) {
	static const char *const counts[] = { "0", "1", "4095", "100001", "1000000000",
		"2147483648", "4294967295", "4294967296", "18446744073709551616", "-1", "+4096",
		"4096x", "1e9", "0x1000", " 4096" };
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		CLEANUP(sasl_free)
		struct sasl *s = begin(SASL_MECHANISM_SCRAM_SHA_256, "user", "pencil");
		expect(s, NULL, FIRST);
		CLEANUP_TEXT char *text = memory_format(
			"r=%s,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=%s", SERVER_NONCE, counts[i]);
		expect(s, text, NULL);
		assert_int_equal(sasl_verdict(s), SASL_VERDICT_SERVER);
		assert_non_null(strstr(sasl_said(s), "iterations"));
	}
}

static void scram_long_challenges(void **state) {
	CLEANUP_TEXT char *text = memory_zalloc(SASL_CHALLENGE_MAX + 2, 1);
	memset(text, 'x', SASL_CHALLENGE_MAX + 1);
	memcpy(text, SERVER_FIRST ",x=", sizeof(SERVER_FIRST ",x=") - 1);
	CLEANUP(sasl_free) struct sasl *s = begin(SASL_MECHANISM_SCRAM_SHA_256, "user", "pencil");
	expect(s, NULL, FIRST);
	expect(s, text, NULL);
}

/* P-10: what stands behind a NUL would be signed by one side and not seen by the other. */
static void scram_nul(void **state) {
	CLEANUP(sasl_free) struct sasl *s = begin(SASL_MECHANISM_SCRAM_SHA_256, "user", "pencil");
	static const char first[] = SERVER_FIRST "\0,x=1";
	char *encoded = NULL, *response = NULL;
	size_t n;
	expect(s, NULL, FIRST);
	assert_int_equal(gsasl_base64_to(first, sizeof(first) - 1, &encoded, &n), GSASL_OK);
	assert_int_equal(sasl_step(s, encoded, &response), -EBADMSG);
	gsasl_free(encoded);
}

/* GNU SASL's server as the other side. */

struct server {
	const char *user, *password;
	enum sasl_binding_kind kind;
	const struct sasl_binding *binding;
};

static int on_property(Gsasl *library, Gsasl_session *session, Gsasl_property property) {
	const struct server *server = gsasl_session_hook_get(session);
	char *encoded = NULL;
	size_t n;
	switch ((int)property) {
	case GSASL_PASSWORD:
		assert_string_equal(gsasl_property_fast(session, GSASL_AUTHID), server->user);
		return gsasl_property_set(session, property, server->password);
	case GSASL_CB_TLS_EXPORTER:
	case GSASL_CB_TLS_UNIQUE:
		if (!server->binding || (property == GSASL_CB_TLS_EXPORTER) !=
						(server->kind == SASL_BINDING_TLS_EXPORTER))
			return GSASL_NO_CALLBACK;
		assert_int_equal(gsasl_base64_to((const char *)server->binding->bytes,
					 server->binding->n, &encoded, &n),
			GSASL_OK);
		assert_int_equal(gsasl_property_set(session, property, encoded), GSASL_OK);
		gsasl_free(encoded);
		return GSASL_OK;
	}
	return GSASL_NO_CALLBACK;
}

/* Whether they agree in the end. */
static bool converse(const struct sasl_login *ours, struct server *theirs) {
	Gsasl *library = NULL;
	Gsasl_session *session = NULL;
	CLEANUP(sasl_free) struct sasl *s = NULL;
	CLEANUP_SECRET char *response = NULL;
	const char *name = sasl_mechanism_facts(ours->mechanism)->name;
	assert_int_equal(gsasl_init(&library), GSASL_OK);
	gsasl_callback_set(library, on_property);
	assert_int_equal(gsasl_server_start(library, name, &session), GSASL_OK);
	gsasl_session_hook_set(session, theirs);
	assert_int_equal(sasl_new(ours, &s), 0);
	int mine = sasl_step(s, NULL, &response), other = GSASL_NEEDS_MORE;
	while (mine == 0 && other == GSASL_NEEDS_MORE) {
		char *challenge = NULL;
		other = gsasl_step64(session, response, &challenge);
		response = memory_free_secret(response);
		if (other == GSASL_OK || other == GSASL_NEEDS_MORE)
			mine = challenge && *challenge ? sasl_step(s, challenge, &response) : 0;
		gsasl_free(challenge);
		if (other == GSASL_OK)
			break;
	}
	bool is_agreed = other == GSASL_OK && mine == 0 && sasl_is_done(s);
	gsasl_finish(session);
	gsasl_done(library);
	return is_agreed;
}

static const struct sasl_binding some = { "thirty-two bytes of a connection", 32 };
static const struct sasl_binding other = { "thirty-two bytes of another one.", 32 };

static void scram_against_another_server(void **state) {
	static const enum sasl_mechanism mechanisms[] = { SASL_MECHANISM_SCRAM_SHA_1,
		SASL_MECHANISM_SCRAM_SHA_256 };
	static const char *const users[] = { "user", "a,b=c", "gr\xc3\xbcn", "I\xc2\xadX" };
	static const char *const plain_users[] = { "user", "a,b=c", "gr\xc3\xbcn", "IX" };
	for (size_t i = 0; i < 2 * ARRAY_SIZE(users); i++) {
		struct server server = { .user = plain_users[i / 2], .password = "p\xc2\xaa w" };
		struct sasl_login l = {
			.mechanism = mechanisms[i % 2],
			.user = users[i / 2],
			.secret = "p\xc2\xaa w", /* a feminine ordinal: SASLprep makes it "a" */
			.nonce = "0123456789abcdef",
		};
		assert_true(converse(&l, &server));
		l.authorization = "somebody=else";
		assert_true(converse(&l, &server));
		l.secret = "pa w";
		assert_true(converse(&l, &server));
		l.secret = "pb w";
		assert_false(converse(&l, &server));
	}
}

static void a_26_plus_against_another_server(void **state) {
	static const enum sasl_mechanism mechanisms[] = { SASL_MECHANISM_SCRAM_SHA_1_PLUS,
		SASL_MECHANISM_SCRAM_SHA_256_PLUS };
	static const enum sasl_binding_kind kinds[] = { SASL_BINDING_TLS_EXPORTER,
		SASL_BINDING_TLS_UNIQUE };
	for (size_t i = 0; i < 4; i++) {
		struct server server = { "user", "pencil", kinds[i / 2], &some };
		struct sasl_login l = {
			.mechanism = mechanisms[i % 2],
			.user = "user",
			.secret = "pencil",
			.nonce = "0123456789abcdef",
			.binding_kind = kinds[i / 2],
			.binding = &some,
		};
		assert_true(converse(&l, &server));
		/* somebody in the middle has two connections */
		l.binding = &other;
		assert_false(converse(&l, &server));
	}
}

/* a server that was not seen to offer a binding, though it has one, is told. */
static void a_25_a_hidden_offer_is_noticed(void **state) {
	struct server server = { "user", "pencil", SASL_BINDING_TLS_EXPORTER, &some };
	struct sasl_login l = {
		.mechanism = SASL_MECHANISM_SCRAM_SHA_256,
		.user = "user",
		.secret = "pencil",
		.nonce = "0123456789abcdef",
		.binding_flag = SASL_BINDING_FLAG_UNOFFERED,
	};
	assert_false(converse(&l, &server));
	l.binding_flag = SASL_BINDING_FLAG_UNABLE;
	assert_true(converse(&l, &server));
	server.binding = NULL;
	l.binding_flag = SASL_BINDING_FLAG_UNOFFERED;
	assert_true(converse(&l, &server));
}

static void end_point_header(void **state) {
	struct sasl *s = NULL;
	const struct sasl_login l = {
		.mechanism = SASL_MECHANISM_SCRAM_SHA_256_PLUS,
		.user = "user",
		.secret = "pencil",
		.nonce = NONCE,
		.binding_kind = SASL_BINDING_TLS_SERVER_END_POINT,
		.binding = &some,
	};
	assert_int_equal(sasl_new(&l, &s), 0);
	expect(s, NULL, "p=tls-server-end-point,,n=user,r=" NONCE);
	CLEANUP_TEXT char *encoded = base64(SERVER_FIRST);
	CLEANUP_SECRET char *response = NULL;
	assert_int_equal(sasl_step(s, encoded, &response), 0);
	CLEANUP_TEXT char *final = plain_text(response);
	CLEANUP_TEXT char *input =
		base64("p=tls-server-end-point,,thirty-two bytes of a connection");
	CLEANUP_TEXT char *start = memory_format("c=%s,r=%s,p=", input, SERVER_NONCE);
	assert_memory_equal(final, start, strlen(start));
	sasl_free(s);
}

static void what_cannot_begin(void **state) {
	static const struct sasl_binding none = { .n = 0 };
	struct sasl *s = NULL;
	struct sasl_login l = { .mechanism = SASL_MECHANISM_NONE, .user = "a", .secret = "b" };
	assert_int_equal(sasl_new(&l, &s), -ENOTSUP);
	l.mechanism = SASL_MECHANISM_SCRAM_SHA_256;
	assert_int_equal(sasl_new(&l, &s), -EINVAL); /* no nonce */
	l.nonce = NONCE;
	l.mechanism = SASL_MECHANISM_SCRAM_SHA_256_PLUS;
	l.binding = &none;
	assert_int_equal(sasl_new(&l, &s), -EINVAL);
	assert_null(s);
	assert_null(sasl_free(NULL));
}

static void words(void **state) {
	for (unsigned m = SASL_MECHANISM_PLAIN; m < SASL_MECHANISM_COUNT_; m++) {
		const char *name = sasl_mechanism_facts(m)->name;
		assert_int_equal(sasl_mechanism_from_word(name, strlen(name)), m);
	}
	assert_int_equal(sasl_mechanism_from_word("scram-sha-1", 11), SASL_MECHANISM_SCRAM_SHA_1);
	assert_int_equal(sasl_mechanism_from_word("SCRAM-SHA-1x", 12), SASL_MECHANISM_NONE);
	assert_int_equal(sasl_mechanism_from_word("", 0), SASL_MECHANISM_NONE);
	assert_int_equal(sasl_mechanism_from_word("CRAM-MD5", 8), SASL_MECHANISM_NONE);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(plain_for_another),
		cmocka_unit_test(plain_challenges),
		cmocka_unit_test(login),
		cmocka_unit_test(external),
		cmocka_unit_test(a_12_bad_challenges),
		cmocka_unit_test(a_10_tokens),
		cmocka_unit_test(bearer_names_are_escaped),
		cmocka_unit_test(tokens_have_no_controls),
		cmocka_unit_test(a_11_error_challenge),
		cmocka_unit_test(a_12_a_long_error_is_cut),
		cmocka_unit_test(a_22_scram_vector),
		cmocka_unit_test(a_22_scram_sha_1_vector),
		cmocka_unit_test(a_23_scram_refuses),
		cmocka_unit_test(scram_extensions),
		cmocka_unit_test(a_24_iterations),
		cmocka_unit_test(scram_long_challenges),
		cmocka_unit_test(scram_nul),
		cmocka_unit_test(scram_against_another_server),
		cmocka_unit_test(a_26_plus_against_another_server),
		cmocka_unit_test(a_25_a_hidden_offer_is_noticed),
		cmocka_unit_test(end_point_header),
		cmocka_unit_test(what_cannot_begin),
		cmocka_unit_test(words),
	};
	return cmocka_run_group_tests_name("sasl", tests, NULL, NULL);
}
