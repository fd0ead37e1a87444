#include "bus/secret-lookup.h"

#include "base/memory.h"
#include "base/text.h"
#include "bus/exchange.h"
#include "bus/secret-message.h"

#include <errno.h>
#include <string.h>

struct secret_lookup {
	struct exchange exchange;
	char **attributes;
	struct secret_cipher *cipher;
	char *item;
	char *session;
	secret_lookup_fn done;
	void *userdata;
};

static struct secret_lookup *lookup_of(struct exchange *e) {
	return CONTAINER_OF(e, struct secret_lookup, exchange);
}

/* Without it the service would keep the session's key until we leave the bus. */
static void close_session(struct secret_lookup *l) {
	if (!l->session)
		return;
	DBusMessage *call =
		message_new_call(SECRET_MESSAGE_NAME, l->session, SECRET_MESSAGE_SESSION, "Close");
	dbus_message_set_no_reply(call, TRUE);
	dbus_message_set_auto_start(call, FALSE);
	(void)connection_send(l->exchange.connection, call);
	l->session = memory_free(l->session);
}

static void finish(struct secret_lookup *l, enum secret_outcome outcome, const char *problem) {
	const struct secret_answer answer = { .outcome = outcome, .problem = problem };
	close_session(l);
	l->done(&answer, l->userdata);
}

static void on_failed(struct exchange *e, const char *name, const char *text) {
	enum secret_outcome outcome = SECRET_FAILED;
	if (!strcmp(name, SECRET_MESSAGE_ERROR_LOCKED))
		outcome = SECRET_LOCKED;
	else if (secret_message_is_absent(name))
		outcome = SECRET_ABSENT;
	CLEANUP_TEXT char *printable = text_printable(text);
	CLEANUP_TEXT char *problem = secret_message_explain(name, printable);
	finish(lookup_of(e), outcome, problem);
}

static void not_understood(struct secret_lookup *l) {
	finish(l, SECRET_FAILED, "the key ring's answer cannot be understood");
}

static void on_secret(struct exchange *e, DBusMessage *reply) {
	struct secret_lookup *l = lookup_of(e);
	struct secret_wire wire;
	struct buffer secret;
	buffer_init_secret(&secret, SECRET_LOOKUP_MAX + SECRET_CIPHER_IV_BYTES + 1);
	if (secret_message_read_secret(reply, &wire) < 0 || wire.n > SECRET_LOOKUP_MAX ||
		secret_cipher_decrypt(l->cipher, &wire, &secret) < 0) {
		buffer_deinit(&secret);
		not_understood(l);
		return;
	}
	struct secret_answer answer = { .outcome = SECRET_FOUND, .n = secret.n };
	(void)buffer_append(&secret, "", 1);
	answer.secret = (const char *)buffer_bytes(&secret);
	close_session(l);
	l->done(&answer, l->userdata);
	buffer_deinit(&secret);
}

static void on_session(struct exchange *e, DBusMessage *reply) {
	struct secret_lookup *l = lookup_of(e);
	const char *session;
	if (secret_message_read_open_session(reply, l->cipher, &session) < 0) {
		not_understood(l);
		return;
	}
	l->session = memory_strdup(session);
	DBusMessage *call =
		message_new_call(SECRET_MESSAGE_NAME, l->item, SECRET_MESSAGE_ITEM, "GetSecret");
	struct message_writer w;
	message_writer_init(&w, call);
	message_write_path(&w, l->session);
	exchange_call(e, call, on_secret);
}

static void on_search(struct exchange *e, DBusMessage *reply) {
	struct secret_lookup *l = lookup_of(e);
	const char *unlocked, *locked;
	if (secret_message_read_search(reply, &unlocked, &locked) < 0) {
		not_understood(l);
		return;
	}
	if (!unlocked) {
		CLEANUP_TEXT char *problem =
			secret_message_explain(SECRET_MESSAGE_ERROR_LOCKED, NULL);
		finish(l, locked ? SECRET_LOCKED : SECRET_MISSING,
			locked ? problem : "the key ring has no password for this account");
		return;
	}
	l->item = memory_strdup(unlocked);
	if (secret_cipher_new(&l->cipher) < 0) {
		finish(l, SECRET_FAILED, "there is no source of random numbers");
		return;
	}
	exchange_call(e, secret_message_new_open_session(l->cipher), on_session);
}

static void on_start(struct exchange *e) {
	struct secret_lookup *l = lookup_of(e);
	exchange_call(e, secret_message_new_search((const char *const *)l->attributes), on_search);
}

static char **copy_list(const char *const *list) {
	size_t n = 0;
	while (list[n])
		n++;
	char **copy = MEMORY_NEW_ARRAY(char *, n + 1);
	for (size_t i = 0; i < n; i++)
		copy[i] = memory_strdup(list[i]);
	return copy;
}

int secret_lookup_new(struct connection *connection, const char *const *attributes,
	secret_lookup_fn done, void *userdata, struct secret_lookup **ret) {
	CLEANUP(secret_lookup_free) struct secret_lookup *l = MEMORY_NEW(struct secret_lookup);
	l->attributes = copy_list(attributes);
	l->done = done;
	l->userdata = userdata;
	int r = exchange_init(&l->exchange, connection, on_start, on_failed);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(l);
	return 0;
}

struct secret_lookup *secret_lookup_free(struct secret_lookup *l) {
	if (!l)
		return NULL;
	close_session(l);
	exchange_deinit(&l->exchange);
	secret_cipher_free(l->cipher);
	for (char **a = l->attributes; a && *a; a++)
		free(*a);
	free(l->attributes);
	free(l->item);
	free(l->session);
	return memory_free(l);
}
