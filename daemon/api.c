#include "daemon/api.h"

#include <string.h>

#include "base/memory.h"
#include "bus/callers.h"
#include "bus/connection.h"
#include "bus/names.h"
#include "bus/object-path.h"
#include "bus/object.h"
#include "daemon/access.h"
#include "daemon/account-config.h"
#include "daemon/account.h"
#include "daemon/api-account.h"
#include "daemon/api-manager.h"
#include "daemon/api-metrics.h"
#include "daemon/api-view.h"
#include "daemon/manager.h"
#include "daemon/metrics.h"
#include "daemon/readers.h"
#include "store/store.h"

struct api {
	struct manager *manager;
	struct connection *connection;
	struct callers *callers; /* NULL: the bus is one user's */
	struct access *access; /* the same */
	struct api_view everybody;
	uint64_t generation; /* of the configuration */
	struct object_server *server;
	struct connection_listener listener;
	api_state_fn changed;
	void *userdata;
};

static const struct object_interface *const manager_interfaces[] = { &api_manager_interface,
	&api_metrics_interface, NULL };
static const struct object_interface *const account_interfaces[] = { &api_account_interface, NULL };

/* The bus's view of the model */

static struct api_view *api_view_of(struct api *api, struct caller *caller) {
	if (!caller)
		return &api->everybody;
	struct api_view *view = caller->view;
	if (!view) {
		view = caller->view = MEMORY_NEW(struct api_view);
		view->manager = api->manager;
		view->access = api->access;
		view->caller = caller;
	}
	api_view_refresh(view, api->generation);
	return view;
}

static void api_on_left(struct caller *caller, void *userdata) {
	if (!caller->view)
		return;
	api_view_deinit(caller->view);
	caller->view = memory_free(caller->view);
}

static bool api_lookup(
	const char *path, struct caller *caller, struct object_ref *ret, void *userdata) {
	struct api_view *view = api_view_of(userdata, caller);
	if (!strcmp(path, BUS_PATH)) {
		*ret = (struct object_ref){ .interfaces = manager_interfaces, .object = view };
		return true;
	}
	CLEANUP_TEXT char *id = object_path_element(BUS_PATH_ACCOUNT, path);
	struct account *account = id ? api_view_account(view, id) : NULL;
	if (!account)
		return false;
	*ret = (struct object_ref){ .interfaces = account_interfaces, .object = account };
	return true;
}

static char *api_next(
	const char *path, struct caller *caller, struct object_ref *ret, void *userdata) {
	CLEANUP_TEXT char *id = path ? object_path_element(BUS_PATH_ACCOUNT, path) : NULL;
	struct account *account = api_view_after(api_view_of(userdata, caller), id);
	if (!account)
		return NULL;
	*ret = (struct object_ref){ .interfaces = account_interfaces, .object = account };
	return api_account_path(account);
}

/* The model's news for the bus: events, to everybody or to each subscriber who may see them */

static struct api_view *api_subscriber(struct api *api, unsigned slot) {
	struct caller *caller = callers_subscriber(api->callers, slot);
	return caller ? api_view_of(api, caller) : NULL;
}

/* The views that an event is for, one after the other: NULL behind the last. */
static struct api_view *api_next_listener(
	struct api *api, const struct store_event *event, unsigned *slot) {
	if (!api->callers)
		return (*slot)++ == 0 ? &api->everybody : NULL;
	while (*slot < CALLERS_SUBSCRIBERS_MAX) {
		struct api_view *view = api_subscriber(api, (*slot)++);
		if (view && api_view_has_events_of(view, event->account))
			return view;
	}
	return NULL;
}

static void api_tell(struct api *api, struct api_view *view, const struct store_event *event,
	DBusMessage *signal) {
	if (!api_view_is_late(view)) {
		DBusMessage *own =
			view->caller ? dbus_message_copy(signal) : dbus_message_ref(signal);
		if (!own ||
			(view->caller && !dbus_message_set_destination(own, view->caller->name)))
			abort();
		if (connection_send(api->connection, own) == 0) {
			view->n_told++;
			return;
		}
	}
	view->lagged_first = view->lagged_last ? view->lagged_first : event->seq;
	view->lagged_last = event->seq;
}

