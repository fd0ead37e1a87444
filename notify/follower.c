#include "notify/follower.h"

#include "base/log.h"
#include "base/memory.h"
#include "bus/names.h"

#include <inttypes.h>
#include <string.h>

/* Events in one answer: some hundred KiB, well below any limit of a bus. */
#define READ_EVENTS_MAX 500

/* A daemon that is there but does not answer is asked again. */
#define RETRY_SECONDS 10

#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"
#define PROPERTIES "org.freedesktop.DBus.Properties"

enum follower_state {
	FOLLOWER_AWAY, /* the daemon is not on the bus */
	FOLLOWER_NAMING, /* the accounts are asked for */
	FOLLOWER_ASKING, /* LastSequence is asked for */
	FOLLOWER_READING, /* the log is read */
	FOLLOWER_LIVE, /* signals are all there is */
};

struct follower {
	GDBusConnection *bus;
	struct accounts *accounts;
	struct follower_listener listener;
	enum follower_state state;
	guint watch;
	char *owner; /* unique name of the daemon; NULL while it is away */
	guint events_subscription, objects_subscription;
	GCancellable *cancellable; /* of the question under way */
	guint retry; /* timer */
	bool has_position;
	uint64_t position;
	uint64_t first_signalled; /* the lowest number before the position was known; 0: none */
	bool was_signalled; /* since the log was last asked for */
};

static const char *state_to_string(enum follower_state state) {
	switch (state) {
	case FOLLOWER_AWAY:
		return "away";
	case FOLLOWER_NAMING:
		return "naming";
	case FOLLOWER_ASKING:
		return "asking";
	case FOLLOWER_READING:
		return "reading";
	case FOLLOWER_LIVE:
		return "live";
	}
	return NULL;
}

static void enter_state(struct follower *f, enum follower_state state) {
	log_debug("daemon: %s, was %s, position %" PRIu64, state_to_string(state),
		state_to_string(f->state), f->position);
	f->state = state;
}

/* Only the keys that the words are made of; the texts live as long as `event`. */
static bool parse_mail(GVariant *event, const char **ret_account, struct news_mail *ret) {
	*ret = (struct news_mail){ 0 };
	*ret_account = NULL;
	(void)g_variant_lookup(event, BUS_KEY_MAILBOX, "&s", &ret->mailbox);
	(void)g_variant_lookup(event, BUS_KEY_FROM_NAME, "&s", &ret->from_name);
	(void)g_variant_lookup(event, BUS_KEY_FROM_ADDRESS, "&s", &ret->from_address);
	(void)g_variant_lookup(event, BUS_KEY_SUBJECT, "&s", &ret->subject);
	return g_variant_lookup(event, BUS_KEY_SEQ, "t", &ret->seq) &&
	       g_variant_lookup(event, BUS_KEY_ACCOUNT, "&s", ret_account);
}

static void give_mail(struct follower *f, GVariant *event) {
	const char *account;
	struct news_mail mail;

	if (!parse_mail(event, &account, &mail)) {
		log_warning("an event of the daemon has no number or no account, ignoring");
		return;
	}
	if (f->state == FOLLOWER_LIVE && !accounts_name(f->accounts, account))
		accounts_load(f->accounts, f->owner, NULL, NULL);
	f->listener.on_mail(account, &mail, f->listener.userdata);
}

static void advance(struct follower *f, uint64_t position) {
	f->position = position;
	f->has_position = true;
	f->listener.on_position(f->listener.userdata);
}

/* --- the log of the daemon --- */

static void start(struct follower *f);
static void read_on(struct follower *f); /* which on_events() calls again */

static gboolean on_retry(gpointer userdata) {
	struct follower *f = userdata;

	f->retry = 0;
	start(f);
	return G_SOURCE_REMOVE;
}

static void fail(struct follower *f, const char *what, const GError *error) {
	log_warning("%s: %s; asking again in %d s", what, error->message, RETRY_SECONDS);
	enter_state(f, FOLLOWER_AWAY);
	f->retry = g_timeout_add_seconds(RETRY_SECONDS, on_retry, f);
}

