#include "cli/moment.h"

#include <inttypes.h>
#include <time.h>

#include "base/macros.h"
#include "base/memory.h"

#define USEC_PER_DAY (24 * USEC_PER_HOUR)
#define LOCAL_SIZE sizeof("2026-11-23 14:05:12")

char *moment_format_local(uint64_t usec) {
	time_t seconds = (time_t)(usec / USEC_PER_SEC);
	struct tm parts;
	char text[LOCAL_SIZE];
	if (!localtime_r(&seconds, &parts) ||
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts) == 0)
		return memory_strdup("-------------------");
	return memory_strdup(text);
}

/* One unit is enough: "2 h", rounded down. Two of each smaller unit stay in it, so that "1 min"
 * for 119 s does not hide half of the span. */
static char *format_span(uint64_t usec) {
	if (usec < 2 * USEC_PER_MINUTE)
		return memory_format("%" PRIu64 " s", usec / USEC_PER_SEC);
	if (usec < 2 * USEC_PER_HOUR)
		return memory_format("%" PRIu64 " min", usec / USEC_PER_MINUTE);
	if (usec < 2 * USEC_PER_DAY)
		return memory_format("%" PRIu64 " h", usec / USEC_PER_HOUR);
	return memory_format("%" PRIu64 " days", usec / USEC_PER_DAY);
}

char *moment_format_ago(uint64_t now_usec, uint64_t then_usec) {
	if (now_usec < then_usec || now_usec - then_usec < USEC_PER_SEC)
		return memory_strdup("now");
	CLEANUP_TEXT char *span = format_span(now_usec - then_usec);
	return memory_format("%s ago", span);
}

char *moment_format_ahead(uint64_t now_usec, uint64_t then_usec) {
	if (then_usec < now_usec || then_usec - now_usec < USEC_PER_SEC)
		return memory_strdup("now");
	CLEANUP_TEXT char *span = format_span(then_usec - now_usec);
	return memory_format("in %s", span);
}
