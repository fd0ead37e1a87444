/* Objects from tables, over a real bus: dispatch and its errors, properties, introspection on
 * every path (D-11), the object manager, and hostile values (D-01). */
#include "toy-service.h"

#include "base/memory.h"
#include "bus/object-path.h"

#include <stdio.h>
#include <string.h>

#define PROPERTIES DBUS_INTERFACE_PROPERTIES
#define INTROSPECTABLE DBUS_INTERFACE_INTROSPECTABLE
#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"
#define ROOT "org.posthorn.Toy.Root"
#define SHELF "org.posthorn.Toy.Shelf"

static int set_up(void **state) {
	struct toy_test *t = toy_test_new("");
	toy_service_add(&t->toy, "oak")->label = "oak";
	toy_service_add(&t->toy, "me@example.org")->label = "caf\xe9 \xed\xa0\x80";
	*state = t;
	return 0;
}

static DBusMessage *call(
	struct toy_test *t, const char *path, const char *interface, const char *member) {
	return toy_service_call(&t->toy, path, interface, member, NULL);
}

static void expect_error(DBusMessage *owned, const char *name) {
	CLEANUP(message_free) DBusMessage *reply = owned;
	assert_string_equal(fixture_error_name(reply), name);
}

static void methods_are_called(void **state) {
	struct toy_test *t = *state;
	static const char *const interfaces[] = { ROOT, NULL };
	for (size_t i = 0; i < ARRAY_SIZE(interfaces); i++) {
		CLEANUP(message_free)
		DBusMessage *reply =
			toy_service_call(&t->toy, TOY_PATH, interfaces[i], "Echo", TEXTS("hello"));
		struct message_reader r;
		const char *text;
		message_reader_init(&r, reply);
		assert_string_equal(fixture_error_name(reply), "");
		assert_int_equal(message_read_string(&r, &text), 0);
		assert_string_equal(text, "hello");
	}
	assert_int_equal(t->toy.n_calls, 2);
	CLEANUP(message_free) DBusMessage *ping = call(t, "/", DBUS_INTERFACE_PEER, "Ping");
	assert_string_equal(fixture_error_name(ping), "");
}

static void errors_are_the_standard_ones(void **state) {
	struct toy_test *t = *state;
	const char *oak = t->toy.shelves[0].path;
	expect_error(call(t, "/nowhere", ROOT, "Echo"), DBUS_ERROR_UNKNOWN_OBJECT);
	expect_error(call(t, "/nowhere", INTROSPECTABLE, "Introspect"), DBUS_ERROR_UNKNOWN_OBJECT);
	expect_error(call(t, TOY_PATH_SHELF, PROPERTIES, "GetAll"), DBUS_ERROR_UNKNOWN_OBJECT);
	expect_error(
		call(t, TOY_PATH_SHELF "/o_61k", PROPERTIES, "GetAll"), DBUS_ERROR_UNKNOWN_OBJECT);
	expect_error(call(t, TOY_PATH, "no.Such", "Echo"), DBUS_ERROR_UNKNOWN_INTERFACE);
	expect_error(
		call(t, oak, OBJECT_MANAGER, "GetManagedObjects"), DBUS_ERROR_UNKNOWN_INTERFACE);
	expect_error(call(t, TOY_PATH, ROOT, "NoSuch"), DBUS_ERROR_UNKNOWN_METHOD);
	expect_error(call(t, oak, NULL, "Echo"), DBUS_ERROR_UNKNOWN_METHOD);
	expect_error(call(t, TOY_PATH, ROOT, "Echo"), DBUS_ERROR_INVALID_ARGS);
	expect_error(toy_service_call(&t->toy, TOY_PATH, ROOT, "Echo", TEXTS("a", "b")),
		DBUS_ERROR_INVALID_ARGS);
	assert_int_equal(t->toy.n_calls, 0);
}

static dbus_uint32_t begin_wait(struct toy_test *t, bool no_reply) {
	DBusMessage *m = message_new_call(TOY_NAME, TOY_PATH, ROOT, "Wait");
	dbus_uint32_t serial = 0;
	dbus_message_set_no_reply(m, no_reply);
	assert_true(dbus_connection_send(t->fixture.client, m, &serial));
	dbus_message_unref(m);
	t->toy.is_waiting = false;
	fixture_run_until(&t->fixture, &t->toy.is_waiting);
	return serial;
}

static void end_wait(struct toy_test *t) {
	DBusMessage *reply = message_new_reply(object_reply_call(t->toy.later));
	object_reply_send(t->toy.later, reply);
}

