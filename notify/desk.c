#include "notify/desk.h"

#include "base/memory.h"
#include "notify/answers.h"

#include <assert.h>
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
	struct answers *answers;
	GThread *thread;
	GMainContext *context; /* of the thread */
	GMainLoop *loop;
	bool is_busy; /* a card is with the thread */
	GHashTable *slots; /* key -> struct slot; the thread's */
	GMutex mutex; /* of what follows */
	GCond ended;
	bool has_ended;
};

/* What is on the screen for a key. */
struct slot {
	struct desk *desk;
	char *key;
	uint64_t serial;
	uint32_t question; /* was not answered in time; 0: all were */
	NotifyNotification *notification;
};

/* A card on its way into the thread, or an event on its way out. */
struct parcel {
	struct desk *desk;
	struct desk_card card; /* its texts are owned */
	char *key;
	enum desk_event_kind kind;
	uint64_t serial;
	uint32_t number;
	char *problem, *action, *token;
};

static void free_parcel(gpointer userdata) {
	struct parcel *p = userdata;

	memory_free(p->card.summary);
	memory_free(p->card.body);
	for (unsigned i = 0; i < p->card.n_actions; i++) {
		memory_free(p->card.actions[i].name);
		memory_free(p->card.actions[i].label);
	}
	memory_free(p->key);
	memory_free(p->problem);
	memory_free(p->action);
	memory_free(p->token);
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
		.key = p->key,
		.serial = p->serial,
		.number = p->number,
		.problem = p->problem,
		.action = p->action,
		.token = p->token,
	};

	if (p->kind == DESK_SHOWN || p->kind == DESK_FAILED || p->kind == DESK_WITHDRAWN)
		d->is_busy = false;
	if (d->on_event)
		d->on_event(&event, d->userdata);
	return G_SOURCE_REMOVE;
}

static struct parcel *new_parcel(struct desk *d) {
	struct parcel *p = MEMORY_NEW(struct parcel);

	p->desk = d;
	return p;
}

static struct parcel *new_event(const struct slot *slot, enum desk_event_kind kind) {
	struct parcel *p = new_parcel(slot->desk);

	p->kind = kind;
	p->serial = slot->serial;
	p->key = memory_strdup(slot->key);
	return p;
}

static uint32_t slot_number(const struct slot *slot) {
	gint number = 0;

	g_object_get(slot->notification, "id", &number, NULL);
	return (uint32_t)number;
}

static void set_slot_number(struct slot *slot, uint32_t number) {
	g_object_set(slot->notification, "id", (gint)number, NULL);
}

static void on_closed(NotifyNotification *notification, gpointer userdata) {
	struct slot *slot = userdata;

	send(NULL, deliver, new_event(slot, DESK_CLOSED));
	(void)g_hash_table_remove(slot->desk->slots, slot->key);
}

static void on_action(NotifyNotification *notification, char *action, gpointer userdata) {
	struct parcel *p = new_event(userdata, DESK_ACTION);

	p->action = memory_strdup(action);
	p->token = memory_strdup(notify_notification_get_activation_token(notification));
	send(NULL, deliver, p);
}

static void free_slot(gpointer userdata) {
	struct slot *slot = userdata;

	(void)g_signal_handlers_disconnect_by_data(slot->notification, slot);
	notify_notification_clear_actions(slot->notification);
	g_object_unref(slot->notification);
	memory_free(slot->key);
	memory_free(slot);
}

static struct slot *take_slot(struct desk *d, const struct parcel *p) {
	struct slot *slot = g_hash_table_lookup(d->slots, p->key);

	if (!slot) {
		slot = MEMORY_NEW(struct slot);
		slot->desk = d;
		slot->key = memory_strdup(p->key);
		slot->notification = notify_notification_new("-", NULL, NULL);
		(void)g_signal_connect(slot->notification, "closed", G_CALLBACK(on_closed), slot);
		(void)g_hash_table_insert(d->slots, slot->key, slot);
		set_slot_number(slot, p->card.number);
	} else if (slot->question > 0 && slot_number(slot) == 0) {
		set_slot_number(slot, answers_find(d->answers, slot->question));
	}
	slot->question = 0;
	slot->serial = p->card.serial;
	return slot;
}

static const NotifyUrgency urgencies[] = {
	[DESK_LOW] = NOTIFY_URGENCY_LOW,
	[DESK_NORMAL] = NOTIFY_URGENCY_NORMAL,
	[DESK_CRITICAL] = NOTIFY_URGENCY_CRITICAL,
};

