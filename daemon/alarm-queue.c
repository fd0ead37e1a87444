#include "daemon/alarm-queue.h"

#include <assert.h>

#include "base/memory.h"

void alarm_queue_deinit(struct alarm_queue *queue) {
	assert(queue->n == 0);
	queue->entries = memory_free(queue->entries);
	queue->n_allocated = 0;
}

static void put(struct alarm_queue *queue, size_t i, struct alarm_entry entry) {
	queue->entries[i] = entry;
	entry.alarm->place = i + 1;
}

static void move_up(struct alarm_queue *queue, size_t i, struct alarm_entry entry) {
	while (i > 0) {
		size_t parent = (i - 1) / 2;
		if (queue->entries[parent].key_usec <= entry.key_usec)
			break;
		put(queue, i, queue->entries[parent]);
		i = parent;
	}
	put(queue, i, entry);
}

static void move_down(struct alarm_queue *queue, size_t i, struct alarm_entry entry) {
	size_t child;
	while ((child = 2 * i + 1) < queue->n) {
		if (child + 1 < queue->n &&
			queue->entries[child + 1].key_usec < queue->entries[child].key_usec)
			child++;
		if (entry.key_usec <= queue->entries[child].key_usec)
			break;
		put(queue, i, queue->entries[child]);
		i = child;
	}
	put(queue, i, entry);
}

static void add(struct alarm_queue *queue, struct alarm_entry entry) {
	if (queue->n == queue->n_allocated) {
		queue->n_allocated = MAX(2 * queue->n_allocated, (size_t)8);
		queue->entries =
			memory_resize(queue->entries, queue->n_allocated, sizeof(*queue->entries));
	}
	move_up(queue, queue->n++, entry);
}

void alarm_queue_remove(struct alarm_queue *queue, struct alarm *alarm) {
	if (alarm->place == 0)
		return;
	size_t i = alarm->place - 1;
	alarm->place = 0;
	struct alarm_entry last = queue->entries[--queue->n];
	if (i == queue->n)
		return;
	/* it may belong above the gap as well as below */
	move_up(queue, i, last);
	move_down(queue, last.alarm->place - 1, last);
}

void alarm_queue_set(struct alarm_queue *queue, struct alarm *alarm, uint64_t due_usec) {
	alarm->due_usec = due_usec;
	struct alarm_entry entry = { .key_usec = due_usec, .alarm = alarm };
	if (alarm->place != 0 && due_usec < queue->entries[alarm->place - 1].key_usec)
		move_up(queue, alarm->place - 1, entry);
	else if (alarm->place == 0 && due_usec != USEC_NEVER)
		add(queue, entry);
}

uint64_t alarm_queue_next(struct alarm_queue *queue) {
	while (queue->n > 0) {
		struct alarm_entry first = queue->entries[0];
		uint64_t due = first.alarm->due_usec;
		if (first.key_usec == due)
			return due;
		first.key_usec = due;
		if (due == USEC_NEVER)
			alarm_queue_remove(queue, first.alarm);
		else
			move_down(queue, 0, first);
	}
	return USEC_NEVER;
}

struct alarm *alarm_queue_take(struct alarm_queue *queue, uint64_t now_usec) {
	uint64_t next = alarm_queue_next(queue);
	if (next == USEC_NEVER || next > now_usec)
		return NULL;
	struct alarm *alarm = queue->entries[0].alarm;
	alarm_queue_remove(queue, alarm);
	alarm->due_usec = USEC_NEVER;
	return alarm;
}
