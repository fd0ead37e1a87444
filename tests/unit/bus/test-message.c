/* Bodies of messages: hostile texts (D-01), the a{sv}, strict reading, and paths of objects. */
#include "base/memory.h"
#include "base/text.h"
#include "bus/message.h"
#include "bus/object-path.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static DBusMessage *new_signal(struct message_writer *w) {
	DBusMessage *m = message_new_signal("/a", "a.b", "C");
	message_writer_init(w, m);
	return m;
}

/* Writes the text, sends the message through its wire form, and reads it. */
static char *through_wire(const char *text) {
	struct message_writer w;
	CLEANUP(message_free) DBusMessage *m = new_signal(&w);
	message_write_string(&w, text);
	dbus_message_set_serial(m, 1);
	char *bytes;
	int n;
	assert_true(dbus_message_marshal(m, &bytes, &n));
	CLEANUP(message_free) DBusMessage *copy = dbus_message_demarshal(bytes, n, NULL);
	dbus_free(bytes);
	assert_non_null(copy);
	struct message_reader r;
	const char *result;
	message_reader_init(&r, copy);
	assert_int_equal(message_read_string(&r, &result), 0);
	return memory_strdup(result);
}

static void keeps_good_text(void **state) {
	static const char *const texts[] = { "", "plain", "\xc3\xa9t\xc3\xa9",
		"\xef\xbf\xbe\xef\xbf\xbf", "\xf4\x8f\xbf\xbf", "a\tb\nc\x01\x7f", "\xe2\x80\xae" };
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP_TEXT char *result = through_wire(texts[i]);
		assert_string_equal(result, texts[i]);
	}
	CLEANUP_TEXT char *empty = through_wire(NULL);
	assert_string_equal(empty, "");
}

static void d01_mends_bad_text(void **state) {
	static const char *const texts[] = { "\xff", "caf\xe9", "\xed\xa0\x80", "\xed\xbf\xbf",
		"\xc0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xf0\x9f\x98", "\x80",
		"ok\xfe\xffok" };
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP_TEXT char *result = through_wire(texts[i]);
		assert_true(text_is_utf8(result, strlen(result)));
		assert_non_null(strstr(result, "\xef\xbf\xbd"));
	}
}

