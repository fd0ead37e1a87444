#include "cli/run-queue.h"

#include <assert.h>
#include <string.h>

#include "base/list.h"
#include "base/memory.h"
#include "base/text.h"
#include "bus/names.h"

struct item {
	struct list link; /* in the queue, by number */
	struct list waiting; /* in its lane, while no job has it */
	struct event event;
	struct record *keys; /* owned; NULL when it is done */
};

struct run_job {
	struct lane *lane;
	struct item **items;
	size_t n_items;
	unsigned attempt;
	bool is_running;
	uint64_t due_usec; /* of the next attempt, while it does not run */
};

struct lane {
	struct list link;
	char *name;
	struct list waiting;
	size_t n_waiting;
	uint64_t first_usec, last_usec; /* when the first and the last of those came */
	struct run_job *job; /* owned */
};

struct run_queue {
	struct run_queue_options options;
	struct list items; /* the first of them is not done */
	size_t n_items;
	struct list lanes; /* with something to do */
	uint64_t last_seq; /* of all that came */
	uint64_t *done; /* what an earlier run had done and has not come yet */
	size_t n_done;
	size_t n_running;
	bool is_hurried;
	bool is_stopped;
};

struct run_queue *run_queue_new(const struct run_queue_options *options, uint64_t position,
	const uint64_t *done, size_t n) {
	assert(options->jobs > 0);
	struct run_queue *q = MEMORY_NEW(struct run_queue);
	q->options = *options;
	q->last_seq = position;
	q->done = MEMORY_NEW_ARRAY(uint64_t, n + 1);
	q->n_done = n;
	if (n > 0)
		memcpy(q->done, done, n * sizeof(*done));
	list_init(&q->items);
	list_init(&q->lanes);
	return q;
}

static void free_item(struct item *item) {
	list_remove(&item->link);
	list_remove(&item->waiting);
	(void)record_free(item->keys);
	free(item);
}

static void free_job(struct run_job *job) {
	if (job) {
		free(job->items);
		free(job);
	}
}

static void free_lane(struct lane *lane) {
	list_remove(&lane->link);
	free_job(lane->job);
	free(lane->name);
	free(lane);
}

struct run_queue *run_queue_free(struct run_queue *q) {
	if (!q)
		return NULL;
	LIST_FOREACH_SAFE (link, &q->items)
		free_item(CONTAINER_OF(link, struct item, link));
	LIST_FOREACH_SAFE (link, &q->lanes)
		free_lane(CONTAINER_OF(link, struct lane, link));
	free(q->done);
	return memory_free(q);
}

bool run_queue_has_room(const struct run_queue *q) {
	return q->n_items == 0 || q->n_items + q->n_done < RUN_QUEUE_MAX;
}

/* No text of a mail has a line's end in it. */
static char *lane_name(const struct run_queue *q, const struct record *keys) {
	if (q->options.is_together)
		return memory_strdup("");
	return memory_format("%s\n%s", record_text_or_empty(keys, BUS_KEY_ACCOUNT),
		record_text_or_empty(keys, BUS_KEY_MAILBOX));
}

static struct lane *lane_of(struct run_queue *q, const struct record *keys) {
	CLEANUP_TEXT char *name = lane_name(q, keys);
	LIST_FOREACH (link, &q->lanes) {
		struct lane *lane = CONTAINER_OF(link, struct lane, link);
		if (strcmp(lane->name, name) == 0)
			return lane;
	}
	struct lane *lane = MEMORY_NEW(struct lane);
	lane->name = TAKE_PTR(name);
	list_init(&lane->waiting);
	list_append(&q->lanes, &lane->link);
	return lane;
}

/* True, and forgotten: an earlier run has done it. Numbers before it will not come any more. */
static bool take_done(struct run_queue *q, uint64_t seq) {
	size_t n = 0;
	while (n < q->n_done && q->done[n] < seq)
		n++;
	bool is_done = n < q->n_done && q->done[n] == seq;
	n += is_done;
	memmove(q->done, q->done + n, (q->n_done - n) * sizeof(*q->done));
	q->n_done -= n;
	return is_done;
}

static void trim(struct run_queue *q) {
	LIST_FOREACH_SAFE (link, &q->items) {
		struct item *item = CONTAINER_OF(link, struct item, link);
		if (item->keys)
			return;
		free_item(item);
		q->n_items--;
	}
}

void run_queue_add(
	struct run_queue *q, const struct event *event, struct record *keys, uint64_t now_usec) {
	assert(event->seq > q->last_seq);
	struct item *item = MEMORY_NEW(struct item);
	item->event = *event;
	item->event.keys = keys;
	item->keys = keys;
	list_init(&item->waiting);
	list_append(&q->items, &item->link);
	q->n_items++;
	q->last_seq = event->seq;
	if (take_done(q, event->seq)) {
		item->keys = record_free(item->keys);
		trim(q);
		return;
	}
	struct lane *lane = lane_of(q, keys);
	list_append(&lane->waiting, &item->waiting);
	lane->first_usec = lane->n_waiting++ == 0 ? now_usec : lane->first_usec;
	lane->last_usec = now_usec;
}

void run_queue_pass(struct run_queue *q, uint64_t seq) {
	assert(seq > q->last_seq);
	q->last_seq = seq;
	(void)take_done(q, seq);
}

