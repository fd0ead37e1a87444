#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/memory.h"

struct fixture {
	struct buffer out;
	struct json_writer w;
};

static void begin(struct fixture *f, size_t max) {
	buffer_init(&f->out, max);
	json_init(&f->w, &f->out);
}

static void assert_written(struct fixture *f, const char *expected) {
	CLEANUP_TEXT char *text = buffer_take_text(&f->out);
	assert_string_equal(text, expected);
	assert_false(f->w.overflow);
	assert_int_equal(f->w.depth, 0);
}

static void test_commas_and_nesting(void **state) {
	struct fixture f;
	begin(&f, 1000);
	json_begin_object(&f.w);
	json_key(&f.w, "accounts");
	json_begin_array(&f.w);
	json_begin_object(&f.w);
	json_end_object(&f.w);
	json_begin_object(&f.w);
	json_key(&f.w, "Id");
	json_string(&f.w, "work");
	json_key(&f.w, "Readers");
	json_begin_array(&f.w);
	json_end_array(&f.w);
	json_key(&f.w, "Unseen");
	json_unsigned(&f.w, 3);
	json_end_object(&f.w);
	json_begin_array(&f.w);
	json_boolean(&f.w, true);
	json_boolean(&f.w, false);
	json_string(&f.w, NULL);
	json_end_array(&f.w);
	json_end_array(&f.w);
	json_key(&f.w, "Total");
	json_signed(&f.w, -1);
	json_end_object(&f.w);
	assert_written(&f, "{\"accounts\":[{},{\"Id\":\"work\",\"Readers\":[],\"Unseen\":3},"
			   "[true,false,null]],\"Total\":-1}");
}

static void test_numbers(void **state) {
	struct fixture f;
	begin(&f, 1000);
	json_begin_array(&f.w);
	json_unsigned(&f.w, 0);
	json_unsigned(&f.w, UINT64_MAX);
	json_signed(&f.w, INT64_MIN);
	json_signed(&f.w, INT64_MAX);
	json_end_array(&f.w);
	assert_written(&f, "[0,18446744073709551615,-9223372036854775808,9223372036854775807]");
}

static void test_strings(void **state) {
	static const struct {
		const char *text;
		const char *json;
	} cases[] = {
		{ "", "\"\"" },
		{ "caf\xC3\xA9 \xF0\x9F\x93\xAC", "\"caf\xC3\xA9 \xF0\x9F\x93\xAC\"" },
		{ "\"\\/", "\"\\\"\\\\/\"" },
		{ "a\nb\tc\x01\x1F\x7F", "\"a\\u000ab\\u0009c\\u0001\\u001f\\u007f\"" },
		{ "\xC2\x80\xC2\x9F\xC2\xA0", "\"\\u0080\\u009f\xC2\xA0\"" },
		{ "\xE2\x80\xA7\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xAA",
			"\"\xE2\x80\xA7\\u2028\\u2029\xE2\x80\xAA\"" },
		{ "caf\xE9\xED\xA0\x80",
			"\"caf\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"" },
		/* cut off where the writer looks for C1 and for U+2028 */
		{ "\xC2", "\"\xEF\xBF\xBD\"" },
		{ "\xE2\x80", "\"\xEF\xBF\xBD\"" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture f;
		begin(&f, 1000);
		json_string(&f.w, cases[i].text);
		assert_written(&f, cases[i].json);
	}
}

static void test_keys_are_strings(void **state) {
	struct fixture f;
	begin(&f, 1000);
	json_begin_object(&f.w);
	json_key(&f.w, "a\"\n");
	json_string(&f.w, "x");
	json_end_object(&f.w);
	assert_written(&f, "{\"a\\\"\\u000a\":\"x\"}");
}

static void test_depth(void **state) {
	struct fixture f;
	begin(&f, 1000);
	for (unsigned i = 0; i < JSON_DEPTH_MAX; i++)
		json_begin_array(&f.w);
	for (unsigned i = 0; i < JSON_DEPTH_MAX; i++)
		json_end_array(&f.w);
	assert_written(&f, "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]");
}

/* Each kind of value is the one that does not fit. */
static void test_last_value_does_not_fit(void **state) {
	for (unsigned i = 0; i < 5; i++) {
		struct fixture f;
		begin(&f, 3);
		if (i == 0)
			json_unsigned(&f.w, 1234);
		else if (i == 1)
			json_signed(&f.w, -123);
		else if (i == 2)
			json_boolean(&f.w, true);
		else if (i == 3)
			json_string(&f.w, NULL);
		else
			json_string(&f.w, "\x01");
		assert_true(f.w.overflow);
		buffer_deinit(&f.out);
	}
}

/* At each size of the buffer: either all of it, or the writer says that it is not. */
static void test_cap_is_noticed(void **state) {
	static const char whole[] = "{\"a\":[\"\\u0001x\",12,-3,true,null]}";
	for (size_t max = 0; max <= sizeof(whole); max++) {
		struct fixture f;
		begin(&f, max);
		json_begin_object(&f.w);
		json_key(&f.w, "a");
		json_begin_array(&f.w);
		json_string(&f.w, "\x01x");
		json_unsigned(&f.w, 12);
		json_signed(&f.w, -3);
		json_boolean(&f.w, true);
		json_string(&f.w, NULL);
		json_end_array(&f.w);
		json_end_object(&f.w);
		assert_int_equal(f.w.overflow, max < strlen(whole));
		CLEANUP_TEXT char *text = buffer_take_text(&f.out);
		if (!f.w.overflow)
			assert_string_equal(text, whole);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commas_and_nesting),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_keys_are_strings),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_last_value_does_not_fit),
		cmocka_unit_test(test_cap_is_noticed),
	};
	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
