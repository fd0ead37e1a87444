#include "notify/daemon-proxy.h"

#include "base/log.h"
#include "bus/names.h"

/* With a unique name and without properties there is nothing that it could wait for. */
#define FLAGS (G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES | G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START)

PosthornManager *daemon_proxy_manager(GDBusConnection *bus, const char *owner) {
	g_autoptr(GError) error = NULL;
	PosthornManager *manager =
		posthorn_manager_proxy_new_sync(bus, FLAGS, owner, BUS_PATH, NULL, &error);

	if (!manager)
		log_warning("the daemon cannot be followed: %s", error->message);
	return manager;
}

PosthornAccount *daemon_proxy_account(GDBusConnection *bus, const char *owner, const char *path) {
	return posthorn_account_proxy_new_sync(
		bus, FLAGS | G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS, owner, path, NULL, NULL);
}
