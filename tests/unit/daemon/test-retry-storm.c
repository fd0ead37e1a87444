/* Servers that are not well, for hours of simulated time: what the backoff of each account and the
 * gate of its host let through together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "daemon/backoff.h"
#include "daemon/gate.h"

#define CAP (5 * USEC_PER_MINUTE)
#define N_MAX 1000

struct client {
	struct gate_place place;
	struct backoff backoff;
	uint64_t due_usec; /* the next attempt; USEC_NEVER: it waits at the gate, or is inside */
	bool is_open;
};

struct server {
	struct gate gate;
	struct client clients[N_MAX];
	size_t n;
	uint64_t now_usec;
	uint64_t random;
	uint64_t well_from_usec; /* from then on logins stay */
	bool greets; /* it lets us log in before it closes; else it cannot be reached */
	unsigned n_logins;
	unsigned n_attempts;
	size_t n_online;
};

static void on_open(struct gate_place *place) {
	CONTAINER_OF(place, struct client, place)->is_open = true;
}

static uint64_t roll(struct server *s) {
	s->random = s->random * 6364136223846793005U + 1442695040888963407U;
	return s->random >> 16;
}

static void start(struct server *s, size_t n, uint64_t seed) {
	*s = (struct server){ .n = n, .now_usec = USEC_PER_HOUR, .random = seed };
	s->well_from_usec = USEC_NEVER;
	gate_init(&s->gate, 32);
	for (size_t i = 0; i < n; i++) {
		gate_place_init(&s->clients[i].place, on_open);
		s->clients[i].due_usec = s->now_usec;
	}
}

static void stop(struct server *s) {
	for (size_t i = 0; i < s->n; i++)
		gate_forget(&s->gate, &s->clients[i].place, s->now_usec);
	gate_deinit(&s->gate);
}

/* The attempt takes no time, as with a server that answers at once: nothing is spared by waiting. */
static void attempt(struct server *s, struct client *c) {
	c->is_open = false;
	c->due_usec = USEC_NEVER;
	s->n_attempts++;
	s->n_logins += s->greets;
	if (s->now_usec >= s->well_from_usec) {
		s->n_online++;
		gate_accepted(&s->gate, &c->place, s->now_usec);
		return;
	}
	struct gate_end end = {
		.reason = s->greets ? REASON_SERVER_CLOSED : REASON_CONNECT_FAILED,
		.has_reached = s->greets,
		.now_usec = s->now_usec,
		.random = roll(s),
	};
	gate_leave(&s->gate, &c->place, &end);
	struct backoff_end failure = { .reason = end.reason, .cap_usec = CAP, .random = roll(s) };
	c->due_usec = s->now_usec + backoff_next(&c->backoff, &failure);
}

static bool step(struct server *s, uint64_t end_usec) {
	uint64_t next = gate_due(&s->gate);
	for (size_t i = 0; i < s->n; i++)
		next = MIN(next, s->clients[i].is_open ? s->now_usec : s->clients[i].due_usec);
	if (next >= end_usec)
		return false;
	s->now_usec = MAX(s->now_usec, next);
	gate_tick(&s->gate, s->now_usec);
	for (size_t i = 0; i < s->n; i++) {
		struct client *c = &s->clients[i];
		if (!c->is_open && c->due_usec <= s->now_usec) {
			c->due_usec = USEC_NEVER;
			c->is_open = gate_enter(&s->gate, &c->place, "host", s->now_usec);
		}
		if (c->is_open)
			attempt(s, c);
	}
	return true;
}

static void run(struct server *s, uint64_t usec) {
	uint64_t end = s->now_usec + usec;
	while (step(s, end))
		;
	s->now_usec = end;
}

/* Issue 5.7: less than one login in 30 s, whatever the dice say. */
static void test_a_server_that_lets_us_in_and_closes(void **state) {
	unsigned most = 0, first_minute = 0;
	struct server *s = malloc(sizeof(*s));
	assert_non_null(s);
	for (uint64_t seed = 0; seed < 200; seed++) {
		start(s, 1, seed);
		s->greets = true;
		run(s, USEC_PER_MINUTE);
		first_minute = MAX(first_minute, s->n_logins);
		run(s, 9 * USEC_PER_MINUTE);
		most = MAX(most, s->n_logins);
		run(s, 50 * USEC_PER_MINUTE);
		assert_in_range(s->n_logins, 10, 119);
		stop(s);
	}
	print_message(
		"# most logins in the first minute %u, in ten minutes %u\n", first_minute, most);
	assert_true(first_minute <= 3);
	assert_true(most < 20);
	free(s);
}

/* A thousand accounts of a host that is gone for an hour: one of them looks after it. */
static void test_a_host_that_is_gone(void **state) {
	struct server *s = malloc(sizeof(*s));
	assert_non_null(s);
	start(s, N_MAX, 7);
	run(s, USEC_PER_HOUR);
	print_message(
		"# attempts of 1000 accounts in an hour without the host: %u\n", s->n_attempts);
	assert_in_range(s->n_attempts, 12, 200);
	/* it is back: all of them are, as soon as one has found out */
	s->well_from_usec = s->now_usec;
	s->greets = true;
	run(s, 5 * USEC_PER_MINUTE + USEC_PER_SEC);
	assert_int_equal(s->n_online, N_MAX);
	stop(s);
	free(s);
}

/* Logins count for all accounts together as for one. */
static void test_a_thousand_that_are_let_in_and_closed(void **state) {
	struct server *s = malloc(sizeof(*s));
	assert_non_null(s);
	start(s, N_MAX, 3);
	s->greets = true;
	run(s, USEC_PER_HOUR);
	print_message("# logins of 1000 accounts in an hour: %u\n", s->n_logins);
	assert_in_range(s->n_logins, 12, 200);
	stop(s);
	free(s);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_server_that_lets_us_in_and_closes),
		cmocka_unit_test(test_a_host_that_is_gone),
		cmocka_unit_test(test_a_thousand_that_are_let_in_and_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
