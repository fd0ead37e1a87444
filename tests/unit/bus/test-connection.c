/* The service's connection against a real bus: online, the name taken, the bus restarted or
 * absent, forged signals, and names that are followed. */
#include "fixture.h"

#include "base/memory.h"
#include "bus/connection.h"
#include "bus/message.h"
#include "bus/names.h"
#include "bus/peer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct service {
	struct connection *connection;
	bool online;
	bool lost;
	unsigned n_online;
	unsigned n_lost;
	enum connection_loss loss;
	char text[256];
};

static void on_online(void *userdata) {
	struct service *s = userdata;
	assert_true(connection_is_online(s->connection));
	s->online = true;
	s->n_online++;
}

static void on_lost(enum connection_loss loss, const char *text, void *userdata) {
	struct service *s = userdata;
	assert_false(connection_is_online(s->connection));
	s->lost = true;
	s->online = false;
	s->n_lost++;
	s->loss = loss;
	snprintf(s->text, sizeof(s->text), "%s", text);
}

static void service_init(struct service *s, struct fixture *f, const char *name) {
	memset(s, 0, sizeof(*s));
	const struct connection_options options = { .address = f->bus.address, .name = name };
	const struct connection_callbacks callbacks = { on_online, on_lost, s };
	assert_int_equal(connection_new(f->event, &options, &callbacks, &s->connection), 0);
	assert_false(connection_is_online(s->connection));
}

static int set_up(void **state) {
	struct fixture *f = MEMORY_NEW(struct fixture);
	fixture_init(f, "");
	*state = f;
	return 0;
}

static int tear_down(void **state) {
	fixture_deinit(*state);
	free(*state);
	return 0;
}

static char *owner_of(struct fixture *f, const char *name) {
	DBusMessage *call = message_new_call(
		DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "GetNameOwner");
	struct message_writer w;
	message_writer_init(&w, call);
	message_write_string(&w, name);
	CLEANUP(message_free) DBusMessage *reply = fixture_call(f, call);
	struct message_reader r;
	const char *owner = NULL;
	message_reader_init(&r, reply);
	if (dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_METHOD_RETURN)
		assert_int_equal(message_read_string(&r, &owner), 0);
	return memory_strdup(owner);
}

static void owns_its_name(void **state) {
	struct fixture *f = *state;
	struct service s;
	service_init(&s, f, BUS_NAME);
	fixture_run_until(f, &s.online);
	CLEANUP_TEXT char *owner = owner_of(f, BUS_NAME);
	assert_non_null(owner);
	assert_int_equal(s.n_lost, 0);
	connection_free(s.connection);
}

/* D-04 */
static void says_that_the_name_is_taken(void **state) {
	struct fixture *f = *state;
	struct service first, second;
	service_init(&first, f, BUS_NAME);
	fixture_run_until(f, &first.online);
	service_init(&second, f, BUS_NAME);
	fixture_run_until(f, &second.lost);
	assert_int_equal(second.loss, CONNECTION_LOSS_NAME_TAKEN);
	assert_non_null(strstr(second.text, BUS_NAME));
	assert_int_equal(connection_send(second.connection,
				 message_new_signal(BUS_PATH, BUS_INTERFACE_MANAGER, "X")),
		-ENOTCONN);
	assert_true(connection_is_online(first.connection));
	/* When the other goes, the name is ours by itself, and the refusal was told once. */
	first.connection = connection_free(first.connection);
	fixture_run_until(f, &second.online);
	assert_int_equal(second.n_lost, 1);
	connection_free(second.connection);
}

/* D-02 */
static void comes_back_with_the_bus(void **state) {
	struct fixture *f = *state;
	struct service s;
	service_init(&s, f, BUS_NAME);
	fixture_run_until(f, &s.online);
	private_bus_stop(&f->bus);
	fixture_run_until(f, &s.lost);
	assert_int_equal(s.loss, CONNECTION_LOSS_ENDED);
	private_bus_start(&f->bus);
	fixture_connect(f);
	fixture_run_until(f, &s.online);
	assert_int_equal(s.n_online, 2);
	CLEANUP_TEXT char *owner = owner_of(f, BUS_NAME);
	assert_non_null(owner);
	connection_free(s.connection);
}

static void waits_for_a_bus_that_is_not_there(void **state) {
	struct fixture *f = *state;
	struct service s;
	fixture_disconnect(f);
	private_bus_stop(&f->bus);
	service_init(&s, f, BUS_NAME);
	fixture_run_until(f, &s.lost);
	assert_int_equal(s.loss, CONNECTION_LOSS_UNREACHABLE);
	private_bus_start(&f->bus);
	fixture_run_until(f, &s.online);
	connection_free(s.connection);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(owns_its_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(says_that_the_name_is_taken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(comes_back_with_the_bus, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			waits_for_a_bus_that_is_not_there, set_up, tear_down),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	dbus_shutdown();
	return failed;
}
