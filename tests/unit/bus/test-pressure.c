/* Many at once: bounded work a turn (D-03), one signal for many changes (D-13), a reader that
 * never reads, a bus that takes no bytes (D-08). */
#include "toy-service.h"

#include "base/memory.h"
#include "bus/bus-loop.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define SHELF "org.posthorn.Toy.Shelf"

/* Replies as many as a session bus allows; for a slow reader the bus keeps less. */
#define LIMITS                                                     \
	"<limit name=\"max_replies_per_connection\">50000</limit>" \
	"<limit name=\"max_outgoing_bytes\">20000000</limit>"

static int set_up(void **state) {
	*state = toy_test_new(LIMITS);
	return 0;
}

/* A descriptor that is always ready sees how much was done since its last turn: calls, and objects that
 * were given to who lists them. */
struct witness {
	sd_event_source *source;
	int always;
	const unsigned *count;
	unsigned seen;
	unsigned most;
	unsigned n_turns;
};

static int on_turn(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
	struct witness *w = userdata;
	unsigned done = *w->count - w->seen;
	w->seen = *w->count;
	w->most = MAX(w->most, done);
	w->n_turns += done > 0;
	return 0;
}

static void witness_begin(struct witness *w, sd_event *event, const unsigned *count) {
	*w = (struct witness){ .always = eventfd(1, EFD_CLOEXEC), .count = count };
	assert_true(sd_event_add_io(event, &w->source, w->always, EPOLLIN, on_turn, w) >= 0);
}

static void witness_end(struct witness *w) {
	sd_event_source_disable_unref(w->source);
	close(w->always);
}

static size_t count_replies(const struct fixture *f) {
	size_t n = 0;
	for (size_t i = 0; i < f->n_inbox; i++)
		n += dbus_message_get_type(f->inbox[i]) == DBUS_MESSAGE_TYPE_METHOD_RETURN;
	return n;
}

/* D-03 */
static void d03_a_flood_of_calls_leaves_turns_to_others(void **state) {
	enum {
		N_CALLS = 10000
	};
	struct toy_test *t = *state;
	for (unsigned i = 0; i < N_CALLS; i++) {
		DBusMessage *m =
			message_new_call(TOY_NAME, TOY_PATH, "org.posthorn.Toy.Root", "Echo");
		struct message_writer w;
		message_writer_init(&w, m);
		message_write_string(&w, "hello");
		assert_true(dbus_connection_send(t->fixture.client, m, NULL));
		dbus_message_unref(m);
	}
	struct witness witness;
	witness_begin(&witness, t->fixture.event, &t->toy.n_calls);
	/* The bus's own signals to the client count too, so this may be too early. */
	while (t->fixture.n_inbox < N_CALLS || count_replies(&t->fixture) < N_CALLS) {
		assert_true(sd_event_run(t->fixture.event, 0) >= 0);
		fixture_pump(&t->fixture);
	}
	assert_int_equal(t->toy.n_calls, N_CALLS);
	/* Twice: both may wait since the same turn, and either be first. */
	assert_true(witness.most <= 2 * BUS_LOOP_MESSAGES_A_TURN);
	assert_true(witness.n_turns >= N_CALLS / (2 * BUS_LOOP_MESSAGES_A_TURN));
	witness_end(&witness);
}

static void read_height(DBusMessage *m, uint32_t *ret_height, unsigned *ret_n) {
	struct message_reader r, properties, value;
	const char *interface, *key;
	message_reader_init(&r, m);
	assert_int_equal(message_read_string(&r, &interface), 0);
	assert_string_equal(interface, SHELF);
	assert_int_equal(message_read_enter(&r, DBUS_TYPE_ARRAY, &properties), 0);
	for (*ret_n = 0; message_read_entry(&properties, &key, &value) == 1; ++*ret_n)
		if (strcmp(key, "Height") == 0)
			assert_int_equal(message_read_u32(&value, ret_height), 0);
}

#define MATCH_TOY "type='signal',sender='" TOY_NAME "'"

