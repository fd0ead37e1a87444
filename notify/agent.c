#include "notify/agent.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/words.h"
#include "bus/names.h"
#include "config/config-folders.h"
#include "configuration.h"
#include "notify/accounts.h"
#include "notify/agent-config.h"
#include "notify/clicks.h"
#include "notify/config-watch.h"
#include "notify/event.h"
#include "notify/follower.h"
#include "notify/ledger.h"
#include "notify/popup.h"
#include "notify/session-lock.h"
#include "notify/tray.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

/* A burst of mail is one write. What was shown is written at once. */
#define SAVE_DELAY_MSEC 50

struct agent {
	GDBusConnection *bus;
	char **folders;
	struct agent_config *config;
	struct config_watch *config_watch;
	struct accounts *accounts;
	struct popup *popup;
	struct clicks *clicks;
	struct tray *tray;
	struct follower *follower;
	struct session_lock *lock;
	/* over a restart */
	struct ledger *past; /* of the last agent; NULL: this is the first one */
	char *ledger_path; /* NULL: there is no place for it */
	char *saved; /* what the file holds; NULL: unknown */
	bool is_ledger_broken;
	guint save_timer;
};

/* --- the ledger --- */

static void load_ledger(struct agent *a) {
	int r;

	a->ledger_path = ledger_default_path();
	if (!a->ledger_path) {
		log_warning("neither $XDG_STATE_HOME nor $HOME is set: a restart begins anew");
		return;
	}
	r = ledger_load(a->ledger_path, &a->past);
	if (r < 0)
		log_warning("%s cannot be read: %s; what came before now is taken as known",
			a->ledger_path, strerror(-r));
}

static void save(struct agent *a) {
	CLEANUP(ledger_free) struct ledger *l = ledger_new();

	if (a->save_timer)
		(void)g_source_remove(a->save_timer);
	a->save_timer = 0;
	/* What is not given out again yet stands in the old file alone. */
	if (!a->ledger_path || !a->follower || !follower_position(a->follower, &l->position))
		return;
	popup_keep(a->popup, l);
	CLEANUP_TEXT char *text = ledger_format(l);
	if (text_equal(a->saved, text))
		return;
	int r = ledger_save(a->ledger_path, text);
	if (r < 0 && !a->is_ledger_broken)
		log_warning("%s cannot be written: %s; a restart may repeat notifications",
			a->ledger_path, strerror(-r));
	a->is_ledger_broken = r < 0;
	memory_free(a->saved);
	a->saved = TAKE_PTR(text);
}

static gboolean on_save_timer(gpointer userdata) {
	struct agent *a = userdata;

	a->save_timer = 0;
	save(a);
	return G_SOURCE_REMOVE;
}

static void save_soon(struct agent *a) {
	if (a->save_timer == 0)
		a->save_timer = g_timeout_add(SAVE_DELAY_MSEC, on_save_timer, a);
}

/* --- mail --- */

/* False: it is not told. */
static bool decide(struct agent *a, const struct rule_mail *rule, struct news_mail *mail) {
	const struct account *account = accounts_find(a->accounts, rule->account);
	const struct settings *settings = agent_config_of(a->config, rule->account);

	switch (settings_decide(settings, rule, account ? account->user : NULL)) {
	case RULE_NOTIFY:
		return true;
	case RULE_SILENT:
		mail->is_silent = true;
		return true;
	case RULE_URGENT:
		mail->urgency = NEWS_URGENT;
		return true;
	case RULE_IGNORE:
		return false;
	}
	return true;
}

static void on_new(struct agent *a, uint64_t seq, const char *account, GVariant *event) {
	struct news_mail mail;
	struct rule_mail rule;
	enum news_state state;

	event_parse_mail(event, &mail, &rule);
	mail.seq = seq;
	if (!decide(a, &rule, &mail)) {
		log_write(LOG_LEVEL_DEBUG, account, "mail, event %" PRIu64 ", ignored", seq);
		return;
	}
	tray_add(a->tray, account, &mail);
	if (!accounts_find(a->accounts, account))
		accounts_reload(a->accounts);
	if (!a->past || seq > a->past->position) {
		log_write(LOG_LEVEL_DEBUG, account, "mail, event %" PRIu64, seq);
		popup_add(a->popup, account, &mail);
	} else if (ledger_state(a->past, account, seq, &state)) {
		log_write(LOG_LEVEL_DEBUG, account, "mail, event %" PRIu64 ", known", seq);
		popup_restore(a->popup, account, &mail, state);
	}
}

static void on_event(enum follower_kind kind, uint64_t seq, GVariant *event, void *userdata) {
	struct agent *a = userdata;
	const char *account = NULL, *id = NULL;

	if (!g_variant_lookup(event, BUS_KEY_ACCOUNT, "&s", &account) || !*account) {
		log_warning("an event of the daemon has no account, ignoring");
		return;
	}
	switch (kind) {
	case FOLLOWER_NEW:
		on_new(a, seq, account, event);
		break;
	case FOLLOWER_RETIRED:
		if (!g_variant_lookup(event, BUS_KEY_ID, "&s", &id))
			break;
		/* What the ledger has was retired before it was written. */
		if (!a->past || seq > a->past->position)
			popup_retire(a->popup, account, id);
		tray_retire(a->tray, id);
		break;
	}
}

