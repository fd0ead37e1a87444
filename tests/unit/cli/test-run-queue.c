#include "cli/run-queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

#define SEC USEC_PER_SEC

static const struct run_queue_options one_by_one = { .jobs = 1, .retries = 2 };

static void add_of(struct run_queue *q, const char *account, uint64_t seq, const char *mailbox,
	uint64_t now_usec) {
	struct record *keys = record_new();
	record_set_text(keys, "account", account);
	record_set_text(keys, "mailbox", mailbox);
	run_queue_add(q, &(struct event){ .type = EVENT_NEW, .seq = seq }, keys, now_usec);
}

static void add_at(struct run_queue *q, uint64_t seq, const char *mailbox, uint64_t now_usec) {
	add_of(q, "work", seq, mailbox, now_usec);
}

static void add(struct run_queue *q, uint64_t seq, const char *mailbox) {
	add_at(q, seq, mailbox, 0);
}

/* The job that may start now is for these events, from `first` to `last`. */
static struct run_job *take(struct run_queue *q, uint64_t now, uint64_t first, uint64_t last) {
	struct run_job *job = run_queue_take(q, now);
	assert_non_null(job);
	assert_int_equal(run_queue_event(job, 0)->seq, first);
	assert_int_equal(run_queue_event(job, run_queue_n_events(job) - 1)->seq, last);
	return job;
}

/* "5: 7 9": the position, and what is done beyond it. */
static void assert_done(const struct run_queue *q, const char *expected) {
	size_t n;
	uint64_t *done = run_queue_done(q, &n);
	char text[256];
	size_t at = (size_t)snprintf(
		text, sizeof(text), "%llu:", (unsigned long long)run_queue_position(q));
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(
			text + at, sizeof(text) - at, " %llu", (unsigned long long)done[i]);
	free(done);
	assert_string_equal(text, expected);
}

static void test_one_after_the_other(void **state) {
	CLEANUP(run_queue_free) struct run_queue *q = run_queue_new(&one_by_one, 5, NULL, 0);
	assert_true(run_queue_is_finished(q));
	add(q, 6, "INBOX");
	add(q, 7, "INBOX");
	assert_false(run_queue_is_finished(q));
	assert_int_equal(run_queue_deadline_usec(q), 0);
	struct run_job *job = take(q, 0, 6, 6);
	assert_int_equal(run_queue_attempt(job), 1);
	assert_null(run_queue_take(q, 0));
	assert_int_equal(run_queue_deadline_usec(q), USEC_NEVER);
	assert_done(q, "5:");
	assert_int_equal(run_queue_end(q, job, true, 0), RUN_OUTCOME_DONE);
	assert_done(q, "6:");
	assert_int_equal(run_queue_end(q, take(q, 0, 7, 7), true, 0), RUN_OUTCOME_DONE);
	assert_done(q, "7:");
	assert_true(run_queue_is_finished(q));
}

/* Events between those of the program move the position, but not over one that waits. */
static void test_what_is_passed(void **state) {
	CLEANUP(run_queue_free) struct run_queue *q = run_queue_new(&one_by_one, 5, NULL, 0);
	run_queue_pass(q, 8);
	assert_done(q, "8:");
	add(q, 10, "INBOX");
	run_queue_pass(q, 12);
	assert_done(q, "9:");
	(void)run_queue_end(q, take(q, 0, 10, 10), true, 0);
	assert_done(q, "12:");
}

/* Several mailboxes at once, each in its order, and no more than so many. */
static void test_lanes(void **state) {
	struct run_queue_options options = { .jobs = 2 };
	CLEANUP(run_queue_free) struct run_queue *q = run_queue_new(&options, 0, NULL, 0);
	add(q, 1, "a");
	add(q, 2, "a");
	add(q, 3, "b");
	add(q, 4, "c");
	struct run_job *first = take(q, 0, 1, 1);
	struct run_job *second = take(q, 0, 3, 3);
	assert_null(run_queue_take(q, 0));
	assert_int_equal(run_queue_end(q, second, true, 0), RUN_OUTCOME_DONE);
	assert_done(q, "0: 3");
	struct run_job *third = take(q, 0, 4, 4);
	assert_int_equal(run_queue_end(q, third, true, 0), RUN_OUTCOME_DONE);
	assert_done(q, "0: 3 4");
	assert_null(run_queue_take(q, 0));
	assert_int_equal(run_queue_end(q, first, true, 0), RUN_OUTCOME_DONE);
	assert_done(q, "1: 3 4");
	assert_int_equal(run_queue_end(q, take(q, 0, 2, 2), true, 0), RUN_OUTCOME_DONE);
	assert_done(q, "4:");
	assert_true(run_queue_is_finished(q));
}

