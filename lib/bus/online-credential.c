#include "bus/online-credential.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "bus/exchange.h"
#include "bus/message.h"
#include "bus/online-account.h"

#include <string.h>

#define ERROR_NOT_AUTHORIZED "org.gnome.OnlineAccounts.Error.NotAuthorized"
#define ERROR_NOT_SUPPORTED "org.freedesktop.Goa.Error.NotSupported"
#define SIGN_IN \
	"GNOME Online Accounts wants you to sign in again: see Online Accounts in the settings"

struct online_credential {
	struct exchange exchange;
	char *id;
	online_credential_fn done;
	void *userdata;
	/* what the account's object said */
	char *path;
	char *host;
	char *user;
	uint16_t port;
	bool is_tls, is_starttls;
	bool is_token;
	bool has_imap, has_secret, needs_attention;
	char *secret;
	int32_t expires_sec;
};

static struct online_credential *credential_of(struct exchange *e) {
	return CONTAINER_OF(e, struct online_credential, exchange);
}

static void fail(struct online_credential *o, enum online_outcome outcome, const char *problem) {
	const struct online_answer answer = { .outcome = outcome, .problem = problem };
	o->done(&answer, o->userdata);
}

static bool is_absent(const char *name) {
	static const char spawn[] = "org.freedesktop.DBus.Error.Spawn.";
	return !strcmp(name, DBUS_ERROR_SERVICE_UNKNOWN) ||
	       !strcmp(name, DBUS_ERROR_NAME_HAS_NO_OWNER) || !strncmp(name, spawn, strlen(spawn));
}

static void finish(struct online_credential *o) {
	CLEANUP_SECRET char *secret = TAKE_PTR(o->secret);
	const struct online_answer answer = {
		.outcome = ONLINE_FOUND,
		.secret = secret,
		.is_token = o->is_token,
		.expires_sec = o->expires_sec > 0 ? (uint32_t)o->expires_sec : 0,
		.host = o->host,
		.port = o->port,
		.is_tls = o->is_tls,
		.is_starttls = o->is_starttls,
		.user = o->user,
	};
	o->done(&answer, o->userdata);
}

static void on_failed(struct exchange *e, const char *name, const char *text) {
	struct online_credential *o = credential_of(e);
	if (o->secret) {
		finish(o);
		return;
	}
	CLEANUP_TEXT char *printable = text_printable(text);
	CLEANUP_TEXT char *problem =
		memory_format("GNOME Online Accounts says: %s", *printable ? printable : name);
	if (!strcmp(name, ERROR_NOT_AUTHORIZED))
		fail(o, ONLINE_SIGN_IN, SIGN_IN);
	else if (!strcmp(name, EXCHANGE_ERROR_NO_BUS))
		fail(o, ONLINE_ABSENT, printable);
	else if (is_absent(name))
		fail(o, ONLINE_ABSENT, "GNOME Online Accounts is not on the session bus");
	else if (o->path && strcmp(name, ERROR_NOT_SUPPORTED) != 0)
		fail(o, ONLINE_UNAVAILABLE, problem);
	else
		fail(o, ONLINE_FAILED, problem);
}

static void on_washed(struct exchange *e, DBusMessage *reply) {
	finish(credential_of(e));
}

/* libdbus reads all messages into one buffer, each to its start, and erases nothing: a long answer
 * that is no secret lies over the secret afterwards. */
static void wash(struct exchange *e) {
	exchange_call(e,
		message_new_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_INTROSPECTABLE,
			"Introspect"),
		on_washed);
}

/* GetAccessToken answers (si), GetPassword (s). libdbus gives no way to have a message erased when
 * it is freed; the text in it is ours as long as we hold the only reference. */
