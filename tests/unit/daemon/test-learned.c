/* What is learned of servers: how long it is believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../store/helper.h"
#include "daemon/learned.h"

#define ABOUT "imap.example.org 192.0.2.0/24"

static void learn(struct store *store, enum store_fact_kind kind, uint64_t value) {
	const struct store_fact fact = { value, NOW };
	assert_int_equal(learned_save(store, ABOUT, kind, &fact), 1);
	assert_int_equal(learned_save(store, ABOUT, kind, &fact), 0);
}

/* A gateway that is too impatient today may be another one tomorrow. */
static void what_was_fatal_is_forgotten_after_a_day(void **state) {
	CLEANUP(store_close) struct store *store = helper_open(*state);
	uint64_t interval = 6 * USEC_PER_MINUTE, fatal = 8 * USEC_PER_MINUTE;
	assert_int_equal(learned_renewal(store, ABOUT, NOW), 0);
	learn(store, STORE_FACT_RENEWAL, fatal << 32 | interval);
	assert_int_equal(learned_renewal(store, "imap.example.org -", NOW), 0);
	assert_int_equal(learned_renewal(store, ABOUT, NOW + DAY), fatal << 32 | interval);
	assert_int_equal(learned_renewal(store, ABOUT, NOW - DAY), fatal << 32 | interval);
	assert_int_equal(learned_renewal(store, ABOUT, NOW + DAY + 1), interval);
}

static void a_number_of_connections_is_forgotten_after_a_day(void **state) {
	CLEANUP(store_close) struct store *store = helper_open(*state);
	learn(store, STORE_FACT_CONNECTIONS, 3);
	assert_int_equal(learned_connections(store, ABOUT, NOW + DAY), 3);
	assert_int_equal(learned_connections(store, ABOUT, NOW + DAY + 1), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(what_was_fatal_is_forgotten_after_a_day),
		TEST(a_number_of_connections_is_forgotten_after_a_day),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
