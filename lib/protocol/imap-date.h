#pragma once
/* INTERNALDATE: "17-Jul-1996 02:44:25 -0700" (RFC 3501 date-time). */
#include <stddef.h>
#include <stdint.h>

/* Microseconds since the epoch. -EINVAL for what is no date, -ERANGE for one before 1970. */
int imap_date_parse(const char *bytes, size_t n, uint64_t *ret_usec);
