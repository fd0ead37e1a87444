/* Callers of a service on a bus of many users, over a real bus: the first call waits until the bus has
 * said whose it is. */
#include "fixture.h"

#include "base/memory.h"
#include "bus/callers.h"
#include "bus/connection.h"
#include "bus/message.h"
#include "bus/object.h"

#include <string.h>
#include <unistd.h>

#define NAME "org.posthorn.Toy"
#define PATH "/org/posthorn/Toy"
#define ROOT "org.posthorn.Toy.Root"

struct test {
	struct fixture fixture;
	struct connection *connection;
	struct callers *callers;
	struct object_server *server;
	bool is_online;
	unsigned n_knocks;
};

static DBusMessage *root_knock(const struct object_call *call) {
	struct test *t = call->object;
	assert_int_equal(call->caller->uid, geteuid());
	t->n_knocks++;
	return message_new_reply(call->message);
}

static const struct object_method root_methods[] = {
	{ .name = "Knock", .call = root_knock },
};
static const struct object_interface root_interface = {
	.name = ROOT,
	.methods = root_methods,
	.n_methods = ARRAY_SIZE(root_methods),
};
static const struct object_interface *const root_interfaces[] = { &root_interface, NULL };

static bool lookup(
	const char *path, struct caller *caller, struct object_ref *ret, void *userdata) {
	if (strcmp(path, PATH) != 0)
		return false;
	*ret = (struct object_ref){ root_interfaces, userdata };
	return true;
}

static char *next(const char *path, struct caller *caller, struct object_ref *ret, void *userdata) {
	return NULL;
}

static void on_online(void *userdata) {
	((struct test *)userdata)->is_online = true;
}

static int set_up(void **state) {
	struct test *t = MEMORY_NEW(struct test);
	fixture_init(&t->fixture, "");
	const struct connection_options options = { .address = t->fixture.bus.address,
		.name = NAME };
	const struct connection_callbacks callbacks = { .on_online = on_online, .userdata = t };
	assert_int_equal(connection_new(t->fixture.event, &options, &callbacks, &t->connection), 0);
	t->callers = callers_new(t->connection);
	const struct object_tree tree = {
		.root = PATH, .callers = t->callers, .lookup = lookup, .next = next, .userdata = t
	};
	t->server = object_server_new(t->connection, &tree);
	fixture_run_until(&t->fixture, &t->is_online);
	*state = t;
	return 0;
}

static int tear_down(void **state) {
	struct test *t = *state;
	object_server_free(t->server);
	callers_free(t->callers);
	connection_free(t->connection);
	fixture_deinit(&t->fixture);
	free(t);
	return 0;
}

static DBusMessage *new_knock(void) {
	return message_new_call(NAME, PATH, ROOT, "Knock");
}

static void expect_refusal_of_descriptor(struct test *t) {
	DBusMessage *call = new_knock();
	int fd = STDERR_FILENO;
	assert_true(dbus_message_append_args(call, DBUS_TYPE_UNIX_FD, &fd, DBUS_TYPE_INVALID));
	CLEANUP(message_free) DBusMessage *reply = fixture_call(&t->fixture, call);
	assert_string_equal(fixture_error_name(reply), DBUS_ERROR_INVALID_ARGS);
}

static void expect_answer(struct test *t) {
	CLEANUP(message_free) DBusMessage *reply = fixture_call(&t->fixture, new_knock());
	assert_string_equal(fixture_error_name(reply), "");
}

static void first_calls_wait_for_the_bus(void **state) {
	struct test *t = *state;
	DBusMessage *first = new_knock();
	assert_true(dbus_connection_send(t->fixture.client, first, NULL));
	dbus_message_unref(first);
	expect_answer(t);
	assert_int_equal(t->n_knocks, 2);
	assert_int_equal(callers_n_known(t->callers), 1);
}

static void descriptors_are_refused(void **state) {
	struct test *t = *state;
	expect_refusal_of_descriptor(t);
	expect_answer(t);
	expect_refusal_of_descriptor(t);
	assert_int_equal(t->n_knocks, 1);
}

/* The bus is still asked who it is when the second one comes. */
static void descriptors_are_refused_while_others_wait(void **state) {
	struct test *t = *state;
	DBusMessage *first = new_knock();
	assert_true(dbus_connection_send(t->fixture.client, first, NULL));
	dbus_message_unref(first);
	expect_refusal_of_descriptor(t);
	expect_answer(t);
	assert_int_equal(t->n_knocks, 2);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(first_calls_wait_for_the_bus, set_up, tear_down),
		cmocka_unit_test_setup_teardown(descriptors_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			descriptors_are_refused_while_others_wait, set_up, tear_down),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	dbus_shutdown();
	return failed;
}
