/* Waits before the next attempt: time and chance are arguments here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/macros.h"
#include "daemon/backoff.h"

#define CAP (5 * USEC_PER_MINUTE)

static uint64_t next(struct backoff *backoff, enum reason reason, uint64_t random) {
	struct backoff_end end = { .reason = reason, .cap_usec = CAP, .random = random };
	return backoff_next(backoff, &end);
}

static uint64_t next_alive(struct backoff *backoff, uint64_t alive_usec) {
	struct backoff_end end = {
		.reason = REASON_SERVER_CLOSED,
		.alive_usec = alive_usec,
		.cap_usec = CAP,
	};
	return backoff_next(backoff, &end);
}

static uint64_t next_asked(struct backoff *backoff, enum reason reason, uint64_t asked_usec) {
	struct backoff_end end = { .reason = reason, .asked_usec = asked_usec, .cap_usec = CAP };
	return backoff_next(backoff, &end);
}

static void test_network_doubles_to_the_cap(void **state) {
	struct backoff backoff = { 0 };
	uint64_t most = BACKOFF_BASE_USEC;
	for (int i = 0; i < 40; i++) {
		struct backoff at_least = backoff, at_most = backoff;
		assert_int_equal(next(&at_least, REASON_CONNECTION_LOST, 0), USEC_PER_SEC);
		/* The largest remainder that the jitter can take. */
		uint64_t span = most - USEC_PER_SEC + 1;
		assert_int_equal(next(&at_most, REASON_CONNECTION_LOST, span - 1), most);
		next(&backoff, REASON_CONNECTION_LOST, 7);
		most = MIN(most * 2, CAP);
	}
	assert_int_equal(most, CAP);
}

static void test_network_is_forgotten_by_survival_alone(void **state) {
	struct backoff backoff = { 0 };
	for (int i = 0; i < 5; i++)
		next(&backoff, REASON_SERVER_CLOSED, 0);
	backoff_accepted(&backoff);
	assert_int_equal(backoff.n_failures, 5);
	next_alive(&backoff, BACKOFF_STABLE_USEC - 1);
	assert_int_equal(backoff.n_failures, 6);
	next_alive(&backoff, BACKOFF_STABLE_USEC);
	assert_int_equal(backoff.n_failures, 1);
}

/* After a sleep everything is dead; nobody is to blame, and nobody has to wait. But once only. */
static void test_what_a_sleep_has_ended_is_tried_at_once(void **state) {
	struct backoff backoff = { 0 };
	struct backoff_end end = {
		.reason = REASON_TIMED_OUT,
		.alive_usec = BACKOFF_STABLE_USEC,
		.cap_usec = CAP,
		.is_excused = true,
	};
	assert_int_equal(backoff_next(&backoff, &end), 0);
	end.alive_usec = 0;
	assert_true(backoff_next(&backoff, &end) >= USEC_PER_SEC);
	end.reason = REASON_AUTH_FAILED;
	backoff = (struct backoff){ 0 };
	assert_int_equal(backoff_next(&backoff, &end), USEC_PER_MINUTE);
}

static void a_28_a_refused_login_has_its_own_steps(void **state) {
	struct backoff backoff = { 0 };
	const uint64_t expected[] = { USEC_PER_MINUTE, 15 * USEC_PER_MINUTE, USEC_PER_HOUR,
		4 * USEC_PER_HOUR, USEC_NEVER, USEC_NEVER };
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_int_equal(next(&backoff, REASON_AUTH_FAILED, 12345), expected[i]);
	assert_int_equal(backoff.n_refusals, 5);
	backoff_accepted(&backoff);
	assert_int_equal(next(&backoff, REASON_AUTH_FAILED, 0), USEC_PER_MINUTE);
}

