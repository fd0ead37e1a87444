#pragma once
/* Strict decimal numbers, sizes and time spans. All of the text must be the value: no sign, no
 * blanks, no overflow. 0 on success, -EINVAL or -ERANGE; the output is untouched on failure. */
#include <stddef.h>
#include <stdint.h>

int number_parse_u32(const char *bytes, size_t n, uint32_t *ret);
int number_parse_u64(const char *bytes, size_t n, uint64_t *ret);

/* 1 .. 65535 */
int number_parse_port(const char *text, uint16_t *ret);

/* "90", "90s", "15min", "1h 30min", "500ms" (systemd.time(7)); a bare number is seconds. */
int number_parse_timespan(const char *text, uint64_t *ret_usec);

/* "64K", "1M", "2G" to the base of 1024 */
int number_parse_size(const char *text, uint64_t *ret_bytes);

/* systemd's booleans: yes true on 1, no false off 0. 1 or 0, -EINVAL. */
int number_parse_boolean(const char *text);

/* What the parsers read back as the same number, owned: "1h 30min", "64K". */
char *number_format_timespan(uint64_t usec);
char *number_format_size(uint64_t bytes);
