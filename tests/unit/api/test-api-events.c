/* ReadEvents and the signals, from a store with events in it: every starting point (D-07), what
 * retention dropped, answers that do not fit, and what was committed but not signalled (D-09). */
#include "world.h"

#include <string.h>

#include "base/memory.h"
#include "bus/message.h"
#include "bus/names.h"

static const struct store_event full = {
	.type = STORE_EVENT_NEW,
	.id = "imap://me@host/INBOX;UIDVALIDITY=1/;UID=7",
	.account = "me@work",
	.mailbox = "INBOX",
	.uid = 7,
	.uidvalidity = 1,
	.received_usec = 11,
	.date_usec = 12,
	.from_name = "Ann",
	.from_address = "ann@example.org",
	.subject = "",
	.message_id = "<m@example.org>",
	.thread_id = "T1",
	.email_id = "E1",
	.list_id = "list",
	.auto_submitted = "auto-generated",
	.precedence = "bulk",
	.flags = "\\Flagged $Forwarded",
	.labels = "\\Inbox\nTwo words\nB\u00fcro",
	.size = 1234,
	.preview = "Hello",
};
static const struct store_event bare = {
	.type = STORE_EVENT_NEW,
	.id = "imap://me@host/INBOX;UIDVALIDITY=1/;UID=8",
	.account = "me@work",
	.mailbox = "INBOX",
	.uid = 8,
	.uidvalidity = 1,
};
static const struct store_event retired = {
	.type = STORE_EVENT_RETIRED,
	.id = "imap://me@host/INBOX;UIDVALIDITY=1/;UID=7",
	.account = "me@work",
	.mailbox = "INBOX",
	.reason = "seen",
};
static const struct store_event reset = {
	.type = STORE_EVENT_RESET,
	.account = "me@work",
	.mailbox = "INBOX",
	.uidvalidity = 2,
	.reason = "uidvalidity",
};

static int set_up(void **state) {
	struct world *w = MEMORY_NEW(struct world);
	world_init(w);
	*state = w;
	return 0;
}

static int tear_down(void **state) {
	world_deinit(*state);
	free(*state);
	return 0;
}

/* One answer of ReadEvents. */
struct page {
	DBusMessage *reply;
	struct message_reader events;
	unsigned n;
	uint64_t first_seq;
	uint64_t last_seq; /* of the last event in it */
	uint64_t last;
};

static uint64_t seq_of(struct message_reader *events) {
	struct message_reader entries, value;
	const char *key;
	uint64_t seq = 0;
	assert_int_equal(message_read_enter(events, DBUS_TYPE_ARRAY, &entries), 0);
	while (message_read_entry(&entries, &key, &value) == 1)
		if (strcmp(key, BUS_KEY_SEQ) == 0)
			assert_int_equal(message_read_u64(&value, &seq), 0);
	assert_true(seq > 0);
	return seq;
}

static void read_page(struct world *w, uint64_t after, uint32_t limit, struct page *ret) {
	struct message_reader r, events;
	memset(ret, 0, sizeof(*ret));
	ret->reply = world_call(w, BUS_METHOD_READ_EVENTS, "tu", after, limit);
	assert_string_equal(fixture_error_name(ret->reply), "");
	message_reader_init(&r, ret->reply);
	assert_int_equal(message_read_enter(&r, DBUS_TYPE_ARRAY, &events), 0);
	ret->events = events;
	for (; message_reader_type(&events) != DBUS_TYPE_INVALID; ret->n++) {
		uint64_t seq = seq_of(&events);
		assert_true(seq > ret->last_seq && seq > after);
		ret->first_seq = ret->n == 0 ? seq : ret->first_seq;
		ret->last_seq = seq;
	}
	assert_int_equal(message_read_u64(&r, &ret->last), 0);
	if (ret->n > 0)
		assert_true(ret->last == ret->last_seq);
}

static struct page page_of(struct world *w, uint64_t after, uint32_t limit) {
	struct page page;
	read_page(w, after, limit, &page);
	page.reply = message_free(page.reply);
	return page;
}

/* D-07 */
static void d07_reads_from_any_point(void **state) {
	struct world *w = *state;
	enum {
		N = 1100
	};
	struct store_event *events = MEMORY_NEW_ARRAY(struct store_event, N);
	for (unsigned i = 0; i < N; i++)
		events[i] = bare;
	uint64_t last = world_append(w, events, N);
	free(events);
	world_start(w);
	struct page page = page_of(w, 0, 1);
	assert_int_equal(page.n, 1);
	uint64_t first = page.first_seq;
	assert_true(last == first + N - 1);
	assert_int_equal(page_of(w, 0, 10).n, 10);
	assert_int_equal(page_of(w, 0, 0).n, 1000);
	assert_int_equal(page_of(w, 0, UINT32_MAX).n, 1000);
	assert_int_equal(page_of(w, first, 1).first_seq, first + 1);
	page = page_of(w, last - 1, 0);
	assert_true(page.n == 1 && page.last == last);
	static const uint64_t beyond[] = { 0, 1, UINT64_MAX };
	for (size_t i = 0; i < ARRAY_SIZE(beyond); i++) {
		page = page_of(w, beyond[i] == UINT64_MAX ? UINT64_MAX : last + beyond[i], 0);
		assert_true(page.n == 0 && page.last == last);
	}
}

