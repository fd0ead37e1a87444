#include "notify/follower.h"

#include "base/log.h"
#include "base/memory.h"
#include "bus/names.h"
#include "notify/daemon-proxy.h"

#include <inttypes.h>
#include <string.h>

/* Events in one answer: some hundred KiB, well below any limit of a bus. */
#define READ_EVENTS_MAX 500

/* A daemon that is there but does not answer is asked again. */
#define RETRY_SECONDS 10

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
	PosthornManager *manager; /* the same */
	GCancellable *cancellable; /* of the question under way */
	guint retry; /* timer */
	bool has_position;
	uint64_t position; /* where the log is read on */
	uint64_t known; /* given out once, by an earlier agent */
	bool has_caught_up; /* all of that was given out again */
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
	return "";
}

static bool is_reading(enum follower_state state) {
	return state == FOLLOWER_NAMING || state == FOLLOWER_ASKING || state == FOLLOWER_READING;
}

static void enter_state(struct follower *f, enum follower_state state) {
	enum follower_state was = f->state;

	log_debug("daemon: %s, was %s, position %" PRIu64, state_to_string(state),
		state_to_string(was), f->position);
	f->state = state;
	if (is_reading(state) != is_reading(was))
		f->listener.on_reading(is_reading(state), f->listener.userdata);
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

static void give_event(struct follower *f, GVariant *event) {
	const char *type = "";
	uint64_t seq = 0;

	(void)g_variant_lookup(event, BUS_KEY_TYPE, "&s", &type);
	(void)g_variant_lookup(event, BUS_KEY_SEQ, "t", &seq);
	if (seq <= f->position)
		return;
	if (!strcmp(type, BUS_TYPE_NEW))
		f->listener.on_event(FOLLOWER_NEW, seq, event, f->listener.userdata);
	else if (!strcmp(type, BUS_TYPE_RETIRED))
		f->listener.on_event(FOLLOWER_RETIRED, seq, event, f->listener.userdata);
}

static uint64_t give_events(struct follower *f, GVariant *events) {
	GVariantIter iterator;
	GVariant *event;
	uint64_t last = 0;

	g_variant_iter_init(&iterator, events);
	while ((event = g_variant_iter_next_value(&iterator))) {
		(void)g_variant_lookup(event, BUS_KEY_SEQ, "t", &last);
		give_event(f, event);
		g_variant_unref(event);
	}
	return last;
}

/* Signals are not taken while the log is read: the daemon stores an event before it signals it, so
 * the log has it. But GDBus may give out an answer after a signal that the daemon sent behind it,
 * so the last answer is one around which there was no signal. */
static void take_events(struct follower *f, GVariant *events) {
	uint64_t end = give_events(f, events);

	if (end > f->position)
		advance(f, end);
	else if (!f->was_signalled) {
		f->has_caught_up = true;
		enter_state(f, FOLLOWER_LIVE);
		return;
	}
	read_on(f);
}

/* The oldest events are gone. Those that were kept from an earlier run need no reading. */
static void on_sequence_gone(struct follower *f) {
	if (f->position >= f->known)
		log_warning("the daemon's log begins behind event %" PRIu64
			    ": some mail is not told",
			f->position);
	f->position = 0;
	read_on(f);
}

static void on_events(GObject *source, GAsyncResult *result, gpointer userdata) {
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) events = NULL;
	bool is_answered = posthorn_manager_call_read_events_finish(
		POSTHORN_MANAGER(source), &events, NULL, result, &error);

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return; /* `userdata` may be gone */
	struct follower *f = userdata;
	g_clear_object(&f->cancellable);
	if (is_answered) {
		take_events(f, events);
		return;
	}
	g_autofree char *name = g_dbus_error_get_remote_error(error);
	if (!g_strcmp0(name, BUS_ERROR_SEQUENCE_GONE) && f->position > 0)
		on_sequence_gone(f);
	else
		fail(f, "the daemon's events cannot be read", error);
}

static void read_on(struct follower *f) {
	f->was_signalled = false;
	f->cancellable = g_cancellable_new();
	posthorn_manager_call_read_events(
		f->manager, f->position, READ_EVENTS_MAX, f->cancellable, on_events, f);
}

/* --- where the log is --- */

static void take_last_sequence(struct follower *f, uint64_t last) {
	if (!f->has_position) {
		/* Mail that came while we asked is not old. */
		if (f->first_signalled > 0)
			last = MIN(last, f->first_signalled - 1);
		f->known = last;
		advance(f, last);
	} else if (MAX(f->position, f->known) > last) {
		/* Its state was lost. With our number we would wait for what never comes. */
		log_warning("the daemon's log ends at event %" PRIu64 ", before %" PRIu64
			    " that was told: following from there",
			last, MAX(f->position, f->known));
		f->known = last;
		f->has_caught_up = true;
		f->listener.on_lost(last, f->listener.userdata);
		advance(f, last);
	}
	enter_state(f, FOLLOWER_READING);
	read_on(f);
}