/* When the lane may start a job; USEC_NEVER: it has one that runs. */
static uint64_t lane_due_usec(const struct run_queue *q, const struct lane *lane) {
	if (lane->job)
		return lane->job->is_running ? USEC_NEVER : lane->job->due_usec;
	if (list_is_empty(&lane->waiting))
		return USEC_NEVER;
	if (!q->options.gathers || q->is_hurried || !run_queue_has_room(q) ||
		lane->n_waiting >= RUN_QUEUE_BATCH_MAX)
		return lane->first_usec;
	return MIN(lane->last_usec + q->options.quiet_usec,
		lane->first_usec + q->options.max_delay_usec);
}

static uint64_t lane_first_seq(const struct lane *lane) {
	if (lane->job)
		return lane->job->items[0]->event.seq;
	return CONTAINER_OF(lane->waiting.next, struct item, waiting)->event.seq;
}

/* The oldest event goes first. */
static struct lane *next_lane(const struct run_queue *q, uint64_t now_usec) {
	struct lane *found = NULL;
	LIST_FOREACH (link, &q->lanes) {
		struct lane *lane = CONTAINER_OF(link, struct lane, link);
		if (lane_due_usec(q, lane) <= now_usec &&
			(!found || lane_first_seq(lane) < lane_first_seq(found)))
			found = lane;
	}
	return found;
}

static struct run_job *new_job(const struct run_queue *q, struct lane *lane, uint64_t now_usec) {
	struct run_job *job = MEMORY_NEW(struct run_job);
	size_t n = q->options.gathers ? MIN(lane->n_waiting, (size_t)RUN_QUEUE_BATCH_MAX) : 1;
	job->lane = lane;
	job->items = MEMORY_NEW_ARRAY(struct item *, n);
	for (; job->n_items < n; job->n_items++) {
		struct item *item = CONTAINER_OF(lane->waiting.next, struct item, waiting);
		job->items[job->n_items] = item;
		list_remove(&item->waiting);
	}
	lane->n_waiting -= n;
	lane->first_usec = now_usec;
	return job;
}

struct run_job *run_queue_take(struct run_queue *q, uint64_t now_usec) {
	if (q->is_stopped || q->n_running >= q->options.jobs)
		return NULL;
	struct lane *lane = next_lane(q, now_usec);
	if (!lane)
		return NULL;
	if (!lane->job)
		lane->job = new_job(q, lane, now_usec);
	lane->job->is_running = true;
	lane->job->attempt++;
	q->n_running++;
	return lane->job;
}

uint64_t run_queue_deadline_usec(const struct run_queue *q) {
	uint64_t deadline_usec = USEC_NEVER;
	if (q->is_stopped || q->n_running >= q->options.jobs)
		return USEC_NEVER;
	LIST_FOREACH (link, &q->lanes)
		deadline_usec =
			MIN(deadline_usec, lane_due_usec(q, CONTAINER_OF(link, struct lane, link)));
	return deadline_usec;
}

static uint64_t delay_usec(unsigned attempt) {
	uint64_t usec = RUN_QUEUE_DELAY_MIN_USEC;
	for (; attempt > 1 && usec < RUN_QUEUE_DELAY_MAX_USEC; attempt--)
		usec *= 2;
	return MIN(usec, RUN_QUEUE_DELAY_MAX_USEC);
}

static void finish(struct run_queue *q, struct run_job *job) {
	struct lane *lane = job->lane;
	for (size_t i = 0; i < job->n_items; i++) {
		job->items[i]->keys = record_free(job->items[i]->keys);
		job->items[i]->event.keys = NULL;
	}
	free_job(job);
	lane->job = NULL;
	if (list_is_empty(&lane->waiting))
		free_lane(lane);
	trim(q);
}

enum run_outcome run_queue_end(
	struct run_queue *q, struct run_job *job, bool is_success, uint64_t now_usec) {
	assert(job->is_running);
	job->is_running = false;
	q->n_running--;
	if (!is_success && job->attempt <= q->options.retries) {
		job->due_usec = now_usec + delay_usec(job->attempt);
		return RUN_OUTCOME_RETRY;
	}
	if (!is_success && !q->options.skips_failed) {
		q->is_stopped = true;
		return RUN_OUTCOME_GIVEN_UP;
	}
	finish(q, job);
	return is_success ? RUN_OUTCOME_DONE : RUN_OUTCOME_SKIPPED;
}

void run_queue_hurry(struct run_queue *q) {
	q->is_hurried = true;
}

void run_queue_stop(struct run_queue *q) {
	q->is_stopped = true;
}

bool run_queue_is_finished(const struct run_queue *q) {
	return q->n_running == 0 && (q->is_stopped || list_is_empty(&q->items));
}

uint64_t run_queue_position(const struct run_queue *q) {
	if (list_is_empty(&q->items))
		return q->last_seq;
	return CONTAINER_OF(q->items.next, struct item, link)->event.seq - 1;
}

uint64_t *run_queue_done(const struct run_queue *q, size_t *ret_n) {
	uint64_t *done = MEMORY_NEW_ARRAY(uint64_t, q->n_items + q->n_done + 1);
	size_t n = 0;
	LIST_FOREACH (link, &q->items) {
		const struct item *item = CONTAINER_OF(link, struct item, link);
		if (!item->keys)
			done[n++] = item->event.seq;
	}
	for (size_t i = 0; i < q->n_done; i++)
		done[n++] = q->done[i];
	*ret_n = n;
	return done;
}

size_t run_queue_n_events(const struct run_job *job) {
	return job->n_items;
}

const struct event *run_queue_event(const struct run_job *job, size_t i) {
	assert(i < job->n_items);
	return &job->items[i]->event;
}

unsigned run_queue_attempt(const struct run_job *job) {
	return job->attempt;
}