/* Whatever was sent before has arrived when this is answered. */
static void expect_echo(struct toy_test *t) {
	expect_error(toy_service_call(&t->toy, TOY_PATH, ROOT, "Echo", TEXTS("x")), "");
}

static bool has_reply(struct toy_test *t, dbus_uint32_t serial) {
	for (size_t i = 0; i < t->fixture.n_inbox; i++)
		if (dbus_message_get_reply_serial(t->fixture.inbox[i]) == serial)
			return true;
	return false;
}

static void a_reply_may_take_time(void **state) {
	struct toy_test *t = *state;
	dbus_uint32_t serial = begin_wait(t, false);
	expect_echo(t);
	assert_false(has_reply(t, serial));
	end_wait(t);
	expect_echo(t);
	assert_true(has_reply(t, serial));
}

static void nobody_waits_for_it(void **state) {
	struct toy_test *t = *state;
	dbus_uint32_t serial = begin_wait(t, true);
	end_wait(t);
	expect_echo(t);
	assert_false(has_reply(t, serial));
}

static void the_server_goes_before_the_reply(void **state) {
	struct toy_test *t = *state;
	(void)begin_wait(t, false);
	t->toy.server = object_server_free(t->toy.server);
	end_wait(t);
}

/* What was not finished is no answer: an empty one would have another type than the table says. */
static void the_server_goes_before_the_last_slice(void **state) {
	struct toy_test *t = *state;
	dbus_uint32_t serial =
		fixture_send(&t->fixture, message_new_call(TOY_NAME, TOY_PATH, ROOT, "Endless"));
	fixture_run_until(&t->fixture, &t->toy.is_waiting);
	t->toy.server = object_server_free(t->toy.server);
	assert_false(t->toy.is_waiting);
	/* whatever it says now, it says behind that */
	DBusMessage *last =
		toy_service_call(&t->toy, TOY_PATH, "org.freedesktop.DBus.Peer", "Ping", NULL);
	dbus_message_unref(last);
	const char *name = NULL;
	for (size_t i = 0; i < t->fixture.n_inbox; i++)
		if (dbus_message_get_reply_serial(t->fixture.inbox[i]) == serial)
			name = fixture_error_name(t->fixture.inbox[i]);
	assert_non_null(name);
	assert_string_equal(name, DBUS_ERROR_NO_REPLY);
}

static DBusMessage *get(
	struct toy_test *t, const char *path, const char *interface, const char *name) {
	return toy_service_call(&t->toy, path, PROPERTIES, "Get", TEXTS(interface, name));
}

static DBusMessage *set(struct toy_test *t, const char *name) {
	DBusMessage *m = message_new_call(TOY_NAME, t->toy.shelves[0].path, PROPERTIES, "Set");
	struct message_writer w, variant;
	message_writer_init(&w, m);
	message_write_string(&w, SHELF);
	message_write_string(&w, name);
	message_write_open(&w, DBUS_TYPE_VARIANT, "s", &variant);
	message_write_string(&variant, "x");
	message_write_close(&w, &variant);
	return fixture_call(&t->fixture, m);
}

static void expect_label(DBusMessage *owned, const char *expected) {
	CLEANUP(message_free) DBusMessage *reply = owned;
	struct message_reader r, variant;
	const char *text;
	message_reader_init(&r, reply);
	assert_string_equal(fixture_error_name(reply), "");
	assert_int_equal(message_read_enter(&r, DBUS_TYPE_VARIANT, &variant), 0);
	assert_int_equal(message_read_string(&variant, &text), 0);
	assert_string_equal(text, expected);
}

static void properties_are_read_only(void **state) {
	struct toy_test *t = *state;
	const char *oak = t->toy.shelves[0].path;
	expect_label(get(t, oak, SHELF, "Label"), "oak");
	expect_label(get(t, oak, "", "Label"), "oak");
	expect_error(get(t, oak, SHELF, "Width"), DBUS_ERROR_UNKNOWN_PROPERTY);
	expect_error(get(t, oak, "", "Width"), DBUS_ERROR_UNKNOWN_PROPERTY);
	expect_error(get(t, oak, ROOT, "Label"), DBUS_ERROR_UNKNOWN_INTERFACE);
	expect_error(set(t, "Label"), DBUS_ERROR_PROPERTY_READ_ONLY);
	expect_error(set(t, "Width"), DBUS_ERROR_UNKNOWN_PROPERTY);
	expect_error(toy_service_call(&t->toy, oak, PROPERTIES, "GetAll", TEXTS("no.Such")),
		DBUS_ERROR_UNKNOWN_INTERFACE);
	expect_error(toy_service_call(&t->toy, oak, PROPERTIES, "GetAll", TEXTS(PROPERTIES)), "");
	/* The wrong type. */
	expect_error(call(t, oak, PROPERTIES, "Get"), DBUS_ERROR_INVALID_ARGS);
}

