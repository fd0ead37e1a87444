#pragma once
/* What this process has done since it began, in numbers: one line where something happens adds to
 * them. They are of all accounts together, since the names of accounts are private. Owned by the
 * manager; others borrow it. Pure: time is an argument. */
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"
#include "bus/unit-start.h"
#include "io/stream.h"
#include "store/store-record.h"

/* Buckets of the latency that have an upper bound; one more takes the rest. */
#define METRICS_N_LATENCY_BOUNDS 12
/* Reports whose events are not signalled yet. Beyond, while a bus is away, the oldest are not measured. */
#define METRICS_HEARD_MAX 256

/* The events of one report of a watch, and when the server's word for them came. */
struct metrics_heard {
	uint64_t first_seq;
	uint64_t last_seq;
	uint64_t usec; /* CLOCK_MONOTONIC */
};

struct metrics {
	uint64_t n_events[STORE_EVENT_RESET + 1]; /* of the log; by their type */
	uint64_t latency[METRICS_N_LATENCY_BOUNDS + 1]; /* each bucket by itself */
	uint64_t latency_sum_usec;
	uint64_t n_logins;
	uint64_t n_reconnects
		[REASON_COUNT_]; /* connections and attempts that ended, by their reason */
	uint64_t n_push_misses;
	uint64_t n_round_trips;
	struct stream_counts traffic; /* of all mail servers */
	uint64_t n_commits;
	uint64_t n_store_failures;
	uint64_t n_calls; /* of D-Bus methods */
	uint64_t n_triggers[UNIT_START_REFUSED + 1]; /* by what systemd said */
	struct metrics_heard heard[METRICS_HEARD_MAX]; /* a ring, by their numbers */
	size_t heard_first;
	size_t n_heard;
};

/* These events are in the log now; the server's word for them came at `usec`, 0: it never said one,
 * they were found by asking. */
void metrics_heard(struct metrics *m, uint64_t first_seq, uint64_t last_seq, uint64_t usec);
/* An event went out; each once, in the order of their numbers. */
void metrics_signalled(struct metrics *m, uint64_t seq, uint64_t now_usec);