static uint64_t give_events(struct follower *f, GVariant *events) {
	GVariantIter iterator;
	GVariant *event;
	uint64_t last = 0;

	g_variant_iter_init(&iterator, events);
	while ((event = g_variant_iter_next_value(&iterator))) {
		const char *type = "";

		(void)g_variant_lookup(event, BUS_KEY_TYPE, "&s", &type);
		(void)g_variant_lookup(event, BUS_KEY_SEQ, "t", &last);
		if (!strcmp(type, BUS_TYPE_NEW) && last > f->position)
			give_mail(f, event);
		g_variant_unref(event);
	}
	return last;
}

/* Signals are not taken while the log is read: the daemon stores an event before it signals it, so
 * the log has it. But GDBus may give out an answer after a signal that the daemon sent behind it,
 * so the last answer is one around which there was no signal. */
static void take_events(struct follower *f, GVariant *reply) {
	g_autoptr(GVariant) events = NULL;
	uint64_t end;

	g_variant_get(reply, "(@aa{sv}t)", &events, NULL);
	end = give_events(f, events);
	if (end > f->position)
		advance(f, end);
	else if (!f->was_signalled) {
		enter_state(f, FOLLOWER_LIVE);
		return;
	}
	read_on(f);
}

static void on_events(GObject *source, GAsyncResult *result, gpointer userdata) {
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return; /* `userdata` may be gone */
	struct follower *f = userdata;
	g_clear_object(&f->cancellable);
	if (reply) {
		take_events(f, reply);
		return;
	}
	g_autofree char *name = g_dbus_error_get_remote_error(error);
	if (!g_strcmp0(name, BUS_ERROR_SEQUENCE_GONE) && f->position > 0) {
		log_warning("the daemon's log begins behind event %" PRIu64
			    ": some mail is not told",
			f->position);
		f->position = 0;
		read_on(f);
		return;
	}
	fail(f, "the daemon's events cannot be read", error);
}