/* Mailboxes of one name in two accounts are two. */
static void test_lanes_of_accounts(void **state) {
	struct run_queue_options options = { .jobs = 2 };
	CLEANUP(run_queue_free) struct run_queue *q = run_queue_new(&options, 0, NULL, 0);
	add_of(q, "work", 1, "INBOX", 0);
	add_of(q, "home", 2, "INBOX", 0);
	struct run_job *first = take(q, 0, 1, 1);
	(void)run_queue_end(q, take(q, 0, 2, 2), true, 0);
	assert_done(q, "0: 2");
	(void)run_queue_end(q, first, true, 0);
	assert_done(q, "2:");
}

/* Of several mailboxes the one goes first whose event is the oldest. */
static void test_oldest_first(void **state) {
	CLEANUP(run_queue_free) struct run_queue *q = run_queue_new(&one_by_one, 0, NULL, 0);
	add(q, 1, "a");
	add(q, 2, "b");
	add(q, 3, "a");
	for (uint64_t seq = 1; seq <= 3; seq++)
		(void)run_queue_end(q, take(q, 0, seq, seq), true, 0);
	assert_done(q, "3:");
}

static void test_together(void **state) {
	struct run_queue_options options = { .jobs = 2, .is_together = true };
	CLEANUP(run_queue_free) struct run_queue *q = run_queue_new(&options, 0, NULL, 0);
	add(q, 1, "a");
	add(q, 2, "b");
	struct run_job *job = take(q, 0, 1, 1);
	assert_null(run_queue_take(q, 0));
	(void)run_queue_end(q, job, true, 0);
	(void)run_queue_end(q, take(q, 0, 2, 2), true, 0);
	assert_true(run_queue_is_finished(q));
}

/* A quiet time of 5 s, 12 s at most: events at 0, 4, 8 and 11 are due at 12, one at 20 at 25. */
static void test_bursts(void **state) {
	struct run_queue_options options = {
		.jobs = 1, .gathers = true, .quiet_usec = 5 * SEC, .max_delay_usec = 12 * SEC
	};
	CLEANUP(run_queue_free) struct run_queue *q = run_queue_new(&options, 0, NULL, 0);
	add_at(q, 1, "a", 0);
	assert_int_equal(run_queue_deadline_usec(q), 5 * SEC);
	add_at(q, 2, "a", 4 * SEC);
	assert_int_equal(run_queue_deadline_usec(q), 9 * SEC);
	assert_null(run_queue_take(q, 9 * SEC - 1));
	add_at(q, 3, "a", 8 * SEC);
	add_at(q, 4, "a", 11 * SEC);
	assert_int_equal(run_queue_deadline_usec(q), 12 * SEC);
	assert_null(run_queue_take(q, 12 * SEC - 1));
	struct run_job *job = take(q, 12 * SEC, 1, 4);
	assert_int_equal(run_queue_n_events(job), 4);
	/* what comes meanwhile is the next burst */
	add_at(q, 5, "a", 20 * SEC);
	assert_int_equal(run_queue_end(q, job, true, 21 * SEC), RUN_OUTCOME_DONE);
	assert_done(q, "4:");
	assert_int_equal(run_queue_deadline_usec(q), 25 * SEC);
	run_queue_hurry(q);
	(void)run_queue_end(q, take(q, 21 * SEC, 5, 5), true, 21 * SEC);
	assert_done(q, "5:");
}

/* After 1, 2, 4 s and so on up to 5 min; meanwhile the mailbox waits, the others do not. */
static void test_retries(void **state) {
	struct run_queue_options options = { .jobs = 1, .retries = 20 };
	CLEANUP(run_queue_free) struct run_queue *q = run_queue_new(&options, 0, NULL, 0);
	add(q, 1, "a");
	add(q, 2, "a");
	add(q, 3, "b");
	uint64_t now = 0, delay = SEC;
	for (unsigned attempt = 1; attempt <= 20; attempt++) {
		struct run_job *job = take(q, now, 1, 1);
		assert_int_equal(run_queue_attempt(job), attempt);
		assert_int_equal(run_queue_end(q, job, false, now), RUN_OUTCOME_RETRY);
		if (attempt == 1)
			(void)run_queue_end(q, take(q, now, 3, 3), true, now);
		assert_done(q, "0: 3");
		assert_null(run_queue_take(q, now + delay - 1));
		assert_int_equal(run_queue_deadline_usec(q), now + delay);
		now += delay;
		delay = MIN(2 * delay, RUN_QUEUE_DELAY_MAX_USEC);
	}
	assert_int_equal(run_queue_end(q, take(q, now, 1, 1), true, now), RUN_OUTCOME_DONE);
	assert_done(q, "1: 3");
}