static void on_position(void *userdata) {
	struct agent *a = userdata;

	/* Without a file the next agent were the first one again, and took for old what is new. */
	if (!a->past && !a->saved)
		save(a);
	else
		save_soon(a);
}

static void on_reading(bool is_reading, void *userdata) {
	struct agent *a = userdata;

	popup_set_held(a->popup, is_reading);
	if (!is_reading)
		save_soon(a);
}

/* What the daemon's log does not know any more is no basis. */
static void on_lost(uint64_t last, void *userdata) {
	struct agent *a = userdata;

	a->past = ledger_free(a->past);
	save_soon(a);
}

/* --- the others --- */

static void on_accounts_loaded(void *userdata) {
	struct agent *a = userdata;

	follower_on_accounts(a->follower);
}

static void on_account(const struct account *account, void *userdata) {
	struct agent *a = userdata;

	popup_observe(a->popup, account);
	tray_refresh(a->tray);
}

static void on_account_gone(const char *id, void *userdata) {
	struct agent *a = userdata;

	popup_forget_trouble(a->popup, id);
	tray_refresh(a->tray);
}

static void on_popup_change(void *userdata) {
	save(userdata);
}

static void on_click(const struct popup_click *click, void *userdata) {
	struct agent *a = userdata;

	clicks_take(a->clicks, click, follower_owner(a->follower));
}

static void on_lock(bool is_locked, void *userdata) {
	struct agent *a = userdata;

	popup_set_locked(a->popup, is_locked);
	tray_set_locked(a->tray, is_locked);
}

static struct agent_config *load_config(struct agent *a) {
	struct agent_config *config = agent_config_load((const char *const *)a->folders);
	const struct config_messages *messages = agent_config_messages(config);

	for (size_t i = 0; i < messages->n; i++)
		log_write(messages->items[i].is_error ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, NULL,
			"%s", messages->items[i].text);
	return config;
}

void agent_reload(struct agent *a) {
	struct agent_config *old = a->config;

	a->config = load_config(a);
	popup_set_config(a->popup, a->config);
	clicks_set_config(a->clicks, a->config);
	tray_set_config(a->tray, a->config);
	(void)agent_config_free(old);
	log_info("configuration read");
}

static void on_config_changed(void *userdata) {
	agent_reload(userdata);
}

/* --- its life --- */

static void start_following(struct agent *a) {
	const struct follower_listener listener = {
		.on_event = on_event,
		.on_position = on_position,
		.on_reading = on_reading,
		.on_lost = on_lost,
		.userdata = a,
	};
	struct follower_start start = { 0 };

	if (a->past)
		start = (struct follower_start){
			.is_known = true,
			.read_after = ledger_read_after(a->past),
			.position = a->past->position,
		};
	a->follower = follower_new(a->bus, a->accounts, &start, &listener);
}

struct agent *agent_new(GDBusConnection *bus) {
	struct agent *a = MEMORY_NEW(struct agent);
	const struct accounts_listener accounts_listener = {
		.on_loaded = on_accounts_loaded,
		.on_account = on_account,
		.on_gone = on_account_gone,
		.userdata = a,
	};
	const struct popup_listener popup_listener = {
		.on_change = on_popup_change,
		.on_click = on_click,
		.userdata = a,
	};

	a->bus = g_object_ref(bus);
	a->folders = config_folders_of_user(POSTHORN_VENDORDIR);
	a->config = load_config(a);
	a->config_watch = config_watch_new((const char *const *)a->folders, on_config_changed, a);
	load_ledger(a);
	a->accounts = accounts_new(bus, &accounts_listener);
	a->popup = popup_new(bus, a->accounts, a->config, &popup_listener);
	if (a->past)
		popup_inherit(a->popup, a->past);
	a->clicks = clicks_new(bus, a->popup, a->accounts);
	clicks_set_config(a->clicks, a->config);
	a->tray = tray_new(bus, a->accounts);
	tray_set_config(a->tray, a->config);
	a->lock = session_lock_new(bus, on_lock, a);
	start_following(a);
	return a;
}

struct agent *agent_free(struct agent *a) {
	if (!a)
		return NULL;
	save(a);
	a->lock = session_lock_free(a->lock);
	a->config_watch = config_watch_free(a->config_watch);
	a->follower = follower_free(a->follower);
	a->tray = tray_free(a->tray);
	a->clicks = clicks_free(a->clicks);
	a->popup = popup_free(a->popup);
	a->accounts = accounts_free(a->accounts);
	a->config = agent_config_free(a->config);
	a->folders = words_free(a->folders);
	a->past = ledger_free(a->past);
	memory_free(a->ledger_path);
	memory_free(a->saved);
	g_object_unref(a->bus);
	return memory_free(a);
}