static void on_last_sequence(GObject *source, GAsyncResult *result, gpointer userdata) {
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = g_dbus_proxy_call_finish(G_DBUS_PROXY(source), result, &error);

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

void follower_on_accounts(struct follower *f) {
	if (f->state != FOLLOWER_NAMING)
		return;
	enter_state(f, FOLLOWER_ASKING);
	f->cancellable = g_cancellable_new();
	g_dbus_proxy_call(G_DBUS_PROXY(f->manager), PROPERTIES ".Get",
		g_variant_new("(ss)", BUS_INTERFACE_MANAGER, BUS_PROPERTY_LAST_SEQUENCE),
		G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, f->cancellable, on_last_sequence, f);
}

static void start(struct follower *f) {
	enter_state(f, FOLLOWER_NAMING);
	accounts_follow(f->accounts, f->owner);
}

/* --- what it signals --- */

/* Of several, their lowest number: `first`. */
static void note_signal(struct follower *f, uint64_t first) {
	if (!f->has_position && (f->first_signalled == 0 || first < f->first_signalled))
		f->first_signalled = first;
	f->was_signalled = true;
}

/* The proxy gives out only what comes from the unique name of the daemon, which cannot be forged. */
static void on_signalled(
	struct follower *f, uint64_t seq, const enum follower_kind *kind, GVariant *event) {
	note_signal(f, seq);
	if (f->state != FOLLOWER_LIVE || seq <= f->position)
		return;
	if (kind)
		f->listener.on_event(*kind, seq, event, f->listener.userdata);
	advance(f, seq);
}

static void on_new_mail(PosthornManager *manager, guint64 seq, const char *account, GVariant *event,
	gpointer userdata) {
	const enum follower_kind kind = FOLLOWER_NEW;

	on_signalled(userdata, seq, &kind, event);
}

static void on_mail_retired(PosthornManager *manager, guint64 seq, const char *account,
	GVariant *event, gpointer userdata) {
	const enum follower_kind kind = FOLLOWER_RETIRED;

	on_signalled(userdata, seq, &kind, event);
}

static void on_mailbox_reset(PosthornManager *manager, guint64 seq, const char *account,
	GVariant *event, gpointer userdata) {
	on_signalled(userdata, seq, NULL, event);
}

/* Nothing behind these was signalled before this was, so the log is read where we are. */
static void on_lagged(PosthornManager *manager, guint64 first, guint64 last, gpointer userdata) {
	struct follower *f = userdata;

	log_debug("daemon: events %" PRIu64 " to %" PRIu64 " are in the log alone", (uint64_t)first,
		(uint64_t)last);
	note_signal(f, first);
	if (f->state != FOLLOWER_LIVE || last <= f->position)
		return;
	enter_state(f, FOLLOWER_READING);
	read_on(f);
}

/* --- its coming and going --- */

static void unfollow(struct follower *f) {
	if (f->manager)
		(void)g_signal_handlers_disconnect_by_data(f->manager, f);
	g_clear_object(&f->manager);
	if (f->retry)
		(void)g_source_remove(f->retry);
	f->retry = 0;
	if (f->cancellable)
		g_cancellable_cancel(f->cancellable);
	g_clear_object(&f->cancellable);
	accounts_leave(f->accounts);
	f->owner = memory_free(f->owner);
}

static void on_appeared(
	GDBusConnection *bus, const gchar *name, const gchar *owner, gpointer userdata) {
	struct follower *f = userdata;

	unfollow(f);
	f->owner = memory_strdup(owner);
	f->manager = daemon_proxy_manager(bus, owner);
	if (!f->manager)
		return;
	(void)g_signal_connect(f->manager, "new-mail", G_CALLBACK(on_new_mail), f);
	(void)g_signal_connect(f->manager, "mail-retired", G_CALLBACK(on_mail_retired), f);
	(void)g_signal_connect(f->manager, "mailbox-reset", G_CALLBACK(on_mailbox_reset), f);
	(void)g_signal_connect(f->manager, "lagged", G_CALLBACK(on_lagged), f);
	start(f);
}

static void on_vanished(GDBusConnection *bus, const gchar *name, gpointer userdata) {
	struct follower *f = userdata;

	unfollow(f);
	enter_state(f, FOLLOWER_AWAY);
}

struct follower *follower_new(GDBusConnection *bus, struct accounts *accounts,
	const struct follower_start *first, const struct follower_listener *listener) {
	struct follower *f = MEMORY_NEW(struct follower);

	f->bus = g_object_ref(bus);
	f->accounts = accounts;
	f->listener = *listener;
	f->has_position = first->is_known;
	f->position = first->read_after;
	f->known = first->position;
	f->has_caught_up = !first->is_known;
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
	if (!f->has_position || !f->has_caught_up)
		return false;
	*ret = MAX(f->position, f->known);
	return true;
}

const char *follower_owner(const struct follower *f) {
	return f->owner;
}
