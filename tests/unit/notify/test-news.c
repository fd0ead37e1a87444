#include "notify/news.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void add(struct news *n, uint64_t seq, uint64_t now_usec) {
	struct news_mail mail = { .seq = seq, .subject = "Hello" };

	news_add(n, &mail, now_usec);
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

	assert_int_equal(news_first_untold(n), 100);
	news_take(n);
	assert_int_equal(news_due(n), USEC_NEVER);
	assert_int_equal(news_first_untold(n), 100);
	news_told(n);
	assert_int_equal(news_due(n), USEC_NEVER);
	assert_int_equal(news_first_untold(n), 0);
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
	assert_int_equal(news_first_untold(n), 8);
	assert_int_equal(news_n_mails(n), 2);
}

static void test_a_failure_loses_nothing(void **state) {
	CLEANUP(news_free) struct news *n = news_new("work");

	add(n, 7, 0);
	add(n, 8, 0);
	news_take(n);
	add(n, 9, 50);
	news_failed(n, 1000);
	assert_int_equal(news_first_untold(n), 7);
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
	assert_int_equal(news_first_untold(n), 9);
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
	assert_int_equal(news_due(n), 0);
	assert_int_equal(news_first_untold(n), 0);
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
	assert_int_equal(news_first_untold(n), 0);
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
	};

	return cmocka_run_group_tests_name("news", tests, NULL, NULL);
}
