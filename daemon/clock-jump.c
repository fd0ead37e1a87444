#include "daemon/clock-jump.h"

uint64_t clock_jump_note(struct clock_jump *jump, uint64_t boottime_usec, uint64_t monotonic_usec) {
	int64_t apart = (int64_t)(boottime_usec - monotonic_usec);
	int64_t slept = apart - jump->apart_usec;
	bool is_first = !jump->is_known;
	if (!is_first && slept < (int64_t)CLOCK_JUMP_LEAST_USEC)
		return 0;
	*jump = (struct clock_jump){ .is_known = true, .apart_usec = apart };
	return is_first ? 0 : (uint64_t)slept;
}
