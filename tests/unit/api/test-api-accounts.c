/* Accounts on the bus: pages, properties, faults in the configuration, checks, and a reload. None
 * has a password, so nothing is ever connected to. */
#include "world.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "bus/message.h"
#include "bus/names.h"

#define GOOD "[Account]\nName=Work\nHost=mail.example.org\nUser=me\nPasswordFile=/x\n"
#define PROPERTIES DBUS_INTERFACE_PROPERTIES

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

/* The paths of a page of ListAccounts, between blanks; owned. */
static char *list(struct world *w, uint32_t offset, uint32_t limit, uint32_t *ret_total) {
	CLEANUP(message_free)
	DBusMessage *reply = world_call(w, BUS_METHOD_LIST_ACCOUNTS, "uu", offset, limit);
	struct message_reader r, accounts, account;
	const char *path;
	char *paths = memory_strdup("");
	message_reader_init(&r, reply);
	assert_string_equal(dbus_message_get_signature(reply), "a(oa{sv})u");
	assert_int_equal(message_read_enter(&r, DBUS_TYPE_ARRAY, &accounts), 0);
	while (message_read_enter(&accounts, DBUS_TYPE_STRUCT, &account) == 0) {
		assert_int_equal(message_read_string(&account, &path), 0);
		assert_memory_equal(path, BUS_PATH_ACCOUNT "/", strlen(BUS_PATH_ACCOUNT "/"));
		char *longer = memory_format("%s %s", paths, path + strlen(BUS_PATH_ACCOUNT "/"));
		free(paths);
		paths = longer;
	}
	assert_int_equal(message_read_u32(&r, ret_total), 0);
	return paths;
}

static void expect_page(struct world *w, uint32_t offset, uint32_t limit, const char *expected) {
	uint32_t total = 0;
	CLEANUP_TEXT char *paths = list(w, offset, limit, &total);
	assert_string_equal(paths, expected);
	assert_int_equal(total, 4);
}

static void accounts_come_in_pages(void **state) {
	static const char *const ids[] = { "work", "2nd", "me@example.org", "home" };
	struct world *w = *state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		world_write_account(w, ids[i], GOOD);
	world_start(w);
	expect_page(w, 0, 0, " _32nd home me_40example_2eorg work");
	expect_page(w, 0, 2, " _32nd home");
	expect_page(w, 3, 2, " work");
	expect_page(w, 4, 2, "");
	expect_page(w, UINT32_MAX, UINT32_MAX, "");
}

