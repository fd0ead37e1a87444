/* A look into the key ring, with a service that the test plays word by word. */
#include "bus/secret-lookup.h"

#include "base/memory.h"
#include "bus/connection.h"
#include "bus/message.h"
#include "bus/secret-cipher.h"
#include "bus/secret-message.h"
#include "fixture.h"

#include <string.h>

struct world {
	struct fixture f;
	struct connection *connection;
	struct secret_lookup *lookup;
	bool done;
	enum secret_outcome outcome;
	char *secret;
	char *problem;
};

static const char *const attributes[] = { "xdg:schema", "org.posthorn.Password", "account", "work",
	NULL };

static void own_name(struct fixture *f) {
	DBusMessage *call = message_new_call(
		DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "RequestName");
	struct message_writer w;
	message_writer_init(&w, call);
	message_write_string(&w, SECRET_MESSAGE_NAME);
	message_write_u32(&w, DBUS_NAME_FLAG_DO_NOT_QUEUE);
	message_free(fixture_call(f, call));
}

static void on_answer(const struct secret_answer *answer, void *userdata) {
	struct world *w = userdata;
	assert_false(w->done);
	w->done = true;
	w->outcome = answer->outcome;
	w->secret = answer->secret ? memory_strndup(answer->secret, answer->n) : NULL;
	w->problem = memory_strdup(answer->problem);
	assert_int_equal(!answer->secret, !!answer->problem);
	w->lookup = secret_lookup_free(w->lookup);
}

static void begin(struct world *w, bool has_service) {
	static const struct connection_callbacks callbacks;
	*w = (struct world){ .done = false };
	fixture_init(&w->f, "");
	if (has_service)
		own_name(&w->f);
	const struct connection_options options = { .address = w->f.bus.address };
	assert_int_equal(connection_new(w->f.event, &options, &callbacks, &w->connection), 0);
	assert_int_equal(secret_lookup_new(w->connection, attributes, on_answer, w, &w->lookup), 0);
	assert_false(w->done);
}

static void end(struct world *w) {
	secret_lookup_free(w->lookup);
	connection_free(w->connection);
	fixture_deinit(&w->f);
	free(w->secret);
	free(w->problem);
}

static void expect_end(struct world *w, enum secret_outcome outcome, const char *words) {
	fixture_run_until(&w->f, &w->done);
	assert_int_equal(w->outcome, outcome);
	if (!strstr(w->problem ? w->problem : w->secret, words))
		fail_msg("%s", w->problem ? w->problem : w->secret);
	end(w);
}

/* The next call of that name, owned. */
static DBusMessage *take_call(struct world *w, const char *member) {
	for (;;) {
		fixture_pump(&w->f);
		for (size_t i = 0; i < w->f.n_inbox; i++) {
			DBusMessage *m = w->f.inbox[i];
			if (dbus_message_get_type(m) != DBUS_MESSAGE_TYPE_METHOD_CALL)
				continue;
			assert_string_equal(dbus_message_get_member(m), member);
			memmove(&w->f.inbox[i], &w->f.inbox[i + 1],
				(w->f.n_inbox - i - 1) * sizeof(m));
			w->f.n_inbox--;
			return m;
		}
		assert_true(sd_event_run(w->f.event, 20 * USEC_PER_SEC) > 0);
	}
}

static void reply(struct world *w, DBusMessage *call, DBusMessage *answer) {
	assert_true(dbus_connection_send(w->f.client, answer, NULL));
	dbus_connection_flush(w->f.client);
	dbus_message_unref(answer);
	dbus_message_unref(call);
}

static void write_paths(struct message_writer *w, const char *path) {
	struct message_writer list;
	message_write_open(w, DBUS_TYPE_ARRAY, "o", &list);
	if (path)
		message_write_path(&list, path);
	message_write_close(w, &list);
}

static void answer_search(struct world *w, const char *unlocked, const char *locked) {
	DBusMessage *call = take_call(w, "SearchItems");
	DBusMessage *answer = message_new_reply(call);
	struct message_writer writer;
	assert_string_equal(dbus_message_get_signature(call), "a{ss}");
	message_writer_init(&writer, answer);
	write_paths(&writer, unlocked);
	write_paths(&writer, locked);
	reply(w, call, answer);
}

static void answer_session(struct world *w, struct secret_cipher *cipher) {
	DBusMessage *call = take_call(w, "OpenSession");
	DBusMessage *answer = message_new_reply(call);
	struct message_reader r, input;
	struct message_writer writer, output;
	const char *algorithm;
	const uint8_t *bytes;
	size_t n;
	message_reader_init(&r, call);
	assert_int_equal(message_read_string(&r, &algorithm), 0);
	assert_string_equal(algorithm, SECRET_CIPHER_NAME);
	assert_int_equal(message_read_enter(&r, DBUS_TYPE_VARIANT, &input), 0);
	assert_int_equal(message_read_bytes(&input, &bytes, &n), 0);
	assert_int_equal(secret_cipher_agree(cipher, bytes, n), 0);
	message_writer_init(&writer, answer);
	message_write_open(&writer, DBUS_TYPE_VARIANT, "ay", &output);
	message_write_bytes(&output, secret_cipher_public(cipher), SECRET_CIPHER_PUBLIC_BYTES);
	message_write_close(&writer, &output);
	message_write_path(&writer, "/session/1");
	reply(w, call, answer);
}