static void an_empty_log_has_nothing(void **state) {
	struct world *w = *state;
	world_start(w);
	struct page page = page_of(w, 0, 0);
	assert_true(page.n == 0 && page.last == 0);
}

static void d07_says_what_is_gone(void **state) {
	struct world *w = *state;
	struct store_event events[10];
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		events[i] = bare;
	uint64_t last = world_append(w, events, ARRAY_SIZE(events));
	world_trim(w, 4);
	world_start(w);
	CLEANUP(message_free)
	DBusMessage *gone = world_call(w, BUS_METHOD_READ_EVENTS, "tu", last - 9, (uint32_t)0);
	assert_string_equal(fixture_error_name(gone), BUS_ERROR_SEQUENCE_GONE);
	assert_int_equal(page_of(w, 0, 0).n, 4);
	assert_int_equal(page_of(w, last - 4, 0).n, 4);
	assert_int_equal(page_of(w, last - 3, 0).n, 3);
}

/* Five megabytes of events: the answers stay small, and going on from `last` gives all of them. */
static void answers_stay_small(void **state) {
	struct world *w = *state;
	enum {
		N = 320
	};
	CLEANUP_TEXT char *text = memory_zalloc(STORE_TEXT_MAX, 1);
	memset(text, 'x', STORE_TEXT_MAX - 1);
	struct store_event *events = MEMORY_NEW_ARRAY(struct store_event, N);
	for (unsigned i = 0; i < N; i++) {
		events[i] = bare;
		events[i].preview = text;
	}
	uint64_t last = world_append(w, events, N);
	free(events);
	world_start(w);
	unsigned n = 0, n_pages = 0;
	for (uint64_t after = 0; after != last; n_pages++) {
		struct page page;
		char *bytes;
		int size;
		read_page(w, after, 0, &page);
		assert_true(page.n > 0);
		assert_true(dbus_message_marshal(page.reply, &bytes, &size));
		dbus_free(bytes);
		assert_true(size < MESSAGE_BODY_MAX + 64 * 1024);
		page.reply = message_free(page.reply);
		n += page.n;
		after = page.last;
	}
	assert_int_equal(n, N);
	assert_true(n_pages >= 5);
}

/* The keys and types of an a{sv}, in its order: "seq:t id:s". */
static char *shape_of(struct message_reader *events) {
	struct message_reader entries, value;
	const char *key;
	char *shape = memory_strdup("");
	assert_int_equal(message_read_enter(events, DBUS_TYPE_ARRAY, &entries), 0);
	while (message_read_entry(&entries, &key, &value) == 1) {
		char *signature = dbus_message_iter_get_signature(&value.iter);
		char *longer = memory_format("%s%s%s:%s", shape, *shape ? " " : "", key, signature);
		dbus_free(signature);
		free(shape);
		shape = longer;
	}
	return shape;
}

static void what_is_not_known_is_left_out(void **state) {
	static const char *const shapes[] = {
		"type:s seq:t id:s account:s mailbox:s uid:u uidvalidity:u received:t date:t "
		"from_name:s "
		"from_address:s subject:s message_id:s thread_id:s email_id:s list_id:s "
		"auto_submitted:s precedence:s flags:as labels:as size:t preview:s",
		"type:s seq:t id:s account:s mailbox:s uid:u uidvalidity:u",
		"type:s seq:t id:s account:s mailbox:s reason:s",
		"type:s seq:t account:s mailbox:s uidvalidity:u reason:s",
	};
	const struct store_event events[] = { full, bare, retired, reset };
	struct world *w = *state;
	struct page page;
	world_append(w, events, ARRAY_SIZE(events));
	world_start(w);
	read_page(w, 0, 0, &page);
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		CLEANUP_TEXT char *shape = shape_of(&page.events);
		assert_string_equal(shape, shapes[i]);
	}
	page.reply = message_free(page.reply);
}

static void expect_signal(struct world *w, const char *member, uint64_t seq, const char *shape) {
	CLEANUP(message_free)
	DBusMessage *m = fixture_wait_signal(&w->fixture, BUS_INTERFACE_MANAGER, member);
	struct message_reader r;
	uint64_t found;
	const char *path;
	message_reader_init(&r, m);
	assert_string_equal(dbus_message_get_path(m), BUS_PATH);
	assert_int_equal(message_read_u64(&r, &found), 0);
	assert_true(found == seq);
	assert_int_equal(message_read_string(&r, &path), 0);
	assert_string_equal(path, BUS_PATH_ACCOUNT "/me_40work");
	CLEANUP_TEXT char *real = shape_of(&r);
	assert_string_equal(real, shape);
}

