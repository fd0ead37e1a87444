#include "base/number.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "base/text.h"

static bool is_digit(char c) {
	return c >= '0' && c <= '9';
}

static size_t digits(const char *text) {
	size_t n = 0;
	while (is_digit(text[n]))
		n++;
	return n;
}

int number_parse_u64(const char *bytes, size_t n, uint64_t *ret) {
	if (n == 0)
		return -EINVAL;
	/* first the form, then the range: "99999999999999999999x" is no number at all */
	for (size_t i = 0; i < n; i++)
		if (!is_digit(bytes[i]))
			return -EINVAL;

	uint64_t value = 0;
	for (size_t i = 0; i < n; i++)
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, (uint64_t)(bytes[i] - '0'), &value))
			return -ERANGE;
	*ret = value;
	return 0;
}

static int parse_up_to(const char *bytes, size_t n, uint64_t max, uint64_t *ret) {
	uint64_t value;
	int r = number_parse_u64(bytes, n, &value);
	if (r < 0)
		return r;
	if (value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

int number_parse_u32(const char *bytes, size_t n, uint32_t *ret) {
	uint64_t value;
	int r = parse_up_to(bytes, n, UINT32_MAX, &value);
	if (r < 0)
		return r;
	*ret = (uint32_t)value;
	return 0;
}

int number_parse_port(const char *text, uint16_t *ret) {
	uint64_t value;
	int r = parse_up_to(text, strlen(text), UINT16_MAX, &value);
	if (r < 0)
		return r;
	if (value == 0)
		return -ERANGE;
	*ret = (uint16_t)value;
	return 0;
}

static const struct {
	const char *name;
	uint64_t usec;
} units[] = {
	{ "us", 1 },
	{ "usec", 1 },
	{ "ms", USEC_PER_MSEC },
	{ "msec", USEC_PER_MSEC },
	{ "s", USEC_PER_SEC },
	{ "sec", USEC_PER_SEC },
	{ "second", USEC_PER_SEC },
	{ "seconds", USEC_PER_SEC },
	{ "m", USEC_PER_MINUTE },
	{ "min", USEC_PER_MINUTE },
	{ "minute", USEC_PER_MINUTE },
	{ "minutes", USEC_PER_MINUTE },
	{ "h", USEC_PER_HOUR },
	{ "hr", USEC_PER_HOUR },
	{ "hour", USEC_PER_HOUR },
	{ "hours", USEC_PER_HOUR },
	{ "d", 24 * USEC_PER_HOUR },
	{ "day", 24 * USEC_PER_HOUR },
	{ "days", 24 * USEC_PER_HOUR },
	{ "w", 7 * 24 * USEC_PER_HOUR },
	{ "week", 7 * 24 * USEC_PER_HOUR },
	{ "weeks", 7 * 24 * USEC_PER_HOUR },
};

/* 0 when there is no such unit */
static uint64_t unit_usec(const char *name, size_t n) {
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strlen(units[i].name) == n && memcmp(units[i].name, name, n) == 0)
			return units[i].usec;
	return 0;
}

/* One "30min" or "30 min" at the start of `text`. The result is where it ends, or NULL with `*error`
 * set. */
static const char *take_component(const char *text, uint64_t *ret_usec, int *ret_error) {
	size_t n_digits = digits(text);
	uint64_t count = 0;
	int r = number_parse_u64(text, n_digits, &count);
	if (r == -EINVAL) {
		*ret_error = r;
		return NULL;
	}
	text += n_digits;
	text += strspn(text, " ");
	size_t n_unit = strspn(text, "abcdefghijklmnopqrstuvwxyz");
	uint64_t unit = unit_usec(text, n_unit);
	if (unit == 0) {
		*ret_error = -EINVAL;
		return NULL;
	}
	if (r < 0 || __builtin_mul_overflow(count, unit, ret_usec)) {
		*ret_error = -ERANGE;
		return NULL;
	}
	return text + n_unit;
}

int number_parse_timespan(const char *text, uint64_t *ret_usec) {
	uint64_t total = 0;
	size_t n_digits = digits(text);

	if (n_digits > 0 && text[n_digits] == '\0') {
		int r = number_parse_u64(text, n_digits, &total);
		if (r < 0)
			return r;
		if (__builtin_mul_overflow(total, USEC_PER_SEC, &total))
			return -ERANGE;
	} else {
		do {
			uint64_t usec = 0;
			int error = 0;
			text = take_component(text, &usec, &error);
			if (!text)
				return error;
			if (__builtin_add_overflow(total, usec, &total))
				return -ERANGE;
			/* blanks stand between components, not behind the last one */
			size_t n_blanks = strspn(text, " ");
			if (text[n_blanks] != '\0')
				text += n_blanks;
		} while (*text);
	}
	if (total == USEC_NEVER)
		return -ERANGE;
	*ret_usec = total;
	return 0;
}

int number_parse_size(const char *text, uint64_t *ret_bytes) {
	static const char suffixes[] = "KMGT";
	size_t n = strlen(text);
	unsigned shift = 0;
	const char *suffix = n > 0 ? strchr(suffixes, text[n - 1]) : NULL;
	if (suffix) {
		shift = 10 * (unsigned)(suffix - suffixes + 1);
		n--;
	}
	uint64_t value;
	int r = parse_up_to(text, n, UINT64_MAX >> shift, &value);
	if (r < 0)
		return r;
	*ret_bytes = value << shift;
	return 0;
}

int number_parse_boolean(const char *text) {
	static const char *const yes[] = { "yes", "true", "on", "1" };
	static const char *const no[] = { "no", "false", "off", "0" };
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (text_equal_nocase(text, yes[i]))
			return 1;
		if (text_equal_nocase(text, no[i]))
			return 0;
	}
	return -EINVAL;
}

char *number_format_timespan(uint64_t usec) {
	static const char *const names[] = { "d", "h", "min", "s", "ms", "us" };
	if (usec == 0)
		return memory_strdup("0");
	CLEANUP_TEXT char *text = memory_strdup("");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		uint64_t unit = unit_usec(names[i], strlen(names[i]));
		if (usec < unit)
			continue;
		CLEANUP_TEXT char *before = text;
		text = memory_format(
			"%s%s%" PRIu64 "%s", before, *before ? " " : "", usec / unit, names[i]);
		usec %= unit;
	}
	return TAKE_PTR(text);
}

char *number_format_size(uint64_t bytes) {
	static const char suffixes[] = "KMGT";
	size_t i = 0;
	while (bytes > 0 && bytes % 1024 == 0 && i < strlen(suffixes)) {
		bytes /= 1024;
		i++;
	}
	return i > 0 ? memory_format("%" PRIu64 "%c", bytes, suffixes[i - 1])
		     : memory_format("%" PRIu64, bytes);
}
