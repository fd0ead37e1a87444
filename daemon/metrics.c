#include "daemon/metrics.h"

#include "base/macros.h"

/* In microseconds. */
static const uint64_t latency_bounds[] = { 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000,
	250000, 1000000, 10000000 };
_Static_assert(ARRAY_SIZE(latency_bounds) == METRICS_N_LATENCY_BOUNDS, "a bound for each");

static void drop_oldest(struct metrics *m) {
	m->heard_first = (m->heard_first + 1) % METRICS_HEARD_MAX;
	m->n_heard--;
}

void metrics_heard(struct metrics *m, uint64_t first_seq, uint64_t last_seq, uint64_t usec) {
	if (usec == 0)
		return;
	if (m->n_heard == METRICS_HEARD_MAX)
		drop_oldest(m);
	m->heard[(m->heard_first + m->n_heard++) % METRICS_HEARD_MAX] =
		(struct metrics_heard){ first_seq, last_seq, usec };
}

static void observe(struct metrics *m, uint64_t latency_usec) {
	size_t bucket = 0;
	while (bucket < METRICS_N_LATENCY_BOUNDS && latency_usec > latency_bounds[bucket])
		bucket++;
	m->latency[bucket]++;
	m->latency_sum_usec += latency_usec;
}

void metrics_signalled(struct metrics *m, uint64_t seq, uint64_t now_usec) {
	while (m->n_heard > 0 && m->heard[m->heard_first].last_seq < seq)
		drop_oldest(m);
	if (m->n_heard == 0)
		return;
	const struct metrics_heard *heard = &m->heard[m->heard_first];
	if (seq >= heard->first_seq && now_usec >= heard->usec)
		observe(m, now_usec - heard->usec);
}
