#include "notify/news.h"

#include "base/macros.h"
#include "base/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void add(struct news *n, uint64_t seq, uint64_t now_usec) {
	struct news_mail mail = { .seq = seq, .subject = "Hello" };

	news_add(n, &mail, now_usec);
}

/* The lowest number that would be told after a restart; 0: none. */
static uint64_t first_untold(const struct news *n) {
	enum news_state state;
	uint64_t seq;

	for (unsigned i = 0; news_kept(n, i, &seq, &state); i++)
		if (state == NEWS_UNTOLD)
			return seq;
	return 0;
}

static void tell(struct news *n) {
	news_take(n);
	news_told(n);
}

static void add_id(struct news *n, uint64_t seq, const char *id) {
	struct news_mail mail = { .seq = seq, .id = id, .subject = id };

	news_add(n, &mail, 0);
}

/* N-07: 500 mails in one sync are due once, and tell the newest three. */
static void test_a_burst_is_one(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");

	assert_int_equal(news_due(n), USEC_NEVER);
	for (uint64_t i = 0; i < 500; i++)
		add(n, 100 + i, 1000 + i);
	assert_int_equal(news_due(n), 1000 + 499 + NEWS_QUIET_USEC);
	assert_int_equal(news_n_mails(n), 500);
	assert_int_equal(news_newest(n, 0)->seq, 599);
	assert_int_equal(news_newest(n, 1)->seq, 598);
	assert_int_equal(news_newest(n, 2)->seq, 597);
	assert_null(news_newest(n, 3));

	assert_int_equal(first_untold(n), 100);
	news_take(n);
	assert_int_equal(news_due(n), USEC_NEVER);
	assert_int_equal(first_untold(n), 100);
	news_told(n);
	assert_int_equal(news_due(n), USEC_NEVER);
	assert_int_equal(first_untold(n), 0);
	assert_int_equal(news_n_mails(n), 500);
}

static void test_a_stream_does_not_wait_for_ever(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");

	for (uint64_t now = 0; now < 10 * USEC_PER_SEC; now += NEWS_QUIET_USEC / 2)
		add(n, now + 1, now);
	assert_int_equal(news_due(n), NEWS_PATIENCE_USEC);
}

static void test_what_comes_in_flight_is_untold(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");

	add(n, 7, 0);
	news_take(n);
	add(n, 8, 50);
	assert_int_equal(news_due(n), USEC_NEVER);
	news_told(n);
	assert_int_equal(news_due(n), 50 + NEWS_QUIET_USEC);
	assert_int_equal(first_untold(n), 8);
	assert_int_equal(news_n_mails(n), 2);
}

static void test_a_failure_loses_nothing(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");

	add(n, 7, 0);
	add(n, 8, 0);
	news_take(n);
	add(n, 9, 50);
	news_failed(n, 1000);
	assert_int_equal(first_untold(n), 7);
	assert_int_equal(news_n_mails(n), 3);
	assert_int_equal(news_due(n), 1000 + NEWS_QUIET_USEC);
}

static void test_closed_is_forgotten(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");

	add(n, 7, 0);
	news_take(n);
	news_told(n);
	assert_false(news_is_idle(n));
	news_closed(n);
	assert_true(news_is_idle(n));
	assert_null(news_newest(n, 0));

	add(n, 8, 0);
	assert_int_equal(news_n_mails(n), 1);
}

static void test_closed_keeps_what_is_untold(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");

	add(n, 7, 0);
	add(n, 8, 0);
	news_take(n);
	news_told(n);
	add(n, 9, 50);
	news_closed(n);
	assert_int_equal(news_n_mails(n), 1);
	assert_int_equal(news_newest(n, 0)->seq, 9);
	assert_null(news_newest(n, 1));
	assert_int_equal(first_untold(n), 9);
}

/* N-04: what a service took with it is told again, once, and is not new for the cursor. */
static void test_lost_is_told_again(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");

	news_lost(n, 10);
	assert_int_equal(news_due(n), USEC_NEVER);

	add(n, 7, 0);
	news_take(n);
	news_told(n);
	news_lost(n, 10);
	assert_int_equal(news_due(n), 10);
	assert_int_equal(first_untold(n), 0);
	news_take(n);
	assert_int_equal(news_n_mails(n), 1);
	news_told(n);
	assert_int_equal(news_due(n), USEC_NEVER);
	assert_int_equal(news_n_mails(n), 1);
}

