#include "bus/secret-keeper.h"

#include "base/memory.h"
#include "base/text.h"
#include "bus/address.h"
#include "bus/secret-message.h"

#include <errno.h>
#include <string.h>

/* Items of one account that are cleared; more than one is another program's doing. */
#define ITEMS_MAX 64

struct secret_keeper {
	DBusConnection *dbus;
};

static int open_bus(struct secret_keeper *k, DBusError *error) {
	CLEANUP_TEXT char *address = address_find(false);
	if (!address) {
		dbus_set_error(error, DBUS_ERROR_DISCONNECTED,
			"there is no session bus: DBUS_SESSION_BUS_ADDRESS is not set");
		return -ENOTCONN;
	}
	k->dbus = dbus_connection_open_private(address, error);
	if (!k->dbus)
		return -ENOTCONN;
	dbus_connection_set_exit_on_disconnect(k->dbus, FALSE);
	return dbus_bus_register(k->dbus, error) ? 0 : -ENOTCONN;
}

int secret_keeper_open(struct secret_keeper **ret, char **ret_problem) {
	CLEANUP(secret_keeper_free) struct secret_keeper *k = MEMORY_NEW(struct secret_keeper);
	DBusError error = DBUS_ERROR_INIT;
	int r = open_bus(k, &error);
	if (r < 0) {
		*ret_problem = memory_strdup(error.message);
		dbus_error_free(&error);
		return r;
	}
	*ret = TAKE_PTR(k);
	return 0;
}

struct secret_keeper *secret_keeper_free(struct secret_keeper *k) {
	if (!k)
		return NULL;
	if (k->dbus) {
		dbus_connection_close(k->dbus);
		dbus_connection_unref(k->dbus);
	}
	return memory_free(k);
}

static int refuse(const char *problem, char **ret_problem) {
	*ret_problem = memory_strdup(problem);
	return -EREMOTEIO;
}

static int not_understood(char **ret_problem) {
	return refuse("the key ring's answer cannot be understood", ret_problem);
}

/* Sends, releases and waits. */
static int call(struct secret_keeper *k, DBusMessage *m, DBusMessage **ret, char **ret_problem) {
	CLEANUP(message_free) DBusMessage *owned = m;
	DBusError error = DBUS_ERROR_INIT;
	*ret = dbus_connection_send_with_reply_and_block(
		k->dbus, m, DBUS_TIMEOUT_USE_DEFAULT, &error);
	if (*ret)
		return 0;
	CLEANUP_TEXT char *text = text_printable(error.message);
	*ret_problem = secret_message_explain(error.name, text);
	int r = !strcmp(error.name, DBUS_ERROR_DISCONNECTED) ? -ENOTCONN
		: secret_message_is_absent(error.name)       ? -ESRCH
							     : -EREMOTEIO;
	dbus_error_free(&error);
	return r;
}

/* The user is asked. Asking again and again is his own business: the service decides. */

/* 1: answered; 0: not this message; -ECANCELED. */
static int read_completed(DBusMessage *m, const char *prompt, DBusMessage **ret_result) {
	struct message_reader r;
	bool is_dismissed = true;
	if (!dbus_message_is_signal(m, SECRET_MESSAGE_PROMPT, "Completed") ||
		!dbus_message_has_path(m, prompt))
		return 0;
	message_reader_init(&r, m);
	if (message_read_boolean(&r, &is_dismissed) < 0 || is_dismissed)
		return -ECANCELED;
	*ret_result = dbus_message_ref(m);
	return 1;
}

/* What came with the reply to Prompt is in the queue already. */
static int wait_for_prompt(
	struct secret_keeper *k, const char *prompt, DBusMessage **ret_result, char **ret_problem) {
	do {
		for (DBusMessage *m; (m = dbus_connection_pop_message(k->dbus));) {
			int r = read_completed(m, prompt, ret_result);
			dbus_message_unref(m);
			if (r > 0)
				return 0;
			if (r < 0) {
				*ret_problem = memory_strdup("its question was dismissed, or it "
							     "cannot ask here");
				return r;
			}
		}
	} while (dbus_connection_read_write(k->dbus, -1));
	*ret_problem = memory_strdup("the bus went away");
	return -ENOTCONN;
}

/* `ret_result`: the signal, for what the call would have answered; released by the caller. */
static int run_prompt(
	struct secret_keeper *k, const char *prompt, DBusMessage **ret_result, char **ret_problem) {
	CLEANUP(message_free) DBusMessage *reply = NULL;
	CLEANUP_TEXT char *rule = memory_format(
		"type='signal',interface='" SECRET_MESSAGE_PROMPT "',path='%s'", prompt);
	struct message_writer w;
	dbus_bus_add_match(k->dbus, rule, NULL);
	DBusMessage *m =
		message_new_call(SECRET_MESSAGE_NAME, prompt, SECRET_MESSAGE_PROMPT, "Prompt");
	message_writer_init(&w, m);
	message_write_string(&w, ""); /* no window of ours */
	int r = call(k, m, &reply, ret_problem);
	return r < 0 ? r : wait_for_prompt(k, prompt, ret_result, ret_problem);
}

