#include "bus/message.h"

#include "base/memory.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* Alignment and length fields: the most that one value adds to its own bytes. */
#define OVERHEAD 16

/* libdbus refuses only for want of memory, once the values are valid. */
static void must(dbus_bool_t ok) {
	if (!ok)
		abort();
}

static DBusMessage *must_have(DBusMessage *m) {
	if (!m)
		abort();
	return m;
}

DBusMessage *message_free(DBusMessage *m) {
	if (m)
		dbus_message_unref(m);
	return NULL;
}

DBusMessage *message_new_call(
	const char *destination, const char *path, const char *interface, const char *member) {
	return must_have(dbus_message_new_method_call(destination, path, interface, member));
}

DBusMessage *message_new_bus_call(const char *member, const char *argument) {
	DBusMessage *call =
		message_new_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, member);
	struct message_writer w;
	message_writer_init(&w, call);
	if (argument)
		message_write_string(&w, argument);
	return call;
}

DBusMessage *message_new_signal(const char *path, const char *interface, const char *member) {
	return must_have(dbus_message_new_signal(path, interface, member));
}

DBusMessage *message_new_reply(DBusMessage *call) {
	return must_have(dbus_message_new_method_return(call));
}

DBusMessage *message_new_error(DBusMessage *call, const char *name, const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	CLEANUP_TEXT char *raw = memory_vformat(format, arguments);
	va_end(arguments);
	CLEANUP_TEXT char *text = text_utf8(raw, strlen(raw), MESSAGE_TEXT_MAX);
	return must_have(dbus_message_new_error(call, name, text));
}

void message_writer_init(struct message_writer *w, DBusMessage *m) {
	dbus_message_iter_init_append(m, &w->iter);
	w->root = w;
	w->n_bytes = 0;
}

bool message_writer_is_full(const struct message_writer *w) {
	return w->root->n_bytes >= MESSAGE_BODY_MAX;
}

size_t message_writer_size(const struct message_writer *w) {
	return w->root->n_bytes;
}

static void append(struct message_writer *w, int type, const void *value, size_t n_bytes) {
	must(dbus_message_iter_append_basic(&w->iter, type, value));
	w->root->n_bytes += n_bytes + OVERHEAD;
}

static void append_text(struct message_writer *w, const char *text, size_t n) {
	append(w, DBUS_TYPE_STRING, &text, n);
}

static void append_bytes(struct message_writer *w, const char *bytes, size_t n) {
	CLEANUP_TEXT char *text = text_utf8(bytes, n, MESSAGE_TEXT_MAX);
	append_text(w, text, strlen(text));
}

void message_write_string(struct message_writer *w, const char *text) {
	if (!text)
		text = "";
	size_t n = strlen(text);
	if (n <= MESSAGE_TEXT_MAX && text_is_utf8(text, n))
		append_text(w, text, n);
	else
		append_bytes(w, text, n);
}

void message_write_path(struct message_writer *w, const char *path) {
	assert(dbus_validate_path(path, NULL));
	append(w, DBUS_TYPE_OBJECT_PATH, &path, strlen(path));
}

void message_write_u32(struct message_writer *w, uint32_t value) {
	dbus_uint32_t number = value;
	append(w, DBUS_TYPE_UINT32, &number, sizeof(number));
}

void message_write_u64(struct message_writer *w, uint64_t value) {
	dbus_uint64_t number = value;
	append(w, DBUS_TYPE_UINT64, &number, sizeof(number));
}

void message_write_double(struct message_writer *w, double value) {
	append(w, DBUS_TYPE_DOUBLE, &value, sizeof(value));
}

void message_write_bytes(struct message_writer *w, const uint8_t *bytes, size_t n) {
	struct message_writer list;
	message_write_open(w, DBUS_TYPE_ARRAY, "y", &list);
	must(dbus_message_iter_append_fixed_array(&list.iter, DBUS_TYPE_BYTE, &bytes, (int)n));
	w->root->n_bytes += n;
	message_write_close(w, &list);
}

void message_write_boolean(struct message_writer *w, bool value) {
	dbus_bool_t boolean = value;
	append(w, DBUS_TYPE_BOOLEAN, &boolean, sizeof(boolean));
}

void message_write_strings(struct message_writer *w, const char *const *list) {
	struct message_writer array;
	message_write_open(w, DBUS_TYPE_ARRAY, "s", &array);
	for (; list && *list; list++)
		message_write_string(&array, *list);
	message_write_close(w, &array);
}

static void write_split(struct message_writer *w, const char *text, const char *separator) {
	struct message_writer array;
	message_write_open(w, DBUS_TYPE_ARRAY, "s", &array);
	while (text && *text) {
		size_t n = strcspn(text, separator);
		if (n > 0)
			append_bytes(&array, text, n);
		text += n + (text[n] == *separator);
	}
	message_write_close(w, &array);
}

void message_write_words(struct message_writer *w, const char *words) {
	write_split(w, words, " ");
}

void message_write_open(
	struct message_writer *w, int type, const char *contents, struct message_writer *ret) {
	ret->root = w->root;
	ret->n_bytes = 0;
	w->root->n_bytes += OVERHEAD;
	must(dbus_message_iter_open_container(&w->iter, type, contents, &ret->iter));
}

void message_write_close(struct message_writer *w, struct message_writer *child) {
	must(dbus_message_iter_close_container(&w->iter, &child->iter));
}

void message_write_open_dict(struct message_writer *w, struct message_writer *ret) {
	message_write_open(w, DBUS_TYPE_ARRAY, "{sv}", ret);
}

/* One entry of an a{sv} on its way: key, and the inside of its variant. */
struct entry {
	struct message_writer pair;
	struct message_writer value;
};