static void read_on(struct follower *f) {
	f->was_signalled = false;
	f->cancellable = g_cancellable_new();
	g_dbus_connection_call(f->bus, f->owner, BUS_PATH, BUS_INTERFACE_MANAGER,
		BUS_METHOD_READ_EVENTS, g_variant_new("(tu)", f->position, READ_EVENTS_MAX),
		G_VARIANT_TYPE("(aa{sv}t)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, f->cancellable,
		on_events, f);
}

/* --- where the log is --- */

static void take_last_sequence(struct follower *f, uint64_t last) {
	if (!f->has_position) {
		/* Mail that came while we asked is not old. */
		if (f->first_signalled > 0)
			last = MIN(last, f->first_signalled - 1);
		advance(f, last);
	} else if (f->position > last) {
		/* Its state was lost. With our number we would wait for what never comes. */
		log_warning("the daemon's log ends at event %" PRIu64 ", before %" PRIu64
			    " that was told: following from there",
			last, f->position);
		advance(f, last);
	}
	enter_state(f, FOLLOWER_READING);
	read_on(f);
}

static void on_last_sequence(GObject *source, GAsyncResult *result, gpointer userdata) {
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return; /* `userdata` may be gone */
	struct follower *f = userdata;
	g_clear_object(&f->cancellable);
	if (!reply) {
		fail(f, "the daemon does not say its last event", error);
		return;
	}
	g_autoptr(GVariant) value = NULL;
	uint64_t last = 0;
	g_variant_get(reply, "(v)", &value);
	if (g_variant_is_of_type(value, G_VARIANT_TYPE_UINT64))
		last = g_variant_get_uint64(value);
	take_last_sequence(f, last);
}

static void on_accounts(void *userdata) {
	struct follower *f = userdata;

	enter_state(f, FOLLOWER_ASKING);
	f->cancellable = g_cancellable_new();
	g_dbus_connection_call(f->bus, f->owner, BUS_PATH, PROPERTIES, "Get",
		g_variant_new("(ss)", BUS_INTERFACE_MANAGER, BUS_PROPERTY_LAST_SEQUENCE),
		G_VARIANT_TYPE("(v)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, f->cancellable,
		on_last_sequence, f);
}

static void start(struct follower *f) {
	enter_state(f, FOLLOWER_NAMING);
	accounts_load(f->accounts, f->owner, on_accounts, f);
}

/* --- what it signals --- */

/* GDBus gives out only what fits the rule, whose sender is a unique name that cannot be forged;
 * looking once more costs nothing and does not rest on that. */
static void on_event(GDBusConnection *bus, const gchar *sender, const gchar *path,
	const gchar *interface, const gchar *member, GVariant *parameters, gpointer userdata) {
	struct follower *f = userdata;
	g_autoptr(GVariant) event = NULL;
	uint64_t seq;

	if (g_strcmp0(sender, f->owner) ||
		!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(toa{sv})")))
		return;
	g_variant_get(parameters, "(t&o@a{sv})", &seq, NULL, &event);
	if (!f->has_position && (f->first_signalled == 0 || seq < f->first_signalled))
		f->first_signalled = seq;
	f->was_signalled = true;
	if (f->state != FOLLOWER_LIVE || seq <= f->position)
		return;
	if (!strcmp(member, BUS_SIGNAL_NEW_MAIL))
		give_mail(f, event);
	advance(f, seq);
}

static void on_objects_changed(GDBusConnection *bus, const gchar *sender, const gchar *path,
	const gchar *interface, const gchar *member, GVariant *parameters, gpointer userdata) {
	struct follower *f = userdata;

	if (!g_strcmp0(sender, f->owner) && f->state >= FOLLOWER_ASKING)
		accounts_load(f->accounts, f->owner, NULL, NULL);
}

/* --- its coming and going --- */

static void on_appeared(
	GDBusConnection *bus, const gchar *name, const gchar *owner, gpointer userdata) {
	struct follower *f = userdata;

	f->owner = memory_strdup(owner);
	f->events_subscription =
		g_dbus_connection_signal_subscribe(bus, owner, BUS_INTERFACE_MANAGER, NULL,
			BUS_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_event, f, NULL);
	f->objects_subscription = g_dbus_connection_signal_subscribe(bus, owner, OBJECT_MANAGER,
		NULL, BUS_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_objects_changed, f, NULL);
	start(f);
}

static void unfollow(struct follower *f) {
	if (f->events_subscription)
		g_dbus_connection_signal_unsubscribe(f->bus, f->events_subscription);
	if (f->objects_subscription)
		g_dbus_connection_signal_unsubscribe(f->bus, f->objects_subscription);
	f->events_subscription = f->objects_subscription = 0;
	if (f->retry)
		(void)g_source_remove(f->retry);
	f->retry = 0;
	if (f->cancellable)
		g_cancellable_cancel(f->cancellable);
	g_clear_object(&f->cancellable);
	accounts_cancel(f->accounts);
	f->owner = memory_free(f->owner);
}

static void on_vanished(GDBusConnection *bus, const gchar *name, gpointer userdata) {
	struct follower *f = userdata;

	unfollow(f);
	enter_state(f, FOLLOWER_AWAY);
}

struct follower *follower_new(GDBusConnection *bus, struct accounts *accounts,
	const uint64_t *cursor, const struct follower_listener *listener) {
	struct follower *f = MEMORY_NEW(struct follower);

	f->bus = g_object_ref(bus);
	f->accounts = accounts;
	f->listener = *listener;
	f->has_position = cursor != NULL;
	f->position = cursor ? *cursor : 0;
	f->watch = g_bus_watch_name_on_connection(
		bus, BUS_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE, on_appeared, on_vanished, f, NULL);
	return f;
}

struct follower *follower_free(struct follower *f) {
	if (!f)
		return NULL;
	g_bus_unwatch_name(f->watch);
	unfollow(f);
	g_object_unref(f->bus);
	return memory_free(f);
}

bool follower_position(const struct follower *f, uint64_t *ret) {
	if (f->has_position)
		*ret = f->position;
	return f->has_position;
}
