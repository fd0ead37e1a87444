#include "bus/unit-start.h"

#include "base/memory.h"
#include "bus/exchange.h"
#include "bus/message.h"

#include <string.h>

#define SERVICE "org.freedesktop.systemd1"
#define PATH "/org/freedesktop/systemd1"
#define INTERFACE_MANAGER "org.freedesktop.systemd1.Manager"
#define INTERFACE_UNIT "org.freedesktop.systemd1.Unit"

struct unit_start {
	struct exchange exchange;
	char *unit;
	unit_start_fn done;
	void *userdata;
};

static struct unit_start *start_of(struct exchange *e) {
	return CONTAINER_OF(e, struct unit_start, exchange);
}

static void on_failed(struct exchange *e, const char *name, const char *text) {
	struct unit_start *s = start_of(e);
	s->done(UNIT_START_REFUSED, name, text, s->userdata);
}

static void on_started(struct exchange *e, DBusMessage *reply) {
	struct unit_start *s = start_of(e);
	s->done(UNIT_START_QUEUED, NULL, NULL, s->userdata);
}

static void start(struct exchange *e) {
	DBusMessage *call = message_new_call(SERVICE, PATH, INTERFACE_MANAGER, "StartUnit");
	struct message_writer w;
	message_writer_init(&w, call);
	message_write_string(&w, start_of(e)->unit);
	message_write_string(&w, "replace");
	exchange_call(e, call, on_started);
}

/* "activating" is what a program of Type=oneshot is while it runs: a start would join the job that is
 * under way, and what came since that began would be seen by nobody. */
static bool is_running(const char *state) {
	return strcmp(state, "inactive") != 0 && strcmp(state, "failed") != 0;
}

static void on_state(struct exchange *e, DBusMessage *reply) {
	struct unit_start *s = start_of(e);
	struct message_reader r, variant;
	const char *state = "inactive";
	message_reader_init(&r, reply);
	if (message_read_enter(&r, DBUS_TYPE_VARIANT, &variant) == 0)
		(void)message_read_string(&variant, &state);
	if (is_running(state))
		s->done(UNIT_START_BUSY, NULL, NULL, s->userdata);
	else
		start(e);
}

static void on_loaded(struct exchange *e, DBusMessage *reply) {
	struct message_reader r;
	const char *path;
	message_reader_init(&r, reply);
	if (message_reader_type(&r) != DBUS_TYPE_OBJECT_PATH ||
		message_read_string(&r, &path) < 0) {
		on_failed(e, DBUS_ERROR_INVALID_SIGNATURE, "the answer cannot be understood");
		return;
	}
	DBusMessage *call = message_new_call(SERVICE, path, DBUS_INTERFACE_PROPERTIES, "Get");
	struct message_writer w;
	message_writer_init(&w, call);
	message_write_string(&w, INTERFACE_UNIT);
	message_write_string(&w, "ActiveState");
	exchange_call(e, call, on_state);
}

static void on_start(struct exchange *e) {
	DBusMessage *call = message_new_call(SERVICE, PATH, INTERFACE_MANAGER, "LoadUnit");
	struct message_writer w;
	message_writer_init(&w, call);
	message_write_string(&w, start_of(e)->unit);
	exchange_call(e, call, on_loaded);
}

int unit_start_new(struct connection *connection, const char *unit, unit_start_fn done,
	void *userdata, struct unit_start **ret) {
	CLEANUP(unit_start_free) struct unit_start *s = MEMORY_NEW(struct unit_start);
	s->unit = memory_strdup(unit);
	s->done = done;
	s->userdata = userdata;
	int r = exchange_init(&s->exchange, connection, on_start, on_failed);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

struct unit_start *unit_start_free(struct unit_start *s) {
	if (!s)
		return NULL;
	exchange_deinit(&s->exchange);
	free(s->unit);
	return memory_free(s);
}
