#include "cli/moment.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/macros.h"
#include "base/memory.h"
#include "config/language.h"

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
		return memory_format(_("%" PRIu64 " s"), usec / USEC_PER_SEC);
	if (usec < 2 * USEC_PER_HOUR)
		return memory_format(_("%" PRIu64 " min"), usec / USEC_PER_MINUTE);
	if (usec < 2 * USEC_PER_DAY)
		return memory_format(_("%" PRIu64 " h"), usec / USEC_PER_HOUR);
	uint64_t days = usec / USEC_PER_DAY;
	return memory_format(language_plural("%" PRIu64 " day", "%" PRIu64 " days", days), days);
}

char *moment_format_ago(uint64_t now_usec, uint64_t then_usec) {
	if (now_usec < then_usec || now_usec - then_usec < USEC_PER_SEC)
		return memory_strdup(_("now"));
	CLEANUP_TEXT char *span = format_span(now_usec - then_usec);
	return memory_format(_("%s ago"), span);
}

char *moment_format_ahead(uint64_t now_usec, uint64_t then_usec) {
	if (then_usec < now_usec || then_usec - now_usec < USEC_PER_SEC)
		return memory_strdup(_("now"));
	CLEANUP_TEXT char *span = format_span(then_usec - now_usec);
	return memory_format(_("in %s"), span);
}

static bool has_form(const char *text, const char *format, struct tm *parts) {
	const char *end = strptime(text, format, parts);
	return end && *end == '\0';
}

/* A day or an hour that the calendar leaves out (February 30, the night of the clocks) is moved by
 * mktime(), which cannot be told from what was meant; a day is at least not taken for another. */
static int to_usec(const struct tm *parts, uint64_t *ret_usec) {
	struct tm moved = *parts;
	moved.tm_isdst = -1;
	time_t seconds = mktime(&moved);
	if (seconds < 0 || moved.tm_mday != parts->tm_mday)
		return -EINVAL;
	*ret_usec = (uint64_t)seconds * USEC_PER_SEC;
	return 0;
}

int moment_parse_local(const char *text, uint64_t now_usec, uint64_t *ret_usec) {
	time_t now = (time_t)(now_usec / USEC_PER_SEC);
	struct tm parts = { 0 };
	uint64_t usec;
	if (has_form(text, "%Y-%m-%d %H:%M", &parts))
		return to_usec(&parts, ret_usec);
	parts = (struct tm){ 0 };
	if (has_form(text, "%Y-%m-%d", &parts))
		return to_usec(&parts, ret_usec);
	if (!localtime_r(&now, &parts) || !has_form(text, "%H:%M", &parts))
		return -EINVAL;
	parts.tm_sec = 0;
	if (to_usec(&parts, &usec) < 0)
		return -EINVAL;
	if (usec > now_usec) {
		*ret_usec = usec;
		return 0;
	}
	/* the same hour of tomorrow, which need not be 24 h away */
	struct tm tomorrow = parts;
	tomorrow.tm_mday++;
	tomorrow.tm_isdst = -1;
	time_t seconds = mktime(&tomorrow);
	*ret_usec = (uint64_t)seconds * USEC_PER_SEC;
	return seconds < 0 ? -EINVAL : 0;
}