static void answer_secret(struct world *w, const struct secret_cipher *cipher, const char *secret) {
	DBusMessage *call = take_call(w, "GetSecret");
	DBusMessage *answer = message_new_reply(call);
	uint8_t iv[SECRET_CIPHER_IV_BYTES];
	struct buffer bytes;
	struct message_writer writer;
	assert_string_equal(dbus_message_get_path(call), "/item/1");
	buffer_init(&bytes, 256 * 1024);
	assert_int_equal(secret_cipher_encrypt(cipher, secret, strlen(secret), iv, &bytes), 0);
	const struct secret_wire wire = {
		.iv = iv,
		.n_iv = sizeof(iv),
		.bytes = buffer_bytes(&bytes),
		.n = bytes.n,
	};
	message_writer_init(&writer, answer);
	secret_message_write_secret(&writer, "/session/1", &wire);
	reply(w, call, answer);
	buffer_deinit(&bytes);
}

static void test_found(void **state) {
	CLEANUP(secret_cipher_free) struct secret_cipher *cipher = NULL;
	struct world w;
	assert_int_equal(secret_cipher_new(&cipher), 0);
	begin(&w, true);
	answer_search(&w, "/item/1", "/item/2");
	answer_session(&w, cipher);
	answer_secret(&w, cipher, "hunter2");
	fixture_run_until(&w.f, &w.done);
	/* The session is not left behind, and its end is not waited for. */
	DBusMessage *close = take_call(&w, "Close");
	assert_string_equal(dbus_message_get_path(close), "/session/1");
	assert_true(dbus_message_get_no_reply(close));
	dbus_message_unref(close);
	expect_end(&w, SECRET_FOUND, "hunter2");
}

static void test_not_to_be_had(void **state) {
	struct world w;
	begin(&w, true);
	answer_search(&w, NULL, NULL);
	expect_end(&w, SECRET_MISSING, "has no password");
	begin(&w, true);
	answer_search(&w, NULL, "/item/2");
	expect_end(&w, SECRET_LOCKED, "unlock");
	begin(&w, false);
	expect_end(&w, SECRET_ABSENT, "there is no key ring");
}

/* What it says instead of the answer to the second question. */
static void expect_error(const char *name, enum secret_outcome outcome, const char *words) {
	struct world w;
	begin(&w, true);
	answer_search(&w, "/item/1", NULL);
	DBusMessage *call = take_call(&w, "OpenSession");
	reply(&w, call, message_new_error(call, name, "said \033[1m so"));
	expect_end(&w, outcome, words);
}

static void test_errors(void **state) {
	expect_error(SECRET_MESSAGE_ERROR_LOCKED, SECRET_LOCKED, "unlock");
	expect_error(DBUS_ERROR_NOT_SUPPORTED, SECRET_FAILED, "cannot encrypt");
	expect_error(DBUS_ERROR_FAILED, SECRET_FAILED, "said \\u{1b}[1m so");
	expect_error(DBUS_ERROR_NO_REPLY, SECRET_ABSENT, "does not answer");
}

static void test_answers_of_another_form(void **state) {
	CLEANUP(secret_cipher_free) struct secret_cipher *cipher = NULL;
	static const char words[] = "cannot be understood";
	struct world w;
	assert_int_equal(secret_cipher_new(&cipher), 0);
	begin(&w, true);
	DBusMessage *call = take_call(&w, "SearchItems");
	reply(&w, call, message_new_reply(call));
	expect_end(&w, SECRET_FAILED, words);

	begin(&w, true);
	answer_search(&w, "/item/1", NULL);
	call = take_call(&w, "OpenSession");
	reply(&w, call, message_new_reply(call));
	expect_end(&w, SECRET_FAILED, words);

	/* Too much for a password. */
	char *large = MEMORY_NEW_ARRAY(char, SECRET_LOOKUP_MAX + 100);
	memset(large, 'x', SECRET_LOOKUP_MAX + 99);
	begin(&w, true);
	answer_search(&w, "/item/1", NULL);
	answer_session(&w, cipher);
	answer_secret(&w, cipher, large);
	expect_end(&w, SECRET_FAILED, words);
	free(large);
}

static void test_bus_that_goes_away(void **state) {
	struct world w;
	begin(&w, true);
	message_free(take_call(&w, "SearchItems"));
	private_bus_stop(&w.f.bus);
	expect_end(&w, SECRET_ABSENT, "the bus went away");
}

static void test_given_up_on_the_way(void **state) {
	struct world w;
	begin(&w, true);
	DBusMessage *call = take_call(&w, "SearchItems");
	w.lookup = secret_lookup_free(w.lookup);
	reply(&w, call, message_new_reply(call));
	assert_true(sd_event_run(w.f.event, 0) >= 0);
	assert_false(w.done);
	end(&w);
	/* Before it has begun at all. */
	begin(&w, true);
	end(&w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_not_to_be_had),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_answers_of_another_form),
		cmocka_unit_test(test_bus_that_goes_away),
		cmocka_unit_test(test_given_up_on_the_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
