/* When a burst is over: quiet for a while, or long enough after its first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/macros.h"
#include "daemon/trigger-debounce.h"

#define QUIET 2
#define MAX_DELAY 30

static const struct {
	uint64_t times[6]; /* 0: no more */
	uint64_t due;
} table[] = {
	{ { 100 }, 102 },
	{ { 100, 101 }, 103 },
	{ { 100, 100, 100 }, 102 },
	{ { 100, 128 }, 130 },
	{ { 100, 129 }, 130 }, /* 131 would be too late for the first */
	{ { 100, 129, 130, 140 }, 130 },
};

static void test_bursts(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct trigger_debounce d = { 0 };
		for (size_t at = 0; at < ARRAY_SIZE(table[i].times) && table[i].times[at]; at++)
			trigger_debounce_add(&d, table[i].times[at], QUIET, MAX_DELAY);
		assert_int_equal(d.due_usec, table[i].due);
	}
}

/* Two accounts that start the same unit, each with waits of its own. */
static void test_the_earlier_limit_holds(void **state) {
	struct trigger_debounce d = { 0 };
	trigger_debounce_add(&d, 100, 2, 10);
	trigger_debounce_add(&d, 101, 60, 600);
	assert_int_equal(d.due_usec, 110);
	d = (struct trigger_debounce){ 0 };
	trigger_debounce_add(&d, 100, 60, 600);
	trigger_debounce_add(&d, 101, 2, 10);
	assert_int_equal(d.due_usec, 103);
	assert_int_equal(d.limit_usec, 111);
}

static void test_no_wait_at_all(void **state) {
	struct trigger_debounce d = { 0 };
	trigger_debounce_add(&d, 100, 0, 0);
	assert_int_equal(d.due_usec, 100);
	d = (struct trigger_debounce){ 0 };
	trigger_debounce_add(&d, 100, 60, 0);
	assert_int_equal(d.due_usec, 100);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bursts),
		cmocka_unit_test(test_the_earlier_limit_holds),
		cmocka_unit_test(test_no_wait_at_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
