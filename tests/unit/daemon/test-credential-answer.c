/* What a source says, read as a line or as an object. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "daemon/credential-answer.h"

#define NOW (UINT64_C(1700000000) * USEC_PER_SEC)
#define PASSWORD CREDENTIAL_PASSWORD
#define TOKEN CREDENTIAL_TOKEN

static void test_answers(void **state) {
	static const struct {
		const char *text;
		enum credential_kind expected;
		const char *secret; /* NULL: none */
		enum credential_kind kind;
		uint64_t expires_sec; /* 0: not known */
	} rows[] = {
		{ "hunter2", PASSWORD, "hunter2", PASSWORD, 0 },
		{ "hunter2\r\nsecond", PASSWORD, "hunter2", PASSWORD, 0 },
		{ " a b ", PASSWORD, " a b ", PASSWORD, 0 },
		{ "", PASSWORD, NULL, PASSWORD, 0 },
		{ "\nsecond", PASSWORD, NULL, PASSWORD, 0 },
		{ "ya29.x\n", TOKEN, "ya29.x", TOKEN, 0 },
		{ "{\"access_token\":\"t\"}", TOKEN, "t", TOKEN, 0 },
		{ "{\"access_token\":\"t\"}", PASSWORD, "t", TOKEN, 0 },
		{ "{\"password\":\"p\"}", TOKEN, "p", PASSWORD, 0 },
		{ "{\"password\":\"p\",\"access_token\":\"t\"}", PASSWORD, "t", TOKEN, 0 },
		{ "{\"access_token\":\"t\",\"password\":\"p\"}", PASSWORD, "t", TOKEN, 0 },
		{ "{\n \"access_token\": \"t\",\n \"expires_in\": 3599\n}\n", TOKEN, "t", TOKEN,
			1700003599 },
		{ "{\"access_token\":\"t\",\"expires_in\":\"60\"}", TOKEN, "t", TOKEN, 1700000060 },
		{ "{\"access_token\":\"t\",\"expires_in\":60.5}", TOKEN, "t", TOKEN, 1700000060 },
		{ "{\"access_token\":\"t\",\"expires_at\":1700000123}", TOKEN, "t", TOKEN,
			1700000123 },
		{ "{\"access_token\":\"t\",\"expires_at\":\"soon\"}", TOKEN, "t", TOKEN, 0 },
		{ "{\"access_token\":\"t\",\"expires_at\":99999999999999999999}", TOKEN, "t", TOKEN,
			0 },
		{ "{\"access_token\":\"\"}", TOKEN, NULL, TOKEN, 0 },
		{ "{\"access_token\":5}", TOKEN, NULL, TOKEN, 0 },
		{ "{\"access_token\":\"t\"", TOKEN, NULL, TOKEN, 0 },
		{ "{\"error\":\"x\"}", TOKEN, NULL, TOKEN, 0 },
		/* passwords with braces */
		{ "{\"error\":\"x\"}", PASSWORD, "{\"error\":\"x\"}", PASSWORD, 0 },
		{ "{x}!", PASSWORD, "{x}!", PASSWORD, 0 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct credential_answer answer;
		credential_answer_parse(
			&answer, rows[i].text, strlen(rows[i].text), rows[i].expected, NOW);
		if (rows[i].secret)
			assert_string_equal(answer.secret, rows[i].secret);
		else
			assert_null(answer.secret);
		assert_true(!answer.secret == !!answer.problem);
		assert_int_equal(answer.kind, rows[i].kind);
		assert_true(answer.expires_usec == rows[i].expires_sec * USEC_PER_SEC);
		credential_answer_deinit(&answer);
	}
}

static void test_what_has_expired_is_not_unknown(void **state) {
	static const char text[] = "{\"access_token\":\"t\",\"expires_in\":0}";
	struct credential_answer answer;
	credential_answer_parse(&answer, text, strlen(text), TOKEN, NOW);
	assert_true(answer.expires_usec > 0 && answer.expires_usec <= NOW + 1);
	credential_answer_deinit(&answer);
}

static void test_a_zero_byte_is_no_password(void **state) {
	static const char text[] = "a\0b";
	struct credential_answer answer;
	credential_answer_parse(&answer, text, 3, PASSWORD, NOW);
	assert_null(answer.secret);
	assert_string_equal(answer.problem, "has a zero byte in it");
	credential_answer_deinit(&answer);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_what_has_expired_is_not_unknown),
		cmocka_unit_test(test_a_zero_byte_is_no_password),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
