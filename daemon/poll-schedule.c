#include "daemon/poll-schedule.h"

#include <string.h>

#include "base/macros.h"
#include "protocol/keyed-hash.h"

/* A server counts from the login, we from the connection. */
#define MARGIN_USEC (5 * USEC_PER_SEC)

uint64_t poll_schedule_seed(const char *id) {
	static const uint8_t key[KEYED_HASH_KEY_SIZE] = { 0 };
	return keyed_hash(key, id, strlen(id));
}

uint64_t poll_schedule_earliest(const struct poll_schedule *schedule, uint64_t last_usec) {
	return schedule->delay_usec ? last_usec + schedule->delay_usec + MARGIN_USEC : last_usec;
}

uint64_t poll_schedule_next(
	const struct poll_schedule *schedule, uint64_t now_usec, uint64_t last_usec) {
	uint64_t least = schedule->delay_usec ? schedule->delay_usec + MARGIN_USEC : 0;
	uint64_t step = MAX(schedule->interval_usec, least);
	uint64_t place = schedule->seed % step;
	uint64_t next = now_usec - now_usec % step + place;
	if (next <= now_usec)
		next += step;
	/* The first time is at the start, wherever that falls; the place is reached from there. */
	return next < last_usec + MAX(step / 2, least) ? next + step : next;
}
