#include "notify/trouble.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DELAY (10 * USEC_PER_MINUTE)
#define DAY TROUBLE_AGAIN_USEC

static uint64_t due(const struct trouble *t, uint64_t usec) {
	const struct trouble_time now = { .usec = usec, .wall_usec = usec };

	return trouble_due(t, DELAY, &now);
}

static void tell(struct trouble *t, uint64_t usec) {
	trouble_take(t);
	trouble_told(t, usec);
}

static void test_a_refused_login_is_told_at_once(void **state) {
	struct trouble t = { 0 };

	assert_int_equal(due(&t, 0), USEC_NEVER);
	trouble_observe(&t, "failed", "auth-failed", 5);
	assert_int_equal(due(&t, 5), 0);
	tell(&t, 5);
	assert_int_equal(due(&t, 5), USEC_NEVER);
	trouble_observe(&t, "connecting", "", 6);
	trouble_observe(&t, "failed", "auth-failed", 7);
	assert_int_equal(due(&t, DAY * 3), USEC_NEVER); /* it stands there still */
	trouble_observe(&t, "online", "", 8);
	assert_true(trouble_is_over_but_live(&t));
	assert_int_equal(due(&t, 8), 0);
	trouble_closed(&t);
	assert_int_equal(due(&t, 8), USEC_NEVER);
}

static void test_a_short_outage_is_not_told(void **state) {
	struct trouble t = { 0 };

	trouble_observe(&t, "offline", "connection-lost", 100);
	assert_int_equal(due(&t, 100), 100 + DELAY);
	trouble_observe(&t, "connecting", "", 200);
	trouble_observe(&t, "offline", "connect-failed", 300); /* the same outage */
	assert_int_equal(due(&t, 300), 100 + DELAY);
	trouble_observe(&t, "online", "", 400);
	assert_int_equal(due(&t, 400), USEC_NEVER);
	trouble_observe(&t, "offline", "dns-failed", 500);
	assert_int_equal(due(&t, 500), 500 + DELAY);
}

static void test_one_reason_once_in_a_day(void **state) {
	struct trouble t = { 0 };

	trouble_observe(&t, "failed", "tls-expired", 0);
	tell(&t, 1000);
	trouble_closed(&t); /* by the user */
	assert_int_equal(due(&t, 2000), USEC_NEVER);
	trouble_observe(&t, "failed", "auth-failed", 3000); /* another one */
	assert_int_equal(due(&t, 3000), 0);
	trouble_observe(&t, "online", "", 3500);
	trouble_observe(&t, "failed", "tls-expired", 4000);
	assert_int_equal(due(&t, 4000), USEC_NEVER);
	assert_int_equal(due(&t, 1000 + DAY), 0);
	assert_int_equal(due(&t, 500), 0); /* the clock went back */
}

static void test_another_reason_replaces(void **state) {
	struct trouble t = { 0 };

	trouble_observe(&t, "failed", "auth-failed", 0);
	tell(&t, 0);
	trouble_observe(&t, "failed", "tls-name", 10);
	assert_int_equal(due(&t, 10), 0);
	tell(&t, 10);
	assert_int_equal(t.told, REASON_TLS_NAME);
	assert_int_equal(due(&t, 10), USEC_NEVER);
}

static void test_lost_push_is_none(void **state) {
	struct trouble t = { 0 };

	trouble_observe(&t, "degraded", "push-silent", 0);
	trouble_observe(&t, "degraded", "push-refused", 0);
	trouble_observe(&t, "paused", "auth-failed", 0);
	trouble_observe(&t, "offline", "", 0);
	assert_int_equal(due(&t, DAY), USEC_NEVER);
	trouble_observe(&t, "degraded", "no-mailbox", 0);
	assert_int_equal(due(&t, 0), 0);
	trouble_observe(&t, "degraded", "a-later-word", 50);
	assert_int_equal(due(&t, 50), 50 + DELAY);
}

static void test_failed_and_lost_are_told_again(void **state) {
	struct trouble t = { 0 };

	trouble_observe(&t, "failed", "locked", 0);
	trouble_take(&t);
	assert_int_equal(due(&t, 0), USEC_NEVER);
	trouble_failed(&t);
	assert_int_equal(due(&t, 0), 0);
	tell(&t, 0);
	trouble_lost(&t);
	assert_int_equal(due(&t, 10), 0);
	trouble_observe(&t, "online", "", 20);
	assert_int_equal(due(&t, 20), USEC_NEVER);
	trouble_observe(&t, "failed", "locked", 30); /* told a moment ago */
	assert_int_equal(due(&t, 30), USEC_NEVER);
}

static void test_off(void **state) {
	struct trouble t = { 0 };
	const struct trouble_time now = { 0 };

	trouble_observe(&t, "failed", "auth-failed", 0);
	assert_int_equal(trouble_due(&t, USEC_NEVER, &now), USEC_NEVER);
}

/* Who forgets that it was told would tell it again. */
static void test_idle(void **state) {
	struct trouble t = { 0 };

	assert_true(trouble_is_idle(&t, 0));
	trouble_observe(&t, "failed", "auth-failed", 0);
	assert_false(trouble_is_idle(&t, 0));
	tell(&t, 1000);
	trouble_observe(&t, "online", "", 2000);
	assert_false(trouble_is_idle(&t, 1000 + DAY));
	trouble_closed(&t);
	assert_false(trouble_is_idle(&t, 999 + DAY));
	assert_true(trouble_is_idle(&t, 1000 + DAY));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_refused_login_is_told_at_once),
		cmocka_unit_test(test_a_short_outage_is_not_told),
		cmocka_unit_test(test_one_reason_once_in_a_day),
		cmocka_unit_test(test_another_reason_replaces),
		cmocka_unit_test(test_lost_push_is_none),
		cmocka_unit_test(test_failed_and_lost_are_told_again),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_idle),
	};

	return cmocka_run_group_tests_name("trouble", tests, NULL, NULL);
}