static void test_lost_twice_and_failed(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");

	add(n, 7, 0);
	news_take(n);
	news_told(n);
	news_lost(n, 10);
	news_take(n);
	news_failed(n, 20);
	assert_int_equal(first_untold(n), 0);
	assert_int_equal(news_n_mails(n), 1);
	assert_int_equal(news_due(n), 20 + NEWS_QUIET_USEC);
	news_take(n);
	news_told(n);
	assert_int_equal(news_n_mails(n), 1);
}

static void test_texts_are_bounded_copies(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");
	char subject[64 * 1024];

	for (size_t i = 0; i < sizeof(subject) - 1; i++)
		subject[i] = 'x';
	subject[sizeof(subject) - 1] = '\0';
	struct news_mail mail = { .seq = 1, .subject = subject };
	news_add(n, &mail, 0);
	subject[0] = 'y';
	assert_int_equal(news_newest(n, 0)->subject[0], 'x');
	assert_true(__builtin_strlen(news_newest(n, 0)->subject) <= 4096);
	assert_null(news_newest(n, 0)->from_name);
}

/* N-06: what was read elsewhere is taken away; the last one takes the notification with it. */
static void test_retired_shrinks_and_closes(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");

	add_id(n, 1, "a");
	add_id(n, 2, "b");
	tell(n);
	assert_false(news_retire(n, "c", 5));
	assert_true(news_retire(n, "b", 5));
	assert_false(news_retire(n, "b", 5));
	assert_int_equal(news_due(n), 5);
	assert_false(news_is_empty_but_live(n));
	assert_int_equal(news_n_mails(n), 1);
	assert_int_equal(news_newest(n, 0)->seq, 1);
	tell(n);
	assert_int_equal(news_due(n), USEC_NEVER);
	assert_true(news_retire(n, "a", 6));
	assert_int_equal(news_due(n), 0);
	assert_true(news_is_empty_but_live(n));
	news_closed(n);
	assert_true(news_is_idle(n));
}

static void test_retired_before_it_was_told(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");

	add_id(n, 1, "a");
	assert_true(news_retire(n, "a", 5));
	assert_int_equal(news_due(n), USEC_NEVER);
	assert_true(news_is_idle(n));
}

static void test_retired_in_flight(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");

	add_id(n, 1, "a");
	add_id(n, 2, "b");
	news_take(n);
	assert_true(news_retire(n, "a", 5));
	assert_int_equal(news_due(n), USEC_NEVER);
	news_told(n);
	assert_int_equal(news_due(n), 5);
	assert_int_equal(news_n_mails(n), 1);
}

/* Those beyond the bound are a number; the newest keep their identity and their text. */
static void test_many_are_counted(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");
	uint64_t told, untold;
	char id[16];

	for (uint64_t i = 1; i <= NEWS_MAILS_MAX + 200; i++) {
		snprintf(id, sizeof(id), "%d", (int)i);
		add_id(n, i, id);
	}
	assert_int_equal(news_n_mails(n), NEWS_MAILS_MAX + 200);
	news_more(n, &told, &untold);
	assert_int_equal(told, 0);
	assert_int_equal(untold, 200);
	assert_true(news_retire(n, "200", 0)); /* one of those */
	assert_true(news_retire(n, "201", 0));
	news_take(n);
	assert_true(news_retire(n, "199", 0)); /* one of those, in flight */
	news_failed(n, 0);
	news_more(n, &told, &untold);
	assert_int_equal(untold, 198);
	tell(n);
	news_more(n, &told, &untold);
	assert_int_equal(told, 198);
	assert_int_equal(news_n_mails(n), NEWS_MAILS_MAX + 197);
	for (int i = NEWS_MAILS_MAX + 200; i > 300; i--) {
		snprintf(id, sizeof(id), "%d", i);
		assert_true(news_retire(n, id, 0));
	}
	assert_null(news_newest(n, 0)); /* nothing with a text is left, and nothing is made up */
	for (int i = 300; i > 201; i--) {
		snprintf(id, sizeof(id), "%d", i);
		assert_true(news_retire(n, id, 0));
	}
	for (int i = 198; i > 0; i--)
		assert_true(news_retire(n, "x", 0));
	assert_true(news_is_empty_but_live(n));
	assert_false(news_retire(n, "x", 0));
	news_closed(n);
	assert_true(news_is_idle(n));
}

