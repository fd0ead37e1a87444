#pragma once
/* Alarms in the order in which they are due: a heap with room for one alarm of each account. Pure:
 * time is an argument. An alarm that is put off, or silenced, costs nothing: its entry stays where
 * it is until it comes up, and goes to its new place then. Most deadlines end so: an answer comes,
 * and the next one is far away. */
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

/* Embedded in what waits; zeroed, with `ring`, to begin with. */
struct alarm {
	void (*ring)(struct alarm *alarm);
	uint64_t due_usec; /* USEC_NEVER: silent */
	size_t place; /* in the heap, plus one; 0: not in it */
};

struct alarm_entry {
	uint64_t key_usec; /* not later than the alarm is due */
	struct alarm *alarm;
};

/* Embedded, zeroed to begin with. */
struct alarm_queue {
	struct alarm_entry *entries;
	size_t n;
	size_t n_allocated;
};

/* All alarms must have been removed. */
void alarm_queue_deinit(struct alarm_queue *queue);

/* USEC_NEVER silences. */
void alarm_queue_set(struct alarm_queue *queue, struct alarm *alarm, uint64_t due_usec);
/* Before the alarm's memory goes. */
void alarm_queue_remove(struct alarm_queue *queue, struct alarm *alarm);

/* When the first one is due; USEC_NEVER: none is. */
uint64_t alarm_queue_next(struct alarm_queue *queue);
/* The first one that is due at `now_usec`, silenced; NULL: none. */
struct alarm *alarm_queue_take(struct alarm_queue *queue, uint64_t now_usec);
