#pragma once
/* The values of options that are more than text. An option that was not given leaves `ret` as it
 * is. 0, or an exit code after a complaint. */
#include <stdbool.h>
#include <stdint.h>

#include "cli/arguments.h"

/* Longer spans are refused: sums with the clock must stay numbers. */
#define OPTION_VALUE_SPAN_MAX (366 * 24 * USEC_PER_HOUR)

/* "5s", "1h 30min" (systemd.time(7)) */
int option_value_span(const struct arguments *arguments, enum option option, uint64_t *ret_usec);

/* A number from `min` to `max`. */
int option_value_number(const struct arguments *arguments, enum option option, unsigned min,
	unsigned max, unsigned *ret);

/* The number of an event. */
int option_value_seq(const struct arguments *arguments, enum option option, uint64_t *ret);

/* One of the words that the table of options has for it: its index there. */
int option_value_word(const struct arguments *arguments, enum option option, unsigned *ret);

/* --color: auto where it was not given. */
int option_value_color(const struct arguments *arguments, bool *ret);