/* D-01: what a property holds, and what an argument of a call holds. */
static void d01_hostile_texts_do_no_harm(void **state) {
	struct toy_test *t = *state;
	const char *path = t->toy.shelves[1].path;
	expect_label(get(t, path, SHELF, "Label"),
		"caf\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	const size_t n = 2 * 1024 * 1024;
	CLEANUP_TEXT char *huge = memory_zalloc(n + 1, 1);
	memset(huge, 'x', n);
	static const char *const methods[] = { "Get", "GetAll" };
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		DBusMessage *m = message_new_call(TOY_NAME, path, PROPERTIES, methods[i]);
		/* Around message_write_string(), which would cut it. */
		const char *name = SHELF;
		assert_true(dbus_message_append_args(m, DBUS_TYPE_STRING,
			i == 0 ? &name : (const char **)&huge,
			i == 0 ? DBUS_TYPE_STRING : DBUS_TYPE_INVALID, &huge, DBUS_TYPE_INVALID));
		CLEANUP(message_free) DBusMessage *reply = fixture_call(&t->fixture, m);
		assert_string_equal(fixture_error_name(reply),
			i == 0 ? DBUS_ERROR_UNKNOWN_PROPERTY : DBUS_ERROR_UNKNOWN_INTERFACE);
	}
	static const char *const texts[] = { "\xef\xbf\xbe", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf",
		"\x01\x7f", "%s%n" };
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		expect_error(get(t, path, SHELF, texts[i]), DBUS_ERROR_UNKNOWN_PROPERTY);
	assert_true(t->toy.online);
}

/* Counts what Introspect on `path` and all below it finds. */
static void walk(struct toy_test *t, const char *path, unsigned *n_nodes, unsigned *n_interfaces) {
	CLEANUP(message_free) DBusMessage *reply = call(t, path, INTROSPECTABLE, "Introspect");
	struct message_reader r;
	const char *xml, *at, *end;
	message_reader_init(&r, reply);
	assert_string_equal(fixture_error_name(reply), "");
	assert_int_equal(message_read_string(&r, &xml), 0);
	++*n_nodes;
	for (at = xml; (at = strstr(at, "<interface name=\"")); ++*n_interfaces) {
		char name[128];
		at += strlen("<interface name=\"");
		end = strchr(at, '"');
		snprintf(name, sizeof(name), "%.*s", (int)(end - at), at);
		bool is_object = strstr(xml, PROPERTIES);
		expect_error(toy_service_call(&t->toy, path, PROPERTIES, "GetAll", TEXTS(name)),
			is_object ? "" : DBUS_ERROR_UNKNOWN_OBJECT);
	}
	for (at = xml; (at = strstr(at, "<node name=\""));) {
		char child[256];
		at += strlen("<node name=\"");
		end = strchr(at, '"');
		snprintf(child, sizeof(child), "%s/%.*s", strcmp(path, "/") == 0 ? "" : path,
			(int)(end - at), at);
		walk(t, child, n_nodes, n_interfaces);
	}
}

/* D-11 */
static void d11_introspection_reaches_every_object(void **state) {
	struct toy_test *t = *state;
	unsigned n_nodes = 0, n_interfaces = 0;
	walk(t, "/", &n_nodes, &n_interfaces);
	/* "/", org, posthorn, Toy, shelf and two shelves */
	assert_int_equal(n_nodes, 7);
	/* four bare nodes of 2, the root of 5, two shelves of 4 */
	assert_int_equal(n_interfaces, 4 * 2 + 5 + 2 * 4);
}

static void introspection_tells_the_tables(void **state) {
	struct toy_test *t = *state;
	static const char *const pieces[] = {
		"<method name=\"Echo\">\n   <arg name=\"text\" type=\"s\" direction=\"in\"/>\n"
		"   <arg name=\"text\" type=\"s\" direction=\"out\"/>\n  </method>",
		"<signal name=\"Creaked\">\n   <arg name=\"when\" type=\"t\"/>\n   <arg "
		"name=\"where\" type=\"s\"/>",
		"<property name=\"Count\" type=\"u\" access=\"read\">\n"
		"   <annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" "
		"value=\"true\"/>",
		"<arg name=\"interface_name\" type=\"s\"/>\n   <arg name=\"changed_properties\" "
		"type=\"a{sv}\"/>\n"
		"   <arg name=\"invalidated_properties\" type=\"as\"/>",
		"<node name=\"shelf\"/>",
	};
	CLEANUP(message_free) DBusMessage *reply = call(t, TOY_PATH, INTROSPECTABLE, "Introspect");
	struct message_reader r;
	const char *xml;
	message_reader_init(&r, reply);
	assert_int_equal(message_read_string(&r, &xml), 0);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++)
		assert_non_null(strstr(xml, pieces[i]));
}

