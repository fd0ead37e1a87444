#pragma once
/* Points in time as people read them. The clock is an argument everywhere. */
#include <stdint.h>

/* "2026-11-23 14:05:12" in the local time zone; always 19 columns. A time that the calendar of
 * this machine cannot hold is shown as dashes of the same width. Owned. */
char *moment_format_local(uint64_t usec);

/* "12 s ago", "5 min ago", "3 h ago", "9 days ago"; "now" within a second and for what is ahead
 * (clocks step). Owned. */
char *moment_format_ago(uint64_t now_usec, uint64_t then_usec);

/* "in 14 min"; "now" for what is due. Owned. */
char *moment_format_ahead(uint64_t now_usec, uint64_t then_usec);

/* "14:30", the next one; "2026-12-24", its beginning; "2026-12-24 18:00": a point in the local time
 * zone. -EINVAL: it is none. */
int moment_parse_local(const char *text, uint64_t now_usec, uint64_t *ret_usec);
