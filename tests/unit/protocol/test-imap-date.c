#include "protocol/imap-date.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"

#define UNTOUCHED 77

static const struct {
	const char *text;
	int result;
	uint64_t seconds;
} cases[] = {
	{ "17-Jul-1996 02:44:25 -0700", 0, 837596665 }, /* RFC 3501 */
	{ "01-Jan-1970 00:00:00 +0000", 0, 0 },
	{ " 1-Jan-1970 00:00:01 +0000", 0, 1 },
	{ "1-Jan-1970 00:00:01 +0000", 0, 1 },
	{ "31-Dec-1969 23:00:00 -0130", 0, 1800 },
	{ "29-Feb-2000 12:00:00 +0000", 0, 951825600 },
	{ "29-feb-2024 23:59:60 +0000", 0, 1709251200 },
	{ "01-MAR-2100 00:00:00 +0000", 0, 4107542400 },
	{ "23-Nov-2026 04:45:16 +1400", 0, 1795358716 },
	{ "31-Dec-9999 23:59:59 +0000", 0, 253402300799 },
	{ "31-Dec-1969 23:59:59 +0000", -ERANGE, 0 },
	{ "01-Jan-1970 00:00:00 +0001", -ERANGE, 0 },
	{ "01-Jan-0000 00:00:00 +0000", -ERANGE, 0 },
	{ "29-Feb-2023 12:00:00 +0000", -EINVAL, 0 },
	{ "29-Feb-2100 12:00:00 +0000", -EINVAL, 0 },
	{ "31-Apr-2024 12:00:00 +0000", -EINVAL, 0 },
	{ "00-Jan-2024 12:00:00 +0000", -EINVAL, 0 },
	{ " 0-Jan-2024 12:00:00 +0000", -EINVAL, 0 },
	{ "32-Jan-2024 12:00:00 +0000", -EINVAL, 0 },
	{ "01-Foo-2024 12:00:00 +0000", -EINVAL, 0 },
	{ "01-Jan-2024 24:00:00 +0000", -EINVAL, 0 },
	{ "01-Jan-2024 12:60:00 +0000", -EINVAL, 0 },
	{ "01-Jan-2024 12:00:61 +0000", -EINVAL, 0 },
	{ "01-Jan-2024 12:00:00 +0060", -EINVAL, 0 },
	{ "01-Jan-2024 12:00:00 0000", -EINVAL, 0 },
	{ "01-Jan-2024 12:00:00 GMT", -EINVAL, 0 },
	{ "01-Jan-2024 12:00:00 +00000", -EINVAL, 0 },
	{ "01-Jan-2024T12:00:00 +0000", -EINVAL, 0 },
	{ "01 Jan 2024 12:00:00 +0000", -EINVAL, 0 },
	{ "-1-Jan-2024 12:00:00 +0000", -EINVAL, 0 },
	{ "001-Jan-2024 12:00:0 +0000", -EINVAL, 0 },
	{ "-", -EINVAL, 0 },
	{ " ", -EINVAL, 0 },
	{ "", -EINVAL, 0 },
};

static void test_table(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t usec = UNTOUCHED;
		int r = imap_date_parse(cases[i].text, strlen(cases[i].text), &usec);
		uint64_t expected = r < 0 ? UNTOUCHED : cases[i].seconds * USEC_PER_SEC;
		if (r != cases[i].result || usec != expected)
			fail_msg("\"%s\": %d %llu", cases[i].text, r, (unsigned long long)usec);
	}
}

/* Cut at every byte it is no date, and nothing behind the cut is read. */
static void test_cuts(void **state) {
	static const char date[] = "17-Jul-1996 02:44:25 -0700";
	for (size_t n = 0; n < strlen(date); n++) {
		char *copy = test_malloc(n + 1);
		memcpy(copy, date, n);
		uint64_t usec;
		assert_int_equal(imap_date_parse(copy, n, &usec), -EINVAL);
		test_free(copy);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_cuts),
	};
	return cmocka_run_group_tests_name("imap-date", tests, NULL, NULL);
}
