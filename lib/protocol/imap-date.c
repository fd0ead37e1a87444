#include "protocol/imap-date.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/macros.h"
#include "base/text.h"

#define DATE_LENGTH 26 /* dd-Mon-yyyy hh:mm:ss +zzzz */

/* -1 when there is anything but digits, or more than `max`. */
static int digits(const char *p, int n, int max) {
	int value = 0;
	for (int i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		value = value * 10 + (p[i] - '0');
	}
	return value <= max ? value : -1;
}

/* 1 .. 12, 0 for none */
static int month_number(const char *p) {
	static const char names[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec" };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (text_equal_nocase_n(p, 3, names[i]))
			return (int)i + 1;
	return 0;
}

/* The proleptic Gregorian calendar, counted in years that begin in March, so that the leap day is
 * a year's last. */
static int64_t days_since_epoch(int year, int month, int day) {
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t m = (month + 9) % 12;
	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static int days_in_month(int year, int month) {
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* date-day-fixed = (SP DIGIT) / 2DIGIT; some servers write one digit and no blank. */
static int day_of_month(const char **p, const char *end) {
	const char *dash = memchr(*p, '-', (size_t)(end - *p));
	if (!dash)
		return -1;
	const char *from = **p == ' ' ? *p + 1 : *p;
	int n = (int)(dash - from);
	*p = dash;
	return n == 1 || n == 2 ? digits(from, n, 31) : -1;
}

int imap_date_parse(const char *bytes, size_t n, uint64_t *ret_usec) {
	const char *p = bytes, *end = bytes + n;
	int day = n > 0 && n <= DATE_LENGTH ? day_of_month(&p, end) : -1;
	if (day < 1 || end - p != DATE_LENGTH - 2)
		return -EINVAL;

	/* -Jul-1996 02:44:25 -0700 */
	int month = month_number(p + 1), year = digits(p + 5, 4, 9999);
	int hour = digits(p + 10, 2, 23), minute = digits(p + 13, 2, 59);
	int second = digits(p + 16, 2, 60);
	int zone_hour = digits(p + 20, 2, 99), zone_minute = digits(p + 22, 2, 59);
	bool shaped = p[4] == '-' && p[9] == ' ' && p[12] == ':' && p[15] == ':' && p[18] == ' ' &&
		      (p[19] == '+' || p[19] == '-');
	if (!shaped || month == 0 ||
		(year | hour | minute | second | zone_hour | zone_minute) < 0 ||
		day > days_in_month(year, month))
		return -EINVAL;

	int64_t zone = (zone_hour * 60 + zone_minute) * 60;
	int64_t seconds = days_since_epoch(year, month, day) * 86400 + hour * 3600 + minute * 60 +
			  second - (p[19] == '-' ? -zone : zone);
	if (seconds < 0)
		return -ERANGE;
	*ret_usec = (uint64_t)seconds * USEC_PER_SEC;
	return 0;
}
