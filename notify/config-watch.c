#include "notify/config-watch.h"

#include "base/memory.h"

#include <gio/gio.h>

/* An editor writes a file in several steps. */
#define SETTLE_MSEC 200

struct config_watch {
	config_watch_fn on_changed;
	void *userdata;
	GPtrArray *monitors;
	guint timer;
};

static gboolean on_settled(gpointer userdata) {
	struct config_watch *w = userdata;

	w->timer = 0;
	w->on_changed(w->userdata);
	return G_SOURCE_REMOVE;
}

static void on_event(GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event,
	gpointer userdata) {
	struct config_watch *w = userdata;

	if (w->timer)
		(void)g_source_remove(w->timer);
	w->timer = g_timeout_add(SETTLE_MSEC, on_settled, w);
}

static void watch(struct config_watch *w, const char *folder, const char *below) {
	g_autofree char *path = g_build_filename(folder, below, NULL);
	g_autoptr(GFile) file = g_file_new_for_path(path);
	GFileMonitor *monitor =
		g_file_monitor_directory(file, G_FILE_MONITOR_WATCH_MOVES, NULL, NULL);

	if (!monitor)
		return;
	(void)g_signal_connect(monitor, "changed", G_CALLBACK(on_event), w);
	g_ptr_array_add(w->monitors, monitor);
}

struct config_watch *config_watch_new(
	const char *const *folders, config_watch_fn on_changed, void *userdata) {
	struct config_watch *w = MEMORY_NEW(struct config_watch);

	w->on_changed = on_changed;
	w->userdata = userdata;
	w->monitors = g_ptr_array_new_with_free_func(g_object_unref);
	for (; *folders; folders++) {
		watch(w, *folders, "");
		watch(w, *folders, "posthorn.conf.d");
		watch(w, *folders, "accounts.d");
	}
	return w;
}

struct config_watch *config_watch_free(struct config_watch *w) {
	if (!w)
		return NULL;
	for (guint i = 0; i < w->monitors->len; i++)
		(void)g_signal_handlers_disconnect_by_data(w->monitors->pdata[i], w);
	g_ptr_array_unref(w->monitors);
	if (w->timer)
		(void)g_source_remove(w->timer);
	return memory_free(w);
}
