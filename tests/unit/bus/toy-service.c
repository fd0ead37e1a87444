#include "toy-service.h"

#include "base/memory.h"
#include "bus/object-path.h"

#include <stdio.h>
#include <string.h>

static DBusMessage *root_echo(const struct object_call *call) {
	struct toy_service *t = call->object;
	struct message_reader r;
	const char *text;
	message_reader_init(&r, call->message);
	assert_int_equal(message_read_string(&r, &text), 0);
	t->n_calls++;
	DBusMessage *reply = message_new_reply(call->message);
	struct message_writer w;
	message_writer_init(&w, reply);
	message_write_string(&w, text);
	return reply;
}

/* Answered when the test says so. */
static DBusMessage *root_wait(const struct object_call *call) {
	struct toy_service *t = call->object;
	t->later = object_reply_later(call);
	t->is_waiting = true;
	return NULL;
}

static DBusMessage *endless_step(const struct object_call *call, void *job) {
	struct toy_service *t = job;
	t->is_waiting = true;
	return NULL;
}

static void *endless_free(void *job) {
	struct toy_service *t = job;
	t->is_waiting = false;
	return NULL;
}

/* Its reply never gets done. */
static DBusMessage *root_endless(const struct object_call *call) {
	static const struct object_slices slices = { endless_step, endless_free };
	return object_slices_reply(call, &slices, call->object);
}

static DBusMessage *root_subscribe(const struct object_call *call) {
	if (object_signals_subscribe(call->server, call->caller) < 0)
		return message_new_error(call->message, DBUS_ERROR_LIMITS_EXCEEDED, "too many");
	return message_new_reply(call->message);
}

static DBusMessage *root_unsubscribe(const struct object_call *call) {
	object_signals_unsubscribe(call->server, call->caller);
	return message_new_reply(call->message);
}

static void root_get_count(void *object, struct message_writer *w) {
	message_write_u32(w, (uint32_t)((struct toy_service *)object)->n_shelves);
}

static const struct object_method root_methods[] = {
	{ "Echo", "s", "text", "s", "text", root_echo },
	{ "Wait", NULL, NULL, NULL, NULL, root_wait },
	{ "Endless", NULL, NULL, "s", "text", root_endless },
	{ "Subscribe", NULL, NULL, NULL, NULL, root_subscribe },
	{ "Unsubscribe", NULL, NULL, NULL, NULL, root_unsubscribe },
};
static const struct object_property root_properties[] = {
	{ "Count", "u", OBJECT_EMITS_CHANGE, root_get_count },
};
static const struct object_signal root_signals[] = {
	{ "Creaked", "ts", "when where" },
};
const struct object_interface toy_root_interface = {
	.name = "org.posthorn.Toy.Root",
	.methods = root_methods,
	.n_methods = ARRAY_SIZE(root_methods),
	.properties = root_properties,
	.n_properties = ARRAY_SIZE(root_properties),
	.signals = root_signals,
	.n_signals = ARRAY_SIZE(root_signals),
};
static const struct object_interface *const root_interfaces[] = { &toy_root_interface, NULL };

static void shelf_get_label(void *object, struct message_writer *w) {
	message_write_string(w, ((struct toy_shelf *)object)->label);
}

static void shelf_get_height(void *object, struct message_writer *w) {
	message_write_u32(w, ((struct toy_shelf *)object)->height);
}

static void shelf_get_serial(void *object, struct message_writer *w) {
	message_write_u32(w, 7);
}

static void shelf_get_opened(void *object, struct message_writer *w) {
	message_write_u64(w, ((struct toy_shelf *)object)->opened);
}

static const struct object_property shelf_properties[] = {
	{ "Label", "s", OBJECT_EMITS_CHANGE, shelf_get_label },
	{ "Height", "u", OBJECT_EMITS_CHANGE, shelf_get_height },
	{ "Serial", "u", OBJECT_EMITS_CONST, shelf_get_serial },
	{ "Opened", "t", OBJECT_EMITS_NOTHING, shelf_get_opened },
};
const struct object_interface toy_shelf_interface = {
	.name = "org.posthorn.Toy.Shelf",
	.properties = shelf_properties,
	.n_properties = ARRAY_SIZE(shelf_properties),
};
const struct object_interface *const toy_shelf_interfaces[] = { &toy_shelf_interface, NULL };