static bool api_may_tell(struct api *api, const struct store_event *event) {
	const struct api_view *view;
	unsigned slot = 0;
	if (!connection_is_online(api->connection))
		return false;
	if (!connection_is_congested(api->connection))
		return true;
	while ((view = api_next_listener(api, event, &slot)))
		if (!api_view_is_late(view))
			return false;
	return true;
}

static bool api_on_event(void *userdata, const struct store_event *event) {
	struct api *api = userdata;
	struct api_view *view;
	unsigned slot = 0;
	if (!api_may_tell(api, event))
		return false;
	if (api->access && event->account)
		access_note_event(api->access, event->account, event->seq);
	CLEANUP(message_free) DBusMessage *signal = api_manager_signal(event);
	while (signal && (view = api_next_listener(api, event, &slot)))
		api_tell(api, view, event, signal);
	return true;
}

static void api_tell_lagged(struct api *api, struct api_view *view) {
	view->n_told = 0;
	if (view->lagged_last == 0)
		return;
	DBusMessage *signal = api_manager_lagged(view->lagged_first, view->lagged_last);
	if (view->caller && !dbus_message_set_destination(signal, view->caller->name))
		abort();
	if (connection_send(api->connection, signal) == 0)
		view->lagged_first = view->lagged_last = 0;
}

/* The log is told to its end; or the bus takes bytes again. */
static void api_on_caught_up(void *userdata) {
	struct api *api = userdata;
	if (api->access) /* what was read of the log is the newest of what each may see */
		object_signals_changed(api->server, BUS_PATH, &api_manager_interface,
			api_manager_properties(MANAGER_CHANGED_SEQUENCE));
	api_tell_lagged(api, &api->everybody);
	for (unsigned slot = 0; api->callers && slot < CALLERS_SUBSCRIBERS_MAX; slot++) {
		struct api_view *view = api_subscriber(api, slot);
		if (view)
			api_tell_lagged(api, view);
	}
}

/* Accounts */

static void api_on_account_added(void *userdata, struct account *account) {
	struct api *api = userdata;
	CLEANUP_TEXT char *path = api_account_path(account);
	object_signals_added(api->server, path);
}

static bool may_see(const struct readers *readers, const struct caller *caller) {
	return caller->is_privileged || readers_have(readers, caller);
}

static void api_on_account_removed(void *userdata, struct account *account) {
	struct api *api = userdata;
	CLEANUP_TEXT char *path = api_account_path(account);
	object_signals_removed(api->server, path, account_interfaces);
	for (unsigned slot = 0; api->callers && slot < CALLERS_SUBSCRIBERS_MAX; slot++) {
		const struct caller *caller = callers_subscriber(api->callers, slot);
		const char *id = account_config(account)->id;
		if (caller && may_see(access_readers(api->access, id), caller))
			object_signals_hidden(api->server, path, account_interfaces, caller);
	}
}

static void api_on_account_changed(void *userdata, struct account *account, unsigned changed) {
	struct api *api = userdata;
	CLEANUP_TEXT char *path = api_account_path(account);
	object_signals_changed(
		api->server, path, &api_account_interface, api_account_properties(changed));
}

static void api_on_readers(struct account *account, const struct readers *before,
	const struct readers *after, void *userdata) {
	struct api *api = userdata;
	CLEANUP_TEXT char *path = api_account_path(account);
	for (unsigned slot = 0; slot < CALLERS_SUBSCRIBERS_MAX; slot++) {
		const struct caller *caller = callers_subscriber(api->callers, slot);
		if (!caller || may_see(before, caller) == may_see(after, caller))
			continue;
		if (may_see(after, caller))
			object_signals_shown(api->server, path, caller);
		else
			object_signals_hidden(api->server, path, account_interfaces, caller);
	}
}

