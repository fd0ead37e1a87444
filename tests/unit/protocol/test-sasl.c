#include "protocol/sasl.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

static struct sasl *plain(const char *user, const char *password) {
	struct sasl *s = NULL;
	const struct sasl_login login = {
		.mechanism = "PLAIN",
		.service = "imap",
		.host = "imap.example.org",
		.user = user,
		.password = password,
	};
	assert_int_equal(sasl_new(&login, &s), 0);
	return s;
}

/* RFC 4616: NUL tim NUL tanstaaftanstaaf */
static void test_plain(void **state) {
	CLEANUP(sasl_free) struct sasl *s = plain("tim", "tanstaaftanstaaf");
	CLEANUP_SECRET char *response = NULL;
	assert_false(sasl_is_done(s));
	assert_int_equal(sasl_step(s, NULL, &response), 0);
	assert_string_equal(response, "AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
	assert_true(sasl_is_done(s));
}

/* Behind the + the challenge is empty; then nothing more may come. */
static void test_challenges(void **state) {
	CLEANUP(sasl_free) struct sasl *s = plain("gr\xc3\xbcn", " \"\\");
	CLEANUP_SECRET char *response = NULL;
	assert_int_equal(sasl_step(s, "", &response), 0);
	assert_string_equal(response, "AGdyw7xuACAiXA==");
	char *none = NULL;
	assert_int_equal(sasl_step(s, "", &none), -EBADMSG);
	assert_null(none);
	assert_false(sasl_is_done(s));
}

static void test_bad_challenge(void **state) {
	static const char *const bad[] = { "!!!", "=", "a", "====", "AAAA\x01" };
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP(sasl_free) struct sasl *s = plain("a", "b");
		char *response = NULL;
		assert_int_equal(sasl_step(s, bad[i], &response), -EBADMSG);
		assert_null(response);
		assert_int_equal(sasl_step(s, NULL, &response), -EBADMSG);
		assert_false(sasl_is_done(s));
	}
}

static void test_unknown(void **state) {
	struct sasl *s = NULL;
	const struct sasl_login login = { .mechanism = "XYZZY", .user = "a", .password = "b" };
	assert_int_equal(sasl_new(&login, &s), -ENOTSUP);
	assert_null(s);
	assert_null(sasl_free(NULL));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_challenges),
		cmocka_unit_test(test_bad_challenge),
		cmocka_unit_test(test_unknown),
	};
	return cmocka_run_group_tests_name("sasl", tests, NULL, NULL);
}