/* What fails for ever ends it: it stays to be done, and what ran beside it counts. */
static void test_given_up(void **state) {
	struct run_queue_options options = { .jobs = 2, .retries = 0 };
	CLEANUP(run_queue_free) struct run_queue *q = run_queue_new(&options, 0, NULL, 0);
	add(q, 1, "a");
	add(q, 2, "b");
	add(q, 3, "c");
	struct run_job *bad = take(q, 0, 1, 1), *good = take(q, 0, 2, 2);
	assert_int_equal(run_queue_end(q, bad, false, 0), RUN_OUTCOME_GIVEN_UP);
	assert_null(run_queue_take(q, 100 * SEC));
	assert_int_equal(run_queue_deadline_usec(q), USEC_NEVER);
	assert_false(run_queue_is_finished(q));
	assert_int_equal(run_queue_end(q, good, true, 0), RUN_OUTCOME_DONE);
	assert_true(run_queue_is_finished(q));
	assert_done(q, "0: 2");
}

static void test_skipped(void **state) {
	struct run_queue_options options = { .jobs = 1, .retries = 1, .skips_failed = true };
	CLEANUP(run_queue_free) struct run_queue *q = run_queue_new(&options, 0, NULL, 0);
	add(q, 1, "a");
	add(q, 2, "a");
	assert_int_equal(run_queue_end(q, take(q, 0, 1, 1), false, 0), RUN_OUTCOME_RETRY);
	assert_int_equal(run_queue_end(q, take(q, SEC, 1, 1), false, SEC), RUN_OUTCOME_SKIPPED);
	assert_done(q, "1:");
	(void)take(q, SEC, 2, 2);
}

/* What an earlier run had done beyond its position is not done again, and is remembered until its
 * turn has come. */
static void test_what_was_done_before(void **state) {
	static const uint64_t done[] = { 7, 9, 20 };
	CLEANUP(run_queue_free)
	struct run_queue *q = run_queue_new(&one_by_one, 5, done, ARRAY_SIZE(done));
	assert_done(q, "5: 7 9 20");
	add(q, 6, "a");
	add(q, 7, "b");
	assert_done(q, "5: 7 9 20");
	(void)run_queue_end(q, take(q, 0, 6, 6), true, 0);
	assert_done(q, "7: 9 20");
	add(q, 9, "b");
	assert_done(q, "9: 20");
	assert_true(run_queue_is_finished(q));
	/* number 20 does not come: its event is no longer in the log */
	run_queue_pass(q, 21);
	assert_done(q, "21:");
}

/* One that is never done holds no more than RUN_QUEUE_MAX events up. */
static void test_room(void **state) {
	struct run_queue_options options = { .jobs = 2, .retries = 1000 };
	CLEANUP(run_queue_free) struct run_queue *q = run_queue_new(&options, 0, NULL, 0);
	uint64_t seq = 1;
	size_t n;
	add(q, seq++, "bad");
	struct run_job *bad = take(q, 0, 1, 1);
	while (run_queue_has_room(q)) {
		add(q, seq, "good");
		(void)run_queue_end(q, take(q, 0, seq, seq), true, 0);
		seq++;
	}
	assert_int_equal(seq - 1, RUN_QUEUE_MAX);
	free(run_queue_done(q, &n));
	assert_int_equal(n, RUN_QUEUE_MAX - 1);
	assert_int_equal(run_queue_position(q), 0);
	(void)run_queue_end(q, bad, true, 0);
	assert_true(run_queue_has_room(q));
	assert_int_equal(run_queue_position(q), RUN_QUEUE_MAX);
}

/* No burst is waited for that there is no room for; a job has its limit too. */
static void test_room_for_bursts(void **state) {
	struct run_queue_options options = {
		.jobs = 1, .gathers = true, .quiet_usec = SEC, .max_delay_usec = USEC_PER_HOUR
	};
	CLEANUP(run_queue_free) struct run_queue *q = run_queue_new(&options, 0, NULL, 0);
	for (uint64_t seq = 1; seq < RUN_QUEUE_BATCH_MAX; seq++)
		add(q, seq, "a");
	assert_null(run_queue_take(q, 0));
	for (uint64_t seq = RUN_QUEUE_BATCH_MAX; seq <= RUN_QUEUE_MAX; seq++)
		add(q, seq, "a");
	assert_false(run_queue_has_room(q));
	(void)take(q, 0, 1, RUN_QUEUE_BATCH_MAX);
}

static void test_stop(void **state) {
	CLEANUP(run_queue_free) struct run_queue *q = run_queue_new(&one_by_one, 0, NULL, 0);
	add(q, 1, "a");
	add(q, 2, "a");
	struct run_job *job = take(q, 0, 1, 1);
	run_queue_stop(q);
	assert_false(run_queue_is_finished(q));
	(void)run_queue_end(q, job, true, 0);
	assert_null(run_queue_take(q, 0));
	assert_true(run_queue_is_finished(q));
	assert_done(q, "1:");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_after_the_other),
		cmocka_unit_test(test_what_is_passed),
		cmocka_unit_test(test_lanes),
		cmocka_unit_test(test_lanes_of_accounts),
		cmocka_unit_test(test_oldest_first),
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_bursts),
		cmocka_unit_test(test_retries),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_skipped),
		cmocka_unit_test(test_what_was_done_before),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_room_for_bursts),
		cmocka_unit_test(test_stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
