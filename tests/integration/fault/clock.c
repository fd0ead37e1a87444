/* Preloaded into posthorn: the clock of the wall stands still where POSTHORN_FAULT_TIME says, in seconds
 * since 1970. */
#include <stdlib.h>
#include <time.h>

time_t time(time_t *ret) {
	const char *text = getenv("POSTHORN_FAULT_TIME");
	struct timespec now = { 0 };
	(void)clock_gettime(CLOCK_REALTIME, &now);
	time_t seconds = text ? (time_t)strtoll(text, NULL, 10) : now.tv_sec;
	if (ret)
		*ret = seconds;
	return seconds;
}