/* D-13 */
static void d13_many_changes_are_one_signal(void **state) {
	struct toy_test *t = *state;
	fixture_match(&t->fixture, MATCH_TOY);
	struct toy_shelf *oak = toy_service_add(&t->toy, "oak");
	struct toy_shelf *elm = toy_service_add(&t->toy, "elm");
	for (unsigned i = 1; i <= 1000; i++) {
		oak->height = i;
		object_signals_changed(t->toy.server, oak->path, &toy_shelf_interface, TOY_HEIGHT);
		object_signals_changed(t->toy.server, elm->path, &toy_shelf_interface, TOY_LABEL);
		object_signals_changed(
			t->toy.server, elm->path, &toy_shelf_interface, TOY_HEIGHT | TOY_SERIAL);
	}
	/* Nothing to tell: a constant, one without signals, nothing, an object that is not there. */
	object_signals_changed(
		t->toy.server, TOY_PATH_SHELF "/ash", &toy_shelf_interface, TOY_LABEL);
	uint32_t height = 0;
	unsigned n;
	CLEANUP(message_free)
	DBusMessage *first = fixture_wait_signal(&t->fixture, NULL, "PropertiesChanged");
	assert_string_equal(dbus_message_get_path(first), oak->path);
	read_height(first, &height, &n);
	assert_int_equal(height, 1000);
	assert_int_equal(n, 1);
	CLEANUP(message_free)
	DBusMessage *second = fixture_wait_signal(&t->fixture, NULL, "PropertiesChanged");
	assert_string_equal(dbus_message_get_path(second), elm->path);
	read_height(second, &height, &n);
	assert_int_equal(n, 2);
	object_signals_changed(
		t->toy.server, oak->path, &toy_shelf_interface, TOY_SERIAL | TOY_OPENED);
	/* All that was sent is here once a reply is. */
	dbus_message_unref(toy_service_call(&t->toy, TOY_PATH, NULL, "Echo", TEXTS("x")));
	dbus_message_unref(toy_service_call(&t->toy, TOY_PATH, NULL, "Echo", TEXTS("x")));
	assert_int_equal(fixture_count_signals(&t->fixture, "PropertiesChanged"), 0);
}

static void expect_manager_signal(struct toy_test *t, const char *member, const char *expected) {
	CLEANUP(message_free)
	DBusMessage *m =
		fixture_wait_signal(&t->fixture, "org.freedesktop.DBus.ObjectManager", member);
	struct message_reader r;
	const char *path;
	message_reader_init(&r, m);
	assert_string_equal(dbus_message_get_path(m), TOY_PATH);
	assert_int_equal(message_read_string(&r, &path), 0);
	assert_string_equal(path, expected);
}

static void objects_come_and_go(void **state) {
	struct toy_test *t = *state;
	fixture_match(&t->fixture, MATCH_TOY);
	struct object_server *server = t->toy.server;
	char oak[64], elm[64];
	strcpy(oak, toy_service_add(&t->toy, "oak")->path);
	strcpy(elm, toy_service_add(&t->toy, "elm")->path);
	object_signals_added(server, oak);
	object_signals_changed(server, oak, &toy_shelf_interface, TOY_HEIGHT);
	expect_manager_signal(t, "InterfacesAdded", oak);
	/* Went and came again: both are told, the removal first. */
	object_signals_removed(server, oak, toy_shelf_interfaces);
	object_signals_added(server, oak);
	/* Came and went: neither. */
	object_signals_added(server, elm);
	object_signals_removed(server, elm, toy_shelf_interfaces);
	expect_manager_signal(t, "InterfacesRemoved", oak);
	expect_manager_signal(t, "InterfacesAdded", oak);
	/* Changed, then gone: only that it is gone. */
	object_signals_changed(server, oak, &toy_shelf_interface, TOY_HEIGHT);
	object_signals_removed(server, oak, toy_shelf_interfaces);
	t->toy.n_shelves = 0;
	expect_manager_signal(t, "InterfacesRemoved", oak);
	dbus_message_unref(toy_service_call(&t->toy, TOY_PATH, NULL, "Echo", TEXTS("x")));
	assert_int_equal(fixture_count_signals(&t->fixture, "InterfacesAdded"), 0);
	assert_int_equal(fixture_count_signals(&t->fixture, "InterfacesRemoved"), 0);
	assert_int_equal(fixture_count_signals(&t->fixture, "PropertiesChanged"), 0);
}

