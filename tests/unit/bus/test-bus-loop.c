/* libdbus on sd-event with a queue that is full before the loop turns: bounded work in each turn
 * (D-03), and calls that wait as long as what was answered waits. */
#include "fixture.h"

#include "base/memory.h"
#include "bus/bus-loop.h"
#include "bus/message.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define N_CALLS 5000

struct test {
	struct fixture fixture;
	DBusConnection *dbus; /* the one that the loop drives */
	struct bus_loop *loop;
	unsigned n_calls;
	bool all_came;
	bool answers; /* with what fills the way out */
	bool drained;
	/* A descriptor that is always ready sees how much was done since its last turn. */
	int always;
	sd_event_source *witness;
	unsigned seen;
	unsigned most;
};

static DBusMessage *new_large_signal(void) {
	enum {
		SIZE = 8 * 1024
	};
	DBusMessage *m = message_new_signal("/a", "a.b", "Large");
	struct message_writer w;
	CLEANUP_TEXT char *text = memory_zalloc(SIZE + 1, 1);
	memset(text, 'x', SIZE);
	message_writer_init(&w, m);
	message_write_string(&w, text);
	return m;
}

static DBusHandlerResult on_message(DBusConnection *dbus, DBusMessage *m, void *userdata) {
	struct test *t = userdata;
	if (!dbus_message_is_method_call(m, "a.b", "Call"))
		return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
	t->n_calls++;
	t->all_came = t->n_calls == N_CALLS;
	if (t->answers) {
		CLEANUP(message_free) DBusMessage *large = new_large_signal();
		assert_true(dbus_connection_send(dbus, large, NULL));
	}
	return DBUS_HANDLER_RESULT_HANDLED;
}

static int on_turn(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
	struct test *t = userdata;
	t->most = MAX(t->most, t->n_calls - t->seen);
	t->seen = t->n_calls;
	return 0;
}

static void on_drained(void *userdata) {
	((struct test *)userdata)->drained = true;
}

/* The queue of libdbus is filled by hand before the loop object is there. */
static void fill_queue(struct test *t) {
	struct pollfd ready = { .events = POLLIN };
	for (unsigned i = 0; i < N_CALLS; i++) {
		DBusMessage *m =
			message_new_call(dbus_bus_get_unique_name(t->dbus), "/a", "a.b", "Call");
		dbus_message_set_no_reply(m, TRUE);
		assert_true(dbus_connection_send(t->fixture.client, m, NULL));
		dbus_message_unref(m);
	}
	dbus_connection_flush(t->fixture.client);
	assert_true(dbus_connection_get_unix_fd(t->dbus, &ready.fd));
	while (poll(&ready, 1, 100) > 0)
		assert_true(dbus_connection_read_write(t->dbus, 0));
}

static int set_up(void **state) {
	struct test *t = MEMORY_NEW(struct test);
	fixture_init(&t->fixture, "");
	t->dbus = fixture_new_client(&t->fixture);
	assert_true(dbus_connection_add_filter(t->dbus, on_message, t, NULL));
	fill_queue(t);
	assert_int_equal(bus_loop_new(t->fixture.event, t->dbus, &t->loop), 0);
	bus_loop_set_callbacks(
		t->loop, &(struct bus_loop_callbacks){ .drained = on_drained, .userdata = t });
	*state = t;
	return 0;
}

static int tear_down(void **state) {
	struct test *t = *state;
	bus_loop_free(t->loop);
	fixture_free_client(t->dbus);
	fixture_deinit(&t->fixture);
	free(t);
	return 0;
}

static void a_full_queue_leaves_turns_to_others(void **state) {
	struct test *t = *state;
	t->always = eventfd(1, EFD_CLOEXEC);
	assert_true(sd_event_add_io(
			    t->fixture.event, &t->witness, t->always, EPOLLIN, on_turn, t) >= 0);
	fixture_run_until(&t->fixture, &t->all_came);
	/* Twice: both may wait since the same turn, and either be first. */
	assert_true(t->most > 0 && t->most <= 2 * BUS_LOOP_MESSAGES_A_TURN);
	sd_event_source_disable_unref(t->witness);
	close(t->always);
}

static void calls_wait_while_answers_wait(void **state) {
	struct test *t = *state;
	t->answers = true;
	kill(t->fixture.bus.pid, SIGSTOP);
	while (!bus_loop_is_congested(t->loop))
		assert_true(sd_event_run(t->fixture.event, UINT64_MAX) >= 0);
	unsigned n_before = t->n_calls;
	assert_true(n_before < N_CALLS / 2);
	for (unsigned i = 0; i < 100; i++)
		assert_true(sd_event_run(t->fixture.event, 0) >= 0);
	assert_int_equal(t->n_calls, n_before);
	assert_false(t->drained);
	/* One answer may have gone beyond the limit, no more. */
	assert_true(dbus_connection_get_outgoing_size(t->dbus) < BUS_LOOP_OUTGOING_MAX + 16 * 1024);
	kill(t->fixture.bus.pid, SIGCONT);
	fixture_run_until(&t->fixture, &t->drained);
	t->answers = false;
	fixture_run_until(&t->fixture, &t->all_came);
	assert_false(bus_loop_is_congested(t->loop));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_full_queue_leaves_turns_to_others, set_up, tear_down),
		cmocka_unit_test_setup_teardown(calls_wait_while_answers_wait, set_up, tear_down),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	dbus_shutdown();
	return failed;
}
