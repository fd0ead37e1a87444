#include "protocol/imap-refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/macros.h"

#define FALLBACK REASON_NO_MAILBOX

static const struct {
	enum imap_code code;
	const char *text;
	enum reason reason;
	uint64_t retry_after_msec;
} cases[] = {
	{ IMAP_CODE_NONE, "", FALLBACK, 0 },
	{ IMAP_CODE_NONE, "Mailbox doesn't exist", FALLBACK, 0 },
	{ IMAP_CODE_OTHER, "", FALLBACK, 0 },
	{ IMAP_CODE_ALERT, "Invalid credentials (Failure)", FALLBACK, 0 },
	{ IMAP_CODE_REFERRAL, "go there", FALLBACK, 0 },
	{ IMAP_CODE_AUTHENTICATIONFAILED, "", REASON_AUTH_FAILED, 0 },
	{ IMAP_CODE_AUTHORIZATIONFAILED, "", REASON_AUTH_FAILED, 0 },
	{ IMAP_CODE_EXPIRED, "", REASON_AUTH_FAILED, 0 },
	{ IMAP_CODE_AUTHENTICATIONFAILED, "try again later", REASON_AUTH_FAILED, 0 },
	{ IMAP_CODE_PRIVACYREQUIRED, "", REASON_NO_MECHANISM, 0 },
	{ IMAP_CODE_LIMIT, "", REASON_LIMIT, 0 },
	{ IMAP_CODE_UNAVAILABLE, "", REASON_UNAVAILABLE, 0 },
	{ IMAP_CODE_INUSE, "", REASON_UNAVAILABLE, 0 },
	{ IMAP_CODE_SERVERBUG, "", REASON_UNAVAILABLE, 0 },
	{ IMAP_CODE_CONTACTADMIN, "", REASON_UNAVAILABLE, 0 },
	{ IMAP_CODE_UNAVAILABLE, "Maximum number of connections from user+IP exceeded",
		REASON_LIMIT, 0 },
	{ IMAP_CODE_NONE, "MAXIMUM NUMBER OF CONNECTIONS", REASON_LIMIT, 0 },
	{ IMAP_CODE_ALERT, "Too many simultaneous connections. (Failure)", REASON_LIMIT, 0 },
	{ IMAP_CODE_NONE, "Too many concurrent connections", REASON_LIMIT, 0 },
	{ IMAP_CODE_NONE, "Account is temporarily unavailable.", REASON_LIMIT, 0 },
	{ IMAP_CODE_NONE, "User is authenticated but not connected.", REASON_LIMIT, 0 },
	{ IMAP_CODE_NONE, "Slow down [THROTTLED]", REASON_THROTTLED, 0 },
	{ IMAP_CODE_NONE, "Request is throttled. Suggested Backoff Time: 92415 milliseconds",
		REASON_THROTTLED, 92415 },
	{ IMAP_CODE_NONE, "Suggested Backoff Time: 0 milliseconds", REASON_THROTTLED, 0 },
	{ IMAP_CODE_NONE, "Suggested Backoff Time: many milliseconds", REASON_THROTTLED, 0 },
	{ IMAP_CODE_NONE, "Suggested Backoff Time: -5 milliseconds", REASON_THROTTLED, 0 },
	{ IMAP_CODE_NONE, "Suggested Backoff Time: ", REASON_THROTTLED, 0 },
	{ IMAP_CODE_NONE, "Suggested Backoff Time: 18446744073709551615 milliseconds",
		REASON_THROTTLED, 86400000 },
	{ IMAP_CODE_NONE, "Suggested Backoff Time: 18446744073709551616 milliseconds",
		REASON_THROTTLED, 0 },
	{ IMAP_CODE_NONE, "Session invalidated - AccessTokenExpired", REASON_TOKEN_EXPIRED, 0 },
	{ IMAP_CODE_NONE, "Temporary authentication failure. [host:2026]", REASON_UNAVAILABLE, 0 },
	{ IMAP_CODE_NONE, "Too many login failures, please wait", REASON_THROTTLED, 0 },
	{ IMAP_CODE_ALERT, "Too many failed attempts", REASON_THROTTLED, 0 },
	{ IMAP_CODE_NONE, "generic failure", REASON_UNAVAILABLE, 0 },
	{ IMAP_CODE_NONE, "Service temporarily unavailable", REASON_UNAVAILABLE, 0 },
};

static void test_table(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct imap_reply reply = { .code = cases[i].code, .text = cases[i].text };
		struct imap_refusal refusal = imap_refusal_of(&reply, FALLBACK);
		if (refusal.reason != cases[i].reason ||
			refusal.retry_after_usec != cases[i].retry_after_msec * USEC_PER_MSEC)
			fail_msg("\"%s\": %s", cases[i].text, reason_to_string(refusal.reason));
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
	};
	return cmocka_run_group_tests_name("imap-refusal", tests, NULL, NULL);
}
