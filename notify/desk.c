#include "notify/desk.h"

#include "base/memory.h"

#include <assert.h>
#include <gio/gio.h>
#include <libnotify/notify.h>

#define APPLICATION_NAME "Posthorn"

/* The name of our .desktop file. Plasma keeps no history and GNOME shows no settings without it. */
#define DESKTOP_ENTRY "org.posthorn.Posthorn"

/* The application's icon and no image hint: libnotify asserts that it knows the version of the
 * service before it writes one, which is not so for a moment when the service restarts. */
#define ICON "mail-unread"

/* How long the end of the agent waits for the thread. */
#define PATIENCE_USEC (200 * USEC_PER_MSEC)

struct desk {
	desk_event_fn on_event;
	void *userdata;
	GThread *thread;
	GMainContext *context; /* of the thread */
	GMainLoop *loop;
	bool is_busy; /* a card is with the thread */
	GHashTable *slots; /* account -> struct slot; the thread's */
	GMutex mutex; /* of what follows */
	GCond ended;
	bool has_ended;
};

/* What is on the screen for an account. */
struct slot {
	struct desk *desk;
	char *account;
	uint64_t serial;
	NotifyNotification *notification;
};

/* A card on its way into the thread, or an event on its way out. */
struct parcel {
	struct desk *desk;
	enum desk_event_kind kind;
	uint64_t serial;
	char *account, *summary, *body, *problem;
	const char *sound; /* static */
	bool is_quiet, has_tag;
};

static void free_parcel(gpointer userdata) {
	struct parcel *p = userdata;

	memory_free(p->account);
	memory_free(p->summary);
	memory_free(p->body);
	memory_free(p->problem);
	memory_free(p);
}

/* g_main_context_invoke() may call at once; a source is always called by the context's own loop. */
static void send(GMainContext *context, GSourceFunc function, struct parcel *p) {
	GSource *source = g_idle_source_new();

	g_source_set_priority(source, G_PRIORITY_DEFAULT);
	g_source_set_callback(source, function, p, free_parcel);
	(void)g_source_attach(source, context);
	g_source_unref(source);
}

/* --- in the thread --- */

static gboolean deliver(gpointer userdata) {
	struct parcel *p = userdata;
	struct desk *d = p->desk;
	struct desk_event event = {
		.kind = p->kind,
		.account = p->account,
		.serial = p->serial,
		.problem = p->problem,
	};

	if (p->kind != DESK_CLOSED)
		d->is_busy = false;
	if (d->on_event)
		d->on_event(&event, d->userdata);
	return G_SOURCE_REMOVE;
}

static void tell(const struct slot *slot, enum desk_event_kind kind, const char *problem) {
	struct parcel *p = MEMORY_NEW(struct parcel);

	p->desk = slot->desk;
	p->kind = kind;
	p->serial = slot->serial;
	p->account = memory_strdup(slot->account);
	p->problem = memory_strdup(problem);
	send(NULL, deliver, p);
}

static void on_closed(NotifyNotification *notification, gpointer userdata) {
	struct slot *slot = userdata;

	tell(slot, DESK_CLOSED, NULL);
	(void)g_hash_table_remove(slot->desk->slots, slot->account);
}

static void free_slot(gpointer userdata) {
	struct slot *slot = userdata;

	(void)g_signal_handlers_disconnect_by_data(slot->notification, slot);
	g_object_unref(slot->notification);
	memory_free(slot->account);
	memory_free(slot);
}

static struct slot *take_slot(struct desk *d, const struct parcel *p) {
	struct slot *slot = g_hash_table_lookup(d->slots, p->account);

	if (slot) {
		(void)notify_notification_update(slot->notification, p->summary, p->body, ICON);
	} else {
		slot = MEMORY_NEW(struct slot);
		slot->desk = d;
		slot->account = memory_strdup(p->account);
		slot->notification = notify_notification_new(p->summary, p->body, ICON);
		(void)g_signal_connect(slot->notification, "closed", G_CALLBACK(on_closed), slot);
		(void)g_hash_table_insert(d->slots, slot->account, slot);
	}
	slot->serial = p->serial;
	return slot;
}

