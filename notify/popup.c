#include "notify/popup.h"

#include "notify/desk.h"
#include "notify/wording.h"

#include "base/log.h"
#include "base/memory.h"

#include <inttypes.h>
#include <string.h>

#define SERVICE_NAME "org.freedesktop.Notifications"
#define SERVICE_PATH "/org/freedesktop/Notifications"

/* A stream of mail is not a stream of sounds. */
#define SOUND "message-new-email"
#define SOUND_INTERVAL_USEC (30 * USEC_PER_SEC)

/* After a card that failed, or a question. */
#define RETRY_MIN_USEC (1 * USEC_PER_SEC)
#define RETRY_MAX_USEC (5 * USEC_PER_MINUTE)

/* The key of what has no place of its own; not an account's id, which is never empty. */
#define OTHERS ""

enum service_state {
	SERVICE_ABSENT,
	SERVICE_ASKING,
	SERVICE_READY,
};

struct capabilities {
	bool body_markup, sound, stack_tag;
};

/* An account with news. */
struct entry {
	struct news *news;
	uint64_t serial; /* of the newest card */
};

struct popup {
	GDBusConnection *bus;
	const struct accounts *accounts;
	popup_told_fn on_told;
	void *userdata;
	struct desk *desk;
	struct entry entries[POPUP_ACCOUNTS_MAX];
	unsigned n_entries;
	uint64_t last_serial;
	/* the service */
	enum service_state state;
	struct capabilities capabilities;
	guint watch;
	GCancellable *cancellable; /* of the question under way */
	bool has_owner; /* of the name */
	bool may_start; /* there was mail since the bus was last asked to start a service */
	/* time */
	guint timer;
	uint64_t not_before_usec, retry_usec, last_sound_usec;
};

static uint64_t now(void) {
	return (uint64_t)g_get_monotonic_time();
}

/* --- the news --- */

static struct entry *find_entry(struct popup *p, const char *account) {
	for (unsigned i = 0; i < p->n_entries; i++)
		if (!strcmp(news_account(p->entries[i].news), account))
			return &p->entries[i];
	return NULL;
}

static struct entry *new_entry(struct popup *p, const char *account) {
	struct entry *entry = NULL;

	for (unsigned i = 0; i < p->n_entries && !entry; i++)
		if (news_is_idle(p->entries[i].news))
			entry = &p->entries[i];
	if (!entry && p->n_entries == POPUP_ACCOUNTS_MAX)
		return NULL;
	if (!entry)
		entry = &p->entries[p->n_entries++];
	(void)news_free(entry->news);
	*entry = (struct entry){ .news = news_new(account) };
	return entry;
}

static struct entry *take_entry(struct popup *p, const char *account) {
	struct entry *entry = find_entry(p, account);

	/* The last place is kept for OTHERS. */
	if (!entry && p->n_entries < POPUP_ACCOUNTS_MAX - 1)
		entry = new_entry(p, account);
	if (!entry)
		entry = find_entry(p, OTHERS);
	return entry ? entry : new_entry(p, OTHERS);
}

uint64_t popup_first_untold(const struct popup *p) {
	uint64_t first = 0;

	for (unsigned i = 0; i < p->n_entries; i++) {
		uint64_t seq = news_first_untold(p->entries[i].news);

		if (seq > 0 && (first == 0 || seq < first))
			first = seq;
	}
	return first;
}

static struct entry *next_due(struct popup *p, uint64_t *ret_due_usec) {
	struct entry *next = NULL;

	*ret_due_usec = USEC_NEVER;
	for (unsigned i = 0; i < p->n_entries; i++) {
		uint64_t due = news_due(p->entries[i].news);

		if (due < *ret_due_usec) {
			*ret_due_usec = due;
			next = &p->entries[i];
		}
	}
	return next;
}

/* --- a card --- */

static const char *account_name(const struct popup *p, const char *account) {
	const char *name = accounts_name(p->accounts, account);

	if (!strcmp(account, OTHERS))
		return "other accounts";
	if (name)
		return accounts_count(p->accounts) > 1 ? name : NULL;
	return accounts_count(p->accounts) > 0 ? account : NULL;
}

