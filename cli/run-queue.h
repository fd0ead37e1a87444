#pragma once
/* Which events `posthorn run` runs its program for, when, and how far its cursor may move. Pure: the
 * time is an argument, and the processes are somebody else's.
 *
 *   waiting --take--> running --success--> done
 *      ^                 |  \--failure, too often--> skipped (as done), or the end
 *      +---a delay-------+
 *
 * Events of one mailbox are one lane: in order, one job at a time. Different lanes may run at once.
 * A job is one event or, where a burst is waited for, all that came in its lane. The position moves
 * over what is done without a gap; what is done beyond it is told by number, so that nothing is done
 * twice. Both are bounded, since there is no room for an event RUN_QUEUE_MAX behind one that is not
 * done. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "cli/event.h"

/* Events that are held, done or not; each may be some KiB of headers. */
#define RUN_QUEUE_MAX 1000
/* Events in one job at most: its input stays below some MiB. */
#define RUN_QUEUE_BATCH_MAX 500
/* Before an attempt, doubled from one to the next. */
#define RUN_QUEUE_DELAY_MIN_USEC (1 * USEC_PER_SEC)
#define RUN_QUEUE_DELAY_MAX_USEC (5 * USEC_PER_MINUTE)

struct run_queue;
struct run_job;

struct run_queue_options {
	unsigned jobs; /* how many run at once; at least 1 */
	bool is_together; /* all mailboxes are one lane */
	bool gathers; /* a job is all that came, not one event */
	uint64_t quiet_usec; /* gathers: until nothing came for so long, */
	uint64_t max_delay_usec; /* but no longer than this */
	unsigned retries; /* attempts after the first */
	bool skips_failed; /* goes on behind what failed too often; else that is the end */
};

enum run_outcome {
	RUN_OUTCOME_DONE,
	RUN_OUTCOME_RETRY,
	RUN_OUTCOME_SKIPPED,
	RUN_OUTCOME_GIVEN_UP, /* and nothing starts any more */
};

/* `position`: everything up to it is done, and so are the `n` numbers of `done`, which grow. */
struct run_queue *run_queue_new(
	const struct run_queue_options *options, uint64_t position, const uint64_t *done, size_t n);
struct run_queue *run_queue_free(struct run_queue *q);
DEFINE_CLEANUP(struct run_queue, run_queue_free);

bool run_queue_has_room(const struct run_queue *q);

/* Events come in the order of their numbers. The keys become the queue's. */
void run_queue_add(
	struct run_queue *q, const struct event *event, struct record *keys, uint64_t now_usec);
/* An event that is nobody's business: done. */
void run_queue_pass(struct run_queue *q, uint64_t seq);

/* A job to start now, which counts as running; or NULL. It is the queue's, until it has ended. */
struct run_job *run_queue_take(struct run_queue *q, uint64_t now_usec);
/* When to ask for one again, if nothing else happens; USEC_NEVER. */
uint64_t run_queue_deadline_usec(const struct run_queue *q);
enum run_outcome run_queue_end(
	struct run_queue *q, struct run_job *job, bool is_success, uint64_t now_usec);

/* Nothing more will come: what is gathered is due. */
void run_queue_hurry(struct run_queue *q);
/* No job starts any more. */
void run_queue_stop(struct run_queue *q);
/* Nothing runs, and nothing waits or may start. */
bool run_queue_is_finished(const struct run_queue *q);

uint64_t run_queue_position(const struct run_queue *q);
/* What is done beyond the position: the numbers grow. Owned. */
uint64_t *run_queue_done(const struct run_queue *q, size_t *ret_n);

size_t run_queue_n_events(const struct run_job *job);
/* In their order; borrowed for the life of the job. */
const struct event *run_queue_event(const struct run_job *job, size_t i);
/* From 1. */
unsigned run_queue_attempt(const struct run_job *job);
