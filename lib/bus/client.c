#include "bus/client.h"

#include "base/memory.h"
#include "base/text.h"
#include "bus/address.h"
#include "bus/message.h"
#include "bus/names.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>

struct client {
	DBusConnection *dbus;
	bool is_system;
	char *owner; /* the daemon's unique name; NULL: it does not run */
	DBusMessage *current; /* lent by client_next() */
};

static int take_problem(DBusError *error, int code, char **ret_problem) {
	*ret_problem = memory_strdup(error->message);
	dbus_error_free(error);
	return code;
}

int client_open(bool system, struct client **ret, char **ret_problem) {
	DBusError error = DBUS_ERROR_INIT;
	CLEANUP(client_free) struct client *c = MEMORY_NEW(struct client);
	CLEANUP_TEXT char *address = address_find(system);
	c->is_system = system;
	if (!address) {
		*ret_problem = memory_strdup("no session bus: DBUS_SESSION_BUS_ADDRESS is not set");
		return -ENOTCONN;
	}
	c->dbus = dbus_connection_open_private(address, &error);
	if (!c->dbus)
		return take_problem(&error, -ENOTCONN, ret_problem);
	dbus_connection_set_exit_on_disconnect(c->dbus, FALSE);
	if (!dbus_bus_register(c->dbus, &error))
		return take_problem(&error, -ENOTCONN, ret_problem);
	*ret = TAKE_PTR(c);
	return 0;
}

struct client *client_free(struct client *c) {
	if (!c)
		return NULL;
	(void)message_free(c->current);
	if (c->dbus) {
		dbus_connection_close(c->dbus);
		dbus_connection_unref(c->dbus);
	}
	free(c->owner);
	return memory_free(c);
}

/* libdbus counts in int milliseconds; -1 would be its default, not "for ever". */
static int to_msec(uint64_t usec) {
	uint64_t msec = usec / USEC_PER_MSEC + (usec % USEC_PER_MSEC != 0);
	return usec == USEC_NEVER || msec > INT_MAX ? INT_MAX : (int)msec;
}

static int errno_from_name(const char *name) {
	static const struct {
		const char *name;
		int code;
	} codes[] = {
		{ DBUS_ERROR_SERVICE_UNKNOWN, -ESRCH },
		{ DBUS_ERROR_NAME_HAS_NO_OWNER, -ESRCH },
		{ DBUS_ERROR_DISCONNECTED, -ENOTCONN },
		{ DBUS_ERROR_NO_REPLY, -ETIMEDOUT },
		{ DBUS_ERROR_TIMEOUT, -ETIMEDOUT },
		{ DBUS_ERROR_ACCESS_DENIED, -EACCES },
		{ DBUS_ERROR_LIMITS_EXCEEDED, -EUSERS },
		{ DBUS_ERROR_UNKNOWN_OBJECT, -ENOENT },
		{ BUS_ERROR_NO_SUCH_ACCOUNT, -ENOENT },
		{ BUS_ERROR_SEQUENCE_GONE, -ESTALE },
	};
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (strcmp(name, codes[i].name) == 0)
			return codes[i].code;
	return -EREMOTEIO;
}

/* The bus keeps the whole daemon from us, the daemon one thing. */
static int errno_from_error(DBusMessage *reply, const char *name) {
	int r = errno_from_name(name);
	const char *sender = dbus_message_get_sender(reply);
	return r == -EACCES && sender && strcmp(sender, DBUS_SERVICE_DBUS) != 0 ? -EPERM : r;
}

/* Owned; NULL: the connection broke before. */
static DBusMessage *wait_for_reply(struct client *c, DBusMessage *call, uint64_t timeout_usec) {
	DBusPendingCall *pending = NULL;
	if (!dbus_connection_send_with_reply(c->dbus, call, &pending, to_msec(timeout_usec)))
		abort(); /* out of memory */
	if (!pending)
		return NULL;
	dbus_pending_call_block(pending);
	DBusMessage *reply = dbus_pending_call_steal_reply(pending);
	dbus_pending_call_unref(pending);
	return reply;
}

int client_call(struct client *c, DBusMessage *call, uint64_t timeout_usec, DBusMessage **ret_reply,
	char **ret_problem) {
	CLEANUP(message_free) DBusMessage *owned = call;
	CLEANUP(message_free) DBusMessage *reply = NULL;
	DBusError error = DBUS_ERROR_INIT;
	dbus_message_set_auto_start(call, FALSE);
	reply = wait_for_reply(c, call, timeout_usec);
	if (!reply)
		dbus_set_error_const(&error, DBUS_ERROR_DISCONNECTED, "it was closed");
	if (!reply || dbus_set_error_from_message(&error, reply)) {
		int r = reply ? errno_from_error(reply, error.name) : -ENOTCONN;
		return take_problem(&error, r, ret_problem);
	}
	*ret_reply = TAKE_PTR(reply);
	return 0;
}

static void set_owner(struct client *c, const char *owner) {
	free(c->owner);
	c->owner = text_is_empty(owner) ? NULL : memory_strdup(owner);
}

