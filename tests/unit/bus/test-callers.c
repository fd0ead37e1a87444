/* Who calls, on a bus that asks: order and limits of calls that wait for the bus's answer, callers and
 * subscribers that vanish or are too many, signals that are for one alone. All are of one user here;
 * several are in the integration tests. */
#include "toy-service.h"

#include "base/memory.h"
#include "bus/callers.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROOT "org.posthorn.Toy.Root"
#define MATCH_ALL "type='signal'"

/* There are rules for all callers that are known, but not for those that were. */
#define LIMITS                                                   \
	"<limit name=\"max_completed_connections\">1000</limit>" \
	"<limit name=\"max_connections_per_user\">1000</limit>"  \
	"<limit name=\"max_match_rules_per_connection\">264</limit>"
static_assert(CALLERS_MAX == 256, "the limit is a little more");

static int set_up(void **state) {
	*state = toy_test_new_callers(LIMITS);
	return 0;
}

static DBusMessage *new_call(const char *member, const char *text) {
	DBusMessage *m = message_new_call(TOY_NAME, TOY_PATH, ROOT, member);
	struct message_writer w;
	message_writer_init(&w, m);
	if (text)
		message_write_string(&w, text);
	return m;
}

static void expect_call(
	struct toy_test *t, const char *member, const char *text, const char *error) {
	CLEANUP(message_free)
	DBusMessage *reply = fixture_call(&t->fixture, new_call(member, text));
	assert_string_equal(fixture_error_name(reply), error);
}

static void calls_wait_for_the_bus_in_their_order(void **state) {
	struct toy_test *t = *state;
	dbus_uint32_t first = 0, last = 0;
	for (unsigned i = 0; i < CALLERS_WAITING_MAX; i++) {
		char text[16];
		snprintf(text, sizeof(text), "%u", i);
		last = fixture_send(&t->fixture, new_call("Echo", text));
		first = first ? first : last;
	}
	(void)fixture_wait_reply(&t->fixture, last);
	unsigned n = 0;
	for (size_t i = 0; i < t->fixture.n_inbox; i++) {
		dbus_uint32_t serial = dbus_message_get_reply_serial(t->fixture.inbox[i]);
		if (serial >= first)
			assert_int_equal(serial, first + n++);
	}
	assert_int_equal(n, CALLERS_WAITING_MAX);
	assert_int_equal(t->toy.n_calls, CALLERS_WAITING_MAX);
	assert_int_equal(callers_n_known(t->toy.callers), 1);
}

/* They come in one read, so that none is known before the last: what is too much is refused at once. */
static void too_many_calls_before_the_first_answer(void **state) {
	struct toy_test *t = *state;
	dbus_uint32_t serial = 0, first = 0;
	for (unsigned i = 0; i < 4 * CALLERS_WAITING_MAX; i++) {
		serial = fixture_send(&t->fixture, new_call("Echo", "x"));
		first = first ? first : serial;
	}
	unsigned n_refused = 0;
	for (; first <= serial; first++) {
		const char *error = fixture_error_name(fixture_wait_reply(&t->fixture, first));
		n_refused += *error != '\0';
		assert_true(!*error || !strcmp(error, DBUS_ERROR_LIMITS_EXCEEDED));
	}
	assert_int_equal(t->toy.n_calls + n_refused, 4 * CALLERS_WAITING_MAX);
	assert_true(t->toy.n_calls >= CALLERS_WAITING_MAX);
	expect_call(t, "Echo", "x", "");
}

static DBusMessage *new_large_call(size_t n) {
	CLEANUP_TEXT char *text = memory_zalloc(n + 1, 1);
	memset(text, 'x', n);
	DBusMessage *m = message_new_call(TOY_NAME, TOY_PATH, ROOT, "Echo");
	/* Around message_write_string(), which would cut it. */
	assert_true(dbus_message_append_args(m, DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID));
	return m;
}

