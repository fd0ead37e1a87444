/* The command line's half: plain words when there is no bus or no daemon, the daemon followed as
 * it comes and goes, and signals of others dropped (D-05). The service runs in a process of its
 * own, since the client blocks. */
#include "toy-service.h"

#include "base/memory.h"
#include "bus/client.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOT "org.posthorn.Toy.Root"

struct test {
	struct private_bus bus;
	struct client *client;
	pid_t service; /* 0: not running */
};

/* The service: after each call of Echo a signal. */
static void run_service(const struct private_bus *bus) {
	struct fixture f = { .bus = *bus };
	struct toy_service t;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (sd_event_new(&f.event) < 0)
		_exit(1);
	toy_service_init(&t, &f, BUS_NAME);
	/* Calls may have come in the turn that brought us online. */
	for (unsigned n = 0;;) {
		for (; n < t.n_calls; n++)
			(void)connection_send(
				t.connection, message_new_signal(TOY_PATH, ROOT, "Creaked"));
		if (sd_event_run(f.event, UINT64_MAX) < 0)
			_exit(1);
	}
}

static void start_service(struct test *t) {
	t->service = fork();
	assert_true(t->service >= 0);
	if (t->service == 0)
		run_service(&t->bus);
}

static void stop_service(struct test *t) {
	if (t->service == 0)
		return;
	kill(t->service, SIGKILL);
	waitpid(t->service, NULL, 0);
	t->service = 0;
}

static int set_up(void **state) {
	struct test *t = MEMORY_NEW(struct test);
	CLEANUP_TEXT char *problem = NULL;
	private_bus_init(&t->bus, "");
	setenv("DBUS_SESSION_BUS_ADDRESS", t->bus.address, 1);
	assert_int_equal(client_open(false, &t->client, &problem), 0);
	*state = t;
	return 0;
}

static int tear_down(void **state) {
	struct test *t = *state;
	stop_service(t);
	client_free(t->client);
	private_bus_deinit(&t->bus);
	free(t);
	return 0;
}

static int echo(struct test *t, const char *path, const char *text, uint64_t timeout_usec) {
	DBusMessage *call = message_new_call(BUS_NAME, path, ROOT, "Echo");
	struct message_writer w;
	CLEANUP(message_free) DBusMessage *reply = NULL;
	CLEANUP_TEXT char *problem = NULL;
	message_writer_init(&w, call);
	if (text)
		message_write_string(&w, text);
	int r = client_call(t->client, call, timeout_usec, &reply, &problem);
	/* A reply or a sentence, never both or neither. */
	assert_true(!reply == (r < 0) && !problem == (r == 0));
	return r;
}

static void expect_event(struct test *t, enum client_event_kind kind) {
	struct client_event event;
	assert_int_equal(client_next(t->client, USEC_NEVER, &event), 1);
	assert_int_equal(event.kind, kind);
	assert_int_equal(client_is_daemon_present(t->client), kind != CLIENT_EVENT_VANISHED);
	if (kind == CLIENT_EVENT_SIGNAL)
		assert_true(dbus_message_is_signal(event.signal, ROOT, "Creaked"));
}

static void expect_nothing(struct test *t) {
	struct client_event event;
	assert_int_equal(client_next(t->client, 0, &event), 0);
	assert_int_equal(client_next(t->client, 10 * USEC_PER_MSEC, &event), 0);
}

static void follow(struct test *t) {
	CLEANUP_TEXT char *problem = NULL;
	assert_int_equal(client_follow(t->client, &problem), 0);
}

static void start_and_follow(struct test *t) {
	follow(t);
	start_service(t);
	expect_event(t, CLIENT_EVENT_APPEARED);
}

static void says_that_there_is_no_bus(void **state) {
	static const char *const addresses[] = { "", "unix:path=/nonexistent/bus", "nonsense" };
	struct client *client = NULL;
	unsetenv("XDG_RUNTIME_DIR");
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		CLEANUP_TEXT char *problem = NULL;
		setenv("DBUS_SESSION_BUS_ADDRESS", addresses[i], 1);
		assert_int_equal(client_open(false, &client, &problem), -ENOTCONN);
		assert_non_null(problem);
		assert_null(client);
	}
	setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1);
	CLEANUP_TEXT char *problem = NULL;
	assert_int_equal(client_open(true, &client, &problem), -ENOTCONN);
	assert_non_null(problem);
}

static void says_that_the_daemon_does_not_run(void **state) {
	struct test *t = *state;
	assert_int_equal(echo(t, TOY_PATH, "x", 5 * USEC_PER_SEC), -ESRCH);
	follow(t);
	assert_false(client_is_daemon_present(t->client));
	expect_nothing(t);
}