static void on_secret(struct exchange *e, DBusMessage *reply) {
	struct online_credential *o = credential_of(e);
	struct message_reader r;
	const char *text;
	message_reader_init(&r, reply);
	if (message_read_string(&r, &text) < 0) {
		fail(o, ONLINE_FAILED, "the answer of GNOME Online Accounts cannot be understood");
		return;
	}
	if (o->is_token)
		(void)message_read_i32(&r, &o->expires_sec);
	o->secret = memory_strdup(text);
	memory_erase((char *)(uintptr_t)text, strlen(text));
	if (*o->secret) {
		wash(e);
		return;
	}
	o->secret = memory_free(o->secret);
	fail(o, ONLINE_FAILED, "GNOME Online Accounts has no secret for this account");
}

static void on_ensured(struct exchange *e, DBusMessage *reply) {
	struct online_credential *o = credential_of(e);
	DBusMessage *call = message_new_call(ONLINE_ACCOUNT_SERVICE, o->path,
		o->is_token ? ONLINE_ACCOUNT_INTERFACE_TOKEN : ONLINE_ACCOUNT_INTERFACE_PASSWORD,
		o->is_token ? "GetAccessToken" : "GetPassword");
	struct message_writer w;
	message_writer_init(&w, call);
	if (!o->is_token)
		message_write_string(&w, "imap-password");
	exchange_call(e, call, on_secret);
}

/* "host", "host:port", "[2001:db8::1]:port" */
static void take_host(struct online_credential *o, const char *text) {
	const char *colon = strrchr(text, ':');
	bool is_bare_address = colon && strchr(text, ':') != colon && text[0] != '[';
	size_t n = strlen(text);
	if (colon && !is_bare_address && number_parse_port(colon + 1, &o->port) == 0)
		n = (size_t)(colon - text);
	if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	o->host = memory_strndup(text, n);
}

static void take_account(const struct online_account *account, void *userdata) {
	struct online_credential *o = userdata;
	if (o->path || strcmp(account->id, o->id) != 0)
		return;
	o->path = memory_strdup(account->path);
	o->user = memory_strdup(account->user);
	take_host(o, account->host);
	o->is_tls = account->is_tls;
	o->is_starttls = account->is_starttls;
	o->is_token = account->has_token;
	o->has_imap = account->has_imap;
	o->has_secret = account->has_token || account->has_password;
	o->needs_attention = account->needs_attention;
}

static void on_list(struct exchange *e, DBusMessage *reply) {
	struct online_credential *o = credential_of(e);
	if (online_account_read(reply, take_account, o) < 0)
		fail(o, ONLINE_FAILED, "the answer of GNOME Online Accounts cannot be understood");
	else if (!o->path)
		fail(o, ONLINE_MISSING, "GNOME Online Accounts has no account of this id");
	else if (!o->has_imap)
		fail(o, ONLINE_MISSING,
			"this account of GNOME Online Accounts has no IMAP, or is not used for "
			"mail");
	else if (!o->has_secret)
		fail(o, ONLINE_FAILED,
			"this account of GNOME Online Accounts has neither a token nor a password");
	else if (o->needs_attention) /* the service would only ask the provider once more */
		fail(o, ONLINE_SIGN_IN, SIGN_IN);
	else
		exchange_call(e,
			message_new_call(ONLINE_ACCOUNT_SERVICE, o->path, ONLINE_ACCOUNT_INTERFACE,
				"EnsureCredentials"),
			on_ensured);
}

static void on_start(struct exchange *e) {
	exchange_call(e, online_account_new_list_call(), on_list);
}

int online_credential_new(struct connection *connection, const char *id, online_credential_fn done,
	void *userdata, struct online_credential **ret) {
	CLEANUP(online_credential_free)
	struct online_credential *o = MEMORY_NEW(struct online_credential);
	o->id = memory_strdup(id);
	o->done = done;
	o->userdata = userdata;
	int r = exchange_init(&o->exchange, connection, on_start, on_failed);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(o);
	return 0;
}

struct online_credential *online_credential_free(struct online_credential *o) {
	if (!o)
		return NULL;
	exchange_deinit(&o->exchange);
	(void)memory_free_secret(o->secret);
	free(o->id);
	free(o->path);
	free(o->host);
	free(o->user);
	return memory_free(o);
}
