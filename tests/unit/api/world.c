#include "world.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "bus/message.h"
#include "bus/names.h"

void world_init(struct world *w) {
	memset(w, 0, sizeof(*w));
	fixture_init(&w->fixture, "");
	setenv("DBUS_SESSION_BUS_ADDRESS", w->fixture.bus.address, 1);
	strcpy(w->directory, "/tmp/posthorn-api-XXXXXX");
	assert_non_null(mkdtemp(w->directory));
	snprintf(w->state_path, sizeof(w->state_path), "%s/state.db", w->directory);
	snprintf(w->folder, sizeof(w->folder), "%s/config", w->directory);
	w->folders[0] = w->folder;
	CLEANUP_TEXT char *accounts = memory_format("%s/accounts.d", w->folder);
	assert_int_equal(mkdir(w->folder, 0700), 0);
	assert_int_equal(mkdir(accounts, 0700), 0);
}

void world_deinit(struct world *w) {
	CLEANUP_TEXT char *clean = memory_format("rm -rf %s", w->directory);
	w->api = api_free(w->api);
	w->manager = manager_free(w->manager);
	assert_int_equal(system(clean), 0);
	fixture_deinit(&w->fixture);
}

void world_write_account(struct world *w, const char *id, const char *text) {
	CLEANUP_TEXT char *path = memory_format("%s/accounts.d/%s.conf", w->folder, id);
	if (!text) {
		assert_int_equal(unlink(path), 0);
		return;
	}
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static struct store *open_store(struct world *w, uint64_t keep_events) {
	const struct store_limits limits = { .keep_events = keep_events };
	struct store *store = NULL;
	enum store_opened opened;
	CLEANUP_TEXT char *problem = NULL;
	assert_int_equal(store_open(w->state_path, &limits, &store, &opened, &problem), 0);
	return store;
}

/* Any time will do: seq is that or one more. */
#define NOW UINT64_C(1700000000000000)

uint64_t world_append(struct world *w, const struct store_event *events, size_t n) {
	CLEANUP(store_close) struct store *store = open_store(w, 0);
	uint64_t seq = 0;
	for (size_t i = 0; i < n; i++)
		assert_int_equal(store_append(store, &events[i], NOW, &seq), 0);
	assert_int_equal(store_commit(store), 0);
	return seq;
}

void world_set_published(struct world *w, uint64_t seq) {
	CLEANUP(store_close) struct store *store = open_store(w, 0);
	store_set_published(store, seq);
}

void world_trim(struct world *w, uint64_t keep_events) {
	CLEANUP(store_close) struct store *store = open_store(w, keep_events);
	assert_int_equal(store_trim(store, NOW), 0);
	if (store_is_dirty(store))
		assert_int_equal(store_commit(store), 0);
}

static void on_state(enum api_state state, const char *text, void *userdata) {
	struct world *w = userdata;
	w->online = state == API_ONLINE;
	w->offline = state == API_OFFLINE;
}

void world_open(struct world *w) {
	const struct manager_settings settings = {
		.loop = w->fixture.event,
		.config_folders = w->folders,
		.state_path = w->state_path,
		.retry_cap_usec = USEC_PER_MINUTE,
	};
	assert_int_equal(manager_new(&settings, &w->manager), 0);
	const struct api_settings api = {
		.loop = w->fixture.event,
		.manager = w->manager,
		.changed = on_state,
		.userdata = w,
	};
	assert_int_equal(api_new(&api, &w->api), 0);
}

void world_listen(struct world *w) {
	DBusError error = DBUS_ERROR_INIT;
	dbus_bus_add_match(w->fixture.client, "type='signal',sender='" BUS_NAME "'", &error);
	assert_false(dbus_error_is_set(&error));
}

void world_start(struct world *w) {
	world_listen(w);
	world_open(w);
	fixture_run_until(&w->fixture, &w->online);
}

DBusMessage *world_call(struct world *w, const char *member, const char *signature, ...) {
	DBusMessage *call = message_new_call(BUS_NAME, BUS_PATH, BUS_INTERFACE_MANAGER, member);
	struct message_writer writer;
	va_list arguments;
	message_writer_init(&writer, call);
	va_start(arguments, signature);
	for (; *signature; signature++)
		if (*signature == 't')
			message_write_u64(&writer, va_arg(arguments, uint64_t));
		else if (*signature == 'u')
			message_write_u32(&writer, va_arg(arguments, uint32_t));
		else
			message_write_strings(&writer, va_arg(arguments, const char *const *));
	va_end(arguments);
	return fixture_call(&w->fixture, call);
}
