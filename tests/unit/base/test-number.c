#include "base/memory.h"
#include "base/number.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"

#define UNTOUCHED 77

struct number_case {
	const char *text;
	int result;
	uint64_t value;
};

static const struct number_case u64_cases[] = {
	{ "0", 0, 0 }, { "7", 0, 7 }, { "007", 0, 7 },
	{ "00000000000000000000000000000000000000001", 0, 1 },
	{ "18446744073709551614", 0, UINT64_MAX - 1 }, { "18446744073709551615", 0, UINT64_MAX },
	{ "18446744073709551616", -ERANGE, 0 }, { "18446744073709551620", -ERANGE, 0 },
	{ "99999999999999999999999999", -ERANGE, 0 }, { "99999999999999999999999999x", -EINVAL, 0 },
	{ "", -EINVAL, 0 }, { "+1", -EINVAL, 0 }, { "-1", -EINVAL, 0 }, { "-0", -EINVAL, 0 },
	{ " 1", -EINVAL, 0 }, { "1 ", -EINVAL, 0 }, { "1\n", -EINVAL, 0 }, { "0x10", -EINVAL, 0 },
	{ "1e3", -EINVAL, 0 }, { "1.0", -EINVAL, 0 },
	{ "\xD9\xA1", -EINVAL, 0 }, /* ARABIC-INDIC DIGIT ONE */
};

static void test_u64(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(u64_cases); i++) {
		const struct number_case *c = &u64_cases[i];
		uint64_t value = UNTOUCHED;
		assert_int_equal(number_parse_u64(c->text, strlen(c->text), &value), c->result);
		assert_true(value == (c->result < 0 ? UNTOUCHED : c->value));
	}
	/* the length decides, and a NUL is not a digit */
	uint64_t value = UNTOUCHED;
	assert_int_equal(number_parse_u64("123456", 3, &value), 0);
	assert_true(value == 123);
	assert_int_equal(number_parse_u64("1\0002", 3, &value), -EINVAL);
	assert_true(value == 123);
}

static const struct number_case u32_cases[] = {
	{ "4294967294", 0, UINT32_MAX - 1 },
	{ "4294967295", 0, UINT32_MAX },
	{ "4294967296", -ERANGE, 0 },
	{ "18446744073709551616", -ERANGE, 0 },
	{ "0004294967295", 0, UINT32_MAX },
	{ "", -EINVAL, 0 },
	{ "-1", -EINVAL, 0 },
};

static void test_u32(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(u32_cases); i++) {
		const struct number_case *c = &u32_cases[i];
		uint32_t value = UNTOUCHED;
		assert_int_equal(number_parse_u32(c->text, strlen(c->text), &value), c->result);
		assert_true(value == (c->result < 0 ? UNTOUCHED : c->value));
	}
}

static const struct number_case port_cases[] = {
	{ "1", 0, 1 },
	{ "993", 0, 993 },
	{ "65535", 0, 65535 },
	{ "65536", -ERANGE, 0 },
	{ "0", -ERANGE, 0 },
	{ "00", -ERANGE, 0 },
	{ "", -EINVAL, 0 },
	{ "imap", -EINVAL, 0 },
	{ "993/tcp", -EINVAL, 0 },
};

static void test_port(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(port_cases); i++) {
		const struct number_case *c = &port_cases[i];
		uint16_t value = UNTOUCHED;
		assert_int_equal(number_parse_port(c->text, &value), c->result);
		assert_true(value == (c->result < 0 ? UNTOUCHED : c->value));
	}
}

static const struct number_case timespan_cases[] = {
	{ "0", 0, 0 },
	{ "90", 0, 90 * USEC_PER_SEC },
	{ "90s", 0, 90 * USEC_PER_SEC },
	{ "90 s", 0, 90 * USEC_PER_SEC },
	{ "15min", 0, 15 * USEC_PER_MINUTE },
	{ "15m", 0, 15 * USEC_PER_MINUTE },
	{ "1h 30min", 0, 90 * USEC_PER_MINUTE },
	{ "1h30min", 0, 90 * USEC_PER_MINUTE },
	{ "1 hour  30 minutes", 0, 90 * USEC_PER_MINUTE },
	{ "500ms", 0, 500 * USEC_PER_MSEC },
	{ "1us", 0, 1 },
	{ "2days", 0, 48 * USEC_PER_HOUR },
	{ "1w", 0, 168 * USEC_PER_HOUR },
	{ "18446744073709551614us", 0, UINT64_MAX - 1 },
	{ "18446744073709551615us", -ERANGE, 0 }, /* this value is USEC_NEVER */
	{ "18446744073709551616us", -ERANGE, 0 },
	{ "18446744073709551614us 1us", -ERANGE, 0 },
	{ "18446744073709551614us 2us", -ERANGE, 0 },
	{ "18446744073709", 0, UINT64_C(18446744073709) * USEC_PER_SEC },
	{ "18446744073710", -ERANGE, 0 },
	{ "99999999999999999999", -ERANGE, 0 },
	{ "30500569w", -ERANGE, 0 },
	{ "99999999999999999999 parsecs", -EINVAL, 0 },
	{ "", -EINVAL, 0 },
	{ " ", -EINVAL, 0 },
	{ " 1s", -EINVAL, 0 },
	{ "1s ", -EINVAL, 0 },
	{ "-1s", -EINVAL, 0 },
	{ "1.5h", -EINVAL, 0 },
	{ "1h 30", -EINVAL, 0 }, /* of what? */
	{ "1H", -EINVAL, 0 },
	{ "min", -EINVAL, 0 },
	{ "1mi", -EINVAL, 0 },
	{ "1minu", -EINVAL, 0 },
	{ "1s,2s", -EINVAL, 0 },
};