static bool is_path(const char *path) {
	return strcmp(path, "/") != 0;
}

/* Answers of the form (result, prompt): runs the prompt if there is one. */
static int finish_prompt(struct secret_keeper *k, const char *prompt, char **ret_problem) {
	CLEANUP(message_free) DBusMessage *result = NULL;
	return is_path(prompt) ? run_prompt(k, prompt, &result, ret_problem) : 0;
}

static DBusMessage *new_service_call(const char *member) {
	return message_new_call(
		SECRET_MESSAGE_NAME, SECRET_MESSAGE_PATH, SECRET_MESSAGE_SERVICE, member);
}

static int unlock(struct secret_keeper *k, const char *object, char **ret_problem) {
	CLEANUP(message_free) DBusMessage *reply = NULL;
	struct message_writer w, list;
	struct message_reader r;
	const char *prompt;
	DBusMessage *m = new_service_call("Unlock");
	message_writer_init(&w, m);
	message_write_open(&w, DBUS_TYPE_ARRAY, "o", &list);
	message_write_path(&list, object);
	message_write_close(&w, &list);
	int e = call(k, m, &reply, ret_problem);
	if (e < 0)
		return e;
	message_reader_init(&r, reply);
	if (message_read_skip(&r) < 0 || message_read_string(&r, &prompt) < 0)
		return not_understood(ret_problem);
	return finish_prompt(k, prompt, ret_problem);
}

/* A user's first key ring: the service asks for the password that it is to have. */
static int create_collection(struct secret_keeper *k, char **ret_path, char **ret_problem) {
	CLEANUP(message_free) DBusMessage *reply = NULL;
	CLEANUP(message_free) DBusMessage *result = NULL;
	struct message_writer w, dict;
	struct message_reader r, value;
	const char *path, *prompt;
	DBusMessage *m = new_service_call("CreateCollection");
	message_writer_init(&w, m);
	message_write_open_dict(&w, &dict);
	message_write_entry_string(&dict, SECRET_MESSAGE_COLLECTION ".Label", "Default");
	message_write_close(&w, &dict);
	message_write_string(&w, "default");
	int e = call(k, m, &reply, ret_problem);
	if (e < 0)
		return e;
	message_reader_init(&r, reply);
	if (message_read_string(&r, &path) < 0 || message_read_string(&r, &prompt) < 0)
		return not_understood(ret_problem);
	if (is_path(prompt)) {
		bool dismissed;
		e = run_prompt(k, prompt, &result, ret_problem);
		if (e < 0)
			return e;
		message_reader_init(&r, result);
		if (message_read_boolean(&r, &dismissed) < 0 ||
			message_read_enter(&r, DBUS_TYPE_VARIANT, &value) < 0 ||
			message_read_string(&value, &path) < 0)
			return not_understood(ret_problem);
	}
	*ret_path = memory_strdup(path);
	return 0;
}

static int find_collection(struct secret_keeper *k, char **ret_path, char **ret_problem) {
	CLEANUP(message_free) DBusMessage *reply = NULL;
	struct message_writer w;
	struct message_reader r;
	const char *path;
	DBusMessage *m = new_service_call("ReadAlias");
	message_writer_init(&w, m);
	message_write_string(&w, "default");
	int e = call(k, m, &reply, ret_problem);
	if (e < 0)
		return e;
	message_reader_init(&r, reply);
	if (message_read_string(&r, &path) < 0)
		return not_understood(ret_problem);
	if (!is_path(path))
		return create_collection(k, ret_path, ret_problem);
	*ret_path = memory_strdup(path);
	return unlock(k, path, ret_problem);
}

int secret_keeper_unlock(struct secret_keeper *k, char **ret_problem) {
	CLEANUP_TEXT char *collection = NULL;
	return find_collection(k, &collection, ret_problem);
}

