#pragma once
/* The two clocks of the verbs. What is pure takes its time as an argument. */
#include <stdint.h>

/* For deadlines: never goes back, means nothing outside of this boot. */
uint64_t clock_monotonic_usec(void);

/* As the times in events and properties are: since 1970-01-01 UTC. */
uint64_t clock_realtime_usec(void);

/* What poll(2) wants: from `now_usec` to `then_usec`, rounded up; -1 for USEC_NEVER. */
int clock_poll_msec(uint64_t now_usec, uint64_t then_usec);
