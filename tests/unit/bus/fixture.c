#include "fixture.h"

#include "base/memory.h"
#include "bus/message.h"

#include <string.h>
#include <sys/epoll.h>
#include <time.h>

/* Far above anything on a loaded machine. */
#define PATIENCE_USEC (20 * USEC_PER_SEC)

DBusConnection *fixture_new_client(const struct fixture *f) {
	DBusConnection *client = dbus_connection_open_private(f->bus.address, NULL);
	assert_non_null(client);
	dbus_connection_set_exit_on_disconnect(client, FALSE);
	assert_true(dbus_bus_register(client, NULL));
	return client;
}

void fixture_free_client(DBusConnection *client) {
	dbus_connection_close(client);
	dbus_connection_unref(client);
}

static bool pump(struct fixture *f) {
	bool alive = dbus_connection_read_write(f->client, 0);
	for (DBusMessage *m; (m = dbus_connection_pop_message(f->client));) {
		f->inbox = memory_resize(f->inbox, f->n_inbox + 1, sizeof(*f->inbox));
		f->inbox[f->n_inbox++] = m;
	}
	return alive;
}

void fixture_pump(struct fixture *f) {
	(void)pump(f);
}

static int on_client_io(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
	/* A connection that ended stays readable for ever. */
	if (!pump(userdata))
		(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	return 0;
}

void fixture_connect(struct fixture *f) {
	int fd;
	fixture_disconnect(f);
	f->client = fixture_new_client(f);
	assert_true(dbus_connection_get_unix_fd(f->client, &fd));
	assert_true(sd_event_add_io(f->event, &f->client_io, fd, EPOLLIN, on_client_io, f) >= 0);
}

void fixture_disconnect(struct fixture *f) {
	if (!f->client)
		return;
	f->client_io = sd_event_source_disable_unref(f->client_io);
	fixture_free_client(f->client);
	f->client = NULL;
	for (size_t i = 0; i < f->n_inbox; i++)
		dbus_message_unref(f->inbox[i]);
	f->n_inbox = 0;
}

void fixture_init(struct fixture *f, const char *limits) {
	memset(f, 0, sizeof(*f));
	private_bus_init(&f->bus, limits);
	assert_true(sd_event_new(&f->event) >= 0);
	fixture_connect(f);
}

void fixture_deinit(struct fixture *f) {
	fixture_disconnect(f);
	free(f->inbox);
	sd_event_unref(f->event);
	private_bus_deinit(&f->bus);
}

static uint64_t now_usec(void) {
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000;
}

static void run_once(struct fixture *f, uint64_t deadline) {
	uint64_t now = now_usec();
	if (now >= deadline || sd_event_run(f->event, deadline - now) <= 0)
		fail_msg("what was waited for did not happen");
}

void fixture_run_until(struct fixture *f, const bool *flag) {
	uint64_t deadline = now_usec() + PATIENCE_USEC;
	while (!*flag)
		run_once(f, deadline);
}

static DBusMessage *take_at(struct fixture *f, size_t i) {
	DBusMessage *m = f->inbox[i];
	memmove(&f->inbox[i], &f->inbox[i + 1], (f->n_inbox - i - 1) * sizeof(*f->inbox));
	f->n_inbox--;
	return m;
}

static bool is_signal(DBusMessage *m, const char *interface, const char *member) {
	return dbus_message_get_type(m) == DBUS_MESSAGE_TYPE_SIGNAL &&
	       dbus_message_has_member(m, member) &&
	       (!interface || dbus_message_has_interface(m, interface));
}

dbus_uint32_t fixture_send(struct fixture *f, DBusMessage *call) {
	dbus_uint32_t serial = 0;
	assert_true(dbus_connection_send(f->client, call, &serial));
	dbus_message_unref(call);
	dbus_connection_flush(f->client);
	return serial;
}

static size_t find_reply(struct fixture *f, dbus_uint32_t serial) {
	for (uint64_t deadline = now_usec() + PATIENCE_USEC;;) {
		fixture_pump(f);
		for (size_t i = 0; i < f->n_inbox; i++)
			if (dbus_message_get_reply_serial(f->inbox[i]) == serial)
				return i;
		run_once(f, deadline);
	}
}

DBusMessage *fixture_wait_reply(struct fixture *f, dbus_uint32_t serial) {
	size_t i = find_reply(f, serial); /* which moves the inbox */
	return f->inbox[i];
}

DBusMessage *fixture_call(struct fixture *f, DBusMessage *call) {
	return take_at(f, find_reply(f, fixture_send(f, call)));
}

DBusMessage *fixture_wait_signal(struct fixture *f, const char *interface, const char *member) {
	for (uint64_t deadline = now_usec() + PATIENCE_USEC;;) {
		fixture_pump(f);
		for (size_t i = 0; i < f->n_inbox; i++)
			if (is_signal(f->inbox[i], interface, member))
				return take_at(f, i);
		run_once(f, deadline);
	}
}

size_t fixture_count_signals(const struct fixture *f, const char *member) {
	size_t n = 0;
	for (size_t i = 0; i < f->n_inbox; i++)
		n += is_signal(f->inbox[i], NULL, member);
	return n;
}

void fixture_match(struct fixture *f, const char *rule) {
	CLEANUP(message_free)
	DBusMessage *reply = fixture_call(f, message_new_bus_call("AddMatch", rule));
	assert_int_equal(dbus_message_get_type(reply), DBUS_MESSAGE_TYPE_METHOD_RETURN);
}

const char *fixture_error_name(DBusMessage *reply) {
	const char *name = dbus_message_get_error_name(reply);
	return name ? name : "";
}