static void set_hints(NotifyNotification *n, const struct parcel *p) {
	notify_notification_clear_hints(n);
	notify_notification_set_category(n, "email.arrived");
	notify_notification_set_urgency(n, NOTIFY_URGENCY_NORMAL);
	notify_notification_set_hint(n, "desktop-entry", g_variant_new_string(DESKTOP_ENTRY));
	if (p->sound)
		notify_notification_set_hint(n, "sound-name", g_variant_new_string(p->sound));
	if (p->is_quiet)
		notify_notification_set_hint(n, "suppress-sound", g_variant_new_boolean(TRUE));
	if (p->has_tag) {
		g_autofree char *tag = g_strconcat("posthorn-", p->account, NULL);

		notify_notification_set_hint(n, "x-dunst-stack-tag", g_variant_new_string(tag));
	}
}

static gboolean show(gpointer userdata) {
	struct parcel *p = userdata;
	struct slot *slot = take_slot(p->desk, p);
	g_autoptr(GError) error = NULL;

	set_hints(slot->notification, p);
	if (notify_notification_show(slot->notification, &error))
		tell(slot, DESK_SHOWN, NULL);
	else
		tell(slot, DESK_FAILED, error->message);
	return G_SOURCE_REMOVE;
}

static gboolean forget_all(gpointer userdata) {
	struct parcel *p = userdata;

	g_hash_table_remove_all(p->desk->slots);
	return G_SOURCE_REMOVE;
}

static gboolean quit(gpointer userdata) {
	struct parcel *p = userdata;

	g_main_loop_quit(p->desk->loop);
	return G_SOURCE_REMOVE;
}

static gpointer run_thread(gpointer userdata) {
	struct desk *d = userdata;

	g_main_context_push_thread_default(d->context);
	(void)notify_init(APPLICATION_NAME);
	g_main_loop_run(d->loop);
	/* No notify_uninit(): it closes what is on the screen, which outlives the agent. */
	g_hash_table_destroy(d->slots);
	g_main_context_pop_thread_default(d->context);
	g_mutex_lock(&d->mutex);
	d->has_ended = true;
	g_cond_signal(&d->ended);
	g_mutex_unlock(&d->mutex);
	return NULL;
}

/* --- outside of it --- */

static struct parcel *new_parcel(struct desk *d) {
	struct parcel *p = MEMORY_NEW(struct parcel);

	p->desk = d;
	return p;
}

struct desk *desk_new(desk_event_fn on_event, void *userdata) {
	struct desk *d = MEMORY_NEW(struct desk);

	d->on_event = on_event;
	d->userdata = userdata;
	g_mutex_init(&d->mutex);
	g_cond_init(&d->ended);
	d->context = g_main_context_new();
	d->loop = g_main_loop_new(d->context, FALSE);
	d->slots = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_slot);
	d->thread = g_thread_new("desk", run_thread, d);
	return d;
}

/* False: it waits for a service that hangs. */
static bool wait_for_end(struct desk *d) {
	gint64 until = g_get_monotonic_time() + (gint64)PATIENCE_USEC;
	bool in_time = true;

	g_mutex_lock(&d->mutex);
	while (!d->has_ended && in_time)
		in_time = g_cond_wait_until(&d->ended, &d->mutex, until);
	in_time = d->has_ended;
	g_mutex_unlock(&d->mutex);
	return in_time;
}

struct desk *desk_free(struct desk *d) {
	if (!d)
		return NULL;
	d->on_event = NULL;
	send(d->context, quit, new_parcel(d));
	if (!wait_for_end(d)) {
		/* It uses all of this still. */
		g_thread_unref(d->thread);
		return NULL;
	}
	(void)g_thread_join(d->thread);
	g_main_loop_unref(d->loop);
	g_main_context_unref(d->context);
	g_mutex_clear(&d->mutex);
	g_cond_clear(&d->ended);
	return memory_free(d);
}

void desk_show(struct desk *d, const struct desk_card *card) {
	struct parcel *p = new_parcel(d);

	assert(!d->is_busy);
	p->serial = card->serial;
	p->account = memory_strdup(card->account);
	p->summary = memory_strdup(card->summary);
	p->body = memory_strdup(card->body);
	p->sound = card->sound;
	p->is_quiet = card->is_quiet;
	p->has_tag = card->has_tag;
	d->is_busy = true;
	send(d->context, show, p);
}

bool desk_is_busy(const struct desk *d) {
	return d->is_busy;
}

void desk_forget_all(struct desk *d) {
	send(d->context, forget_all, new_parcel(d));
}
