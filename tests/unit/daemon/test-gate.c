/* Who may log in: so many at once for each host, so many in the long run, one alone where the host
 * has trouble; the others in their order. Time and chance are arguments here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/macros.h"
#include "daemon/gate.h"
#include "daemon/login-budget.h"

#define LOGINS_MAX 32
#define N_PLACES (LOGINS_MAX + 3)
#define NOW (100 * USEC_PER_SEC)

struct world {
	struct gate gate;
	struct gate_place places[N_PLACES];
	struct gate_place *opened[4 * N_PLACES];
	size_t n_opened, n_moved;
};

/* Where callbacks write: they get a place alone. */
static struct world world;

static void on_open(struct gate_place *place) {
	assert_int_equal(place->position, GATE_INSIDE);
	world.opened[world.n_opened++] = place;
}

static void on_moved(struct gate_place *place) {
	world.n_moved++;
}

static int set_up(void **state) {
	world = (struct world){ 0 };
	gate_init(&world.gate, LOGINS_MAX);
	for (size_t i = 0; i < N_PLACES; i++) {
		gate_place_init(&world.places[i], on_open);
		world.places[i].moved = on_moved;
	}
	return 0;
}

static int tear_down(void **state) {
	for (size_t i = N_PLACES; i-- > 0;)
		gate_forget(&world.gate, &world.places[i], NOW);
	gate_deinit(&world.gate);
	return 0;
}

static bool enter(size_t i, const char *host, uint64_t now) {
	return gate_enter(&world.gate, &world.places[i], host, now);
}

static void leave(size_t i, enum reason reason, uint64_t now) {
	gate_leave(&world.gate, &world.places[i],
		&(struct gate_end){ .reason = reason, .has_reached = true, .now_usec = now });
}

static void fill(const char *host) {
	for (size_t i = 0; i < N_PLACES; i++)
		assert_int_equal(enter(i, host, NOW), i < LOGINS_MAX);
	world.n_opened = 0;
}

static void test_in_order(void **state) {
	fill("h");
	gate_accepted(&world.gate, &world.places[5], NOW);
	assert_int_equal(world.n_opened, 1);
	assert_ptr_equal(world.opened[0], &world.places[LOGINS_MAX]);
	leave(LOGINS_MAX + 1, REASON_NONE, NOW); /* out of the queue: nobody moves up */
	assert_int_equal(world.n_opened, 1);
	leave(0, REASON_NONE, NOW);
	assert_int_equal(world.n_opened, 2);
	assert_ptr_equal(world.opened[1], &world.places[LOGINS_MAX + 2]);
	for (size_t i = 0; i < N_PLACES; i++)
		leave(i, REASON_NONE, NOW);
	assert_int_equal(world.n_opened, 2);
}

static void test_a_host_does_not_hold_up_another(void **state) {
	struct gate_place other;
	fill("dead.example.com");
	gate_place_init(&other, on_open);
	assert_true(gate_enter(&world.gate, &other, "alive.example.com", NOW));
	gate_accepted(&world.gate, &other, NOW);
	gate_forget(&world.gate, &other, NOW);
	gate_forget(&world.gate, &other, NOW); /* once more is nothing */
	assert_int_equal(world.n_opened, 0);
}

static void test_case_of_the_name(void **state) {
	struct gate_place same;
	fill("imap.example.com");
	gate_place_init(&same, on_open);
	assert_false(gate_enter(&world.gate, &same, "IMAP.example.COM", NOW));
	gate_forget(&world.gate, &same, NOW);
}

/* One account in a loop: three times, and then once a minute. */
static void test_budget(void **state) {
	for (int i = 0; i < LOGIN_BUDGET_BURST; i++) {
		assert_true(enter(0, "h", NOW));
		leave(0, REASON_SERVER_CLOSED, NOW);
	}
	assert_false(enter(0, "h", NOW));
	assert_int_equal(gate_wait(&world.places[0]).due_usec, NOW + USEC_PER_MINUTE);
	assert_int_equal(gate_due(&world.gate), NOW + USEC_PER_MINUTE);
	gate_tick(&world.gate, NOW + USEC_PER_MINUTE - 1);
	assert_int_equal(world.n_opened, 0);
	gate_tick(&world.gate, NOW + USEC_PER_MINUTE);
	assert_int_equal(world.n_opened, 1);
}

/* Whom the network keeps away has not logged in. */
static void test_attempts_that_reach_nobody_cost_nothing(void **state) {
	const struct gate_end end = { .reason = REASON_CONNECT_FAILED, .now_usec = NOW };
	for (int i = 0; i < 100; i++) {
		assert_true(enter(0, "h", NOW));
		gate_leave(&world.gate, &world.places[0], &end);
	}
}

/* An account that is configured anew is another one at the same server. */
static void test_budget_outlives_the_account(void **state) {
	for (int i = 0; i < LOGIN_BUDGET_BURST; i++) {
		assert_true(enter(0, "h", NOW));
		gate_accepted(&world.gate, &world.places[0], NOW);
		gate_forget(&world.gate, &world.places[0], NOW);
	}
	assert_false(enter(0, "h", NOW));
	gate_forget(&world.gate, &world.places[0], NOW);
	/* and is forgotten once it is full again */
	uint64_t due = gate_due(&world.gate);
	assert_true(due <= NOW + USEC_PER_MINUTE);
	for (int i = 0; i < 5 && due != USEC_NEVER; i++, due = gate_due(&world.gate))
		gate_tick(&world.gate, due);
	assert_null(world.gate.hosts);
}