static void d01_cuts_long_text(void **state) {
	const size_t n = 2 * 1024 * 1024;
	CLEANUP_TEXT char *text = memory_zalloc(n + 1, 1);
	/* Three bytes each, so that the limit falls inside of one. */
	for (size_t i = 0; i + 3 <= n; i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	CLEANUP_TEXT char *result = through_wire(text);
	assert_true(strlen(result) <= MESSAGE_TEXT_MAX && strlen(result) > MESSAGE_TEXT_MAX - 3);
	assert_int_equal(strlen(result) % 3, 0);
	memset(text, 0xff, n);
	CLEANUP_TEXT char *mended = through_wire(text);
	assert_true(strlen(mended) <= MESSAGE_TEXT_MAX && text_is_utf8(mended, strlen(mended)));
}

static void error_text_is_mended(void **state) {
	struct message_writer w;
	CLEANUP(message_free) DBusMessage *call = message_new_call("a.b", "/a", "a.b", "C");
	dbus_message_set_serial(call, 1);
	message_writer_init(&w, call);
	CLEANUP(message_free)
	DBusMessage *error = message_new_error(call, "a.b.Error", "bad %s", "\xff");
	struct message_reader r;
	const char *text;
	message_reader_init(&r, error);
	assert_int_equal(message_read_string(&r, &text), 0);
	assert_string_equal(text, "bad \xef\xbf\xbd");
}

static void check_words(struct message_reader *r, const char *const *expected) {
	struct message_reader array;
	const char *word;
	assert_int_equal(message_read_enter(r, DBUS_TYPE_ARRAY, &array), 0);
	for (; *expected; expected++) {
		assert_int_equal(message_read_string(&array, &word), 0);
		assert_string_equal(word, *expected);
	}
	assert_int_equal(message_read_string(&array, &word), -EBADMSG);
}

static void words_and_strings(void **state) {
	static const char *const expected[] = { "\\Seen", "$Forwarded", "x\xef\xbf\xbd", NULL };
	static const char *const none[] = { NULL };
	struct message_writer w;
	struct message_reader r;
	CLEANUP(message_free) DBusMessage *m = new_signal(&w);
	message_write_words(&w, " \\Seen  $Forwarded x\xff ");
	message_write_words(&w, "");
	message_write_words(&w, NULL);
	message_write_strings(&w, expected);
	message_write_strings(&w, NULL);
	assert_string_equal(dbus_message_get_signature(m), "asasasasas");
	message_reader_init(&r, m);
	check_words(&r, expected);
	check_words(&r, none);
	check_words(&r, none);
	check_words(&r, expected);
	check_words(&r, none);
	assert_int_equal(message_reader_type(&r), DBUS_TYPE_INVALID);
}

static void lines_may_hold_blanks(void **state) {
	static const char *const expected[] = { "\\Inbox", "two words", " x", NULL };
	struct message_writer w, dict;
	struct message_reader r, entries, value;
	const char *key;
	CLEANUP(message_free) DBusMessage *m = new_signal(&w);
	message_write_open_dict(&w, &dict);
	message_write_entry_lines(&dict, "none", NULL);
	message_write_entry_lines(&dict, "labels", "\\Inbox\ntwo words\n\n x\n");
	message_write_close(&w, &dict);
	message_reader_init(&r, m);
	assert_int_equal(message_read_enter(&r, DBUS_TYPE_ARRAY, &entries), 0);
	assert_int_equal(message_read_entry(&entries, &key, &value), 1);
	assert_string_equal(key, "labels");
	check_words(&value, expected);
	assert_int_equal(message_read_entry(&entries, &key, &value), 0);
}

static void dictionary_leaves_out_the_unknown(void **state) {
	struct message_writer w, dict;
	CLEANUP(message_free) DBusMessage *m = new_signal(&w);
	message_write_open_dict(&w, &dict);
	message_write_entry_string(&dict, "subject", "Hello");
	message_write_entry_string(&dict, "preview", NULL);
	message_write_entry_words(&dict, "flags", NULL);
	message_write_entry_u32(&dict, "uid", UINT32_MAX);
	message_write_entry_u64(&dict, "seq", UINT64_MAX);
	message_write_entry_words(&dict, "flags", "a b");
	message_write_close(&w, &dict);

	static const char *const flags[] = { "a", "b", NULL };
	struct message_reader r, entries, value;
	const char *key, *text;
	uint32_t uid;
	uint64_t seq;
	message_reader_init(&r, m);
	assert_int_equal(message_read_enter(&r, DBUS_TYPE_ARRAY, &entries), 0);
	assert_int_equal(message_read_entry(&entries, &key, &value), 1);
	assert_string_equal(key, "subject");
	assert_int_equal(message_read_string(&value, &text), 0);
	assert_string_equal(text, "Hello");
	assert_int_equal(message_read_entry(&entries, &key, &value), 1);
	assert_string_equal(key, "uid");
	assert_int_equal(message_read_u32(&value, &uid), 0);
	assert_true(uid == UINT32_MAX);
	assert_int_equal(message_read_entry(&entries, &key, &value), 1);
	assert_string_equal(key, "seq");
	assert_int_equal(message_read_u64(&value, &seq), 0);
	assert_true(seq == UINT64_MAX);
	assert_int_equal(message_read_entry(&entries, &key, &value), 1);
	assert_string_equal(key, "flags");
	check_words(&value, flags);
	assert_int_equal(message_read_entry(&entries, &key, &value), 0);
}

static void reading_is_strict(void **state) {
	struct message_writer w;
	struct message_reader r, inner;
	CLEANUP(message_free) DBusMessage *m = new_signal(&w);
	message_write_u32(&w, 5);
	message_write_boolean(&w, true);
	message_write_path(&w, "/x");
	message_reader_init(&r, m);
	const char *text = "untouched", *key;
	uint64_t number = 9;
	uint32_t small;
	bool boolean = false;
	assert_int_equal(message_read_string(&r, &text), -EBADMSG);
	assert_int_equal(message_read_u64(&r, &number), -EBADMSG);
	assert_int_equal(message_read_enter(&r, DBUS_TYPE_ARRAY, &inner), -EBADMSG);
	assert_int_equal(message_read_entry(&r, &key, &inner), -EBADMSG);
	assert_string_equal(text, "untouched");
	assert_int_equal(number, 9);
	assert_int_equal(message_read_u32(&r, &small), 0);
	assert_int_equal(small, 5);
	assert_int_equal(message_read_boolean(&r, &boolean), 0);
	assert_true(boolean);
	assert_int_equal(message_read_skip(&r), 0);
	assert_int_equal(message_read_skip(&r), -EBADMSG);
	assert_int_equal(message_read_string(&r, &text), -EBADMSG);
}

/* The estimate is never below the truth, so the limit of a message holds. */
static void size_is_rounded_up(void **state) {
	struct message_writer w, array, dict;
	CLEANUP(message_free) DBusMessage *m = new_signal(&w);
	message_write_open(&w, DBUS_TYPE_ARRAY, "a{sv}", &array);
	unsigned rounds = 0;
	for (; !message_writer_is_full(&array); rounds++) {
		message_write_open_dict(&array, &dict);
		message_write_entry_u32(&dict, "uid", rounds);
		message_write_entry_string(&dict, "subject", "text");
		message_write_entry_words(&dict, "flags", "a b");
		message_write_close(&array, &dict);
	}
	message_write_close(&w, &array);
	dbus_message_set_serial(m, 1);
	char *bytes;
	int n;
	assert_true(dbus_message_marshal(m, &bytes, &n));
	dbus_free(bytes);
	assert_true((size_t)n <= message_writer_size(&w));
	assert_true((size_t)n > MESSAGE_BODY_MAX / 4 && (size_t)n < MESSAGE_BODY_MAX + 4096);
}

static void paths_go_both_ways(void **state) {
	static const struct {
		const char *id;
		const char *path;
	} cases[] = {
		{ "work", "/p/work" },
		{ "", "/p/_" },
		{ "_", "/p/_5f" },
		{ "2nd", "/p/_32nd" },
		{ "a2", "/p/a2" },
		{ "me@example.org", "/p/me_40example_2eorg" },
		{ "a/b", "/p/a_2fb" },
		{ "\xc3\xa9", "/p/_c3_a9" },
		{ "\xff", "/p/_ff" },
		{ ".", "/p/_2e" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_TEXT char *path = object_path_from("/p", cases[i].id);
		assert_string_equal(path, cases[i].path);
		assert_true(dbus_validate_path(path, NULL));
		CLEANUP_TEXT char *id = object_path_element("/p", path);
		assert_string_equal(id, cases[i].id);
	}
}

static void only_canonical_paths_count(void **state) {
	static const char *const paths[] = { "/p", "/p/", "/q/a", "/pp/a", "/p/a/b", "/p/_61",
		"/p/_5F", "/p/_4", "/p/_00", "/p/__", "/p/2", "/p/_g0", "/p/a_" };
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		CLEANUP_TEXT char *id = object_path_element("/p", paths[i]);
		assert_null(id);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_good_text),
		cmocka_unit_test(d01_mends_bad_text),
		cmocka_unit_test(d01_cuts_long_text),
		cmocka_unit_test(error_text_is_mended),
		cmocka_unit_test(words_and_strings),
		cmocka_unit_test(lines_may_hold_blanks),
		cmocka_unit_test(dictionary_leaves_out_the_unknown),
		cmocka_unit_test(reading_is_strict),
		cmocka_unit_test(size_is_rounded_up),
		cmocka_unit_test(paths_go_both_ways),
		cmocka_unit_test(only_canonical_paths_count),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	dbus_shutdown();
	return failed;
}