static void many_accounts_are_listed_whole(void **state) {
	enum {
		N = 1500
	};
	struct world *w = *state;
	for (unsigned i = 0; i < N; i++) {
		char id[32];
		snprintf(id, sizeof(id), "a%04u", i);
		world_write_account(w, id, GOOD);
	}
	world_start(w);
	uint32_t total = 0, n = 0;
	while (n < N) {
		CLEANUP_TEXT char *page = list(w, n, 0, &total);
		assert_int_equal(total, N);
		assert_true(*page);
		for (const char *c = page; *c; c++)
			n += *c == ' ';
	}
	assert_int_equal(n, N);
	DBusMessage *call = message_new_call(
		BUS_NAME, BUS_PATH, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects");
	CLEANUP(message_free) DBusMessage *all = fixture_call(&w->fixture, call);
	DBusMessageIter iter;
	assert_true(dbus_message_iter_init(all, &iter));
	assert_int_equal(dbus_message_iter_get_element_count(&iter), N);
}

/* A property of an object as text: numbers too. */
static char *get(struct world *w, const char *path, const char *interface, const char *name) {
	DBusMessage *call = message_new_call(BUS_NAME, path, PROPERTIES, "Get");
	struct message_writer writer;
	message_writer_init(&writer, call);
	message_write_string(&writer, interface);
	message_write_string(&writer, name);
	CLEANUP(message_free) DBusMessage *reply = fixture_call(&w->fixture, call);
	struct message_reader r, value;
	const char *text;
	uint64_t large;
	uint32_t small;
	assert_string_equal(fixture_error_name(reply), "");
	message_reader_init(&r, reply);
	assert_int_equal(message_read_enter(&r, DBUS_TYPE_VARIANT, &value), 0);
	if (message_read_string(&value, &text) == 0)
		return memory_strdup(text);
	if (message_read_u32(&value, &small) == 0)
		return memory_format("%u", small);
	assert_int_equal(message_read_u64(&value, &large), 0);
	return memory_format("%llu", (unsigned long long)large);
}

static void expect_property(
	struct world *w, const char *path, const char *name, const char *expected) {
	bool is_manager = strcmp(path, BUS_PATH) == 0;
	CLEANUP_TEXT char *value =
		get(w, path, is_manager ? BUS_INTERFACE_MANAGER : BUS_INTERFACE_ACCOUNT, name);
	assert_string_equal(value, expected);
}

static void properties_say_what_is_configured(void **state) {
	struct world *w = *state;
	const char *path = BUS_PATH_ACCOUNT "/work";
	world_write_account(w, "work", GOOD);
	world_start(w);
	expect_property(w, path, BUS_PROPERTY_ID, "work");
	expect_property(w, path, BUS_PROPERTY_NAME, "Work");
	expect_property(w, path, BUS_PROPERTY_PROTOCOL, "imap");
	expect_property(w, path, BUS_PROPERTY_HOST, "mail.example.org");
	expect_property(w, path, BUS_PROPERTY_USER, "me");
	expect_property(w, path, BUS_PROPERTY_STATE, "offline");
	expect_property(w, path, BUS_PROPERTY_REASON, "");
	expect_property(w, path, BUS_PROPERTY_REASON_TEXT, "");
	expect_property(w, path, BUS_PROPERTY_STRATEGY, "");
	expect_property(w, path, BUS_PROPERTY_UNSEEN, "0");
	expect_property(w, path, BUS_PROPERTY_TOTAL, "0");
	expect_property(w, path, BUS_PROPERTY_LAST_CONTACT, "0");
	expect_property(w, path, BUS_PROPERTY_RETRY_AT, "0");
	expect_property(w, BUS_PATH, BUS_PROPERTY_UNSEEN, "0");
	expect_property(w, BUS_PATH, BUS_PROPERTY_ACCOUNTS_ONLINE, "0");
	expect_property(w, BUS_PATH, BUS_PROPERTY_ACCOUNTS_FAILED, "0");
	expect_property(w, BUS_PATH, BUS_PROPERTY_LAST_SEQUENCE, "0");
}

/* The fault is told, though the text that it is about is not UTF-8. */
static void a_bad_account_is_there_to_be_seen(void **state) {
	struct world *w = *state;
	const char *path = BUS_PATH_ACCOUNT "/bad";
	world_write_account(
		w, "bad", "[Account]\nHost=h\nUser=u\nPasswordFile=/x\nPort=\xff\xfe\n");
	world_start(w);
	manager_start(w->manager);
	for (;;) {
		CLEANUP_TEXT char *state_word =
			get(w, path, BUS_INTERFACE_ACCOUNT, BUS_PROPERTY_STATE);
		if (strcmp(state_word, "failed") == 0)
			break;
	}
	expect_property(w, path, BUS_PROPERTY_REASON, "config-error");
	CLEANUP_TEXT char *text = get(w, path, BUS_INTERFACE_ACCOUNT, BUS_PROPERTY_REASON_TEXT);
	assert_non_null(strstr(text, "bad.conf"));
	expect_property(w, BUS_PATH, BUS_PROPERTY_ACCOUNTS_FAILED, "1");
}

static void only_known_accounts_are_checked(void **state) {
	static const struct {
		const char *ids[4];
		const char *error;
	} cases[] = {
		{ { NULL }, "" },
		{ { "home", "work" }, "" },
		{ { "home", "work", "home" }, DBUS_ERROR_LIMITS_EXCEEDED },
		{ { "work", "nobody" }, BUS_ERROR_NO_SUCH_ACCOUNT },
		{ { "" }, BUS_ERROR_NO_SUCH_ACCOUNT },
		{ { "../work" }, BUS_ERROR_NO_SUCH_ACCOUNT },
		{ { "\xef\xbf\xbe%s%n" }, BUS_ERROR_NO_SUCH_ACCOUNT },
	};
	struct world *w = *state;
	world_write_account(w, "work", GOOD);
	world_write_account(w, "home", GOOD);
	world_start(w);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(message_free)
		DBusMessage *reply = world_call(w, BUS_METHOD_CHECK_NOW, "a", cases[i].ids);
		assert_string_equal(fixture_error_name(reply), cases[i].error);
	}
	DBusMessage *call = message_new_call(
		BUS_NAME, BUS_PATH_ACCOUNT "/work", BUS_INTERFACE_ACCOUNT, BUS_METHOD_CHECK_NOW);
	CLEANUP(message_free) DBusMessage *reply = fixture_call(&w->fixture, call);
	assert_string_equal(fixture_error_name(reply), "");
}

