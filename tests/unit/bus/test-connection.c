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

static void service_init_stalls(
	struct service *s, struct fixture *f, const char *name, uint64_t stall_usec) {
	memset(s, 0, sizeof(*s));
	const struct connection_options options = {
		.address = f->bus.address,
		.name = name,
		.stall_usec = stall_usec,
	};
	const struct connection_callbacks callbacks = { on_online, on_lost, s };
	assert_int_equal(connection_new(f->event, &options, &callbacks, &s->connection), 0);
	assert_false(connection_is_online(s->connection));
}

static void service_init(struct service *s, struct fixture *f, const char *name) {
	service_init_stalls(s, f, name, 0);
}

/* More may wait for a program than the bus takes from one that sends. */
#define LIMITS                                               \
	"<limit name=\"max_incoming_bytes\">2000000</limit>" \
	"<limit name=\"max_outgoing_bytes\">100000000</limit>"

static int set_up(void **state) {
	struct fixture *f = MEMORY_NEW(struct fixture);
	fixture_init(f, LIMITS);
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
static void d04_says_that_the_name_is_taken(void **state) {
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

/* Each attempt is a new connection, of which the bus tells. */
static void the_same_refusal_is_told_once(void **state) {
	struct fixture *f = *state;
	struct service first, second;
	service_init(&first, f, BUS_NAME);
	fixture_run_until(f, &first.online);
	fixture_match(f, "type='signal',member='NameOwnerChanged'");
	service_init(&second, f, BUS_NAME);
	/* Came and went, twice, and came. */
	for (unsigned i = 0; i < 5; i++) {
		DBusMessage *m = fixture_wait_signal(f, DBUS_INTERFACE_DBUS, "NameOwnerChanged");
		dbus_message_unref(m);
	}
	assert_int_equal(second.n_lost, 1);
	connection_free(second.connection);
	connection_free(first.connection);
}

/* D-02 */
static void d02_comes_back_with_the_bus(void **state) {
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

/* D-08. The bus has our messages until they are read, and hears us no more at its limit. */
static void d08_a_bus_that_waits_for_a_sloth_is_left(void **state) {
	struct fixture *f = *state;
	struct service s;
	service_init_stalls(&s, f, BUS_NAME, 100 * USEC_PER_MSEC);
	fixture_run_until(f, &s.online);
	DBusConnection *sloth = fixture_new_client(f);
	CLEANUP_TEXT char *text = memory_zalloc(64 * 1024, 1);
	memset(text, 'x', 64 * 1024 - 1);
	while (s.n_lost == 0) {
		DBusMessage *m = message_new_signal(BUS_PATH, BUS_INTERFACE_MANAGER, "X");
		assert_true(
			dbus_message_append_args(m, DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID));
		assert_true(dbus_message_set_destination(m, dbus_bus_get_unique_name(sloth)));
		if (connection_send(s.connection, m) < 0)
			assert_true(sd_event_run(f->event, UINT64_MAX) >= 0);
	}
	assert_int_equal(s.loss, CONNECTION_LOSS_ENDED);
	assert_non_null(strstr(s.text, "does not read"));
	/* What waits for the sloth is not counted against the new one. */
	fixture_run_until(f, &s.online);
	fixture_match(f, "type='signal',sender='" BUS_NAME "'");
	DBusMessage *m = message_new_signal(BUS_PATH, BUS_INTERFACE_MANAGER, "Y");
	assert_int_equal(connection_send(s.connection, m), 0);
	dbus_message_unref(fixture_wait_signal(f, BUS_INTERFACE_MANAGER, "Y"));
	assert_int_equal(s.n_lost, 1);
	connection_free(s.connection);
	fixture_free_client(sloth);
}

/* Peers */

struct follower {
	struct peer *peer;
	bool present;
	bool vanished;
	bool signalled;
	unsigned n_appeared;
	unsigned n_signals;
	bool leave; /* frees the peer from inside */
};

static void on_appeared(void *userdata) {
	struct follower *f = userdata;
	f->present = true;
	f->n_appeared++;
	if (f->leave)
		f->peer = peer_free(f->peer);
}

static void on_vanished(void *userdata) {
	struct follower *f = userdata;
	f->present = false;
	f->vanished = true;
	if (f->leave)
		f->peer = peer_free(f->peer);
}

static void on_signal(DBusMessage *m, void *userdata) {
	struct follower *f = userdata;
	f->signalled = true;
	f->n_signals++;
}

#define OTHER "org.posthorn.Other"

static struct peer *follow(struct follower *f, struct service *s) {
	const struct peer_callbacks callbacks = {
		.on_appeared = on_appeared,
		.on_vanished = on_vanished,
		.on_signal = on_signal,
		.userdata = f,
	};
	return peer_new(s->connection, OTHER, &callbacks);
}

static DBusMessage *new_news(struct service *to) {
	DBusMessage *m = message_new_signal("/other", "org.posthorn.Other.News", "News");
	if (to)
		assert_true(
			dbus_message_set_destination(m, connection_unique_name(to->connection)));
	return m;
}

static void a_peer_comes_and_goes(void **state) {
	struct fixture *f = *state;
	struct service us, other;
	struct follower follower = { 0 };
	service_init(&us, f, BUS_NAME);
	follower.peer = follow(&follower, &us);
	fixture_run_until(f, &us.online);
	assert_null(peer_owner(follower.peer));
	service_init(&other, f, OTHER);
	fixture_run_until(f, &follower.present);
	fixture_run_until(f, &other.online);
	assert_string_equal(peer_owner(follower.peer), connection_unique_name(other.connection));
	assert_int_equal(connection_send(other.connection, new_news(NULL)), 0);
	fixture_run_until(f, &follower.signalled);
	other.connection = connection_free(other.connection);
	fixture_run_until(f, &follower.vanished);
	assert_null(peer_owner(follower.peer));
	assert_int_equal(follower.n_appeared, 1);
	assert_int_equal(follower.n_signals, 1);
	peer_free(follower.peer);
	connection_free(us.connection);
}

/* A peer that was there first is found by asking, and again after the bus was started anew. */
static void a_peer_is_found_again(void **state) {
	struct fixture *f = *state;
	struct service us, other;
	struct follower follower = { 0 };
	service_init(&us, f, BUS_NAME);
	service_init(&other, f, OTHER);
	fixture_run_until(f, &us.online);
	fixture_run_until(f, &other.online);
	follower.peer = follow(&follower, &us);
	fixture_run_until(f, &follower.present);
	private_bus_stop(&f->bus);
	fixture_run_until(f, &follower.vanished);
	private_bus_start(&f->bus);
	fixture_run_until(f, &follower.present);
	assert_int_equal(follower.n_appeared, 2);
	peer_free(follower.peer);
	connection_free(us.connection);
	connection_free(other.connection);
}

static void a_peer_may_be_freed_in_its_callbacks(void **state) {
	struct fixture *f = *state;
	struct service us, other;
	struct follower early = { .leave = true }, late = { 0 };
	service_init(&us, f, BUS_NAME);
	service_init(&other, f, OTHER);
	early.peer = follow(&early, &us);
	late.peer = follow(&late, &us);
	fixture_run_until(f, &late.present);
	fixture_run_until(f, &early.present);
	assert_null(early.peer);
	late.leave = true;
	other.connection = connection_free(other.connection);
	fixture_run_until(f, &late.vanished);
	assert_null(late.peer);
	connection_free(us.connection);
}

/* The question for its owner is still on its way; the answer finds nobody. */
static void a_peer_may_be_freed_before_the_answer(void **state) {
	struct fixture *f = *state;
	struct service us;
	struct follower follower = { 0 };
	service_init(&us, f, BUS_NAME);
	fixture_run_until(f, &us.online);
	follower.peer = peer_free(follow(&follower, &us));
	DBusMessage *ping = message_new_call(BUS_NAME, "/", DBUS_INTERFACE_PEER, "Ping");
	dbus_message_unref(fixture_call(f, ping));
	assert_int_equal(follower.n_appeared, 0);
	connection_free(us.connection);
}

/* Sends what only the bus may say, and what only the peer may say, to the service alone. */
static void forge(struct fixture *f, struct service *us) {
	static const char *const members[] = { "NameOwnerChanged", "NameLost", "NameAcquired" };
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		DBusMessage *m =
			message_new_signal(DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, members[i]);
		struct message_writer w;
		message_writer_init(&w, m);
		message_write_string(&w, i == 0 ? OTHER : BUS_NAME);
		message_write_string(&w, "");
		message_write_string(&w, "");
		assert_true(
			dbus_message_set_destination(m, connection_unique_name(us->connection)));
		assert_true(dbus_connection_send(f->client, m, NULL));
		dbus_message_unref(m);
	}
	DBusMessage *m = new_news(us);
	assert_true(dbus_connection_send(f->client, m, NULL));
	dbus_message_unref(m);
	dbus_connection_flush(f->client);
}

/* D-05 */
static void d05_forged_signals_are_dropped(void **state) {
	struct fixture *f = *state;
	struct service us, other;
	struct follower follower = { 0 };
	service_init(&us, f, BUS_NAME);
	service_init(&other, f, OTHER);
	follower.peer = follow(&follower, &us);
	fixture_run_until(f, &follower.present);
	fixture_run_until(f, &other.online);
	forge(f, &us);
	/* The bus keeps no order between two senders: a reply to the forger shows that all it sent
	 * has arrived. */
	DBusMessage *ping = message_new_call(BUS_NAME, "/", DBUS_INTERFACE_PEER, "Ping");
	dbus_message_unref(fixture_call(f, ping));
	assert_int_equal(connection_send(other.connection, new_news(NULL)), 0);
	fixture_run_until(f, &follower.signalled);
	assert_int_equal(follower.n_signals, 1);
	assert_true(follower.present && !follower.vanished);
	assert_true(us.online && us.n_lost == 0);
	peer_free(follower.peer);
	connection_free(us.connection);
	connection_free(other.connection);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(owns_its_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(d04_says_that_the_name_is_taken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_same_refusal_is_told_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(d02_comes_back_with_the_bus, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			waits_for_a_bus_that_is_not_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			d08_a_bus_that_waits_for_a_sloth_is_left, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_peer_comes_and_goes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_peer_is_found_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_peer_may_be_freed_in_its_callbacks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_peer_may_be_freed_before_the_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(d05_forged_signals_are_dropped, set_up, tear_down),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	dbus_shutdown();
	return failed;
}
