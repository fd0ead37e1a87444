#include "base/reason.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_words_and_back(void **state) {
	for (enum reason i = REASON_NONE + 1; i < REASON_COUNT_; i++) {
		const char *word = reason_to_string(i);
		assert_true(strlen(word) > 0);
		assert_int_equal(strspn(word, "abcdefghijklmnopqrstuvwxyz-"), strlen(word));
		assert_int_equal(reason_from_string(word), i);
	}
}

/* The words are part of the D-Bus contract: scripts compare them. */
static void test_words_that_others_rely_on(void **state) {
	static const struct {
		enum reason reason;
		const char *word;
	} cases[] = {
		{ REASON_NONE, "" },
		{ REASON_AUTH_FAILED, "auth-failed" },
		{ REASON_TOKEN_EXPIRED, "token-expired" },
		{ REASON_LOCKED, "locked" },
		{ REASON_DNS_FAILED, "dns-failed" },
		{ REASON_CONNECT_FAILED, "connect-failed" },
		{ REASON_TLS_UNTRUSTED, "tls-untrusted" },
		{ REASON_TLS_EXPIRED, "tls-expired" },
		{ REASON_TLS_NAME, "tls-name" },
		{ REASON_TLS_TRUNCATED, "tls-truncated" },
		{ REASON_STARTTLS_REFUSED, "starttls-refused" },
		{ REASON_INJECTED_DATA, "injected-data" },
		{ REASON_PREAUTH_CLEARTEXT, "preauth-cleartext" },
		{ REASON_THROTTLED, "throttled" },
		{ REASON_LIMIT, "limit" },
		{ REASON_PROTOCOL_ERROR, "protocol-error" },
		{ REASON_UNEXPECTED_TAG, "unexpected-tag" },
		{ REASON_UNEXPECTED_UNTAGGED, "unexpected-untagged" },
		{ REASON_UNEXPECTED_PREAUTH, "unexpected-preauth" },
		{ REASON_CONFIG_ERROR, "config-error" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(reason_to_string(cases[i].reason), cases[i].word);
}

static void test_unknown_words(void **state) {
	assert_int_equal(reason_from_string(""), REASON_NONE);
	assert_int_equal(reason_from_string("tls"), REASON_NONE);
	assert_int_equal(reason_from_string("TLS-EXPIRED"), REASON_NONE);
	assert_int_equal(reason_from_string("tls-expired "), REASON_NONE);
}

static void test_sentences(void **state) {
	assert_string_equal(reason_to_sentence(REASON_NONE), "");
	for (enum reason i = REASON_NONE + 1; i < REASON_COUNT_; i++) {
		const char *sentence = reason_to_sentence(i);
		size_t n = strlen(sentence);
		assert_in_range(n, 10, 80);
		assert_in_range(sentence[0], 'A', 'Z');
		assert_int_not_equal(sentence[n - 1], '.');
		for (enum reason j = REASON_NONE + 1; j < i; j++)
			assert_string_not_equal(sentence, reason_to_sentence(j));
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_and_back),
		cmocka_unit_test(test_words_that_others_rely_on),
		cmocka_unit_test(test_unknown_words),
		cmocka_unit_test(test_sentences),
	};
	return cmocka_run_group_tests_name("reason", tests, NULL, NULL);
}
