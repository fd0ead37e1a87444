/* Ten thousand accounts on the bus: listed, walked through and checked in slices of the loop, so that
 * others have their turn in between (D-10). None has a password, so nothing is connected to. */
#include "world.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "bus/message.h"
#include "bus/names.h"

#define N_ACCOUNTS 10000
#define GOOD "[Account]\nName=Work\nHost=mail.example.org\nUser=me\nPasswordFile=/x\n"
/* What the system bus lets through. */
#define MESSAGE_MAX (32 * 1024 * 1024)

static int set_up(void **state) {
	struct world *w = MEMORY_NEW(struct world);
	world_init(w);
	for (unsigned i = 0; i < N_ACCOUNTS; i++) {
		char id[32];
		snprintf(id, sizeof(id), "account%05u", i);
		world_write_account(w, id, GOOD);
	}
	world_start(w);
	/* The client keeps all that it gets. */
	dbus_connection_set_max_received_size(w->fixture.client, LONG_MAX);
	*state = w;
	return 0;
}

static int tear_down(void **state) {
	world_deinit(*state);
	free(*state);
	return 0;
}

/* Until the bus has passed on all that was sent; the loop stands still meanwhile. */
static void flush(struct world *w) {
	for (unsigned i = 0; i < 2; i++) {
		DBusError error = DBUS_ERROR_INIT;
		(void)dbus_bus_name_has_owner(w->fixture.client, BUS_NAME, &error);
		assert_false(dbus_error_is_set(&error));
	}
}

static size_t message_size(DBusMessage *m) {
	char *bytes = NULL;
	int n = 0;
	assert_true(dbus_message_marshal(m, &bytes, &n));
	dbus_free(bytes);
	return (size_t)n;
}

static int count_elements(DBusMessage *m) {
	DBusMessageIter iter;
	assert_true(dbus_message_iter_init(m, &iter));
	return dbus_message_iter_get_element_count(&iter);
}

static DBusMessage *new_list_call(void) {
	return message_new_call(
		BUS_NAME, BUS_PATH, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects");
}

/* D-10: whoever asked for less behind it has the answer before. */
static void d10_all_objects_are_listed_in_slices(void **state) {
	struct world *w = *state;
	dbus_uint32_t all = fixture_send(&w->fixture, new_list_call());
	DBusMessage *get = message_new_call(BUS_NAME, BUS_PATH, DBUS_INTERFACE_PROPERTIES, "Get");
	struct message_writer writer;
	message_writer_init(&writer, get);
	message_write_string(&writer, BUS_INTERFACE_MANAGER);
	message_write_string(&writer, BUS_PROPERTY_VERSION);
	dbus_uint32_t small = fixture_send(&w->fixture, get);
	flush(w);
	DBusMessage *reply = fixture_wait_reply(&w->fixture, all);
	DBusMessage *before = fixture_wait_reply(&w->fixture, small);
	for (size_t i = 0; w->fixture.inbox[i] != before; i++)
		assert_ptr_not_equal(w->fixture.inbox[i], reply);
	assert_string_equal(fixture_error_name(reply), "");
	assert_int_equal(count_elements(reply), N_ACCOUNTS);
	assert_true(message_size(reply) < MESSAGE_MAX);
	print_message("# %d accounts: %zu bytes\n", N_ACCOUNTS, message_size(reply));
}

static void introspection_names_them_all(void **state) {
	struct world *w = *state;
	CLEANUP(message_free)
	DBusMessage *reply =
		fixture_call(&w->fixture, message_new_call(BUS_NAME, BUS_PATH_ACCOUNT,
						  DBUS_INTERFACE_INTROSPECTABLE, "Introspect"));
	struct message_reader r;
	const char *xml;
	unsigned n = 0;
	message_reader_init(&r, reply);
	assert_int_equal(message_read_string(&r, &xml), 0);
	for (const char *at = xml; (at = strstr(at, "<node name=\"account")); at++)
		n++;
	assert_int_equal(n, N_ACCOUNTS);
}

/* Each fails at once, and is told of once; the sum in between as often as turns go by. */
static void all_change_at_once(void **state) {
	static const char *const none[] = { NULL };
	struct world *w = *state;
	dbus_message_unref(world_call(w, BUS_METHOD_CHECK_NOW, "a", none));
	size_t n = 0, i = w->fixture.n_inbox;
	while (manager_totals(w->manager).n_failed < N_ACCOUNTS || n < N_ACCOUNTS) {
		assert_true(sd_event_run(w->fixture.event, UINT64_MAX) >= 0);
		fixture_pump(&w->fixture);
		for (; i < w->fixture.n_inbox; i++)
			n += dbus_message_is_signal(w->fixture.inbox[i], DBUS_INTERFACE_PROPERTIES,
				     "PropertiesChanged") &&
			     !dbus_message_has_path(w->fixture.inbox[i], BUS_PATH);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(d10_all_objects_are_listed_in_slices),
		cmocka_unit_test(introspection_names_them_all),
		cmocka_unit_test(all_change_at_once),
	};
	int failed = cmocka_run_group_tests(tests, set_up, tear_down);
	dbus_shutdown();
	return failed;
}