static DBusMessage *new_creak(uint64_t when) {
	DBusMessage *m = message_new_signal(TOY_PATH, "org.posthorn.Toy.Root", "Creaked");
	struct message_writer w;
	char text[1025];
	memset(text, 'x', 1024);
	text[1024] = '\0';
	message_writer_init(&w, m);
	message_write_u64(&w, when);
	message_write_string(&w, text);
	return m;
}

/* The bus drops what it cannot deliver to the one; the other gets all, and we never wait. */
static void d08_a_reader_that_never_reads_harms_nobody(void **state) {
	enum {
		N_SIGNALS = 5000
	};
	struct toy_test *t = *state;
	DBusConnection *sloth = fixture_new_client(&t->fixture);
	DBusError error = DBUS_ERROR_INIT;
	dbus_bus_add_match(sloth, MATCH_TOY, &error);
	assert_false(dbus_error_is_set(&error));
	fixture_match(&t->fixture, MATCH_TOY);
	for (unsigned i = 0; i < N_SIGNALS; i++) {
		int r;
		while ((r = connection_send(t->toy.connection, new_creak(i))) == -ENOBUFS)
			assert_true(sd_event_run(t->fixture.event, UINT64_MAX) >= 0);
		assert_int_equal(r, 0);
	}
	for (unsigned i = 0; i < N_SIGNALS; i++) {
		CLEANUP(message_free)
		DBusMessage *m = fixture_wait_signal(&t->fixture, NULL, "Creaked");
		struct message_reader r;
		uint64_t when;
		message_reader_init(&r, m);
		assert_int_equal(message_read_u64(&r, &when), 0);
		assert_int_equal(when, i);
	}
	assert_true(t->toy.online);
	fixture_free_client(sloth);
}

/* A bus that stands still: signals are refused at the limit, changes wait as one record each. */
static void a_bus_that_takes_nothing_is_waited_for(void **state) {
	struct toy_test *t = *state;
	fixture_match(&t->fixture, MATCH_TOY);
	struct toy_shelf *oak = toy_service_add(&t->toy, "oak");
	kill(t->fixture.bus.pid, SIGSTOP);
	unsigned n_sent = 0;
	while (connection_send(t->toy.connection, new_creak(n_sent)) == 0)
		assert_true(++n_sent < 10000);
	assert_int_equal(connection_send(t->toy.connection, new_creak(0)), -ENOBUFS);
	assert_true(n_sent >= BUS_LOOP_OUTGOING_MAX / 1200);
	for (unsigned i = 1; i <= 1000; i++) {
		oak->height = i;
		object_signals_changed(t->toy.server, oak->path, &toy_shelf_interface, TOY_HEIGHT);
		assert_true(sd_event_run(t->fixture.event, 0) >= 0);
	}
	kill(t->fixture.bus.pid, SIGCONT);
	uint32_t height = 0;
	unsigned n;
	CLEANUP(message_free)
	DBusMessage *m = fixture_wait_signal(&t->fixture, NULL, "PropertiesChanged");
	read_height(m, &height, &n);
	assert_int_equal(height, 1000);
	assert_int_equal(fixture_count_signals(&t->fixture, "Creaked"), n_sent);
	assert_int_equal(fixture_count_signals(&t->fixture, "PropertiesChanged"), 0);
	assert_int_equal(connection_send(t->toy.connection, new_creak(0)), 0);
}

/* What waited for a bus that then died is not told to the next one: nobody there asked. */
static void changes_end_with_the_bus(void **state) {
	struct toy_test *t = *state;
	struct toy_shelf *oak = toy_service_add(&t->toy, "oak");
	struct toy_shelf *elm = toy_service_add(&t->toy, "elm");
	kill(t->fixture.bus.pid, SIGSTOP);
	while (connection_send(t->toy.connection, new_creak(0)) == 0)
		;
	object_signals_changed(t->toy.server, oak->path, &toy_shelf_interface, TOY_HEIGHT);
	private_bus_stop(&t->fixture.bus);
	while (t->toy.online)
		assert_true(sd_event_run(t->fixture.event, UINT64_MAX) >= 0);
	object_signals_changed(t->toy.server, oak->path, &toy_shelf_interface, TOY_HEIGHT);
	private_bus_start(&t->fixture.bus);
	fixture_connect(&t->fixture);
	fixture_match(&t->fixture, MATCH_TOY);
	fixture_run_until(&t->fixture, &t->toy.online);
	object_signals_changed(t->toy.server, elm->path, &toy_shelf_interface, TOY_HEIGHT);
	CLEANUP(message_free)
	DBusMessage *m = fixture_wait_signal(&t->fixture, NULL, "PropertiesChanged");
	assert_string_equal(dbus_message_get_path(m), elm->path);
}

