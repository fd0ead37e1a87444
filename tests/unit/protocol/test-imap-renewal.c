#include "protocol/imap-renewal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define START USEC_PER_HOUR

/* A whole silent interval from `now` on, answered; the time of the answer. */
static uint64_t live_through(struct imap_renewal *r, uint64_t now) {
	imap_renewal_begin(r, now);
	now = imap_renewal_due(r);
	imap_renewal_ask(r, now);
	imap_renewal_answer(r);
	return now;
}

static void it_begins_with_what_was_learned(void **state) {
	static const struct {
		uint64_t learned, interval;
	} cases[] = {
		{ 0, IMAP_RENEWAL_START_USEC },
		{ 5 * USEC_PER_MINUTE, 5 * USEC_PER_MINUTE },
		{ 1, IMAP_RENEWAL_MIN_USEC },
		{ USEC_PER_HOUR, IMAP_RENEWAL_MAX_USEC },
		{ UINT64_MAX, IMAP_RENEWAL_MAX_USEC },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct imap_renewal r;
		imap_renewal_init(&r, cases[i].learned);
		assert_int_equal(r.interval_usec, cases[i].interval);
		imap_renewal_begin(&r, START);
		assert_int_equal(imap_renewal_due(&r), START + cases[i].interval);
	}
}

static void three_clean_intervals_add_a_tenth(void **state) {
	struct imap_renewal r;
	imap_renewal_init(&r, 10 * USEC_PER_MINUTE);
	uint64_t now = START;
	for (unsigned i = 0; i < 2; i++)
		now = live_through(&r, now);
	assert_int_equal(r.interval_usec, 10 * USEC_PER_MINUTE);
	now = live_through(&r, now);
	assert_int_equal(r.interval_usec, 11 * USEC_PER_MINUTE);
	for (unsigned i = 0; i < 100; i++)
		now = live_through(&r, now);
	assert_int_equal(r.interval_usec, IMAP_RENEWAL_MAX_USEC);
}

static void a_silent_death_takes_a_quarter(void **state) {
	struct imap_renewal r;
	imap_renewal_init(&r, 8 * USEC_PER_MINUTE);
	/* asked, and not answered */
	imap_renewal_begin(&r, START);
	imap_renewal_ask(&r, imap_renewal_due(&r));
	imap_renewal_lose(&r, imap_renewal_due(&r) + 15 * USEC_PER_SEC);
	assert_int_equal(r.interval_usec, 6 * USEC_PER_MINUTE);
	/* the same death, told twice */
	imap_renewal_lose(&r, START + 20 * USEC_PER_MINUTE);
	assert_int_equal(r.interval_usec, 6 * USEC_PER_MINUTE);
	/* ended without a word, as the interval was nearly over */
	imap_renewal_begin(&r, START);
	imap_renewal_lose(&r, START + 6 * USEC_PER_MINUTE - USEC_PER_SEC);
	assert_int_equal(r.interval_usec, 4 * USEC_PER_MINUTE + 30 * USEC_PER_SEC);
	imap_renewal_begin(&r, START);
	imap_renewal_lose(&r, START + 6 * USEC_PER_MINUTE);
	assert_int_equal(r.interval_usec, IMAP_RENEWAL_MIN_USEC);
}

/* Nor in the next session, that knows of it; after a while it may be. */
static void what_was_fatal_is_not_tried_again(void **state) {
	struct imap_renewal r;
	imap_renewal_init(&r, 10 * USEC_PER_MINUTE);
	imap_renewal_begin(&r, START);
	imap_renewal_ask(&r, imap_renewal_due(&r));
	imap_renewal_lose(&r, imap_renewal_due(&r));
	uint64_t learned = imap_renewal_learned(&r);
	uint64_t now = START;
	imap_renewal_init(&r, learned);
	assert_int_equal(r.interval_usec, 10 * USEC_PER_MINUTE * 3 / 4);
	for (unsigned i = 0; i < 100; i++)
		now = live_through(&r, now);
	assert_in_range(r.interval_usec, 8 * USEC_PER_MINUTE, 10 * USEC_PER_MINUTE - 1);
	imap_renewal_init(&r, imap_renewal_forgive(imap_renewal_learned(&r)));
	for (unsigned i = 0; i < 100; i++)
		now = live_through(&r, now);
	assert_int_equal(r.interval_usec, IMAP_RENEWAL_MAX_USEC);
}

