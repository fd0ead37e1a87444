/* Which mechanism is taken: one table of what servers offer and users want. */
#include "protocol/login.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

#define SHA1 SASL_MECHANISM_SCRAM_SHA_1
#define SHA256 SASL_MECHANISM_SCRAM_SHA_256
#define SHA1_PLUS SASL_MECHANISM_SCRAM_SHA_1_PLUS
#define SHA256_PLUS SASL_MECHANISM_SCRAM_SHA_256_PLUS
#define PLAIN SASL_MECHANISM_PLAIN
#define LOGIN SASL_MECHANISM_LOGIN
#define EXTERNAL SASL_MECHANISM_EXTERNAL
#define GSSAPI SASL_MECHANISM_GSSAPI
#define XOAUTH2 SASL_MECHANISM_XOAUTH2
#define BEARER SASL_MECHANISM_OAUTHBEARER
#define AUTO SASL_MECHANISM_NONE

#define BIT(mechanism) (1U << (mechanism))
#define ALL                                                                                      \
	(BIT(SHA1) | BIT(SHA256) | BIT(SHA1_PLUS) | BIT(SHA256_PLUS) | BIT(PLAIN) | BIT(LOGIN) | \
		BIT(EXTERNAL) | BIT(GSSAPI) | BIT(XOAUTH2) | BIT(BEARER))

enum secret {
	PASSWORD,
	TOKEN,
	NOTHING,
	CERTIFICATE,
};

struct choice {
	uint32_t offer;
	bool has_command;
	enum secret secret;
	enum sasl_mechanism auth, floor;
	bool can_bind;
	enum login_way way;
	enum sasl_mechanism taken;
};

#define BY_SASL LOGIN_WAY_SASL
#define BY_COMMAND LOGIN_WAY_COMMAND, AUTO
#define BY_NOTHING LOGIN_WAY_NONE, AUTO