static void the_manager_lists_all_objects(void **state) {
	struct toy_test *t = *state;
	CLEANUP(message_free)
	DBusMessage *reply = call(t, TOY_PATH, OBJECT_MANAGER, "GetManagedObjects");
	struct message_reader r, objects, object, interfaces, interface, properties, value;
	const char *path, *name, *key, *label;
	message_reader_init(&r, reply);
	assert_int_equal(message_read_enter(&r, DBUS_TYPE_ARRAY, &objects), 0);
	size_t n = 0;
	for (; message_reader_type(&objects) != DBUS_TYPE_INVALID; n++) {
		assert_int_equal(message_read_enter(&objects, DBUS_TYPE_DICT_ENTRY, &object), 0);
		assert_int_equal(message_read_string(&object, &path), 0);
		assert_string_equal(path, t->toy.shelves[n].path);
		assert_int_equal(message_read_enter(&object, DBUS_TYPE_ARRAY, &interfaces), 0);
		assert_int_equal(
			message_read_enter(&interfaces, DBUS_TYPE_DICT_ENTRY, &interface), 0);
		assert_int_equal(message_read_string(&interface, &name), 0);
		assert_string_equal(name, SHELF);
		assert_int_equal(message_read_enter(&interface, DBUS_TYPE_ARRAY, &properties), 0);
		assert_int_equal(message_read_entry(&properties, &key, &value), 1);
		assert_string_equal(key, "Label");
		assert_int_equal(message_read_string(&value, &label), 0);
		for (unsigned i = 0; i < 3; i++)
			assert_int_equal(message_read_entry(&properties, &key, &value), 1);
		assert_string_equal(key, "Opened");
		assert_int_equal(message_read_entry(&properties, &key, &value), 0);
	}
	assert_int_equal(n, 2);
}

static void a_call_without_reply_gets_none(void **state) {
	struct toy_test *t = *state;
	DBusMessage *m = message_new_call(TOY_NAME, TOY_PATH, ROOT, "Echo");
	struct message_writer w;
	message_writer_init(&w, m);
	message_write_string(&w, "quiet");
	dbus_message_set_no_reply(m, TRUE);
	assert_true(dbus_connection_send(t->fixture.client, m, NULL));
	dbus_message_unref(m);
	m = message_new_call(TOY_NAME, TOY_PATH, ROOT, "NoSuch");
	dbus_message_set_no_reply(m, TRUE);
	assert_true(dbus_connection_send(t->fixture.client, m, NULL));
	dbus_message_unref(m);
	CLEANUP(message_free)
	DBusMessage *reply = toy_service_call(&t->toy, TOY_PATH, ROOT, "Echo", TEXTS("loud"));
	assert_int_equal(t->toy.n_calls, 2);
	for (size_t i = 0; i < t->fixture.n_inbox; i++)
		assert_int_equal(
			dbus_message_get_type(t->fixture.inbox[i]), DBUS_MESSAGE_TYPE_SIGNAL);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(methods_are_called, set_up, toy_test_tear_down),
		cmocka_unit_test_setup_teardown(a_reply_may_take_time, set_up, toy_test_tear_down),
		cmocka_unit_test_setup_teardown(nobody_waits_for_it, set_up, toy_test_tear_down),
		cmocka_unit_test_setup_teardown(
			the_server_goes_before_the_reply, set_up, toy_test_tear_down),
		cmocka_unit_test_setup_teardown(
			the_server_goes_before_the_last_slice, set_up, toy_test_tear_down),
		cmocka_unit_test_setup_teardown(
			errors_are_the_standard_ones, set_up, toy_test_tear_down),
		cmocka_unit_test_setup_teardown(
			properties_are_read_only, set_up, toy_test_tear_down),
		cmocka_unit_test_setup_teardown(
			d01_hostile_texts_do_no_harm, set_up, toy_test_tear_down),
		cmocka_unit_test_setup_teardown(
			d11_introspection_reaches_every_object, set_up, toy_test_tear_down),
		cmocka_unit_test_setup_teardown(
			introspection_tells_the_tables, set_up, toy_test_tear_down),
		cmocka_unit_test_setup_teardown(
			the_manager_lists_all_objects, set_up, toy_test_tear_down),
		cmocka_unit_test_setup_teardown(
			a_call_without_reply_gets_none, set_up, toy_test_tear_down),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	dbus_shutdown();
	return failed;
}