static bool lookup(
	const char *path, struct caller *caller, struct object_ref *ret, void *userdata) {
	struct toy_service *t = userdata;
	if (strcmp(path, TOY_PATH) == 0) {
		*ret = (struct object_ref){ root_interfaces, t };
		return true;
	}
	for (size_t i = 0; i < t->n_shelves; i++)
		if (strcmp(path, t->shelves[i].path) == 0) {
			*ret = (struct object_ref){ toy_shelf_interfaces, &t->shelves[i] };
			return true;
		}
	return false;
}

static char *next(const char *path, struct caller *caller, struct object_ref *ret, void *userdata) {
	struct toy_service *t = userdata;
	size_t i = 0;
	for (size_t k = 0; path && k < t->n_shelves; k++)
		if (strcmp(path, t->shelves[k].path) == 0)
			i = k + 1;
	if (i == t->n_shelves)
		return NULL;
	*ret = (struct object_ref){ toy_shelf_interfaces, &t->shelves[i] };
	t->n_given++;
	return memory_strdup(t->shelves[i].path);
}

static void on_online(void *userdata) {
	((struct toy_service *)userdata)->online = true;
}

static void on_lost(enum connection_loss loss, const char *text, void *userdata) {
	((struct toy_service *)userdata)->online = false;
}

static void on_left(struct caller *caller, void *userdata) {
	((struct toy_service *)userdata)->n_left++;
}

static void init(struct toy_service *t, struct fixture *f, const char *name, bool has_callers) {
	memset(t, 0, sizeof(*t));
	t->fixture = f;
	const struct connection_options options = { .address = f->bus.address, .name = name };
	const struct connection_callbacks callbacks = { on_online, on_lost, t };
	assert_int_equal(connection_new(f->event, &options, &callbacks, &t->connection), 0);
	if (has_callers) {
		t->callers = callers_new(t->connection);
		callers_set_left(t->callers, on_left, t);
	}
	const struct object_tree tree = {
		.root = TOY_PATH,
		.callers = t->callers,
		.lookup = lookup,
		.next = next,
		.userdata = t,
	};
	t->server = object_server_new(t->connection, &tree);
	fixture_run_until(f, &t->online);
}

void toy_service_init(struct toy_service *t, struct fixture *f, const char *name) {
	init(t, f, name, false);
}

void toy_service_deinit(struct toy_service *t) {
	t->server = object_server_free(t->server);
	t->callers = callers_free(t->callers);
	t->connection = connection_free(t->connection);
}

struct toy_shelf *toy_service_add(struct toy_service *t, const char *id) {
	assert_true(t->n_shelves < TOY_SHELVES_MAX);
	struct toy_shelf *shelf = &t->shelves[t->n_shelves++];
	CLEANUP_TEXT char *path = object_path_from(TOY_PATH_SHELF, id);
	memset(shelf, 0, sizeof(*shelf));
	snprintf(shelf->path, sizeof(shelf->path), "%s", path);
	shelf->label = "";
	return shelf;
}

DBusMessage *toy_service_call(struct toy_service *t, const char *path, const char *interface,
	const char *member, const char *const *texts) {
	DBusMessage *call = message_new_call(TOY_NAME, path, interface, member);
	struct message_writer w;
	message_writer_init(&w, call);
	for (; texts && *texts; texts++)
		message_write_string(&w, *texts);
	return fixture_call(t->fixture, call);
}

static struct toy_test *new_test(const char *limits, bool has_callers) {
	struct toy_test *t = MEMORY_NEW(struct toy_test);
	fixture_init(&t->fixture, limits);
	init(&t->toy, &t->fixture, TOY_NAME, has_callers);
	return t;
}

struct toy_test *toy_test_new(const char *limits) {
	return new_test(limits, false);
}

struct toy_test *toy_test_new_callers(const char *limits) {
	return new_test(limits, true);
}

int toy_test_tear_down(void **state) {
	struct toy_test *t = *state;
	toy_service_deinit(&t->toy);
	fixture_deinit(&t->fixture);
	free(t);
	return 0;
}