static void a_death_begins_the_count_anew(void **state) {
	struct imap_renewal r;
	imap_renewal_init(&r, 16 * USEC_PER_MINUTE);
	uint64_t now = live_through(&r, live_through(&r, START));
	imap_renewal_begin(&r, now);
	imap_renewal_ask(&r, imap_renewal_due(&r));
	imap_renewal_lose(&r, imap_renewal_due(&r));
	assert_int_equal(r.interval_usec, 12 * USEC_PER_MINUTE);
	now = live_through(&r, live_through(&r, now));
	assert_int_equal(r.interval_usec, 12 * USEC_PER_MINUTE);
}

static void what_was_cut_short_proves_nothing(void **state) {
	struct imap_renewal r;
	imap_renewal_init(&r, 10 * USEC_PER_MINUTE);
	for (unsigned i = 0; i < 10; i++) {
		imap_renewal_begin(&r, START);
		/* a check by the user, or a push */
		imap_renewal_ask(&r, START + 5 * USEC_PER_MINUTE);
		imap_renewal_answer(&r);
	}
	assert_int_equal(r.interval_usec, 10 * USEC_PER_MINUTE);
	imap_renewal_begin(&r, START);
	imap_renewal_lose(&r, START + 5 * USEC_PER_MINUTE);
	assert_int_equal(r.interval_usec, 10 * USEC_PER_MINUTE);
	/* a server that spoke a minute ago was not forgotten by a gateway */
	imap_renewal_begin(&r, START);
	imap_renewal_hear(&r, START + 9 * USEC_PER_MINUTE, false);
	imap_renewal_lose(&r, START + 10 * USEC_PER_MINUTE);
	assert_int_equal(r.interval_usec, 10 * USEC_PER_MINUTE);
	/* nor was one that has not idled yet */
	imap_renewal_init(&r, 0);
	imap_renewal_lose(&r, START);
	imap_renewal_dismiss(&r, START);
	assert_int_equal(r.interval_usec, IMAP_RENEWAL_START_USEC);
}

static void a_dismissal_shrinks_below_what_was_allowed(void **state) {
	static const struct {
		uint64_t interval, silence, expected; /* minutes */
	} cases[] = { { 24, 20, 15 }, { 12, 12, 9 }, { 8, 8, 6 }, { 9, 2, 4 } };
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct imap_renewal r;
		imap_renewal_init(&r, cases[i].interval * USEC_PER_MINUTE);
		imap_renewal_begin(&r, START);
		imap_renewal_dismiss(&r, START + cases[i].silence * USEC_PER_MINUTE);
		assert_int_equal(r.interval_usec, cases[i].expected * USEC_PER_MINUTE);
	}
}

static void any_word_of_the_server_puts_it_off(void **state) {
	struct imap_renewal r;
	imap_renewal_init(&r, 0);
	imap_renewal_begin(&r, START);
	imap_renewal_hear(&r, START + 5 * USEC_PER_MINUTE, false);
	assert_int_equal(imap_renewal_due(&r), START + 14 * USEC_PER_MINUTE);
	/* RFC 2177: not for ever */
	for (unsigned i = 6; i < 24; i++)
		imap_renewal_hear(&r, START + i * USEC_PER_MINUTE, false);
	assert_int_equal(imap_renewal_due(&r), START + IMAP_RENEWAL_MAX_USEC);
}

static void heartbeats_last_for_24_minutes(void **state) {
	struct imap_renewal r;
	imap_renewal_init(&r, IMAP_RENEWAL_MIN_USEC);
	imap_renewal_begin(&r, START);
	for (unsigned i = 2; i <= 22; i += 2) {
		imap_renewal_hear(&r, START + i * USEC_PER_MINUTE, true);
		assert_true(imap_renewal_due(&r) >= START + (i + 2) * USEC_PER_MINUTE);
	}
	assert_int_equal(imap_renewal_due(&r), START + IMAP_RENEWAL_MAX_USEC);
}