static void test_a_repeat_is_told_once(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");

	add_id(n, 1, "a");
	add_id(n, 2, "a");
	assert_int_equal(news_n_mails(n), 1);
}

/* While it is being marked it is off the screen; then it is forgotten, or told again. */
static void test_held_is_settled_or_given_back(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");

	add_id(n, 1, "a");
	add_id(n, 2, "b");
	tell(n);
	char **ids = news_hold(n, 10);
	assert_string_equal(ids[0], "a");
	assert_string_equal(ids[1], "b");
	assert_null(ids[2]);
	words_free(ids);
	assert_int_equal(news_n_mails(n), 0);
	assert_true(news_is_empty_but_live(n));
	news_give_back(n, "b", 20);
	news_closed(n); /* the service's word for the click comes late */
	news_settle(n, "a");
	assert_int_equal(news_n_mails(n), 1);
	assert_string_equal(news_newest(n, 0)->id, "b");
	assert_int_equal(news_due(n), 20 + NEWS_QUIET_USEC);
	assert_null(news_hold(n, 30)); /* nothing is told */
}

static void test_snoozed_comes_back(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");
	enum news_state kept;
	uint64_t seq;

	add_id(n, 1, "a");
	tell(n);
	news_snooze(n, 1000, 10);
	assert_int_equal(news_snoozed_until(n), 1000);
	assert_true(news_is_empty_but_live(n));
	news_closed(n);
	assert_false(news_is_idle(n));
	assert_int_equal(news_due(n), USEC_NEVER);
	assert_true(news_kept(n, 0, &seq, &kept));
	assert_int_equal(kept, NEWS_SNOOZED);
	add_id(n, 2, "b");
	assert_int_equal(news_n_mails(n), 1); /* a new one is told meanwhile */
	news_wake(n, 50);
	assert_int_equal(news_snoozed_until(n), USEC_NEVER);
	assert_int_equal(news_n_mails(n), 2);
	assert_int_equal(news_due(n), 50 + NEWS_QUIET_USEC);
}

static void test_restored(void **state) {
	CLEANUP(news_free) struct news *live = news_new("work");
	CLEANUP(news_free) struct news *gone = news_new("work");
	const struct news_mail mail = { .seq = 1, .id = "a" };

	news_restore(live, &mail, NEWS_TOLD, true);
	assert_int_equal(news_due(live), USEC_NEVER); /* it is on the screen */
	assert_true(news_retire(live, "a", 5));
	assert_true(news_is_empty_but_live(live));
	news_restore(gone, &mail, NEWS_TOLD, false);
	assert_int_equal(news_due(gone), 0);
	assert_false(news_is_loud(gone));
}

/* Which of the two is known first is a race. */
static void test_restored_when_its_time_is_over(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");
	const struct news_mail mail = { .seq = 1, .id = "a" };

	news_snooze(n, 1000, 0);
	news_wake(n, 5);
	news_restore(n, &mail, NEWS_SNOOZED, false);
	assert_int_equal(news_n_mails(n), 1);
	assert_int_not_equal(news_due(n), USEC_NEVER);
}

static void test_urgency_is_the_greatest(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");
	struct news_mail mail = { .seq = 1, .urgency = NEWS_BULK };

	news_add(n, &mail, 0);
	assert_int_equal(news_urgency(n), NEWS_BULK);
	assert_false(news_is_loud(n));
	mail = (struct news_mail){ .seq = 2, .urgency = NEWS_PERSONAL, .is_silent = true };
	news_add(n, &mail, 0);
	assert_int_equal(news_urgency(n), NEWS_PERSONAL);
	assert_false(news_is_loud(n));
	assert_false(news_has_urgent(n));
	mail = (struct news_mail){ .seq = 3, .urgency = NEWS_URGENT };
	news_add(n, &mail, 0);
	assert_int_equal(news_urgency(n), NEWS_URGENT);
	assert_true(news_is_loud(n));
	assert_true(news_has_urgent(n));
	tell(n);
	assert_false(news_has_urgent(n)); /* it was told */
}