static void set_hints(NotifyNotification *n, const struct parcel *p) {
	notify_notification_set_category(n, p->card.category);
	notify_notification_set_urgency(n, urgencies[p->card.urgency]);
	notify_notification_set_hint(n, "desktop-entry", g_variant_new_string(DESKTOP_ENTRY));
	if (p->card.sound)
		notify_notification_set_hint(n, "sound-name", g_variant_new_string(p->card.sound));
	if (p->card.is_quiet)
		notify_notification_set_hint(n, "suppress-sound", g_variant_new_boolean(TRUE));
	if (p->card.has_tag) {
		g_autofree char *tag = g_strconcat("posthorn-", p->key, NULL);

		notify_notification_set_hint(n, "x-dunst-stack-tag", g_variant_new_string(tag));
	}
}

static void fill(struct slot *slot, const struct parcel *p, bool is_plain) {
	NotifyNotification *n = slot->notification;

	notify_notification_clear_hints(n);
	notify_notification_clear_actions(n);
	(void)notify_notification_update(n, p->card.summary, p->card.body, is_plain ? NULL : ICON);
	if (is_plain)
		return;
	set_hints(n, p);
	for (unsigned i = 0; i < p->card.n_actions; i++)
		notify_notification_add_action(n, p->card.actions[i].name, p->card.actions[i].label,
			on_action, slot, NULL);
}

/* It looked at what we sent, and did not like it. */
static bool is_refusal(const GError *error) {
	g_autofree char *name = g_dbus_error_get_remote_error(error);

	return name && !g_str_has_prefix(name, "org.freedesktop.DBus.Error.NoReply") &&
	       !g_str_has_prefix(name, "org.freedesktop.DBus.Error.ServiceUnknown");
}

static bool try_to_show(
	struct slot *slot, const struct parcel *p, bool is_plain, GError **ret_error) {
	/* By its tag or by its number, not both: mako 1.7 replaces by the one, then finds itself by the
	 * other, and crashes. The tag is better: it also replaces what we have no number of. */
	if (p->card.has_tag && !is_plain)
		set_slot_number(slot, 0);
	fill(slot, p, is_plain);
	return notify_notification_show(slot->notification, ret_error);
}

static gboolean show(gpointer userdata) {
	struct parcel *p = userdata, *event;
	struct slot *slot = take_slot(p->desk, p);
	g_autoptr(GError) error = NULL, plain_error = NULL;
	bool is_shown = try_to_show(slot, p, false, &error);

	/* The text counts: whatever was refused, it may be shown without the trimmings. */
	if (!is_shown && is_refusal(error))
		is_shown = try_to_show(slot, p, true, &plain_error);
	event = new_event(slot, is_shown ? DESK_SHOWN : DESK_FAILED);
	event->number = is_shown ? slot_number(slot) : 0;
	if (!is_shown) {
		event->problem = memory_strdup(error->message);
		slot->question = answers_last_question(p->desk->answers);
	}
	send(NULL, deliver, event);
	return G_SOURCE_REMOVE;
}

static gboolean withdraw(gpointer userdata) {
	struct parcel *p = userdata, *event;
	struct slot *slot = take_slot(p->desk, p);

	/* It says that it closes what we close: nothing that anybody waits for. */
	(void)g_signal_handlers_disconnect_by_data(slot->notification, slot);
	if (slot_number(slot) > 0)
		(void)notify_notification_close(slot->notification, NULL);
	event = new_event(slot, DESK_WITHDRAWN);
	(void)g_hash_table_remove(p->desk->slots, slot->key);
	send(NULL, deliver, event);
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

struct desk *desk_new(GDBusConnection *bus, desk_event_fn on_event, void *userdata) {
	struct desk *d = MEMORY_NEW(struct desk);

	d->on_event = on_event;
	d->userdata = userdata;
	d->answers = answers_new(bus);
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
	d->answers = answers_free(d->answers);
	g_main_loop_unref(d->loop);
	g_main_context_unref(d->context);
	g_mutex_clear(&d->mutex);
	g_cond_clear(&d->ended);
	return memory_free(d);
}

void desk_show(struct desk *d, const struct desk_card *card) {
	struct parcel *p = new_parcel(d);

	assert(!d->is_busy && card->n_actions <= DESK_ACTIONS_MAX);
	p->key = memory_strdup(card->key);
	p->card = *card;
	p->card.key = p->key;
	d->is_busy = true;
	send(d->context, show, p);
}

void desk_withdraw(struct desk *d, const char *key, uint32_t number) {
	struct parcel *p = new_parcel(d);

	assert(!d->is_busy);
	p->key = memory_strdup(key);
	p->card.number = number;
	d->is_busy = true;
	send(d->context, withdraw, p);
}

bool desk_is_busy(const struct desk *d) {
	return d->is_busy;
}

void desk_forget_all(struct desk *d) {
	send(d->context, forget_all, new_parcel(d));
}
