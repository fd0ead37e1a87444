#include "cli/record-reader.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "bus/names.h"

static DBusMessage *message(void) {
	return message_new_signal(BUS_PATH, BUS_INTERFACE_MANAGER, BUS_SIGNAL_NEW_MAIL);
}

/* An entry of a type that the builder has no function for. */
static void write_entry(struct message_writer *dict, const char *key, const char *signature,
	void (*write)(struct message_writer *variant)) {
	struct message_writer entry, variant;
	message_write_open(dict, DBUS_TYPE_DICT_ENTRY, NULL, &entry);
	message_write_string(&entry, key);
	message_write_open(&entry, DBUS_TYPE_VARIANT, signature, &variant);
	write(&variant);
	message_write_close(&entry, &variant);
	message_write_close(dict, &entry);
}

static void write_double(struct message_writer *variant) {
	double value = 0.5;
	assert_true(dbus_message_iter_append_basic(&variant->iter, DBUS_TYPE_DOUBLE, &value));
}

static void write_numbers(struct message_writer *variant) {
	struct message_writer list;
	message_write_open(variant, DBUS_TYPE_ARRAY, "u", &list);
	message_write_u32(&list, 7);
	message_write_close(variant, &list);
}

static void write_dict(struct message_writer *variant) {
	struct message_writer dict;
	message_write_open_dict(variant, &dict);
	message_write_entry_u32(&dict, "uid", 7);
	message_write_close(variant, &dict);
}

static void write_boolean(struct message_writer *variant) {
	message_write_boolean(variant, true);
}

static void write_path(struct message_writer *variant) {
	message_write_path(variant, BUS_PATH);
}

static char *json_of(const struct record *record) {
	struct buffer out;
	struct json_writer w;
	buffer_init(&out, 65536);
	json_init(&w, &out);
	json_begin_object(&w);
	record_write_json(record, NULL, &w);
	json_end_object(&w);
	char *text = buffer_take_text(&out);
	buffer_deinit(&out);
	return text;
}

/* What follows the dictionary is still there to be read. */
static void test_kinds(void **state) {
	CLEANUP(message_free) DBusMessage *m = message();
	struct message_writer w, dict;
	message_writer_init(&w, m);
	message_write_open_dict(&w, &dict);
	message_write_entry_string(&dict, "subject", "a\xffz");
	message_write_entry_u32(&dict, "uid", UINT32_MAX);
	write_entry(&dict, "score", "d", write_double);
	message_write_entry_u64(&dict, "seq", UINT64_MAX);
	write_entry(&dict, "numbers", "au", write_numbers);
	message_write_entry_words(&dict, "flags", "\\Recent x");
	write_entry(&dict, "inner", "a{sv}", write_dict);
	message_write_entry_words(&dict, "none", "");
	write_entry(&dict, "true", "b", write_boolean);
	write_entry(&dict, "path", "o", write_path);
	message_write_close(&w, &dict);
	message_write_u64(&w, 42);

	CLEANUP(record_free) struct record *record = record_new();
	struct message_reader r;
	uint64_t last = 0;
	message_reader_init(&r, m);
	assert_int_equal(record_reader_read(&r, record), 0);
	assert_int_equal(message_read_u64(&r, &last), 0);
	assert_int_equal(last, 42);
	CLEANUP_TEXT char *json = json_of(record);
	assert_string_equal(json,
		"{\"subject\":\"a\xef\xbf\xbdz\",\"uid\":4294967295,\"seq\":18446744073709551615,"
		"\"flags\":[\"\\\\Recent\",\"x\"],\"none\":[],\"true\":true,"
		"\"path\":\"/org/posthorn/Posthorn1\"}");
}

static void test_empty(void **state) {
	CLEANUP(message_free) DBusMessage *m = message();
	CLEANUP(record_free) struct record *record = record_new();
	struct message_writer w, dict;
	struct message_reader r;
	message_writer_init(&w, m);
	message_write_open_dict(&w, &dict);
	message_write_close(&w, &dict);
	message_reader_init(&r, m);
	assert_int_equal(record_reader_read(&r, record), 0);
	assert_int_equal(message_reader_type(&r), DBUS_TYPE_INVALID);
}

static void test_no_dictionary(void **state) {
	CLEANUP(message_free) DBusMessage *nothing = message();
	CLEANUP(message_free) DBusMessage *text = message();
	CLEANUP(message_free) DBusMessage *list = message();
	CLEANUP(record_free) struct record *record = record_new();
	struct message_writer w;
	struct message_reader r;
	message_reader_init(&r, nothing);
	assert_int_equal(record_reader_read(&r, record), -EBADMSG);
	message_writer_init(&w, text);
	message_write_string(&w, "a{sv}");
	message_reader_init(&r, text);
	assert_int_equal(record_reader_read(&r, record), -EBADMSG);
	message_writer_init(&w, list);
	message_write_strings(&w, (const char *const[]){ "a", "b", NULL });
	message_reader_init(&r, list);
	assert_int_equal(record_reader_read(&r, record), -EBADMSG);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_no_dictionary),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