static int ask_owner(struct client *c, char **ret_problem) {
	DBusMessage *call = message_new_bus_call("GetNameOwner", BUS_NAME);
	CLEANUP(message_free) DBusMessage *reply = NULL;
	CLEANUP_TEXT char *problem = NULL;
	int r = client_call(c, call, 25 * USEC_PER_SEC, &reply, &problem);
	if (r == -ESRCH)
		return 0;
	if (r < 0) {
		*ret_problem = TAKE_PTR(problem);
		return r;
	}
	struct message_reader reader;
	const char *owner;
	message_reader_init(&reader, reply);
	if (message_read_string(&reader, &owner) == 0)
		set_owner(c, owner);
	return 0;
}

/* On the system bus the daemon sends signals to subscribers alone, and a new one knows of none. */
static int subscribe(struct client *c, char **ret_problem) {
	CLEANUP(message_free) DBusMessage *reply = NULL;
	if (!c->is_system || !c->owner)
		return 0;
	DBusMessage *call =
		message_new_call(BUS_NAME, BUS_PATH, BUS_INTERFACE_MANAGER, BUS_METHOD_SUBSCRIBE);
	int r = client_call(c, call, 25 * USEC_PER_SEC, &reply, ret_problem);
	return r == -ESRCH ? 0 : r; /* it has gone meanwhile, and its successor is told of */
}

int client_follow(struct client *c, char **ret_problem) {
	static const char *const rules[] = {
		"type='signal',sender='" DBUS_SERVICE_DBUS "',interface='" DBUS_INTERFACE_DBUS "',"
		"member='NameOwnerChanged',arg0='" BUS_NAME "'",
		"type='signal',sender='" BUS_NAME "'",
	};
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		DBusError error = DBUS_ERROR_INIT;
		dbus_bus_add_match(c->dbus, rules[i], &error);
		if (dbus_error_is_set(&error))
			return take_problem(&error, errno_from_name(error.name), ret_problem);
	}
	int r = ask_owner(c, ret_problem);
	return r < 0 ? r : subscribe(c, ret_problem);
}

bool client_is_daemon_present(const struct client *c) {
	return c->owner;
}

/* 1: an event came of it. The daemon replaced in one step is one that appeared. */
static int take_owner_change(struct client *c, DBusMessage *m, struct client_event *ret) {
	struct message_reader r;
	const char *name, *old, *owner;
	message_reader_init(&r, m);
	if (message_read_string(&r, &name) < 0 || message_read_string(&r, &old) < 0 ||
		message_read_string(&r, &owner) < 0 || strcmp(name, BUS_NAME) != 0)
		return 0;
	/* Also told by GetNameOwner while this one waited in the queue. */
	if (strcmp(owner, c->owner ? c->owner : "") == 0)
		return 0;
	set_owner(c, owner);
	CLEANUP_TEXT char *problem = NULL;
	if (subscribe(c, &problem) < 0)
		return -ENOTCONN; /* deaf: the caller begins anew */
	ret->kind = c->owner ? CLIENT_EVENT_APPEARED : CLIENT_EVENT_VANISHED;
	ret->signal = NULL;
	return 1;
}

static void refuse_call(struct client *c, DBusMessage *call) {
	if (dbus_message_get_no_reply(call))
		return;
	CLEANUP(message_free)
	DBusMessage *error = message_new_error(
		call, DBUS_ERROR_UNKNOWN_METHOD, "this program offers no methods");
	(void)dbus_connection_send(c->dbus, error, NULL);
}

static int take_message(struct client *c, DBusMessage *m, struct client_event *ret) {
	if (dbus_message_get_type(m) == DBUS_MESSAGE_TYPE_METHOD_CALL)
		refuse_call(c, m);
	if (dbus_message_get_type(m) != DBUS_MESSAGE_TYPE_SIGNAL)
		return 0;
	if (dbus_message_is_signal(m, DBUS_INTERFACE_LOCAL, "Disconnected"))
		return -ENOTCONN;
	if (dbus_message_has_sender(m, DBUS_SERVICE_DBUS)) {
		bool changed = dbus_message_is_signal(m, DBUS_INTERFACE_DBUS, "NameOwnerChanged");
		return changed ? take_owner_change(c, m, ret) : 0;
	}
	if (!c->owner || !dbus_message_has_sender(m, c->owner))
		return 0;
	ret->kind = CLIENT_EVENT_SIGNAL;
	ret->signal = m;
	return 1;
}

static uint64_t now_usec(void) {
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000;
}

int client_next(struct client *c, uint64_t timeout_usec, struct client_event *ret) {
	uint64_t start = timeout_usec == USEC_NEVER ? 0 : now_usec();
	bool connected = true;
	for (;;) {
		c->current = message_free(c->current);
		c->current = dbus_connection_pop_message(c->dbus);
		if (c->current) {
			int r = take_message(c, c->current, ret);
			if (r != 0)
				return r;
			continue;
		}
		if (!connected)
			return -ENOTCONN;
		uint64_t passed = timeout_usec == USEC_NEVER ? 0 : now_usec() - start;
		if (timeout_usec != 0 && passed >= timeout_usec)
			return 0;
		uint64_t left = timeout_usec == USEC_NEVER
					? USEC_NEVER
					: timeout_usec - MIN(passed, timeout_usec);
		connected = dbus_connection_read_write(c->dbus, to_msec(left));
		if (timeout_usec == 0 &&
			dbus_connection_get_dispatch_status(c->dbus) == DBUS_DISPATCH_COMPLETE)
			return 0;
	}
}

int client_descriptor(const struct client *c) {
	int fd = -1;
	return dbus_connection_get_unix_fd(c->dbus, &fd) ? fd : -1;
}
