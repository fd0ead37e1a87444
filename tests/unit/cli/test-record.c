#include "cli/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"

static char *json_of(const struct record *r, const char *const *except) {
	struct buffer out;
	struct json_writer w;
	buffer_init(&out, 65536);
	json_init(&w, &out);
	json_begin_object(&w);
	record_write_json(r, except, &w);
	json_end_object(&w);
	char *text = buffer_take_text(&out);
	buffer_deinit(&out);
	return text;
}

static void test_reading(void **state) {
	CLEANUP(record_free) struct record *r = record_new();
	record_set_text(r, "State", "online");
	record_set_unsigned(r, "Unseen", UINT64_MAX);
	record_set_boolean(r, "Flag", true);
	record_set_list(r, "flags");

	assert_string_equal(record_text(r, "State"), "online");
	assert_true(record_unsigned(r, "Unseen", 7) == UINT64_MAX);
	/* missing, another case, another kind */
	assert_null(record_text(r, "Name"));
	assert_null(record_text(r, "state"));
	assert_null(record_text(r, "Unseen"));
	assert_true(record_unsigned(r, "State", 7) == 7);
	assert_true(record_unsigned(r, "Flag", 7) == 7);
}

/* A value may be set anew in another kind: a peer may repeat a key. */
static void test_setting_anew(void **state) {
	CLEANUP(record_free) struct record *r = record_new();
	record_set_list(r, "a");
	record_add_text(r, "a", "x");
	record_set_text(r, "b", "y");
	record_set_text(r, "a", "now a text");
	record_set_text(r, "b", record_text(r, "b"));
	record_set_unsigned(r, "c", 1);
	record_set_list(r, "c");
	CLEANUP_TEXT char *json = json_of(r, NULL);
	assert_string_equal(json, "{\"a\":\"now a text\",\"b\":\"y\",\"c\":[]}");
}

static void test_leaving_out(void **state) {
	CLEANUP(record_free) struct record *r = record_new();
	record_set_unsigned(r, "seq", 1);
	record_set_text(r, "type", "new");
	record_set_text(r, "Type", "x");
	CLEANUP_TEXT char *json = json_of(r, (const char *const[]){ "type", "seq", NULL });
	assert_string_equal(json, "{\"Type\":\"x\"}");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reading),
		cmocka_unit_test(test_setting_anew),
		cmocka_unit_test(test_leaving_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
