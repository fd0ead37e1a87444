/* One JSON object, member by member, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/json-reader.h"
#include "base/memory.h"

/* "key=kind:text;" for each member, then "end" or "bad" */
static char *read_all(const char *json) {
	static const char *const kinds[] = { "string", "number", "true", "false", "null",
		"nested" };
	struct json_reader reader;
	struct json_member member;
	struct buffer out;
	int r;
	buffer_init(&out, 4096);
	json_reader_init(&reader, json, strlen(json));
	while ((r = json_reader_next(&reader, &member)) > 0)
		assert_int_equal(buffer_append_format(&out, "%s=%s:%s;", member.key,
					 kinds[member.kind], member.text),
			0);
	assert_int_equal(json_reader_next(&reader, &member), r); /* it stays so */
	json_reader_deinit(&reader);
	(void)buffer_append_text(&out, r == 0 ? "end" : "bad");
	return buffer_take_text(&out);
}

static void test_objects(void **state) {
	static const struct {
		const char *json, *expected;
	} rows[] = {
		{ "{}", "end" },
		{ " {\n} \r\n", "end" },
		{ "{\"a\":\"b\"}", "a=string:b;end" },
		{ "{\"a\":\"\",\"b\":1}", "a=string:;b=number:1;end" },
		{ "{ \"a\" : true , \"b\":false,\"c\":null }", "a=true:;b=false:;c=null:;end" },
		{ "{\"e\":3599,\"f\":-1.5e3}", "e=number:3599;f=number:-1.5e3;end" },
		{ "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "a=string:\"\\/\b\f\n\r\t;end" },
		{ "{\"a\":\"\\u0041\\u00e4\\u20AC\\ud83d\\ude00\"}",
			"a=string:A\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80;end" },
		{ "{\"a\":{\"b\":[1,{\"c\":\"}\"}]},\"d\":\"e\"}", "a=nested:;d=string:e;end" },
		{ "{\"a\":[],\"a\":2}", "a=nested:;a=number:2;end" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP_TEXT char *got = read_all(rows[i].json);
		assert_string_equal(got, rows[i].expected);
	}
}

static void test_what_is_no_object(void **state) {
	static const char *const bad[] = {
		"",
		"[]",
		"\"a\"",
		"{",
		"{\"a\"",
		"{\"a\":",
		"{\"a\":1",
		"{\"a\":1,}",
		"{a:1}",
		"{\"a\":1}x",
		"{\"a\":1}{}",
		"{\"a\":\"b}",
		"{\"a\":\"\n\"}",
		"{\"a\":\"\\x\"}",
		"{\"a\":\"\\u00\"}",
		"{\"a\":\"\\u0000\"}",
		"{\"a\":\"\\ud800\"}",
		"{\"a\":\"\\ud800\\u0041\"}",
		"{\"a\":\"\\udc00\"}",
		"{\"a\":\"\xFF\"}",
		"{\"a\":nul}",
		"{\"a\":[1}",
		"{\"a\":{\"b\":1]}",
		"{\"a\":1 \"b\":2}",
	};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP_TEXT char *got = read_all(bad[i]);
		assert_non_null(strstr(got, "bad"));
	}
}

static char *nested(size_t depth) {
	struct buffer out;
	buffer_init(&out, 4096);
	(void)buffer_append_text(&out, "{\"a\":");
	for (size_t i = 0; i < depth; i++)
		(void)buffer_append_text(&out, "[");
	for (size_t i = 0; i < depth; i++)
		(void)buffer_append_text(&out, "]");
	(void)buffer_append_text(&out, "}");
	return buffer_take_text(&out);
}

static void test_depth_is_bounded(void **state) {
	CLEANUP_TEXT char *most = nested(JSON_READER_DEPTH_MAX);
	CLEANUP_TEXT char *beyond = nested(JSON_READER_DEPTH_MAX + 1);
	CLEANUP_TEXT char *read = read_all(most);
	CLEANUP_TEXT char *refused = read_all(beyond);
	assert_string_equal(read, "a=nested:;end");
	assert_string_equal(refused, "bad");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_what_is_no_object),
		cmocka_unit_test(test_depth_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
