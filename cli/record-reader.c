#include "cli/record-reader.h"

#include <errno.h>

static int read_list(struct message_reader *value, const char *name, struct record *record) {
	struct message_reader list;
	const char *text;
	int r = message_read_enter(value, DBUS_TYPE_ARRAY, &list);
	if (r < 0)
		return r;
	record_set_list(record, name);
	while (message_reader_type(&list) == DBUS_TYPE_STRING) {
		(void)message_read_string(&list, &text);
		record_add_text(record, name, text);
	}
	return 0;
}

static bool is_list_of_texts(struct message_reader *value) {
	return message_reader_type(value) == DBUS_TYPE_ARRAY &&
	       dbus_message_iter_get_element_type(&value->iter) == DBUS_TYPE_STRING;
}

static int read_value(struct message_reader *value, const char *name, struct record *record) {
	const char *text = NULL;
	uint32_t u32 = 0;
	uint64_t u64 = 0;
	bool boolean = false;
	int r = 0;
	switch (message_reader_type(value)) {
	case DBUS_TYPE_STRING:
	case DBUS_TYPE_OBJECT_PATH:
		r = message_read_string(value, &text);
		if (r == 0)
			record_set_text(record, name, text);
		return r;
	case DBUS_TYPE_UINT32:
		r = message_read_u32(value, &u32);
		if (r == 0)
			record_set_unsigned(record, name, u32);
		return r;
	case DBUS_TYPE_UINT64:
		r = message_read_u64(value, &u64);
		if (r == 0)
			record_set_unsigned(record, name, u64);
		return r;
	case DBUS_TYPE_BOOLEAN:
		r = message_read_boolean(value, &boolean);
		if (r == 0)
			record_set_boolean(record, name, boolean);
		return r;
	default:
		return is_list_of_texts(value) ? read_list(value, name, record) : 0;
	}
}

int record_reader_read(struct message_reader *r, struct record *record) {
	struct message_reader dict, value;
	const char *name;
	int result = message_read_enter(r, DBUS_TYPE_ARRAY, &dict);
	if (result < 0)
		return result;
	while ((result = message_read_entry(&dict, &name, &value)) > 0) {
		result = read_value(&value, name, record);
		if (result < 0)
			return result;
	}
	return result;
}