static void test_a_start_of_ten_thousand_waits_for_nothing(void **state) {
	enum {
		N = 10000
	};
	static struct gate_place many[N];
	world.gate.n_logins_max = N;
	for (size_t i = 0; i < N; i++) {
		gate_place_init(&many[i], on_open);
		assert_true(gate_enter(&world.gate, &many[i], "h", NOW));
		gate_accepted(&world.gate, &many[i], NOW);
	}
	/* all at once lose their connection, and all come back */
	for (size_t i = 0; i < N; i++)
		assert_true(gate_enter(&world.gate, &many[i], "h", NOW));
	for (size_t i = 0; i < N; i++)
		gate_forget(&world.gate, &many[i], NOW);
}

static void fail_all(enum reason reason) {
	for (size_t i = 0; i < 10; i++)
		assert_true(enter(i, "h", NOW));
	for (size_t i = 0; i < 10; i++)
		leave(i, reason, NOW);
}

static void test_one_probes_and_the_others_wait(void **state) {
	fail_all(REASON_UNAVAILABLE);
	for (size_t i = 0; i < 10; i++)
		assert_false(enter(i, "h", NOW));
	struct gate_wait wait = gate_wait(&world.places[9]);
	assert_int_equal(wait.reason, REASON_UNAVAILABLE);
	assert_in_range(wait.due_usec, NOW + USEC_PER_SEC, NOW + BREAKER_WAIT_MIN_USEC);

	uint64_t first = gate_due(&world.gate);
	assert_int_equal(first, wait.due_usec);
	gate_tick(&world.gate, first);
	assert_int_equal(world.n_opened, 1);
	assert_ptr_equal(world.opened[0], &world.places[0]);
	assert_int_equal(gate_wait(&world.places[9]).due_usec, USEC_NEVER);
	assert_int_equal(gate_due(&world.gate), USEC_NEVER);

	leave(0, REASON_CONNECT_FAILED, first);
	assert_int_equal(world.n_moved, 9);
	uint64_t second = gate_due(&world.gate);
	assert_true(second >= first + USEC_PER_SEC);
	assert_int_equal(gate_wait(&world.places[9]).reason, REASON_CONNECT_FAILED);
	assert_int_equal(gate_wait(&world.places[9]).due_usec, second);

	gate_tick(&world.gate, second);
	assert_int_equal(world.n_opened, 2);
	gate_accepted(&world.gate, world.opened[1], second);
	assert_int_equal(world.n_opened, 10);
}

/* At a start nobody is well yet: three that fail are enough to spare the other thousands. */
static void test_a_start_at_a_dead_server(void **state) {
	world.gate.n_logins_max = 3;
	for (size_t i = 0; i < N_PLACES; i++)
		enter(i, "h", NOW);
	const struct gate_end end = { .reason = REASON_CONNECT_FAILED, .now_usec = NOW };
	for (size_t i = 0; i < 5; i++)
		gate_leave(&world.gate, &world.places[i], &end);
	assert_int_equal(world.n_opened, 2);
	assert_int_equal(gate_wait(&world.places[N_PLACES - 1]).reason, REASON_CONNECT_FAILED);
	assert_true(gate_due(&world.gate) < USEC_NEVER);
}

/* The probe is taken away: the next one takes its place at once. */
static void test_a_probe_that_is_removed(void **state) {
	fail_all(REASON_CONNECTION_LOST);
	for (size_t i = 0; i < 10; i++)
		enter(i, "h", NOW);
	gate_tick(&world.gate, gate_due(&world.gate));
	assert_int_equal(world.n_opened, 1);
	gate_forget(&world.gate, world.opened[0], NOW + USEC_PER_MINUTE);
	assert_int_equal(world.n_opened, 2);
}

/* Another network: whom this machine's own trouble kept away tries now, as many as may at once, and the
 * others know that they wait for these alone. What the logins cost is not forgotten. */
static void test_a_new_network_starts_over(void **state) {
	fail_all(REASON_TIMED_OUT);
	for (size_t i = 0; i < 10; i++)
		assert_false(enter(i, "h", NOW));
	assert_int_equal(gate_wait(&world.places[9]).reason, REASON_TIMED_OUT);
	world.gate.n_logins_max = 4;
	world.n_moved = 0;
	gate_start_over(&world.gate, NOW);
	assert_int_equal(world.n_opened, 4);
	assert_int_equal(world.n_moved, 6);
	assert_int_equal(gate_wait(&world.places[9]).reason, REASON_NONE);
	assert_int_equal(gate_wait(&world.places[9]).due_usec, USEC_NEVER);
	for (size_t i = 0; i < 4; i++)
		gate_accepted(&world.gate, &world.places[i], NOW);
	assert_int_equal(world.n_opened, 8);
	for (size_t i = 0; i < 10; i++)
		leave(i, REASON_NONE, NOW);
	world.gate.n_logins_max = LOGINS_MAX;
	unsigned n = 0;
	while (enter(n % 10, "h", NOW))
		leave(n++ % 10, REASON_NONE, NOW);
	/* 10 that failed, 8 that were let in, and 2 behind these */
	assert_int_equal(n, 10 * LOGIN_BUDGET_BURST - 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(test_in_order),
		TEST(test_a_host_does_not_hold_up_another),
		TEST(test_case_of_the_name),
		TEST(test_budget),
		TEST(test_attempts_that_reach_nobody_cost_nothing),
		TEST(test_budget_outlives_the_account),
		TEST(test_a_start_of_ten_thousand_waits_for_nothing),
		TEST(test_one_probes_and_the_others_wait),
		TEST(test_a_start_at_a_dead_server),
		TEST(test_a_probe_that_is_removed),
		TEST(test_a_new_network_starts_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
