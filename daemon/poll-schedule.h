#pragma once
/* When an account that has no push looks again. Pure: time is an argument.
 *
 * Each account has its own place in the interval, by its id: a thousand of them do not knock
 * together, and the places stay the same over restarts. */
#include <stdint.h>

struct poll_schedule {
	uint64_t interval_usec; /* what the user asked for */
	uint64_t delay_usec; /* the least time between two logins, as the server says; 0: none */
	uint64_t seed; /* of this account */
};

/* A number that is always the same for this id. */
uint64_t poll_schedule_seed(const char *id);

/* The next regular time after `now_usec`, the last login being at `last_usec` (same clock). At most
 * one and a half intervals after it. */
uint64_t poll_schedule_next(
	const struct poll_schedule *schedule, uint64_t now_usec, uint64_t last_usec);

/* The first time that the server allows. */
uint64_t poll_schedule_earliest(const struct poll_schedule *schedule, uint64_t last_usec);