static void open_entry(
	struct message_writer *dict, const char *key, const char *signature, struct entry *ret) {
	message_write_open(dict, DBUS_TYPE_DICT_ENTRY, NULL, &ret->pair);
	message_write_string(&ret->pair, key);
	message_write_open(&ret->pair, DBUS_TYPE_VARIANT, signature, &ret->value);
}

static void close_entry(struct message_writer *dict, struct entry *entry) {
	message_write_close(&entry->pair, &entry->value);
	message_write_close(dict, &entry->pair);
}

void message_write_entry_string(struct message_writer *dict, const char *key, const char *text) {
	if (!text)
		return;
	struct entry entry;
	open_entry(dict, key, "s", &entry);
	message_write_string(&entry.value, text);
	close_entry(dict, &entry);
}

void message_write_entry_boolean(struct message_writer *dict, const char *key, bool value) {
	struct entry entry;
	open_entry(dict, key, "b", &entry);
	message_write_boolean(&entry.value, value);
	close_entry(dict, &entry);
}

void message_write_entry_u32(struct message_writer *dict, const char *key, uint32_t value) {
	struct entry entry;
	open_entry(dict, key, "u", &entry);
	message_write_u32(&entry.value, value);
	close_entry(dict, &entry);
}

void message_write_entry_u64(struct message_writer *dict, const char *key, uint64_t value) {
	struct entry entry;
	open_entry(dict, key, "t", &entry);
	message_write_u64(&entry.value, value);
	close_entry(dict, &entry);
}

void message_write_entry_words(struct message_writer *dict, const char *key, const char *words) {
	if (!words)
		return;
	struct entry entry;
	open_entry(dict, key, "as", &entry);
	message_write_words(&entry.value, words);
	close_entry(dict, &entry);
}

void message_write_entry_lines(struct message_writer *dict, const char *key, const char *lines) {
	if (!lines)
		return;
	struct entry entry;
	open_entry(dict, key, "as", &entry);
	write_split(&entry.value, lines, "\n");
	close_entry(dict, &entry);
}

void message_reader_init(struct message_reader *r, DBusMessage *m) {
	(void)dbus_message_iter_init(m, &r->iter);
}

int message_reader_type(struct message_reader *r) {
	return dbus_message_iter_get_arg_type(&r->iter);
}

static int read_basic(struct message_reader *r, int type, void *ret) {
	if (message_reader_type(r) != type)
		return -EBADMSG;
	dbus_message_iter_get_basic(&r->iter, ret);
	(void)dbus_message_iter_next(&r->iter);
	return 0;
}

int message_read_string(struct message_reader *r, const char **ret) {
	int type = message_reader_type(r);
	if (type != DBUS_TYPE_STRING && type != DBUS_TYPE_OBJECT_PATH &&
		type != DBUS_TYPE_SIGNATURE)
		return -EBADMSG;
	return read_basic(r, type, ret);
}

int message_read_u32(struct message_reader *r, uint32_t *ret) {
	return read_basic(r, DBUS_TYPE_UINT32, ret);
}

int message_read_u64(struct message_reader *r, uint64_t *ret) {
	return read_basic(r, DBUS_TYPE_UINT64, ret);
}

int message_read_double(struct message_reader *r, double *ret) {
	return read_basic(r, DBUS_TYPE_DOUBLE, ret);
}

int message_read_i32(struct message_reader *r, int32_t *ret) {
	return read_basic(r, DBUS_TYPE_INT32, ret);
}

int message_read_descriptor(struct message_reader *r, int *ret) {
	return read_basic(r, DBUS_TYPE_UNIX_FD, ret);
}

int message_read_bytes(struct message_reader *r, const uint8_t **ret, size_t *ret_n) {
	DBusMessageIter list;
	const uint8_t *bytes = NULL;
	int n = 0;
	if (message_reader_type(r) != DBUS_TYPE_ARRAY ||
		dbus_message_iter_get_element_type(&r->iter) != DBUS_TYPE_BYTE)
		return -EBADMSG;
	dbus_message_iter_recurse(&r->iter, &list);
	dbus_message_iter_get_fixed_array(&list, &bytes, &n);
	(void)dbus_message_iter_next(&r->iter);
	*ret = bytes;
	*ret_n = (size_t)n;
	return 0;
}

int message_read_boolean(struct message_reader *r, bool *ret) {
	dbus_bool_t boolean;
	int error = read_basic(r, DBUS_TYPE_BOOLEAN, &boolean);
	if (error == 0)
		*ret = boolean;
	return error;
}

int message_read_enter(struct message_reader *r, int type, struct message_reader *ret) {
	if (message_reader_type(r) != type)
		return -EBADMSG;
	dbus_message_iter_recurse(&r->iter, &ret->iter);
	(void)dbus_message_iter_next(&r->iter);
	return 0;
}

int message_read_entry(
	struct message_reader *r, const char **ret_key, struct message_reader *ret_value) {
	if (message_reader_type(r) == DBUS_TYPE_INVALID)
		return 0;
	struct message_reader pair, value;
	const char *key;
	if (message_read_enter(r, DBUS_TYPE_DICT_ENTRY, &pair) < 0 ||
		message_read_string(&pair, &key) < 0 ||
		message_read_enter(&pair, DBUS_TYPE_VARIANT, &value) < 0)
		return -EBADMSG;
	*ret_key = key;
	*ret_value = value;
	return 1;
}

int message_read_skip(struct message_reader *r) {
	if (message_reader_type(r) == DBUS_TYPE_INVALID)
		return -EBADMSG;
	(void)dbus_message_iter_next(&r->iter);
	return 0;
}
