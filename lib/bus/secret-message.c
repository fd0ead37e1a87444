#include "bus/secret-message.h"

#include "base/memory.h"

#include <errno.h>
#include <string.h>

void secret_message_write_attributes(struct message_writer *w, const char *const *attributes) {
	struct message_writer dict, entry;
	message_write_open(w, DBUS_TYPE_ARRAY, "{ss}", &dict);
	for (; attributes[0]; attributes += 2) {
		message_write_open(&dict, DBUS_TYPE_DICT_ENTRY, NULL, &entry);
		message_write_string(&entry, attributes[0]);
		message_write_string(&entry, attributes[1]);
		message_write_close(&dict, &entry);
	}
	message_write_close(w, &dict);
}

static DBusMessage *new_service_call(const char *member) {
	return message_new_call(
		SECRET_MESSAGE_NAME, SECRET_MESSAGE_PATH, SECRET_MESSAGE_SERVICE, member);
}

DBusMessage *secret_message_new_search(const char *const *attributes) {
	DBusMessage *call = new_service_call("SearchItems");
	struct message_writer w;
	message_writer_init(&w, call);
	secret_message_write_attributes(&w, attributes);
	return call;
}

/* Items of one name may be in several collections, or twice in one; any of them will do. */
static int read_first(struct message_reader *r, const char **ret) {
	struct message_reader list;
	if (message_read_enter(r, DBUS_TYPE_ARRAY, &list) < 0)
		return -EBADMSG;
	*ret = NULL;
	if (message_reader_type(&list) == DBUS_TYPE_INVALID)
		return 0;
	if (message_reader_type(&list) != DBUS_TYPE_OBJECT_PATH)
		return -EBADMSG;
	return message_read_string(&list, ret);
}

int secret_message_read_search(
	DBusMessage *reply, const char **ret_unlocked, const char **ret_locked) {
	struct message_reader r;
	const char *unlocked, *locked;
	message_reader_init(&r, reply);
	if (read_first(&r, &unlocked) < 0 || read_first(&r, &locked) < 0)
		return -EBADMSG;
	*ret_unlocked = unlocked;
	*ret_locked = locked;
	return 0;
}

DBusMessage *secret_message_new_open_session(const struct secret_cipher *cipher) {
	DBusMessage *call = new_service_call("OpenSession");
	struct message_writer w, input;
	message_writer_init(&w, call);
	message_write_string(&w, SECRET_CIPHER_NAME);
	message_write_open(&w, DBUS_TYPE_VARIANT, "ay", &input);
	message_write_bytes(&input, secret_cipher_public(cipher), SECRET_CIPHER_PUBLIC_BYTES);
	message_write_close(&w, &input);
	return call;
}

int secret_message_read_open_session(
	DBusMessage *reply, struct secret_cipher *cipher, const char **ret_session) {
	struct message_reader r, output;
	const uint8_t *bytes;
	size_t n;
	message_reader_init(&r, reply);
	if (message_read_enter(&r, DBUS_TYPE_VARIANT, &output) < 0 ||
		message_read_bytes(&output, &bytes, &n) < 0 ||
		secret_cipher_agree(cipher, bytes, n) < 0 ||
		message_reader_type(&r) != DBUS_TYPE_OBJECT_PATH)
		return -EBADMSG;
	return message_read_string(&r, ret_session);
}

int secret_message_read_secret(DBusMessage *reply, struct secret_wire *ret) {
	struct message_reader r, fields;
	struct secret_wire wire;
	message_reader_init(&r, reply);
	if (message_read_enter(&r, DBUS_TYPE_STRUCT, &fields) < 0 ||
		message_read_skip(&fields) < 0 ||
		message_read_bytes(&fields, &wire.iv, &wire.n_iv) < 0 ||
		message_read_bytes(&fields, &wire.bytes, &wire.n) < 0)
		return -EBADMSG;
	*ret = wire;
	return 0;
}

void secret_message_write_secret(
	struct message_writer *w, const char *session, const struct secret_wire *wire) {
	struct message_writer fields;
	message_write_open(w, DBUS_TYPE_STRUCT, NULL, &fields);
	message_write_path(&fields, session);
	message_write_bytes(&fields, wire->iv, wire->n_iv);
	message_write_bytes(&fields, wire->bytes, wire->n);
	message_write_string(&fields, "text/plain; charset=utf8");
	message_write_close(w, &fields);
}

bool secret_message_is_absent(const char *error) {
	static const char spawn[] = "org.freedesktop.DBus.Error.Spawn.";
	static const char *const words[] = { DBUS_ERROR_SERVICE_UNKNOWN,
		DBUS_ERROR_NAME_HAS_NO_OWNER, DBUS_ERROR_NO_REPLY, DBUS_ERROR_TIMEOUT,
		DBUS_ERROR_DISCONNECTED };
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i], error))
			return true;
	return !strncmp(error, spawn, strlen(spawn));
}

char *secret_message_explain(const char *error, const char *text) {
	if (!strcmp(error, SECRET_MESSAGE_ERROR_LOCKED))
		return memory_strdup("unlock it, or run 'posthorn secret unlock'");
	if (!strcmp(error, DBUS_ERROR_DISCONNECTED))
		return memory_strdup(text);
	if (!strcmp(error, DBUS_ERROR_NO_REPLY) || !strcmp(error, DBUS_ERROR_TIMEOUT))
		return memory_strdup("the key ring does not answer");
	if (secret_message_is_absent(error))
		return memory_strdup(
			"there is no key ring (" SECRET_MESSAGE_NAME ") on the session bus");
	if (!strcmp(error, DBUS_ERROR_NOT_SUPPORTED))
		return memory_strdup("the key ring cannot encrypt what it sends");
	return memory_format("the key ring says: %s", text && *text ? text : error);
}