static void too_large_a_call_before_the_first_answer(void **state) {
	struct toy_test *t = *state;
	dbus_uint32_t large = fixture_send(&t->fixture, new_large_call(CALLERS_WAITING_BYTES_MAX));
	assert_string_equal(fixture_error_name(fixture_wait_reply(&t->fixture, large)),
		DBUS_ERROR_LIMITS_EXCEEDED);
	/* Known by now, and nothing has to be kept. */
	expect_call(t, "Echo", "x", "");
	large = fixture_send(&t->fixture, new_large_call(CALLERS_WAITING_BYTES_MAX));
	assert_string_equal(fixture_error_name(fixture_wait_reply(&t->fixture, large)), "");
}

static DBusMessage *new_call_with_descriptors(int fd, unsigned n) {
	DBusMessage *m = message_new_call(TOY_NAME, TOY_PATH, ROOT, "Echo");
	for (unsigned i = 0; i < n; i++)
		assert_true(dbus_message_append_args(m, DBUS_TYPE_UNIX_FD, &fd, DBUS_TYPE_INVALID));
	return m;
}

/* They cannot be kept as bytes, and nothing here takes one. */
static void descriptors_are_refused(void **state) {
	struct toy_test *t = *state;
	for (unsigned i = 0; i < 3; i++) {
		dbus_uint32_t serial =
			fixture_send(&t->fixture, new_call_with_descriptors(STDERR_FILENO, 1 + i));
		assert_string_equal(fixture_error_name(fixture_wait_reply(&t->fixture, serial)),
			DBUS_ERROR_INVALID_ARGS);
	}
	expect_call(t, "Echo", "x", "");
	assert_int_equal(t->toy.n_calls, 1);
}

/* The bus is still asked who it is when the second one comes. */
static void descriptors_are_refused_while_others_wait(void **state) {
	struct toy_test *t = *state;
	dbus_uint32_t first = fixture_send(&t->fixture, new_call("Echo", "x"));
	dbus_uint32_t second =
		fixture_send(&t->fixture, new_call_with_descriptors(STDERR_FILENO, 1));
	assert_string_equal(fixture_error_name(fixture_wait_reply(&t->fixture, second)),
		DBUS_ERROR_INVALID_ARGS);
	assert_string_equal(fixture_error_name(fixture_wait_reply(&t->fixture, first)), "");
	assert_int_equal(t->toy.n_calls, 1);
}

/* Gone before the bus was asked, while it was, and after. */
static void a_caller_that_vanishes_is_forgotten(void **state) {
	struct toy_test *t = *state;
	enum {
		N = 20
	};
	expect_call(t, "Echo", "x", "");
	for (unsigned i = 0; i < N; i++) {
		DBusConnection *other = fixture_new_client(&t->fixture);
		CLEANUP(message_free) DBusMessage *m = new_call("Echo", "x");
		assert_true(dbus_connection_send(other, m, NULL));
		dbus_connection_flush(other);
		for (unsigned turn = 0; turn < i % 4; turn++)
			assert_true(sd_event_run(t->fixture.event, 0) >= 0);
		fixture_free_client(other);
	}
	while (t->toy.n_left < N)
		assert_true(sd_event_run(t->fixture.event, UINT64_MAX) >= 0);
	assert_int_equal(callers_n_known(t->toy.callers), 1);
	expect_call(t, "Echo", "x", "");
}

/* Returns when the call has come. */
static void echo_from(struct toy_test *t, DBusConnection *client) {
	unsigned n = t->toy.n_calls;
	CLEANUP(message_free) DBusMessage *m = new_call("Echo", "x");
	assert_true(dbus_connection_send(client, m, NULL));
	dbus_connection_flush(client);
	while (t->toy.n_calls == n)
		assert_true(sd_event_run(t->fixture.event, UINT64_MAX) >= 0);
}

