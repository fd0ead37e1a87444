#include "notify/quiet-hours.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ALL_DAYS 0x7F

static const char *const day_words[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };

static const char *take_day(const char *text, unsigned *ret) {
	for (unsigned i = 0; i < 7; i++)
		if (text_starts_nocase(text, day_words[i])) {
			*ret = i;
			return text + 3;
		}
	return NULL;
}

/* "Mon", "Mon-Fri", "Sat,Sun", "Fri-Mon": up to a blank. NULL: these are none. */
static const char *take_days(const char *text, unsigned *ret_days) {
	unsigned days = 0, first, last;

	do {
		text = take_day(text, &first);
		if (!text)
			return NULL;
		last = first;
		if (*text == '-' && !(text = take_day(text + 1, &last)))
			return NULL;
		for (unsigned day = first;; day = (day + 1) % 7) {
			days |= 1U << day;
			if (day == last)
				break;
		}
	} while (*text == ',' && text++);
	*ret_days = days;
	return *text == ' ' ? text + strspn(text, " ") : NULL;
}

/* "07:00", up to "24:00". */
static const char *take_time(const char *text, unsigned *ret_minutes) {
	const char *colon = strchr(text, ':');
	uint32_t hours, minutes;

	if (!colon || number_parse_u32(text, (size_t)(colon - text), &hours) < 0 ||
		strspn(colon + 1, "0123456789") != 2 ||
		number_parse_u32(colon + 1, 2, &minutes) < 0 || hours > 24 || minutes > 59 ||
		hours * 60 + minutes > QUIET_HOURS_MINUTES_PER_DAY)
		return NULL;
	*ret_minutes = hours * 60 + minutes;
	return colon + 3;
}

char *quiet_hours_parse(const char *text, struct quiet_hours *ret) {
	struct quiet_hours q = { .days = ALL_DAYS };
	const char *at = text;

	if (*at < '0' || *at > '9')
		at = take_days(at, &q.days);
	if (at)
		at = take_time(at, &q.from);
	if (at && *at == '-')
		at = take_time(at + 1, &q.to);
	else
		at = NULL;
	if (!at || *at || q.from == q.to || q.from == QUIET_HOURS_MINUTES_PER_DAY)
		return memory_format("'%s' are no hours; they are written 22:00-07:00 or "
				     "Mon-Fri 22:00-07:00",
			text);
	*ret = q;
	return NULL;
}

static bool is_day(const struct quiet_hours *q, unsigned day) {
	return q->days & (1U << day % 7);
}

unsigned quiet_hours_left(const struct quiet_hours *q, unsigned day, unsigned minute) {
	bool is_over_night = q->to <= q->from;

	if (is_day(q, day) && minute >= q->from && (is_over_night || minute < q->to))
		return is_over_night ? QUIET_HOURS_MINUTES_PER_DAY - minute + q->to
				     : q->to - minute;
	/* begun yesterday */
	if (is_over_night && is_day(q, day + 6) && minute < q->to)
		return q->to - minute;
	return 0;
}
