#include "bus/service-watch.h"

#include "base/list.h"
#include "base/memory.h"
#include "bus/connection.h"
#include "bus/message.h"

#include <string.h>

struct service_watch {
	struct connection *connection;
	struct connection_listener listener;
	sd_event_source *timer;
	const char *name;
	const char *path;
	uint64_t wait_usec; /* from the next change on */
	uint64_t told_usec; /* the last time */
	void (*changed)(void *userdata);
	void *userdata;
};

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
	struct service_watch *w = userdata;
	w->told_usec = usec;
	if (w->changed)
		w->changed(w->userdata);
	return 0;
}

static void arm(struct service_watch *w) {
	int enabled = SD_EVENT_OFF;
	uint64_t now = 0;
	(void)sd_event_source_get_enabled(w->timer, &enabled);
	if (enabled != SD_EVENT_OFF)
		return;
	/* Asking makes the bus start the service: one that dies of it would change for ever. */
	(void)sd_event_now(connection_event(w->connection), CLOCK_MONOTONIC, &now);
	bool is_calm = w->told_usec == 0 || now >= w->told_usec + SERVICE_WATCH_MAX_USEC;
	w->wait_usec = is_calm ? SERVICE_WATCH_USEC : MIN(2 * w->wait_usec, SERVICE_WATCH_MAX_USEC);
	(void)sd_event_source_set_time_relative(w->timer, w->wait_usec);
	(void)sd_event_source_set_enabled(w->timer, SD_EVENT_ONESHOT);
}

static void on_online(struct connection_listener *listener) {
	struct service_watch *w = CONTAINER_OF(listener, struct service_watch, listener);
	CLEANUP_TEXT char *signals =
		memory_format("type='signal',sender='%s',path_namespace='%s'", w->name, w->path);
	connection_match(w->connection, "AddMatch", signals);
	connection_match_owner(w->connection, "AddMatch", w->name);
	/* What happened before is not known. */
	arm(w);
}

static bool is_ours(const struct service_watch *w, DBusMessage *m) {
	const char *path = dbus_message_get_path(m);
	if (dbus_message_get_type(m) != DBUS_MESSAGE_TYPE_SIGNAL || !path)
		return false;
	if (!dbus_message_is_signal(m, DBUS_INTERFACE_DBUS, "NameOwnerChanged"))
		return !strncmp(path, w->path, strlen(w->path));
	struct message_reader r;
	const char *name, *was, *is;
	message_reader_init(&r, m);
	/* One that has gone answers nothing. */
	return message_read_string(&r, &name) == 0 && message_read_string(&r, &was) == 0 &&
	       message_read_string(&r, &is) == 0 && *is && !strcmp(name, w->name);
}

static bool on_message(struct connection_listener *listener, DBusMessage *m) {
	struct service_watch *w = CONTAINER_OF(listener, struct service_watch, listener);
	if (is_ours(w, m))
		arm(w);
	return false; /* a signal is for all who listen */
}

int service_watch_new(struct connection *connection, const char *name, const char *path,
	struct service_watch **ret) {
	CLEANUP(service_watch_free) struct service_watch *w = MEMORY_NEW(struct service_watch);
	w->connection = connection;
	w->name = name;
	w->path = path;
	w->listener = (struct connection_listener){
		.on_online = on_online,
		.on_message = on_message,
	};
	list_init(&w->listener.link);
	int r = sd_event_add_time(
		connection_event(connection), &w->timer, CLOCK_MONOTONIC, 0, 1, on_timer, w);
	if (r >= 0)
		r = sd_event_source_set_enabled(w->timer, SD_EVENT_OFF);
	if (r < 0)
		return r;
	connection_listen(connection, &w->listener);
	if (connection_is_online(connection))
		on_online(&w->listener);
	*ret = TAKE_PTR(w);
	return 0;
}

void service_watch_set_changed(
	struct service_watch *w, void (*changed)(void *userdata), void *userdata) {
	w->changed = changed;
	w->userdata = userdata;
}

struct service_watch *service_watch_free(struct service_watch *w) {
	if (!w)
		return NULL;
	connection_unlisten(&w->listener);
	w->timer = sd_event_source_disable_unref(w->timer);
	return memory_free(w);
}