static void add_many(struct news *n, uint64_t from, uint64_t to) {
	char id[16];

	for (uint64_t i = from; i <= to; i++) {
		snprintf(id, sizeof(id), "%d", (int)i);
		add_id(n, i, id);
	}
}

static void assert_more(const struct news *n, uint64_t n_told, uint64_t n_untold) {
	uint64_t told, untold;

	news_more(n, &told, &untold);
	assert_int_equal(told, n_told);
	assert_int_equal(untold, n_untold);
}

/* What was told once and is in flight again has been told, whatever becomes of that. */
static void test_counted_in_flight(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");

	add_many(n, 1, NEWS_MAILS_MAX + 2);
	tell(n);
	assert_more(n, 2, 0);
	news_take(n);
	assert_more(n, 2, 0);
	assert_true(news_retire(n, "1", 5)); /* one of the two */
	add_many(n, NEWS_MAILS_MAX + 3, NEWS_MAILS_MAX + 3); /* one more is counted */
	assert_more(n, 2, 0);
	news_failed(n, 5);
	assert_more(n, 2, 0);
}

static void test_ids_are_bounded(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");
	char id[2050];

	memset(id, 'i', sizeof(id));
	id[2049] = '\0';
	add_id(n, 1, id);
	assert_int_equal(news_n_mails(n), 1);
	assert_null(news_newest(n, 0)->id);
	id[2048] = '\0';
	add_id(n, 2, id);
	assert_string_equal(news_newest(n, 0)->id, id);
}

static void test_only_what_is_held_is_settled_or_given_back(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");
	struct news_mail nameless = { .seq = 2 };
	enum news_state kept;
	uint64_t seq;

	add_id(n, 1, "a");
	news_add(n, &nameless, 0);
	tell(n);
	news_settle(n, "a");
	news_give_back(n, "a", 5);
	assert_int_equal(news_n_mails(n), 2);
	assert_int_equal(news_due(n), USEC_NEVER);
	char **ids = news_hold(n, 10); /* the other one stays, and is shown alone */
	assert_null(ids[1]);
	words_free(ids);
	assert_int_equal(news_n_mails(n), 1);
	assert_int_equal(news_due(n), 10);
	assert_true(news_kept(n, 0, &seq, &kept));
	assert_int_equal(kept, NEWS_UNTOLD); /* who ends now has not marked it */
}

static void test_urgency_is_of_what_is_told(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");
	struct news_mail urgent = { .seq = 1, .id = "a", .urgency = NEWS_URGENT };

	news_add(n, &urgent, 0);
	tell(n);
	words_free(news_hold(n, 0));
	add_id(n, 2, "b");
	assert_int_equal(news_urgency(n), NEWS_BULK);
	add_many(n, 3, NEWS_MAILS_MAX + 2);
	assert_int_equal(
		news_urgency(n), NEWS_PERSONAL); /* of those that are counted nothing is known */
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_burst_is_one),
		cmocka_unit_test(test_a_stream_does_not_wait_for_ever),
		cmocka_unit_test(test_what_comes_in_flight_is_untold),
		cmocka_unit_test(test_a_failure_loses_nothing),
		cmocka_unit_test(test_closed_is_forgotten),
		cmocka_unit_test(test_closed_keeps_what_is_untold),
		cmocka_unit_test(test_lost_is_told_again),
		cmocka_unit_test(test_lost_twice_and_failed),
		cmocka_unit_test(test_texts_are_bounded_copies),
		cmocka_unit_test(test_retired_shrinks_and_closes),
		cmocka_unit_test(test_retired_before_it_was_told),
		cmocka_unit_test(test_retired_in_flight),
		cmocka_unit_test(test_many_are_counted),
		cmocka_unit_test(test_a_repeat_is_told_once),
		cmocka_unit_test(test_held_is_settled_or_given_back),
		cmocka_unit_test(test_snoozed_comes_back),
		cmocka_unit_test(test_restored),
		cmocka_unit_test(test_restored_when_its_time_is_over),
		cmocka_unit_test(test_urgency_is_the_greatest),
		cmocka_unit_test(test_counted_in_flight),
		cmocka_unit_test(test_ids_are_bounded),
		cmocka_unit_test(test_only_what_is_held_is_settled_or_given_back),
		cmocka_unit_test(test_urgency_is_of_what_is_told),
	};

	return cmocka_run_group_tests_name("news", tests, NULL, NULL);
}