/* Whoever was idle for longest makes room; a subscriber does not. */
static void more_callers_than_places(void **state) {
	struct toy_test *t = *state;
	enum {
		N = CALLERS_MAX + 40
	};
	static DBusConnection *others[N];
	expect_call(t, "Subscribe", NULL, "");
	for (unsigned i = 0; i < N; i++) {
		others[i] = fixture_new_client(&t->fixture);
		echo_from(t, others[i]);
		if (i == CALLERS_MAX / 2)
			echo_from(t, others[0]);
		assert_true(callers_n_known(t->toy.callers) <= CALLERS_MAX);
	}
	assert_int_equal(t->toy.n_left, N + 1 - CALLERS_MAX);
	assert_non_null(callers_find(t->toy.callers, dbus_bus_get_unique_name(others[0])));
	assert_null(callers_find(t->toy.callers, dbus_bus_get_unique_name(others[1])));
	assert_true(callers_subscriber(t->toy.callers, 0)->is_subscribed);
	for (unsigned i = 0; i < N; i++)
		fixture_free_client(others[i]);
	while (callers_n_known(t->toy.callers) > 1)
		assert_true(sd_event_run(t->fixture.event, UINT64_MAX) >= 0);
	assert_true(callers_subscriber(t->toy.callers, 0)->is_subscribed);
}

/* The answer to whoever lost its place is not what it asked for, and does not look like it. */
static void a_slow_answer_to_one_who_lost_its_place(void **state) {
	struct toy_test *t = *state;
	static DBusConnection *others[CALLERS_MAX];
	dbus_uint32_t serial = fixture_send(&t->fixture, new_call("Endless", NULL));
	fixture_run_until(&t->fixture, &t->toy.is_waiting);
	for (unsigned i = 0; i < CALLERS_MAX; i++) {
		others[i] = fixture_new_client(&t->fixture);
		CLEANUP(message_free) DBusMessage *m = new_call("Echo", "x");
		assert_true(dbus_connection_send(others[i], m, NULL));
		dbus_connection_flush(others[i]);
		while (t->toy.n_calls < i + 1)
			assert_true(sd_event_run(t->fixture.event, UINT64_MAX) >= 0);
	}
	DBusMessage *reply = fixture_wait_reply(&t->fixture, serial);
	assert_string_equal(fixture_error_name(reply), DBUS_ERROR_LIMITS_EXCEEDED);
	assert_false(t->toy.is_waiting);
	for (unsigned i = 0; i < CALLERS_MAX; i++)
		fixture_free_client(others[i]);
}

/* A user may have some of the places, root all. */
static void more_subscribers_than_places(void **state) {
	struct toy_test *t = *state;
	const unsigned most =
		getuid() == 0 ? CALLERS_SUBSCRIBERS_MAX : CALLERS_SUBSCRIBERS_PER_USER;
	static DBusConnection *others[CALLERS_SUBSCRIBERS_MAX];
	for (unsigned i = 0; i < most; i++) {
		others[i] = fixture_new_client(&t->fixture);
		CLEANUP(message_free) DBusMessage *m = new_call("Subscribe", NULL);
		assert_true(dbus_connection_send(others[i], m, NULL));
		dbus_connection_flush(others[i]);
		while (!callers_subscriber(t->toy.callers, i))
			assert_true(sd_event_run(t->fixture.event, UINT64_MAX) >= 0);
	}
	expect_call(t, "Subscribe", NULL, DBUS_ERROR_LIMITS_EXCEEDED);
	fixture_free_client(others[most / 2]);
	while (callers_subscriber(t->toy.callers, most / 2))
		assert_true(sd_event_run(t->fixture.event, UINT64_MAX) >= 0);
	expect_call(t, "Subscribe", NULL, "");
	/* Twice is once. */
	expect_call(t, "Subscribe", NULL, "");
	expect_call(t, "Unsubscribe", NULL, "");
	assert_null(callers_subscriber(t->toy.callers, most / 2));
	for (unsigned i = 0; i < most; i++)
		if (i != most / 2)
			fixture_free_client(others[i]);
}