static void set_sound(struct popup *p, struct desk_card *card) {
	if (!p->capabilities.sound)
		return;
	if (p->last_sound_usec > 0 && now() < p->last_sound_usec + SOUND_INTERVAL_USEC) {
		card->is_quiet = true;
		return;
	}
	card->sound = SOUND;
	p->last_sound_usec = now();
}

static void show(struct popup *p, struct entry *entry) {
	const char *account = news_account(entry->news);
	struct wording_style style = {
		.account_name = account_name(p, account),
		.markup = p->capabilities.body_markup,
	};
	struct wording wording;
	struct desk_card card = {
		.serial = ++p->last_serial,
		.account = account,
		.has_tag = p->capabilities.stack_tag,
	};

	wording_of_news(entry->news, &style, &wording);
	card.summary = wording.summary;
	card.body = wording.body;
	set_sound(p, &card);
	log_write(LOG_LEVEL_DEBUG, account, "to be shown, card %" PRIu64, card.serial);
	entry->serial = card.serial;
	news_take(entry->news);
	desk_show(p->desk, &card);
	wording_clear(&wording);
}

/* --- the service --- */

static void pump(struct popup *p);

static gboolean on_timer(gpointer userdata) {
	struct popup *p = userdata;

	p->timer = 0;
	pump(p);
	return G_SOURCE_REMOVE;
}

static void arm(struct popup *p, uint64_t due_usec) {
	uint64_t wait_usec = due_usec > now() ? due_usec - now() : 0;

	if (p->timer)
		(void)g_source_remove(p->timer);
	p->timer = g_timeout_add((guint)(wait_usec / USEC_PER_MSEC) + 1, on_timer, p);
}

static void back_off(struct popup *p) {
	p->retry_usec = MIN(MAX(2 * p->retry_usec, RETRY_MIN_USEC), RETRY_MAX_USEC);
	p->not_before_usec = now() + p->retry_usec;
}

static void take_capabilities(struct popup *p, GVariant *reply) {
	g_autoptr(GVariantIter) iterator = NULL;
	const char *word;

	p->capabilities = (struct capabilities){ 0 };
	g_variant_get(reply, "(as)", &iterator);
	while (g_variant_iter_next(iterator, "&s", &word))
		if (!strcmp(word, "body-markup"))
			p->capabilities.body_markup = true;
		else if (!strcmp(word, "sound"))
			p->capabilities.sound = true;
		else if (!strcmp(word, "x-dunst-stack-tag"))
			p->capabilities.stack_tag = true;
}

static void on_capabilities(GObject *source, GAsyncResult *result, gpointer userdata) {
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return; /* `userdata` may be gone */
	struct popup *p = userdata;
	g_clear_object(&p->cancellable);
	if (!reply) {
		log_info("no notification service: %s", error->message);
		p->state = SERVICE_ABSENT;
		/* When one appears, on_appeared() asks again. One that is there is asked later. */
		if (p->has_owner) {
			back_off(p);
			p->may_start = true;
			pump(p);
		}
		return;
	}
	take_capabilities(p, reply);
	p->state = SERVICE_READY;
	log_debug("notification service: ready%s%s%s",
		p->capabilities.body_markup ? ", markup" : "",
		p->capabilities.sound ? ", sound" : "", p->capabilities.stack_tag ? ", tags" : "");
	pump(p);
}

/* Without a time limit: a service that hangs answers when it is well again, and until then nothing
 * is sent to it. */
static void ask(struct popup *p, GDBusCallFlags flags) {
	if (p->cancellable)
		g_cancellable_cancel(p->cancellable);
	g_clear_object(&p->cancellable);
	p->cancellable = g_cancellable_new();
	p->state = SERVICE_ASKING;
	g_dbus_connection_call(p->bus, SERVICE_NAME, SERVICE_PATH, SERVICE_NAME, "GetCapabilities",
		NULL, G_VARIANT_TYPE("(as)"), flags, G_MAXINT, p->cancellable, on_capabilities, p);
}

