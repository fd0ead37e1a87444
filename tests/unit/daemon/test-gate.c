/* Who may log in: so many for each host, the others in their order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "daemon/gate.h"

#define LOGINS_MAX 32
#define N_PLACES (LOGINS_MAX + 3)

static struct gate_place *opened[N_PLACES];
static size_t n_opened;

static void on_open(struct gate_place *place) {
	opened[n_opened++] = place;
}

static void fill(struct gate *gate, struct gate_place *places, const char *host) {
	n_opened = 0;
	for (size_t i = 0; i < N_PLACES; i++) {
		gate_place_init(&places[i], on_open);
		assert_int_equal(gate_enter(gate, &places[i], host), i < LOGINS_MAX);
	}
}

static void test_in_order(void **state) {
	struct gate gate;
	struct gate_place places[N_PLACES];
	gate_init(&gate, LOGINS_MAX);
	fill(&gate, places, "h");
	gate_leave(&gate, &places[5]);
	assert_int_equal(n_opened, 1);
	assert_ptr_equal(opened[0], &places[LOGINS_MAX]);
	assert_true(places[LOGINS_MAX].is_inside);
	gate_leave(&gate, &places[LOGINS_MAX + 1]); /* out of the queue: nobody moves up */
	assert_int_equal(n_opened, 1);
	gate_leave(&gate, &places[0]);
	assert_int_equal(n_opened, 2);
	assert_ptr_equal(opened[1], &places[LOGINS_MAX + 2]);
	for (size_t i = 0; i < N_PLACES; i++)
		gate_leave(&gate, &places[i]);
	assert_int_equal(n_opened, 2);
	gate_deinit(&gate);
}

static void test_a_host_does_not_hold_up_another(void **state) {
	struct gate gate;
	struct gate_place places[N_PLACES], other;
	gate_init(&gate, LOGINS_MAX);
	fill(&gate, places, "dead.example.com");
	gate_place_init(&other, on_open);
	assert_true(gate_enter(&gate, &other, "alive.example.com"));
	gate_leave(&gate, &other);
	gate_leave(&gate, &other); /* once more is nothing */
	assert_int_equal(n_opened, 0);
	for (size_t i = N_PLACES; i-- > 0;)
		gate_leave(&gate, &places[i]);
	gate_deinit(&gate);
}

static void test_case_of_the_name(void **state) {
	struct gate gate;
	struct gate_place places[N_PLACES], same;
	gate_init(&gate, LOGINS_MAX);
	fill(&gate, places, "imap.example.com");
	gate_place_init(&same, on_open);
	assert_false(gate_enter(&gate, &same, "IMAP.example.COM"));
	gate_leave(&gate, &same);
	for (size_t i = N_PLACES; i-- > 0;)
		gate_leave(&gate, &places[i]);
	gate_deinit(&gate);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_a_host_does_not_hold_up_another),
		cmocka_unit_test(test_case_of_the_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
