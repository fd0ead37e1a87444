/* When a refused or expired token is replaced at once, and when it is told to the user. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/credential.h"
#include "daemon/token-care.h"

#define NOW (1000000 * USEC_PER_SEC)

static void give(struct token_care *care, enum credential_kind kind, uint64_t expires_usec) {
	const struct credential_result result = {
		.secret = "x",
		.kind = kind,
		.expires_usec = expires_usec,
	};
	token_care_on_credential(care, &result);
}

static void a_11_a_refused_token_is_replaced_once(void **state) {
	struct token_care care = { 0 };
	give(&care, CREDENTIAL_TOKEN, 0);
	assert_false(care.is_refresh_due);
	assert_true(token_care_on_end(&care, REASON_AUTH_FAILED, 0));
	assert_true(care.is_refresh_due);
	give(&care, CREDENTIAL_TOKEN, 0);
	assert_false(token_care_on_end(&care, REASON_AUTH_FAILED, 0));
	assert_true(care.is_refresh_due); /* by the backoff's next attempt, too */
	/* a source that cannot be asked changes nothing of that */
	const struct credential_result failed = { .reason = REASON_SECRET_FAILED };
	token_care_on_credential(&care, &failed);
	assert_false(token_care_on_end(&care, REASON_SECRET_FAILED, 0));
	assert_true(care.is_refresh_due);
	token_care_on_online(&care);
	assert_false(care.is_refresh_due);
}

static void a_17_an_expired_token_is_no_failure(void **state) {
	struct token_care care = { 0 };
	for (int hour = 0; hour < 3; hour++) {
		give(&care, CREDENTIAL_TOKEN, 0);
		token_care_on_online(&care);
		assert_true(token_care_on_end(&care, REASON_TOKEN_EXPIRED, USEC_PER_HOUR));
		assert_true(care.is_refresh_due);
	}
}

/* A server that lets us in and says so at once would else be stormed. */
static void expiry_right_after_the_login(void **state) {
	struct token_care care = { 0 };
	give(&care, CREDENTIAL_TOKEN, 0);
	token_care_on_online(&care);
	assert_true(token_care_on_end(&care, REASON_TOKEN_EXPIRED, USEC_PER_SEC));
	give(&care, CREDENTIAL_TOKEN, 0);
	token_care_on_online(&care);
	assert_false(token_care_on_end(&care, REASON_TOKEN_EXPIRED, USEC_PER_SEC));
}

static void other_ends_and_passwords(void **state) {
	struct token_care care = { 0 };
	give(&care, CREDENTIAL_TOKEN, 0);
	assert_false(token_care_on_end(&care, REASON_CONNECTION_LOST, USEC_PER_HOUR));
	assert_false(token_care_on_end(&care, REASON_THROTTLED, 0));
	assert_false(token_care_on_end(&care, REASON_NONE, 0));
	assert_false(care.is_refresh_due);
	give(&care, CREDENTIAL_PASSWORD, 0);
	assert_false(token_care_on_end(&care, REASON_AUTH_FAILED, 0));
	give(&care, CREDENTIAL_NONE, 0);
	assert_false(token_care_on_end(&care, REASON_AUTH_FAILED, 0));
	assert_false(care.is_refresh_due);
}

/* Only where the server is known to close at the end; and not again and again for a source that has
 * nothing newer. */
static void renewal(void **state) {
	struct token_care care = { 0 };
	give(&care, CREDENTIAL_TOKEN, NOW + USEC_PER_HOUR);
	assert_true(token_care_renewal(&care, NOW) == USEC_NEVER);
	assert_true(token_care_on_end(&care, REASON_TOKEN_EXPIRED, USEC_PER_HOUR));
	assert_true(token_care_renewal(&care, NOW) == NOW + USEC_PER_HOUR - TOKEN_CARE_AHEAD_USEC);
	give(&care, CREDENTIAL_TOKEN, NOW + USEC_PER_MINUTE);
	assert_true(token_care_renewal(&care, NOW) == USEC_NEVER);
	give(&care, CREDENTIAL_TOKEN, 0);
	assert_true(token_care_renewal(&care, NOW) == USEC_NEVER);

	give(&care, CREDENTIAL_TOKEN, NOW + USEC_PER_HOUR);
	care.is_renewing = true;
	assert_true(token_care_on_end(&care, REASON_NONE, 59 * USEC_PER_MINUTE));
	assert_true(care.is_refresh_due);
	assert_false(care.is_renewing);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_11_a_refused_token_is_replaced_once),
		cmocka_unit_test(a_17_an_expired_token_is_no_failure),
		cmocka_unit_test(expiry_right_after_the_login),
		cmocka_unit_test(other_ends_and_passwords),
		cmocka_unit_test(renewal),
	};
	return cmocka_run_group_tests_name("token-care", tests, NULL, NULL);
}
