#include "cli/clock.h"

#include "base/macros.h"

#include <limits.h>
#include <time.h>

static uint64_t read_clock(clockid_t clock) {
	struct timespec now;
	(void)clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000;
}

uint64_t clock_monotonic_usec(void) {
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t clock_realtime_usec(void) {
	return read_clock(CLOCK_REALTIME);
}

int clock_poll_msec(uint64_t now_usec, uint64_t then_usec) {
	if (then_usec == USEC_NEVER)
		return -1;
	if (then_usec <= now_usec)
		return 0;
	uint64_t msec = (then_usec - now_usec + USEC_PER_MSEC - 1) / USEC_PER_MSEC;
	return msec < INT_MAX ? (int)msec : INT_MAX;
}