/* The properties of an item, then its secret, encrypted for this session. */
static int write_item(DBusMessage *m, const struct secret_entry *entry, const char *session,
	const struct secret_cipher *cipher) {
	uint8_t iv[SECRET_CIPHER_IV_BYTES];
	struct message_writer w, dict, item, value;
	struct buffer bytes;
	buffer_init(&bytes, entry->n + SECRET_CIPHER_IV_BYTES);
	int r = secret_cipher_encrypt(cipher, entry->secret, entry->n, iv, &bytes);
	if (r < 0)
		return r;
	message_writer_init(&w, m);
	message_write_open_dict(&w, &dict);
	message_write_entry_string(&dict, SECRET_MESSAGE_ITEM ".Label", entry->label);
	message_write_open(&dict, DBUS_TYPE_DICT_ENTRY, NULL, &item);
	message_write_string(&item, SECRET_MESSAGE_ITEM ".Attributes");
	message_write_open(&item, DBUS_TYPE_VARIANT, "a{ss}", &value);
	secret_message_write_attributes(&value, entry->attributes);
	message_write_close(&item, &value);
	message_write_close(&dict, &item);
	message_write_close(&w, &dict);
	const struct secret_wire wire = {
		.iv = iv,
		.n_iv = sizeof(iv),
		.bytes = buffer_bytes(&bytes),
		.n = bytes.n,
	};
	secret_message_write_secret(&w, session, &wire);
	message_write_boolean(&w, true); /* replace */
	buffer_deinit(&bytes);
	return 0;
}

/* A session ends with our connection, which ends with the program. */
static int open_session(struct secret_keeper *k, struct secret_cipher *cipher, char **ret_session,
	char **ret_problem) {
	CLEANUP(message_free) DBusMessage *reply = NULL;
	const char *session;
	int r = call(k, secret_message_new_open_session(cipher), &reply, ret_problem);
	if (r < 0)
		return r;
	if (secret_message_read_open_session(reply, cipher, &session) < 0)
		return not_understood(ret_problem);
	*ret_session = memory_strdup(session);
	return 0;
}

static int create_item(struct secret_keeper *k, const char *collection,
	const struct secret_entry *entry, char **ret_problem) {
	CLEANUP(secret_cipher_free) struct secret_cipher *cipher = NULL;
	CLEANUP(message_free) DBusMessage *reply = NULL;
	CLEANUP_TEXT char *session = NULL;
	struct message_reader reader;
	const char *prompt;
	if (secret_cipher_new(&cipher) < 0)
		return refuse("there is no source of random numbers", ret_problem);
	int r = open_session(k, cipher, &session, ret_problem);
	if (r < 0)
		return r;
	DBusMessage *m = message_new_call(
		SECRET_MESSAGE_NAME, collection, SECRET_MESSAGE_COLLECTION, "CreateItem");
	if (write_item(m, entry, session, cipher) < 0) {
		message_free(m);
		return refuse("the password cannot be encrypted", ret_problem);
	}
	r = call(k, m, &reply, ret_problem);
	if (r < 0)
		return r;
	message_reader_init(&reader, reply);
	if (message_read_skip(&reader) < 0 || message_read_string(&reader, &prompt) < 0)
		return not_understood(ret_problem);
	return finish_prompt(k, prompt, ret_problem);
}

int secret_keeper_store(
	struct secret_keeper *k, const struct secret_entry *entry, char **ret_problem) {
	CLEANUP_TEXT char *collection = NULL;
	int r = find_collection(k, &collection, ret_problem);
	return r < 0 ? r : create_item(k, collection, entry, ret_problem);
}

static int delete_item(struct secret_keeper *k, const char *item, char **ret_problem) {
	CLEANUP(message_free) DBusMessage *reply = NULL;
	struct message_reader reader;
	const char *prompt;
	DBusMessage *m = message_new_call(SECRET_MESSAGE_NAME, item, SECRET_MESSAGE_ITEM, "Delete");
	int r = call(k, m, &reply, ret_problem);
	if (r < 0)
		return r;
	message_reader_init(&reader, reply);
	if (message_read_string(&reader, &prompt) < 0)
		return not_understood(ret_problem);
	return finish_prompt(k, prompt, ret_problem);
}

/* Searched for anew each time: the list of an answer says nothing of what a prompt changed. */
static int clear_one(struct secret_keeper *k, const char *const *attributes, char **ret_problem) {
	CLEANUP(message_free) DBusMessage *reply = NULL;
	const char *unlocked, *locked;
	int r = call(k, secret_message_new_search(attributes), &reply, ret_problem);
	if (r < 0)
		return r;
	if (secret_message_read_search(reply, &unlocked, &locked) < 0)
		return not_understood(ret_problem);
	if (!unlocked && !locked)
		return 0;
	r = unlocked ? 0 : unlock(k, locked, ret_problem);
	if (r == 0)
		r = delete_item(k, unlocked ? unlocked : locked, ret_problem);
	return r < 0 ? r : 1;
}

int secret_keeper_clear(
	struct secret_keeper *k, const char *const *attributes, char **ret_problem) {
	int n = 0, r;
	while ((r = clear_one(k, attributes, ret_problem)) > 0)
		if (++n == ITEMS_MAX)
			return refuse("the key ring does not forget what it is told to forget",
				ret_problem);
	return r < 0 ? r : n;
}