static void a_heart_that_stops_is_missed(void **state) {
	struct imap_renewal r;
	imap_renewal_init(&r, IMAP_RENEWAL_MAX_USEC);
	imap_renewal_begin(&r, START);
	imap_renewal_hear(&r, START + 2 * USEC_PER_MINUTE, true);
	imap_renewal_hear(&r, START + 4 * USEC_PER_MINUTE, true);
	assert_int_equal(imap_renewal_due(&r), START + 9 * USEC_PER_MINUTE);
	/* also in the next IDLE */
	imap_renewal_begin(&r, START);
	assert_int_equal(imap_renewal_due(&r), START + 5 * USEC_PER_MINUTE);
}

static void a_slot_is_taken_before_the_time_is_over(void **state) {
	struct imap_renewal r;
	imap_renewal_init(&r, 0);
	r.slot.every_usec = USEC_PER_MINUTE;
	r.slot.phase_usec = 7 * USEC_PER_SEC;
	for (uint64_t i = 0; i < 1000; i++) {
		uint64_t begun = START + i * 777777;
		imap_renewal_begin(&r, begun);
		uint64_t due = imap_renewal_due(&r);
		assert_int_equal(due % USEC_PER_MINUTE, 7 * USEC_PER_SEC);
		assert_in_range(due - begun, IMAP_RENEWAL_START_USEC - USEC_PER_MINUTE,
			IMAP_RENEWAL_START_USEC);
		imap_renewal_ask(&r, due);
	}
	/* a grid as wide as the interval itself takes half of the wait at most */
	r.slot.every_usec = UINT32_MAX;
	imap_renewal_begin(&r, START);
	assert_in_range(imap_renewal_due(&r), START + IMAP_RENEWAL_START_USEC / 2,
		START + IMAP_RENEWAL_START_USEC);
	/* before the first slot there is none */
	imap_renewal_begin(&r, 1);
	r.slot.phase_usec = UINT32_MAX;
	assert_int_equal(imap_renewal_due(&r), 1 + IMAP_RENEWAL_START_USEC);
}

/* Polls of five minutes, on the same grid: the second one is as long after the first as it should. */
static void a_poll_is_put_in_its_place(void **state) {
	const struct imap_renewal_slot slot = { USEC_PER_MINUTE, 3 * USEC_PER_SEC };
	const struct imap_renewal_slot any = { 0, 0 };
	const uint64_t interval = 5 * USEC_PER_MINUTE;
	for (uint64_t now = START; now < START + 300 * USEC_PER_SEC; now += 777777) {
		uint64_t first = imap_renewal_slot_before(&slot, now, now + interval);
		assert_in_range(first, now + interval - USEC_PER_MINUTE, now + interval);
		assert_int_equal(first % USEC_PER_MINUTE, 3 * USEC_PER_SEC);
		assert_int_equal(
			imap_renewal_slot_before(&slot, first, first + interval), first + interval);
		assert_int_equal(
			imap_renewal_slot_before(&any, now, now + interval), now + interval);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_begins_with_what_was_learned),
		cmocka_unit_test(three_clean_intervals_add_a_tenth),
		cmocka_unit_test(a_silent_death_takes_a_quarter),
		cmocka_unit_test(what_was_fatal_is_not_tried_again),
		cmocka_unit_test(a_death_begins_the_count_anew),
		cmocka_unit_test(what_was_cut_short_proves_nothing),
		cmocka_unit_test(a_dismissal_shrinks_below_what_was_allowed),
		cmocka_unit_test(any_word_of_the_server_puts_it_off),
		cmocka_unit_test(heartbeats_last_for_24_minutes),
		cmocka_unit_test(a_heart_that_stops_is_missed),
		cmocka_unit_test(a_slot_is_taken_before_the_time_is_over),
		cmocka_unit_test(a_poll_is_put_in_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