/* Waits until PropertiesChanged of the object says that `name` is `expected`. */
static void wait_for_change(
	struct world *w, const char *path, const char *name, const char *expected) {
	for (bool found = false; !found;) {
		CLEANUP(message_free)
		DBusMessage *m = fixture_wait_signal(&w->fixture, PROPERTIES, "PropertiesChanged");
		struct message_reader r, properties, value;
		const char *key, *text;
		uint32_t number;
		message_reader_init(&r, m);
		assert_int_equal(message_read_string(&r, &text), 0);
		assert_int_equal(message_read_enter(&r, DBUS_TYPE_ARRAY, &properties), 0);
		while (message_read_entry(&properties, &key, &value) == 1) {
			CLEANUP_TEXT char *real = NULL;
			if (message_read_string(&value, &text) == 0)
				real = memory_strdup(text);
			else if (message_read_u32(&value, &number) == 0)
				real = memory_format("%u", number);
			found |= real && !strcmp(key, name) && !strcmp(real, expected) &&
				 dbus_message_has_path(m, path);
		}
	}
}

/* Without a password an attempt fails at once; who was not checked has made none. */
static void a_check_is_an_attempt(void **state) {
	static const char *const bad[] = { "home", "nobody", NULL };
	static const char *const good[] = { "work", NULL };
	struct world *w = *state;
	world_write_account(w, "work", GOOD);
	world_write_account(w, "home", GOOD);
	world_start(w);
	dbus_message_unref(world_call(w, BUS_METHOD_CHECK_NOW, "a", bad));
	dbus_message_unref(world_call(w, BUS_METHOD_CHECK_NOW, "a", good));
	wait_for_change(w, BUS_PATH_ACCOUNT "/work", BUS_PROPERTY_REASON, "secret-failed");
	wait_for_change(w, BUS_PATH, BUS_PROPERTY_ACCOUNTS_FAILED, "1");
	expect_property(w, BUS_PATH_ACCOUNT "/home", BUS_PROPERTY_STATE, "offline");
	expect_property(w, BUS_PATH_ACCOUNT "/home", BUS_PROPERTY_REASON, "");
	dbus_message_unref(world_call(w, BUS_METHOD_CHECK_NOW, "a", &bad[2]));
	wait_for_change(w, BUS_PATH, BUS_PROPERTY_ACCOUNTS_FAILED, "2");
}

static void expect_object_signal(struct world *w, const char *member, const char *expected) {
	CLEANUP(message_free)
	DBusMessage *m =
		fixture_wait_signal(&w->fixture, "org.freedesktop.DBus.ObjectManager", member);
	struct message_reader r;
	const char *path;
	message_reader_init(&r, m);
	assert_int_equal(message_read_string(&r, &path), 0);
	assert_string_equal(path, expected);
}

static void reload(struct world *w) {
	CLEANUP(message_free) DBusMessage *reply = world_call(w, BUS_METHOD_RELOAD, "");
	assert_string_equal(fixture_error_name(reply), "");
}

static void a_reload_tells_what_came_and_went(void **state) {
	struct world *w = *state;
	world_write_account(w, "work", GOOD);
	world_write_account(w, "home", GOOD);
	world_start(w);
	world_write_account(w, "new", GOOD);
	world_write_account(w, "home", NULL);
	reload(w);
	expect_object_signal(w, "InterfacesRemoved", BUS_PATH_ACCOUNT "/home");
	expect_object_signal(w, "InterfacesAdded", BUS_PATH_ACCOUNT "/new");
	/* A changed account is another one. */
	world_write_account(w, "work", GOOD "Port=1143\n");
	reload(w);
	expect_object_signal(w, "InterfacesRemoved", BUS_PATH_ACCOUNT "/work");
	expect_object_signal(w, "InterfacesAdded", BUS_PATH_ACCOUNT "/work");
	reload(w);
	reload(w);
	assert_int_equal(fixture_count_signals(&w->fixture, "InterfacesRemoved"), 0);
	assert_int_equal(fixture_count_signals(&w->fixture, "InterfacesAdded"), 0);
	uint32_t total;
	CLEANUP_TEXT char *paths = list(w, 0, 0, &total);
	assert_string_equal(paths, " new work");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(accounts_come_in_pages, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_accounts_are_listed_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			properties_say_what_is_configured, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_bad_account_is_there_to_be_seen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_known_accounts_are_checked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_check_is_an_attempt, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_reload_tells_what_came_and_went, set_up, tear_down),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	dbus_shutdown();
	return failed;
}
