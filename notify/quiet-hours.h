#pragma once
/* Hours in which nothing is to disturb: "22:00-07:00", "Sat,Sun 00:00-24:00", "Mon-Fri 09:00-12:30".
 * Pure: the time is an argument. */
#include <stdbool.h>

#define QUIET_HOURS_MINUTES_PER_DAY (24 * 60)

struct quiet_hours {
	unsigned days; /* bit 0: Monday; of the day on which they begin */
	unsigned from, to; /* minutes of the day; `to` at or before `from`: of the next day */
};

/* NULL, or an owned sentence. */
char *quiet_hours_parse(const char *text, struct quiet_hours *ret);

/* `day` 0 is Monday; `minute` of that day. How many minutes they still last; 0: they are not now. */
unsigned quiet_hours_left(const struct quiet_hours *q, unsigned day, unsigned minute);
