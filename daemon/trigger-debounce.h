#pragma once
/* When to act on things that come in bursts: once it has been quiet for a while, but not later than a
 * longer while after the first one. Pure: time is an argument. */
#include <stdbool.h>
#include <stdint.h>

/* All zero: nothing has come. */
struct trigger_debounce {
	uint64_t due_usec; /* if nothing more comes */
	uint64_t limit_usec; /* whatever comes */
	bool is_waiting;
};

/* Something has come. Where the waits of two differ, the earlier limit holds. */
void trigger_debounce_add(struct trigger_debounce *d, uint64_t now_usec, uint64_t quiet_usec,
	uint64_t max_delay_usec);
