/* A host in trouble: who may try it, and when. Time and chance are arguments here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/breaker.h"

#define N 10

struct host {
	struct breaker breaker;
	struct breaker_view views[N];
	uint64_t now;
};

static bool note(struct host *host, unsigned i, enum breaker_sight sight) {
	struct breaker_news news = { sight, host->now, 0 };
	return breaker_note(&host->breaker, &host->views[i], &news);
}

static void lose(struct host *host, unsigned from, unsigned n) {
	for (unsigned i = from; i < from + n; i++)
		note(host, i, BREAKER_FAILING);
}

static unsigned n_let_in(struct host *host) {
	unsigned n = 0;
	for (unsigned i = 0; i < N; i++)
		n += breaker_may_try(&host->breaker, &host->views[i], host->now);
	return n;
}

static void test_opens_when_most_fail(void **state) {
	static const struct {
		unsigned n_well, n_failing;
		bool opens;
	} cases[] = {
		{ 0, 1, false },
		{ 0, 2, false },
		{ 0, 3, true },
		{ 2, 3, true },
		{ 3, 3, false },
		{ 3, 4, true },
		{ 9, 1, false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct host host = { .now = USEC_PER_HOUR };
		for (unsigned j = 0; j < cases[i].n_well; j++)
			note(&host, j, BREAKER_WELL);
		lose(&host, cases[i].n_well, cases[i].n_failing);
		assert_int_equal(n_let_in(&host), cases[i].opens ? 0 : N);
	}
}

/* One account that fails all day is that account's trouble. */
static void test_one_account_does_not_open_it(void **state) {
	struct host host = { 0 };
	for (unsigned i = 0; i < 100; i++)
		assert_false(note(&host, 0, BREAKER_FAILING));
	assert_int_equal(n_let_in(&host), N);
}

static void test_one_tries_while_the_others_wait(void **state) {
	struct host host = { .now = USEC_PER_HOUR };
	lose(&host, 0, 3);
	uint64_t due = breaker_due(&host.breaker, host.now);
	assert_in_range(due, host.now + USEC_PER_SEC, host.now + BREAKER_WAIT_MIN_USEC);
	host.now = due - 1;
	assert_int_equal(n_let_in(&host), 0);
	host.now = due;
	assert_int_equal(n_let_in(&host), 1);
	assert_int_equal(n_let_in(&host), 1);
	assert_int_equal(breaker_due(&host.breaker, host.now), USEC_NEVER);
	assert_true(note(&host, 0, BREAKER_WELL));
	assert_int_equal(n_let_in(&host), N);
}

static void test_a_probe_that_fails_doubles_the_wait(void **state) {
	struct host host = { 0 };
	lose(&host, 0, 3);
	uint64_t most = BREAKER_WAIT_MIN_USEC;
	for (int i = 0; i < 40; i++) {
		host.now = breaker_due(&host.breaker, host.now);
		assert_int_equal(n_let_in(&host), 1);
		most = MIN(most * 2, BREAKER_WAIT_MAX_USEC);
		struct breaker_news news = { BREAKER_FAILING, host.now, most - USEC_PER_SEC };
		assert_true(breaker_note(&host.breaker, &host.views[0], &news));
		assert_int_equal(breaker_due(&host.breaker, host.now), host.now + most);
	}
	assert_int_equal(most, BREAKER_WAIT_MAX_USEC);
}

/* An account that is stopped, or whose key ring is locked, has found out nothing. */
static void test_a_probe_that_gives_up_leaves_its_place(void **state) {
	struct host host = { 0 };
	lose(&host, 0, 3);
	host.now = breaker_due(&host.breaker, 0);
	assert_true(breaker_may_try(&host.breaker, &host.views[5], host.now));
	assert_false(breaker_may_try(&host.breaker, &host.views[6], host.now));
	assert_true(breaker_forget(&host.breaker, &host.views[5]));
	assert_true(breaker_may_try(&host.breaker, &host.views[6], host.now));
	assert_true(note(&host, 6, BREAKER_UNKNOWN));
	assert_true(breaker_may_try(&host.breaker, &host.views[7], host.now));
}

/* A connection that is still there, or an account without the breaker's leave, closes it as well. */
static void test_what_was_seen_before_counts_no_more(void **state) {
	struct host host = { 0 };
	lose(&host, 0, N);
	assert_true(note(&host, 9, BREAKER_WELL));
	lose(&host, 0, 1);
	assert_int_equal(n_let_in(&host), N);
	for (unsigned i = 0; i < N; i++)
		breaker_forget(&host.breaker, &host.views[i]);
	assert_int_equal(host.breaker.n_well, 0);
	assert_int_equal(host.breaker.n_failing, 0);
}

static void test_what_an_end_says_of_the_host(void **state) {
	static const struct {
		enum reason reason;
		enum breaker_sight sight;
	} cases[] = {
		{ REASON_NONE, BREAKER_UNKNOWN },
		{ REASON_DNS_FAILED, BREAKER_FAILING },
		{ REASON_CONNECT_FAILED, BREAKER_FAILING },
		{ REASON_CONNECTION_LOST, BREAKER_FAILING },
		{ REASON_TIMED_OUT, BREAKER_FAILING },
		{ REASON_SERVER_CLOSED, BREAKER_FAILING },
		{ REASON_UNAVAILABLE, BREAKER_FAILING },
		{ REASON_TLS_TRUNCATED, BREAKER_FAILING },
		{ REASON_AUTH_FAILED, BREAKER_WELL },
		{ REASON_NO_MAILBOX, BREAKER_WELL },
		{ REASON_THROTTLED, BREAKER_UNKNOWN },
		{ REASON_LIMIT, BREAKER_UNKNOWN },
		{ REASON_TLS_UNTRUSTED, BREAKER_UNKNOWN },
		{ REASON_SECRET_FAILED, BREAKER_UNKNOWN },
		{ REASON_STORE_FAILED, BREAKER_UNKNOWN },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(breaker_sight_of(cases[i].reason), cases[i].sight);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opens_when_most_fail),
		cmocka_unit_test(test_one_account_does_not_open_it),
		cmocka_unit_test(test_one_tries_while_the_others_wait),
		cmocka_unit_test(test_a_probe_that_fails_doubles_the_wait),
		cmocka_unit_test(test_a_probe_that_gives_up_leaves_its_place),
		cmocka_unit_test(test_what_was_seen_before_counts_no_more),
		cmocka_unit_test(test_what_an_end_says_of_the_host),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
