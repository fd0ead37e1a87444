#pragma once
/* Whether the machine slept: CLOCK_BOOTTIME goes on in a suspend, CLOCK_MONOTONIC does not. Pure: both
 * times are arguments. Embedded, zeroed to begin with. A clock that is set is not seen: neither of
 * the two can be. */
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

/* The two are read one after the other, and a process may be put aside between. */
#define CLOCK_JUMP_LEAST_USEC USEC_PER_SEC

struct clock_jump {
	bool is_known;
	int64_t apart_usec; /* BOOTTIME less MONOTONIC, as of the last sleep that was told */
};

/* How long it slept since the last call that did not say 0; 0: it did not, or for less than that. */
uint64_t clock_jump_note(struct clock_jump *jump, uint64_t boottime_usec, uint64_t monotonic_usec);