static void test_a_refusal_goes_on_after_a_restart(void **state) {
	const uint64_t when = 1000 * USEC_PER_HOUR;
	static const struct {
		unsigned n_refusals;
		uint64_t passed_usec, left_usec;
	} cases[] = {
		{ 0, 0, 0 },
		{ 1, 0, USEC_PER_MINUTE },
		{ 1, 59 * USEC_PER_SEC, USEC_PER_SEC },
		{ 1, USEC_PER_MINUTE, 0 },
		{ 2, USEC_PER_MINUTE, 14 * USEC_PER_MINUTE },
		{ 3, 0, USEC_PER_HOUR },
		{ 4, USEC_PER_HOUR, 3 * USEC_PER_HOUR },
		{ 4, 1000 * USEC_PER_HOUR, 0 },
		{ 5, 0, USEC_NEVER },
		{ 5, 4 * USEC_PER_HOUR - 1, USEC_NEVER },
		{ 5, 4 * USEC_PER_HOUR, 0 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct backoff backoff = { .n_refusals = cases[i].n_refusals };
		uint64_t now = when + cases[i].passed_usec;
		uint64_t left = cases[i].left_usec;
		assert_int_equal(backoff_refused_until(&backoff, when, now),
			left == USEC_NEVER ? left : now + left);
	}
	/* the clock was put back: the whole wait, and not more */
	struct backoff backoff = { .n_refusals = 1 };
	assert_int_equal(backoff_refused_until(&backoff, when, 0), USEC_PER_MINUTE);
}

static void test_network_trouble_does_not_count_as_refusal(void **state) {
	struct backoff backoff = { 0 };
	next(&backoff, REASON_AUTH_FAILED, 0);
	next(&backoff, REASON_TIMED_OUT, 0);
	assert_int_equal(next(&backoff, REASON_AUTH_FAILED, 0), 15 * USEC_PER_MINUTE);
}

static void test_limits_and_throttles_are_not_refusals(void **state) {
	struct backoff backoff = { 0 };
	assert_int_equal(next(&backoff, REASON_THROTTLED, 0), 15 * USEC_PER_MINUTE);
	assert_int_equal(next(&backoff, REASON_LIMIT, 0), 15 * USEC_PER_MINUTE);
	assert_int_equal(backoff.n_refusals, 0);
	assert_int_equal(backoff_kind(REASON_UNAVAILABLE), BACKOFF_NETWORK);
}

static void test_the_server_may_ask_for_patience_within_reason(void **state) {
	struct backoff backoff = { 0 };
	assert_int_equal(next_asked(&backoff, REASON_SERVER_CLOSED, 92415000), 92415000);
	assert_int_equal(next_asked(&backoff, REASON_SERVER_CLOSED, USEC_NEVER - 1), USEC_PER_HOUR);
}

/* All accounts of a host are told the same: they come back within an eighth of it, and none before. */
static void test_patience_has_jitter_too(void **state) {
	static const struct {
		enum reason reason;
		uint64_t asked_usec, most_usec;
	} cases[] = {
		{ REASON_SERVER_CLOSED, 80 * USEC_PER_SEC, 90 * USEC_PER_SEC },
		{ REASON_SERVER_CLOSED, 2 * USEC_PER_HOUR, USEC_PER_HOUR * 9 / 8 },
		{ REASON_THROTTLED, USEC_PER_HOUR, USEC_PER_HOUR * 9 / 8 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct backoff least = { 0 }, most = { 0 };
		uint64_t asked = MIN(cases[i].asked_usec, USEC_PER_HOUR);
		struct backoff_end end = {
			.reason = cases[i].reason,
			.asked_usec = cases[i].asked_usec,
			.cap_usec = CAP,
		};
		assert_int_equal(backoff_next(&least, &end), asked);
		end.random = asked / 8;
		assert_int_equal(backoff_next(&most, &end), cases[i].most_usec);
	}
}

static void test_a_throttle_that_names_its_time(void **state) {
	struct backoff backoff = { 0 };
	assert_int_equal(next_asked(&backoff, REASON_THROTTLED, USEC_PER_MINUTE), USEC_PER_MINUTE);
	assert_int_equal(
		next_asked(&backoff, REASON_THROTTLED, USEC_PER_MINUTE), 2 * USEC_PER_MINUTE);
	for (int i = 0; i < 3; i++)
		(void)next_asked(&backoff, REASON_THROTTLED, USEC_PER_MINUTE);
	assert_int_equal(
		next_asked(&backoff, REASON_THROTTLED, USEC_PER_SEC), 15 * USEC_PER_MINUTE);
	backoff = (struct backoff){ 0 };
	assert_int_equal(next_asked(&backoff, REASON_THROTTLED, USEC_PER_SEC), USEC_PER_MINUTE);
	assert_int_equal(next_asked(&backoff, REASON_THROTTLED, USEC_PER_HOUR), USEC_PER_HOUR);
}

static void test_only_the_user_helps(void **state) {
	struct backoff backoff = { 0 };
	assert_int_equal(next(&backoff, REASON_CONFIG_ERROR, 0), USEC_NEVER);
	assert_int_equal(next_asked(&backoff, REASON_CLEARTEXT_REFUSED, USEC_PER_SEC), USEC_NEVER);
}

static void test_locked_key_ring_tells_itself(void **state) {
	struct backoff backoff = { 0 };
	for (int i = 0; i < 5; i++) {
		uint64_t wait = next(&backoff, REASON_LOCKED, 0);
		assert_true(wait >= 15 * USEC_PER_MINUTE && wait <= 16 * USEC_PER_MINUTE);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_network_doubles_to_the_cap),
		cmocka_unit_test(test_network_is_forgotten_by_survival_alone),
		cmocka_unit_test(test_what_a_sleep_has_ended_is_tried_at_once),
		cmocka_unit_test(a_28_a_refused_login_has_its_own_steps),
		cmocka_unit_test(test_a_refusal_goes_on_after_a_restart),
		cmocka_unit_test(test_network_trouble_does_not_count_as_refusal),
		cmocka_unit_test(test_limits_and_throttles_are_not_refusals),
		cmocka_unit_test(test_locked_key_ring_tells_itself),
		cmocka_unit_test(test_the_server_may_ask_for_patience_within_reason),
		cmocka_unit_test(test_patience_has_jitter_too),
		cmocka_unit_test(test_a_throttle_that_names_its_time),
		cmocka_unit_test(test_only_the_user_helps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