static const struct choice choices[] = {
	/* the best that both can */
	{ ALL, true, PASSWORD, AUTO, AUTO, true, BY_SASL, SHA256_PLUS },
	{ ALL, true, PASSWORD, AUTO, AUTO, false, BY_SASL, SHA256 },
	{ ALL & ~BIT(SHA256_PLUS), true, PASSWORD, AUTO, AUTO, true, BY_SASL, SHA1_PLUS },
	{ BIT(SHA1) | BIT(PLAIN), true, PASSWORD, AUTO, AUTO, true, BY_SASL, SHA1 },
	{ BIT(PLAIN) | BIT(LOGIN), true, PASSWORD, AUTO, AUTO, true, BY_SASL, PLAIN },
	{ BIT(LOGIN), true, PASSWORD, AUTO, AUTO, true, BY_COMMAND },
	{ BIT(LOGIN), false, PASSWORD, AUTO, AUTO, true, BY_SASL, LOGIN },
	{ 0, true, PASSWORD, AUTO, AUTO, true, BY_COMMAND },
	{ 0, false, PASSWORD, AUTO, AUTO, true, BY_NOTHING },
	{ BIT(EXTERNAL) | BIT(GSSAPI) | BIT(XOAUTH2), false, PASSWORD, AUTO, AUTO, true,
		BY_NOTHING },
	/* tokens and passwords are not mixed up */
	{ ALL, true, TOKEN, AUTO, AUTO, true, BY_SASL, BEARER },
	{ ALL & ~BIT(BEARER), true, TOKEN, AUTO, AUTO, true, BY_SASL, XOAUTH2 },
	{ BIT(PLAIN) | BIT(LOGIN), true, TOKEN, AUTO, AUTO, true, BY_NOTHING },
	/* without a secret */
	{ ALL, true, CERTIFICATE, AUTO, AUTO, true, BY_SASL, EXTERNAL },
	{ ALL & ~BIT(EXTERNAL), true, CERTIFICATE, AUTO, AUTO, true, BY_NOTHING },
	{ ALL, true, NOTHING, AUTO, AUTO, true, BY_SASL, GSSAPI },
	{ ALL & ~BIT(GSSAPI), true, NOTHING, AUTO, AUTO, true, BY_NOTHING },
	{ ALL, true, NOTHING, GSSAPI, AUTO, true, BY_SASL, GSSAPI },
	{ ALL, true, NOTHING, EXTERNAL, AUTO, true, BY_SASL, EXTERNAL },
	/* as the user wants it, or not at all */
	{ ALL, true, PASSWORD, PLAIN, AUTO, true, BY_SASL, PLAIN },
	{ ALL, true, PASSWORD, LOGIN, AUTO, true, BY_COMMAND },
	{ ALL, false, PASSWORD, LOGIN, AUTO, true, BY_SASL, LOGIN },
	{ ALL, true, PASSWORD, SHA1, AUTO, true, BY_SASL, SHA1 },
	{ ALL, true, PASSWORD, SHA256_PLUS, AUTO, false, BY_NOTHING },
	{ BIT(PLAIN), true, PASSWORD, SHA256, AUTO, true, BY_NOTHING },
	{ ALL, true, TOKEN, XOAUTH2, AUTO, true, BY_SASL, XOAUTH2 },
	/* not below what was taken the last time, unless the user says so */
	{ ALL, true, PASSWORD, AUTO, SHA256_PLUS, true, BY_SASL, SHA256_PLUS },
	{ ALL, true, PASSWORD, AUTO, SHA256_PLUS, false, BY_NOTHING },
	{ BIT(SHA256) | BIT(PLAIN), true, PASSWORD, AUTO, SHA256_PLUS, true, BY_NOTHING },
	{ BIT(SHA1) | BIT(PLAIN), true, PASSWORD, AUTO, SHA256, true, BY_NOTHING },
	{ BIT(SHA256_PLUS), true, PASSWORD, AUTO, SHA1, true, BY_SASL, SHA256_PLUS },
	{ BIT(PLAIN), true, PASSWORD, AUTO, SHA1, true, BY_NOTHING },
	{ 0, true, PASSWORD, AUTO, SHA1, true, BY_NOTHING },
	{ BIT(LOGIN), true, PASSWORD, AUTO, PLAIN, true, BY_COMMAND },
	{ BIT(PLAIN), true, PASSWORD, PLAIN, SHA256, true, BY_SASL, PLAIN },
	{ BIT(SHA1), true, PASSWORD, SHA1, SHA256_PLUS, true, BY_SASL, SHA1 },
	{ ALL, true, TOKEN, AUTO, SHA256_PLUS, true, BY_SASL, BEARER },
};

static struct login *make(const struct choice *c) {
	const struct login_settings settings = {
		.host = "h",
		.user = "u",
		.secret = c->secret == PASSWORD || c->secret == TOKEN ? "s" : NULL,
		.is_token = c->secret == TOKEN,
		.has_certificate = c->secret == CERTIFICATE,
		.auth = c->auth,
		.floor = c->floor,
		.nonce = "0123456789abcdef",
	};
	struct login *l = login_new(&settings, "imap");
	struct sasl_bindings bindings = { 0 };
	if (c->can_bind)
		for (unsigned i = 0; i < SASL_BINDING_COUNT_; i++)
			bindings.of[i] = (struct sasl_binding){ .bytes = "x", .n = 1 };
	login_set_bindings(l, &bindings);
	login_set_offer(
		l, &(struct login_offer){ .mechanisms = c->offer, .has_command = c->has_command });
	return l;
}

static void the_choice(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(choices); i++) {
		const struct choice *c = &choices[i];
		CLEANUP(login_free) struct login *l = make(c);
		enum login_way way = login_choose(l);
		if (way != c->way ||
			(way == LOGIN_WAY_SASL && login_outcome(l).mechanism != c->taken))
			fail_msg("row %zu: way %d, %s", i, (int)way,
				sasl_mechanism_facts(login_outcome(l).mechanism)->name);
		/* A-25 a downgrade says what it is */
		bool is_downgrade = way == LOGIN_WAY_NONE && c->floor != AUTO;
		if (is_downgrade && login_problem(l))
			assert_non_null(strstr(login_problem(l), "Auth= allows it"));
	}
}