static void two_thousand_objects_fit(void **state) {
	struct toy_test *t = *state;
	fixture_match(&t->fixture, MATCH_TOY);
	for (unsigned i = 0; i < TOY_SHELVES_MAX; i++) {
		char id[16];
		snprintf(id, sizeof(id), "s%u", i);
		object_signals_added(t->toy.server, toy_service_add(&t->toy, id)->path);
	}
	for (unsigned i = 0; i < TOY_SHELVES_MAX; i++)
		expect_manager_signal(t, "InterfacesAdded", t->toy.shelves[i].path);
	CLEANUP(message_free)
	DBusMessage *all = toy_service_call(
		&t->toy, TOY_PATH, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", NULL);
	assert_string_equal(fixture_error_name(all), "");
	DBusMessageIter iter;
	assert_true(dbus_message_iter_init(all, &iter));
	assert_int_equal(dbus_message_iter_get_element_count(&iter), TOY_SHELVES_MAX);
}

static dbus_uint32_t ask_for_all(struct toy_test *t) {
	return fixture_send(
		&t->fixture, message_new_call(TOY_NAME, TOY_PATH,
				     "org.freedesktop.DBus.ObjectManager", "GetManagedObjects"));
}

static int elements_of_reply(struct toy_test *t, dbus_uint32_t serial) {
	DBusMessageIter iter;
	assert_true(dbus_message_iter_init(fixture_wait_reply(&t->fixture, serial), &iter));
	return dbus_message_iter_get_element_count(&iter);
}

/* D-10: some objects a turn, for all who ask together; more than may wait keep calls in the bus. */
static void d10_lists_of_objects_are_written_in_slices(void **state) {
	enum {
		N_OBJECTS = 300,
		N_LISTS = 3 * OBJECT_SLICES_MAX,
		SLICE_MAX = 64,
	};
	struct toy_test *t = *state;
	dbus_uint32_t serials[N_LISTS];
	for (unsigned i = 0; i < N_OBJECTS; i++) {
		char id[16];
		snprintf(id, sizeof(id), "s%u", i);
		(void)toy_service_add(&t->toy, id);
	}
	struct witness witness;
	witness_begin(&witness, t->fixture.event, &t->toy.n_given);
	for (unsigned i = 0; i < N_LISTS; i++)
		serials[i] = ask_for_all(t);
	for (unsigned i = 0; i < N_LISTS; i++)
		assert_int_equal(elements_of_reply(t, serials[i]), N_OBJECTS);
	assert_int_equal(t->toy.n_given, N_LISTS * N_OBJECTS);
	/* Twice: both may wait since the same turn, and either be first. */
	assert_true(witness.most <= 2 * SLICE_MAX);
	witness_end(&witness);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			d03_a_flood_of_calls_leaves_turns_to_others, set_up, toy_test_tear_down),
		cmocka_unit_test_setup_teardown(
			d13_many_changes_are_one_signal, set_up, toy_test_tear_down),
		cmocka_unit_test_setup_teardown(objects_come_and_go, set_up, toy_test_tear_down),
		cmocka_unit_test_setup_teardown(
			d08_a_reader_that_never_reads_harms_nobody, set_up, toy_test_tear_down),
		cmocka_unit_test_setup_teardown(
			a_bus_that_takes_nothing_is_waited_for, set_up, toy_test_tear_down),
		cmocka_unit_test_setup_teardown(
			changes_end_with_the_bus, set_up, toy_test_tear_down),
		cmocka_unit_test_setup_teardown(
			two_thousand_objects_fit, set_up, toy_test_tear_down),
		cmocka_unit_test_setup_teardown(
			d10_lists_of_objects_are_written_in_slices, set_up, toy_test_tear_down),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	dbus_shutdown();
	return failed;
}