/* Lets happen what can happen now. */
static void pump(struct popup *p) {
	uint64_t due;
	struct entry *entry = next_due(p, &due);

	if (!entry || desk_is_busy(p->desk))
		return;
	due = MAX(due, p->not_before_usec);
	if (due > now()) {
		arm(p, due);
		return;
	}
	switch (p->state) {
	case SERVICE_ABSENT:
		/* Asking starts it, where the desktop has one that the bus can start; once for
		 * each mail, and not to show again what was shown. */
		if (p->may_start)
			ask(p, G_DBUS_CALL_FLAGS_NONE);
		p->may_start = false;
		break;
	case SERVICE_ASKING:
		break;
	case SERVICE_READY:
		show(p, entry);
		break;
	}
}

static void on_appeared(
	GDBusConnection *bus, const gchar *name, const gchar *owner, gpointer userdata) {
	struct popup *p = userdata;

	log_debug("notification service: appeared");
	p->has_owner = true;
	p->not_before_usec = p->retry_usec = 0;
	ask(p, G_DBUS_CALL_FLAGS_NO_AUTO_START);
}

/* Called at once when there is none at the start, and between two owners of the name. */
static void on_vanished(GDBusConnection *bus, const gchar *name, gpointer userdata) {
	struct popup *p = userdata;

	log_debug("notification service: absent");
	if (p->cancellable)
		g_cancellable_cancel(p->cancellable);
	g_clear_object(&p->cancellable);
	p->state = SERVICE_ABSENT;
	p->has_owner = false;
	desk_forget_all(p->desk);
	for (unsigned i = 0; i < p->n_entries; i++)
		news_lost(p->entries[i].news, now());
}

static void on_failed(struct popup *p, const struct entry *entry, const char *problem) {
	back_off(p);
	log_warning("the notification service does not show a notification: %s", problem);
	news_failed(entry->news, now());
	if (p->state == SERVICE_READY)
		ask(p, G_DBUS_CALL_FLAGS_NO_AUTO_START);
}

static void on_desk_event(const struct desk_event *event, void *userdata) {
	struct popup *p = userdata;
	struct entry *entry = find_entry(p, event->account);

	/* A close that was on its way while a newer card was is the end of nothing. */
	if (!entry || entry->serial != event->serial)
		return;
	switch (event->kind) {
	case DESK_SHOWN:
		log_write(LOG_LEVEL_DEBUG, event->account, "shown, %" PRIu64 " new",
			news_n_mails(entry->news));
		p->retry_usec = 0;
		news_told(entry->news);
		break;
	case DESK_FAILED:
		on_failed(p, entry, event->problem);
		break;
	case DESK_CLOSED:
		log_write(LOG_LEVEL_DEBUG, event->account, "closed");
		news_closed(entry->news);
		break;
	}
	p->on_told(p->userdata);
	pump(p);
}

struct popup *popup_new(GDBusConnection *bus, const struct accounts *accounts,
	popup_told_fn on_told, void *userdata) {
	struct popup *p = MEMORY_NEW(struct popup);

	p->bus = g_object_ref(bus);
	p->accounts = accounts;
	p->on_told = on_told;
	p->userdata = userdata;
	p->desk = desk_new(on_desk_event, p);
	p->watch = g_bus_watch_name_on_connection(bus, SERVICE_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
		on_appeared, on_vanished, p, NULL);
	return p;
}

struct popup *popup_free(struct popup *p) {
	if (!p)
		return NULL;
	g_bus_unwatch_name(p->watch);
	if (p->cancellable)
		g_cancellable_cancel(p->cancellable);
	g_clear_object(&p->cancellable);
	if (p->timer)
		(void)g_source_remove(p->timer);
	p->desk = desk_free(p->desk);
	for (unsigned i = 0; i < p->n_entries; i++)
		(void)news_free(p->entries[i].news);
	g_object_unref(p->bus);
	return memory_free(p);
}

void popup_add(struct popup *p, const char *account, const struct news_mail *mail) {
	struct entry *entry = take_entry(p, *account ? account : OTHERS);

	news_add(entry->news, mail, now());
	p->may_start = true;
	pump(p);
}