static bool refuse(struct login *l, enum reason reason, const char *text) {
	CLEANUP_SECRET char *response = NULL;
	if (login_outcome(l).mechanism != AUTO)
		assert_int_equal(login_begin(l, &response), 0);
	return login_refused(l, reason, text).is_retry;
}

/* What a server does not know is passed over, from the strongest to the weakest; with the last one all
 * is said. */
static void from_one_to_the_next(void **state) {
	const struct choice c = { BIT(SHA256) | BIT(SHA1) | BIT(PLAIN), true, PASSWORD, AUTO, AUTO,
		false, BY_NOTHING };
	static const enum sasl_mechanism order[] = { SHA256, SHA1, PLAIN, AUTO };
	CLEANUP(login_free) struct login *l = make(&c);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		assert_int_not_equal(login_choose(l), LOGIN_WAY_NONE);
		assert_int_equal(login_outcome(l).mechanism, order[i]);
		bool is_last = order[i] == AUTO;
		assert_int_equal(
			refuse(l, REASON_NONE, "Unsupported authentication mechanism"), !is_last);
	}
}

/* Whatever else a server says, the same secret does not go out a second time. */
static void never_after_a_refused_password(void **state) {
	static const struct {
		enum reason reason;
		const char *text;
	} refusals[] = {
		{ REASON_AUTH_FAILED, "Unsupported authentication mechanism" },
		{ REASON_NONE, "Authentication failed" },
		{ REASON_NONE, "" },
		{ REASON_NONE, NULL },
		{ REASON_LIMIT, "Unsupported authentication mechanism" },
		{ REASON_UNAVAILABLE, "mechanism not supported" },
	};
	const struct choice c = { BIT(SHA256) | BIT(PLAIN), true, PASSWORD, AUTO, AUTO, false,
		BY_NOTHING };
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		CLEANUP(login_free) struct login *l = make(&c);
		assert_int_equal(login_choose(l), LOGIN_WAY_SASL);
		assert_false(refuse(l, refusals[i].reason, refusals[i].text));
	}
}

static void each_kind_of_binding_once(void **state) {
	const struct choice c = { BIT(SHA256_PLUS) | BIT(SHA256) | BIT(PLAIN), true, PASSWORD, AUTO,
		AUTO, true, BY_NOTHING };
	CLEANUP(login_free) struct login *l = make(&c);
	for (unsigned i = 0; i < SASL_BINDING_COUNT_; i++) {
		assert_int_equal(login_choose(l), LOGIN_WAY_SASL);
		assert_int_equal(login_outcome(l).mechanism, SHA256_PLUS);
		assert_int_equal(login_outcome(l).binding, i);
		assert_true(refuse(l, REASON_NONE, "bad protocol / cancel"));
	}
	assert_int_equal(login_choose(l), LOGIN_WAY_NONE);
	assert_string_equal(login_problem(l), "bad protocol / cancel");
}

/* A line end in a name or a token is refused before anything is sent. */
static void a_01_tokens_that_cannot_be_sent(void **state) {
	const struct login_settings settings = {
		.host = "h", .user = "u", .secret = "a\r\nb", .is_token = true, .nonce = "x"
	};
	CLEANUP(login_free) struct login *l = login_new(&settings, "imap");
	char *response = NULL;
	login_set_offer(l, &(struct login_offer){ .mechanisms = BIT(XOAUTH2) });
	assert_int_equal(login_choose(l), LOGIN_WAY_SASL);
	assert_int_equal(login_begin(l, &response), -EINVAL);
	assert_null(response);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_choice),
		cmocka_unit_test(from_one_to_the_next),
		cmocka_unit_test(never_after_a_refused_password),
		cmocka_unit_test(each_kind_of_binding_once),
		cmocka_unit_test(a_01_tokens_that_cannot_be_sent),
	};
	return cmocka_run_group_tests_name("login", tests, NULL, NULL);
}