static void calls_get_replies_and_errors(void **state) {
	struct test *t = *state;
	start_and_follow(t);
	assert_int_equal(echo(t, TOY_PATH, "x", USEC_NEVER), 0);
	assert_int_equal(echo(t, "/nowhere", "x", USEC_NEVER), -ENOENT);
	assert_int_equal(echo(t, TOY_PATH, NULL, USEC_NEVER), -EREMOTEIO);
	kill(t->service, SIGSTOP);
	assert_int_equal(echo(t, TOY_PATH, "x", 10 * USEC_PER_MSEC), -ETIMEDOUT);
	kill(t->service, SIGCONT);
	assert_int_equal(echo(t, TOY_PATH, "x", USEC_NEVER), 0);
}

static void follows_the_daemon(void **state) {
	struct test *t = *state;
	start_and_follow(t);
	assert_int_equal(echo(t, TOY_PATH, "x", USEC_NEVER), 0);
	expect_event(t, CLIENT_EVENT_SIGNAL);
	stop_service(t);
	expect_event(t, CLIENT_EVENT_VANISHED);
	expect_nothing(t);
	start_service(t);
	expect_event(t, CLIENT_EVENT_APPEARED);
	assert_int_equal(echo(t, TOY_PATH, "x", USEC_NEVER), 0);
	expect_event(t, CLIENT_EVENT_SIGNAL);
	expect_nothing(t);
}

static void knows_a_daemon_that_was_there_before(void **state) {
	struct test *t = *state;
	start_and_follow(t);
	struct client *late = NULL;
	CLEANUP_TEXT char *problem = NULL;
	assert_int_equal(client_open(false, &late, &problem), 0);
	assert_int_equal(client_follow(late, &problem), 0);
	assert_true(client_is_daemon_present(late));
	client_free(late);
}

/* D-05: the same path, interface and member, to everybody and to us alone, and words that are
 * the bus's own. */
static void drops_signals_of_others(void **state) {
	struct test *t = *state;
	start_and_follow(t);
	const struct fixture f = { .bus = t->bus };
	DBusConnection *forger = fixture_new_client(&f);
	/* The client was the first on this bus. */
	const char *us = ":1.0";
	static const char *const signals[][2] = { { ROOT, "Creaked" },
		{ DBUS_INTERFACE_DBUS, "NameOwnerChanged" }, { DBUS_INTERFACE_DBUS, "NameLost" } };
	for (size_t i = 0; i < 2 * ARRAY_SIZE(signals); i++) {
		DBusMessage *m = message_new_signal(
			i % 2 ? DBUS_PATH_DBUS : TOY_PATH, signals[i / 2][0], signals[i / 2][1]);
		struct message_writer w;
		message_writer_init(&w, m);
		message_write_string(&w, BUS_NAME);
		message_write_string(&w, "");
		message_write_string(&w, i % 2 ? "" : dbus_bus_get_unique_name(forger));
		assert_true(dbus_message_set_destination(m, us));
		assert_true(dbus_connection_send(forger, m, NULL));
		dbus_message_unref(m);
	}
	dbus_connection_flush(forger);
	/* Whatever of it was not dropped would come before this. */
	assert_int_equal(echo(t, TOY_PATH, "x", USEC_NEVER), 0);
	expect_event(t, CLIENT_EVENT_SIGNAL);
	expect_nothing(t);
	assert_true(client_is_daemon_present(t->client));
	fixture_free_client(forger);
}

static void says_that_the_bus_went_away(void **state) {
	struct test *t = *state;
	struct client_event event;
	start_and_follow(t);
	private_bus_stop(&t->bus);
	int r = client_next(t->client, USEC_NEVER, &event);
	assert_int_equal(r, -ENOTCONN);
	assert_int_equal(client_next(t->client, USEC_NEVER, &event), -ENOTCONN);
	assert_int_equal(echo(t, TOY_PATH, "x", USEC_NEVER), -ENOTCONN);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_that_there_is_no_bus),
		cmocka_unit_test_setup_teardown(
			says_that_the_daemon_does_not_run, set_up, tear_down),
		cmocka_unit_test_setup_teardown(calls_get_replies_and_errors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(follows_the_daemon, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			knows_a_daemon_that_was_there_before, set_up, tear_down),
		cmocka_unit_test_setup_teardown(drops_signals_of_others, set_up, tear_down),
		cmocka_unit_test_setup_teardown(says_that_the_bus_went_away, set_up, tear_down),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	dbus_shutdown();
	return failed;
}