static void test_timespan(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(timespan_cases); i++) {
		const struct number_case *c = &timespan_cases[i];
		uint64_t value = UNTOUCHED;
		int r = number_parse_timespan(c->text, &value);
		if (r != c->result || value != (r < 0 ? UNTOUCHED : c->value))
			fail_msg("\"%s\": %d", c->text, r);
	}
}

static const struct number_case size_cases[] = {
	{ "0", 0, 0 },
	{ "100", 0, 100 },
	{ "64K", 0, 65536 },
	{ "1M", 0, 1048576 },
	{ "2G", 0, UINT64_C(2147483648) },
	{ "1T", 0, UINT64_C(1099511627776) },
	{ "18446744073709551615", 0, UINT64_MAX },
	{ "18014398509481983K", 0, UINT64_C(18014398509481983) * 1024 },
	{ "18014398509481984K", -ERANGE, 0 },
	{ "16777216T", -ERANGE, 0 },
	{ "", -EINVAL, 0 },
	{ "K", -EINVAL, 0 },
	{ "1k", -EINVAL, 0 },
	{ "1KB", -EINVAL, 0 },
	{ "1 K", -EINVAL, 0 },
	{ "-1K", -EINVAL, 0 },
	{ "1KK", -EINVAL, 0 },
};

static void test_size(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(size_cases); i++) {
		const struct number_case *c = &size_cases[i];
		uint64_t value = UNTOUCHED;
		int r = number_parse_size(c->text, &value);
		if (r != c->result || value != (r < 0 ? UNTOUCHED : c->value))
			fail_msg("\"%s\": %d", c->text, r);
	}
}

static void test_boolean(void **state) {
	static const char *const yes[] = { "yes", "true", "on", "1", "YES", "True" };
	static const char *const no[] = { "no", "false", "off", "0", "No", "OFF" };
	static const char *const neither[] = { "", "2", "y", "yes ", "onn", "-1", "01" };
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		assert_int_equal(number_parse_boolean(yes[i]), 1);
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		assert_int_equal(number_parse_boolean(no[i]), 0);
	for (size_t i = 0; i < ARRAY_SIZE(neither); i++)
		assert_int_equal(number_parse_boolean(neither[i]), -EINVAL);
}

/* What is written is read back, in its shortest form. */
static void test_format(void **state) {
	static const struct {
		uint64_t usec;
		const char *text;
	} timespans[] = {
		{ 0, "0" },
		{ 1, "1us" },
		{ 90 * USEC_PER_SEC, "1min 30s" },
		{ 5 * USEC_PER_MINUTE, "5min" },
		{ 24 * USEC_PER_HOUR, "1d" },
		{ 36 * USEC_PER_HOUR + 1500, "1d 12h 1ms 500us" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(timespans); i++) {
		CLEANUP_TEXT char *text = number_format_timespan(timespans[i].usec);
		uint64_t again;
		assert_int_equal(number_parse_timespan(text, &again), 0);
		assert_int_equal(again, timespans[i].usec);
		assert_string_equal(text, timespans[i].text);
	}
	static const struct {
		uint64_t bytes;
		const char *text;
	} sizes[] = {
		{ 0, "0" },
		{ 1000, "1000" },
		{ 1024, "1K" },
		{ 1025, "1025" },
		{ UINT64_C(3) << 40, "3T" },
		{ UINT64_C(1) << 50, "1024T" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		CLEANUP_TEXT char *text = number_format_size(sizes[i].bytes);
		assert_string_equal(text, sizes[i].text);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_u64),
		cmocka_unit_test(test_u32),
		cmocka_unit_test(test_port),
		cmocka_unit_test(test_timespan),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_boolean),
		cmocka_unit_test(test_format),
	};
	return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