static void signals_are_for_subscribers_alone(void **state) {
	struct toy_test *t = *state;
	struct toy_shelf *oak = toy_service_add(&t->toy, "oak");
	DBusConnection *ear = fixture_new_client(&t->fixture);
	DBusError error = DBUS_ERROR_INIT;
	dbus_bus_add_match(ear, MATCH_ALL, &error);
	assert_false(dbus_error_is_set(&error));
	expect_call(t, "Subscribe", NULL, "");
	for (unsigned i = 1; i <= 3; i++) {
		oak->height = i;
		object_signals_changed(t->toy.server, oak->path, &toy_shelf_interface, TOY_HEIGHT);
		CLEANUP(message_free)
		DBusMessage *m = fixture_wait_signal(&t->fixture, NULL, "PropertiesChanged");
		assert_string_equal(dbus_message_get_destination(m),
			dbus_bus_get_unique_name(t->fixture.client));
	}
	/* All that the bus has sent it is there once this is answered. */
	(void)dbus_bus_get_unix_user(ear, dbus_bus_get_unique_name(ear), &error);
	for (DBusMessage *m; (m = dbus_connection_pop_message(ear)); dbus_message_unref(m))
		assert_string_equal(dbus_message_get_sender(m), DBUS_SERVICE_DBUS);
	fixture_free_client(ear);
}

/* The next signal about the object that this client gets; owned. */
static DBusMessage *wait_about(struct toy_test *t, DBusConnection *client, const char *path) {
	for (;;) {
		assert_true(sd_event_run(t->fixture.event, 0) >= 0);
		assert_true(dbus_connection_read_write(client, 10));
		DBusMessage *m = dbus_connection_pop_message(client);
		if (m && (dbus_message_has_path(m, path) || dbus_message_has_path(m, TOY_PATH)))
			return m;
		message_free(m);
	}
}

/* What was to be told to who had the place before is not told to who has it now. */
static void a_place_is_taken_over_without_its_news(void **state) {
	struct toy_test *t = *state;
	struct toy_shelf *oak = toy_service_add(&t->toy, "oak");
	DBusConnection *heir = fixture_new_client(&t->fixture);
	expect_call(t, "Subscribe", NULL, "");
	echo_from(t, heir);
	struct caller *first = callers_subscriber(t->toy.callers, 0);
	struct caller *second = callers_find(t->toy.callers, dbus_bus_get_unique_name(heir));
	object_signals_hidden(t->toy.server, oak->path, toy_shelf_interfaces, first);
	object_signals_unsubscribe(t->toy.server, first);
	assert_int_equal(object_signals_subscribe(t->toy.server, second), 0);
	assert_ptr_equal(callers_subscriber(t->toy.callers, 0), second);
	oak->height = 7;
	object_signals_changed(t->toy.server, oak->path, &toy_shelf_interface, TOY_HEIGHT);
	CLEANUP(message_free) DBusMessage *m = wait_about(t, heir, oak->path);
	assert_string_equal(dbus_message_get_member(m), "PropertiesChanged");
	fixture_free_client(heir);
}

/* Names of one bus mean nothing on the next. */
static void all_are_forgotten_with_the_bus(void **state) {
	struct toy_test *t = *state;
	expect_call(t, "Subscribe", NULL, "");
	private_bus_stop(&t->fixture.bus);
	while (t->toy.online)
		assert_true(sd_event_run(t->fixture.event, UINT64_MAX) >= 0);
	assert_int_equal(callers_n_known(t->toy.callers), 0);
	assert_null(callers_subscriber(t->toy.callers, 0));
	private_bus_start(&t->fixture.bus);
	fixture_connect(&t->fixture);
	fixture_run_until(&t->fixture, &t->toy.online);
	expect_call(t, "Subscribe", NULL, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, toy_test_tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(calls_wait_for_the_bus_in_their_order),
		TEST(too_many_calls_before_the_first_answer),
		TEST(too_large_a_call_before_the_first_answer),
		TEST(descriptors_are_refused),
		TEST(descriptors_are_refused_while_others_wait),
		TEST(a_caller_that_vanishes_is_forgotten),
		TEST(more_callers_than_places),
		TEST(a_slow_answer_to_one_who_lost_its_place),
		TEST(more_subscribers_than_places),
		TEST(signals_are_for_subscribers_alone),
		TEST(a_place_is_taken_over_without_its_news),
		TEST(all_are_forgotten_with_the_bus),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	dbus_shutdown();
	return failed;
}