/* What may be seen is settled in the same turn as the accounts are: before anything is sent. */
static void api_on_manager_changed(void *userdata, unsigned changed) {
	struct api *api = userdata;
	if (changed & MANAGER_CHANGED_CONFIG) {
		if (api->access)
			access_update(api->access, api_on_readers, api);
		api->generation++;
		/* Of who sees other accounts now; told later it would tell of an event of theirs. */
		changed |= MANAGER_CHANGED_SEQUENCE;
	}
	object_signals_changed(
		api->server, BUS_PATH, &api_manager_interface, api_manager_properties(changed));
}

/* The bus comes and goes */

static void api_on_online(void *userdata) {
	struct api *api = userdata;
	api->changed(API_ONLINE, NULL, api->userdata);
	api_on_caught_up(api);
	manager_publish(api->manager);
}

static void api_on_lost(enum connection_loss loss, const char *text, void *userdata) {
	struct api *api = userdata;
	enum api_state state = API_OFFLINE;
	switch (loss) {
	case CONNECTION_LOSS_UNREACHABLE:
	case CONNECTION_LOSS_ENDED:
		break;
	case CONNECTION_LOSS_REFUSED:
		state = API_REFUSED;
		break;
	case CONNECTION_LOSS_NAME_TAKEN:
		state = API_NAME_TAKEN;
		break;
	}
	api->changed(state, text, api->userdata);
}

/* A reader was slow and its bus full: what is in the log and was not sent goes on now. */
static void api_on_drained(struct connection_listener *listener) {
	struct api *api = CONTAINER_OF(listener, struct api, listener);
	api_on_caught_up(api);
	manager_publish(api->manager);
}

/* Before the objects, which take all calls. */
static bool api_on_message(struct connection_listener *listener, DBusMessage *message) {
	struct api *api = CONTAINER_OF(listener, struct api, listener);
	if (dbus_message_get_type(message) == DBUS_MESSAGE_TYPE_METHOD_CALL)
		manager_metrics(api->manager)->n_calls++;
	return false;
}

static int api_connect(struct api *api, sd_event *loop, bool is_system) {
	struct connection_options options = { .system = is_system, .name = BUS_NAME };
	struct connection_callbacks callbacks = {
		.on_online = api_on_online,
		.on_lost = api_on_lost,
		.userdata = api,
	};
	int r = connection_new(loop, &options, &callbacks, &api->connection);
	if (r < 0)
		return r;
	if (is_system) {
		api->access = access_new(api->manager);
		api->callers = callers_new(api->connection);
		callers_set_left(api->callers, api_on_left, api);
	}
	struct object_tree tree = {
		.root = BUS_PATH,
		.callers = api->callers,
		.lookup = api_lookup,
		.next = api_next,
		.userdata = api,
	};
	api->listener.on_drained = api_on_drained;
	api->listener.on_message = api_on_message;
	connection_listen(api->connection, &api->listener);
	api->server = object_server_new(api->connection, &tree);
	return 0;
}

int api_new(const struct api_settings *settings, struct api **ret) {
	CLEANUP(api_free) struct api *api = MEMORY_NEW(struct api);
	api->manager = settings->manager;
	api->everybody.manager = settings->manager;
	api->generation = 1;
	api->changed = settings->changed;
	api->userdata = settings->userdata;
	list_init(&api->listener.link);
	int r = api_connect(api, settings->loop, settings->is_system);
	if (r < 0)
		return r;
	struct manager_listener listener = {
		.event = api_on_event,
		.caught_up = api_on_caught_up,
		.account_added = api_on_account_added,
		.account_removed = api_on_account_removed,
		.account_changed = api_on_account_changed,
		.changed = api_on_manager_changed,
		.userdata = api,
	};
	manager_set_listener(api->manager, &listener);
	*ret = TAKE_PTR(api);
	return 0;
}

struct connection *api_connection(struct api *api) {
	return api->connection;
}

struct api *api_free(struct api *api) {
	if (!api)
		return NULL;
	manager_set_listener(api->manager, &(struct manager_listener){ 0 });
	connection_unlisten(&api->listener);
	object_server_free(api->server);
	callers_free(api->callers);
	access_free(api->access);
	connection_free(api->connection);
	free(api);
	return NULL;
}
