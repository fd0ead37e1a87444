/* How many logins a host gets from us in the long run: time is an argument here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/login-budget.h"

#define START (1000 * USEC_PER_SEC)

/* Logs in whenever it may; how often that is until `end`. */
static unsigned log_in_until(
	struct login_budget *budget, uint64_t n_accounts, uint64_t now, uint64_t end) {
	unsigned n = 0;
	for (;;) {
		now = login_budget_due(budget, n_accounts, now);
		if (now >= end)
			return n;
		login_budget_take(budget, n_accounts, now);
		n++;
	}
}

static void test_three_in_the_first_minute_then_one_a_minute(void **state) {
	static const struct {
		uint64_t end_usec;
		unsigned n;
	} cases[] = {
		{ 1, 3 },
		{ USEC_PER_MINUTE, 3 },
		{ USEC_PER_MINUTE + 1, 4 },
		{ 2 * USEC_PER_MINUTE, 4 },
		{ USEC_PER_HOUR, 62 },
		{ 24 * USEC_PER_HOUR, 1442 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct login_budget budget = { 0 };
		assert_int_equal(
			log_in_until(&budget, 1, START, START + cases[i].end_usec), cases[i].n);
	}
}

/* Each account of a host has its share, and those of others lend it theirs. */
static void test_grows_with_the_accounts(void **state) {
	struct login_budget budget = { 0 };
	assert_int_equal(log_in_until(&budget, 10000, START, START + 1), 30000);
	assert_int_equal(log_in_until(&budget, 10000, START, START + USEC_PER_SEC), 166);
}

static void test_what_was_not_used_is_given_back(void **state) {
	struct login_budget budget = { 0 };
	for (int i = 0; i < 100; i++) {
		assert_int_equal(login_budget_due(&budget, 1, START), START);
		login_budget_take(&budget, 1, START);
		login_budget_give_back(&budget);
	}
	login_budget_give_back(&budget);
	assert_int_equal(log_in_until(&budget, 1, START, START + 1), 3);
}

static void test_full_again_after_three_minutes(void **state) {
	struct login_budget budget = { 0 };
	assert_true(login_budget_is_full(&budget, 1, START));
	log_in_until(&budget, 1, START, START + 1);
	assert_false(login_budget_is_full(&budget, 1, START + 3 * USEC_PER_MINUTE - 1));
	assert_true(login_budget_is_full(&budget, 1, START + 3 * USEC_PER_MINUTE));
	assert_int_equal(log_in_until(&budget, 1, START + 3 * USEC_PER_MINUTE,
				 START + 3 * USEC_PER_MINUTE + 1),
		3);
}

/* A clock that goes back, a host without accounts: neither a login more nor a wait without end. */
static void test_odd_arguments(void **state) {
	struct login_budget budget = { 0 };
	log_in_until(&budget, 0, START, START + 1);
	assert_int_equal(login_budget_due(&budget, 0, START), START + USEC_PER_MINUTE);
	assert_int_equal(login_budget_due(&budget, 0, 0), USEC_PER_MINUTE);
	assert_int_equal(login_budget_due(&budget, 0, UINT64_MAX / 2), UINT64_MAX / 2);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_in_the_first_minute_then_one_a_minute),
		cmocka_unit_test(test_grows_with_the_accounts),
		cmocka_unit_test(test_what_was_not_used_is_given_back),
		cmocka_unit_test(test_full_again_after_three_minutes),
		cmocka_unit_test(test_odd_arguments),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