/* D-09: as after a crash between the commit and the signals. */
static void d09_what_was_not_signalled_is_signalled(void **state) {
	const struct store_event events[] = { bare, retired, reset, bare };
	struct world *w = *state;
	uint64_t last = world_append(w, events, ARRAY_SIZE(events));
	world_start(w);
	expect_signal(w, BUS_SIGNAL_NEW_MAIL, last - 3,
		"seq:t id:s account:s mailbox:s uid:u uidvalidity:u");
	expect_signal(
		w, BUS_SIGNAL_MAIL_RETIRED, last - 2, "seq:t id:s account:s mailbox:s reason:s");
	expect_signal(w, BUS_SIGNAL_MAILBOX_RESET, last - 1,
		"seq:t account:s mailbox:s uidvalidity:u reason:s");
	expect_signal(
		w, BUS_SIGNAL_NEW_MAIL, last, "seq:t id:s account:s mailbox:s uid:u uidvalidity:u");
	(void)page_of(w, 0, 0);
	assert_int_equal(fixture_count_signals(&w->fixture, BUS_SIGNAL_NEW_MAIL), 0);
	assert_int_equal(fixture_count_signals(&w->fixture, BUS_SIGNAL_MAIL_RETIRED), 0);
}

/* The bus was away for longer than the log goes back: what is still there is signalled. */
static void what_was_dropped_meanwhile_is_passed_over(void **state) {
	static const char shape[] = "seq:t id:s account:s mailbox:s uid:u uidvalidity:u";
	const struct store_event events[] = { bare, bare, bare, bare, bare };
	struct world *w = *state;
	uint64_t last = world_append(w, events, ARRAY_SIZE(events));
	world_set_published(w, last - 4);
	world_trim(w, 2);
	world_start(w);
	expect_signal(w, BUS_SIGNAL_NEW_MAIL, last - 1, shape);
	expect_signal(w, BUS_SIGNAL_NEW_MAIL, last, shape);
}

/* Without a bus nothing is lost; when there is one, each comes once. */
static void signals_wait_for_a_bus(void **state) {
	static const char shape[] = "seq:t id:s account:s mailbox:s uid:u uidvalidity:u";
	const struct store_event events[] = { bare, bare };
	struct world *w = *state;
	uint64_t last = world_append(w, events, ARRAY_SIZE(events));
	fixture_disconnect(&w->fixture);
	private_bus_stop(&w->fixture.bus);
	world_open(w);
	manager_publish(w->manager);
	fixture_run_until(&w->fixture, &w->offline);
	private_bus_start(&w->fixture.bus);
	fixture_connect(&w->fixture);
	world_listen(w);
	fixture_run_until(&w->fixture, &w->online);
	expect_signal(w, BUS_SIGNAL_NEW_MAIL, last - 1, shape);
	expect_signal(w, BUS_SIGNAL_NEW_MAIL, last, shape);
	manager_publish(w->manager);
	(void)page_of(w, 0, 0);
	assert_int_equal(fixture_count_signals(&w->fixture, BUS_SIGNAL_NEW_MAIL), 0);
}

/* A thousand are told one by one, what is behind them is told of once and stays in the log. */
static void a_burst_is_not_told_one_by_one(void **state) {
	enum {
		N = 1500
	};
	struct world *w = *state;
	struct store_event *events = MEMORY_NEW_ARRAY(struct store_event, N);
	for (unsigned i = 0; i < N; i++)
		events[i] = bare;
	uint64_t end = world_append(w, events, N);
	free(events);
	world_start(w);
	CLEANUP(message_free)
	DBusMessage *m = fixture_wait_signal(&w->fixture, BUS_INTERFACE_MANAGER, BUS_SIGNAL_LAGGED);
	uint64_t first = 0, last = 0;
	struct message_reader r;
	message_reader_init(&r, m);
	assert_int_equal(message_read_u64(&r, &first), 0);
	assert_int_equal(message_read_u64(&r, &last), 0);
	assert_true(last == end && first == end - 499);
	assert_int_equal(fixture_count_signals(&w->fixture, BUS_SIGNAL_NEW_MAIL), 1000);
	struct page page = page_of(w, first - 1, 0);
	assert_true(page.n == 500 && page.first_seq == first && page.last == last);
	manager_publish(w->manager);
	(void)page_of(w, 0, 1);
	assert_int_equal(fixture_count_signals(&w->fixture, BUS_SIGNAL_LAGGED), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(d07_reads_from_any_point, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_empty_log_has_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(d07_says_what_is_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(answers_stay_small, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_known_is_left_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			d09_what_was_not_signalled_is_signalled, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_was_dropped_meanwhile_is_passed_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(signals_wait_for_a_bus, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_burst_is_not_told_one_by_one, set_up, tear_down),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	dbus_shutdown();
	return failed;
}
