#include "daemon/desktop.h"

#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "bus/connection.h"
#include "bus/service-watch.h"

struct desktop {
	sd_event *loop;
	struct connection *connection;
	struct service_watch *key_ring;
	struct service_watch *online_accounts;
	void (*changed)(void *userdata);
	void *userdata;
};

struct desktop *desktop_new(sd_event *loop, void (*changed)(void *userdata), void *userdata) {
	struct desktop *d = MEMORY_NEW(struct desktop);
	d->loop = loop;
	d->changed = changed;
	d->userdata = userdata;
	return d;
}

struct desktop *desktop_free(struct desktop *d) {
	if (!d)
		return NULL;
	service_watch_free(d->key_ring);
	service_watch_free(d->online_accounts);
	connection_free(d->connection);
	return memory_free(d);
}

/* Apart from the connection that has our name: what a key ring does must not delay signals, and the
 * system's daemon has its name on another bus. */
static int connect(struct desktop *d) {
	const struct connection_options options = { 0 };
	const struct connection_callbacks callbacks = { 0 };
	return d->connection ? 0 : connection_new(d->loop, &options, &callbacks, &d->connection);
}

static void watch_service(
	struct desktop *d, struct service_watch **watch, const char *name, const char *path) {
	int r = connect(d);
	if (r >= 0 && !*watch)
		r = service_watch_new(d->connection, name, path, watch);
	if (r < 0)
		log_error("%s cannot be watched: %s", name, strerror(-r));
	else
		service_watch_set_changed(*watch, d->changed, d->userdata);
}

struct connection *desktop_key_ring(struct desktop *d) {
	watch_service(d, &d->key_ring, "org.freedesktop.secrets", "/org/freedesktop/secrets");
	return d->key_ring ? d->connection : NULL;
}

struct connection *desktop_online_accounts(struct desktop *d) {
	watch_service(
		d, &d->online_accounts, "org.gnome.OnlineAccounts", "/org/gnome/OnlineAccounts");
	return d->online_accounts ? d->connection : NULL;
}
