/* The judgement alone; that a daemon which is not on time is restarted is shown by a real service
 * manager in tests/integration/systemd. */
#include "daemon/watchdog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SEC USEC_PER_SEC

static struct watchdog_view new_view(void) {
	return (struct watchdog_view){ .patience_usec = WATCHDOG_PATIENCE_USEC };
}

/* Awake all the time: both clocks say the same. */
static bool is_on_time(struct watchdog_view *view, uint64_t due_usec, uint64_t now_usec) {
	return watchdog_is_on_time(view, due_usec, now_usec, now_usec);
}

static void none_is_on_time(void **state) {
	struct watchdog_view view = new_view();
	assert_true(is_on_time(&view, USEC_NEVER, 100 * SEC));
}

static void overdue_by_more_than_its_patience(void **state) {
	struct watchdog_view view = new_view();
	assert_true(is_on_time(&view, 100 * SEC, 10 * SEC));
	assert_true(is_on_time(&view, 100 * SEC, 100 * SEC));
	assert_true(is_on_time(&view, 100 * SEC, 130 * SEC));
	assert_false(is_on_time(&view, 100 * SEC, 130 * SEC + 1));
	assert_false(is_on_time(&view, 100 * SEC, 100 * USEC_PER_HOUR));
	/* it rings after all */
	assert_true(is_on_time(&view, 200 * USEC_PER_HOUR, 100 * USEC_PER_HOUR));
}

/* All is overdue at a resume, and is given its time from then on. */
static void sleep_is_no_delay(void **state) {
	struct watchdog_view view = new_view();
	const uint64_t night = 8 * USEC_PER_HOUR;
	assert_true(watchdog_is_on_time(&view, 100 * SEC, 90 * SEC, 90 * SEC));
	assert_true(watchdog_is_on_time(&view, 100 * SEC, night + 91 * SEC, 91 * SEC));
	assert_true(watchdog_is_on_time(&view, 100 * SEC, night + 121 * SEC, 121 * SEC));
	assert_false(watchdog_is_on_time(&view, 100 * SEC, night + 122 * SEC, 122 * SEC));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_is_on_time),
		cmocka_unit_test(overdue_by_more_than_its_patience),
		cmocka_unit_test(sleep_is_no_delay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
