#include "daemon/api.h"

#include <string.h>

#include "base/memory.h"
#include "bus/connection.h"
#include "bus/names.h"
#include "bus/object-path.h"
#include "bus/object.h"
#include "daemon/account.h"
#include "daemon/api-account.h"
#include "daemon/api-manager.h"
#include "daemon/api-metrics.h"
#include "daemon/manager.h"
#include "daemon/metrics.h"

struct api {
	struct manager *manager;
	struct connection *connection;
	struct object_server *server;
	struct connection_listener listener;
	api_state_fn changed;
	void *userdata;
};

static const struct object_interface *const manager_interfaces[] = { &api_manager_interface,
	&api_metrics_interface, NULL };
static const struct object_interface *const account_interfaces[] = { &api_account_interface, NULL };

/* The bus's view of the model */

static bool api_lookup(const char *path, struct object_ref *ret, void *userdata) {
	struct api *api = userdata;
	if (!strcmp(path, BUS_PATH)) {
		*ret = (struct object_ref){ .interfaces = manager_interfaces,
			.object = api->manager };
		return true;
	}
	CLEANUP_TEXT char *id = object_path_element(BUS_PATH_ACCOUNT, path);
	struct account *account = id ? manager_account(api->manager, id) : NULL;
	if (!account)
		return false;
	*ret = (struct object_ref){ .interfaces = account_interfaces, .object = account };
	return true;
}

static void api_enumerate(object_each_fn each, void *each_userdata, void *userdata) {
	struct api *api = userdata;
	struct account *account;
	for (size_t i = 0; (account = manager_account_at(api->manager, i)); i++) {
		CLEANUP_TEXT char *path = api_account_path(account);
		struct object_ref ref = { .interfaces = account_interfaces, .object = account };
		each(path, &ref, each_userdata);
	}
}

/* The model's news for the bus */

static bool api_on_event(void *userdata, const struct store_event *event) {
	struct api *api = userdata;
	if (!connection_is_online(api->connection))
		return false;
	DBusMessage *signal = api_manager_signal(event);
	return !signal || connection_send(api->connection, signal) == 0;
}

static bool api_on_lagged(void *userdata, uint64_t first, uint64_t last) {
	struct api *api = userdata;
	return connection_is_online(api->connection) &&
	       connection_send(api->connection, api_manager_lagged(first, last)) == 0;
}

static void api_on_account_added(void *userdata, struct account *account) {
	struct api *api = userdata;
	CLEANUP_TEXT char *path = api_account_path(account);
	object_server_added(api->server, path);
}

static void api_on_account_removed(void *userdata, struct account *account) {
	struct api *api = userdata;
	CLEANUP_TEXT char *path = api_account_path(account);
	object_server_removed(api->server, path, account_interfaces);
}

static void api_on_account_changed(void *userdata, struct account *account, unsigned changed) {
	struct api *api = userdata;
	CLEANUP_TEXT char *path = api_account_path(account);
	object_server_changed(
		api->server, path, &api_account_interface, api_account_properties(changed));
}

static void api_on_manager_changed(void *userdata, unsigned changed) {
	struct api *api = userdata;
	object_server_changed(
		api->server, BUS_PATH, &api_manager_interface, api_manager_properties(changed));
}

/* The bus comes and goes */

static void api_on_online(void *userdata) {
	struct api *api = userdata;
	api->changed(API_ONLINE, NULL, api->userdata);
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
	struct object_tree tree = {
		.root = BUS_PATH,
		.lookup = api_lookup,
		.enumerate = api_enumerate,
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
	api->changed = settings->changed;
	api->userdata = settings->userdata;
	list_init(&api->listener.link);
	int r = api_connect(api, settings->loop, settings->is_system);
	if (r < 0)
		return r;
	struct manager_listener listener = {
		.event = api_on_event,
		.lagged = api_on_lagged,
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

struct api *api_free(struct api *api) {
	if (!api)
		return NULL;
	manager_set_listener(api->manager, &(struct manager_listener){ 0 });
	connection_unlisten(&api->listener);
	object_server_free(api->server);
	connection_free(api->connection);
	free(api);
	return NULL;
}
