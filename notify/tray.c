#include "notify/tray.h"

#include "base/buffer.h"
#include "base/log.h"
#include "base/memory.h"
#include "bus/names.h"
#include "notify/event.h"
#include "notify/line.h"
#include "notify/tray-deeds.h"
#include "notify/tray-history.h"
#include "notify/tray-item.h"
#include "notify/tray-mails.h"
#include "notify/tray-menu.h"
#include "notify/tray-words.h"

#include <string.h>

/* Changes come in bursts, and every one is a menu and four pictures. */
#define REFRESH_DELAY_MSEC 100

#define TIP_BYTES_MAX (64 * 1024)

struct tray {
	GDBusConnection *bus;
	struct accounts *accounts;
	const struct agent_config *config;
	bool is_locked;
	struct tray_item *item; /* NULL: the settings want none */
	/* while there is a tray */
	struct tray_menu *menu;
	struct tray_history *history;
	struct tray_deeds *deeds;
	struct tray_mails *mails;
	bool is_running; /* the daemon */
	char *problem; /* NULL: the last choice was followed, as far as is known */
	guint refresh;
};

/* --- what is shown --- */

static uint64_t count_unread(const GPtrArray *accounts) {
	uint64_t n = 0;

	for (guint i = 0; i < accounts->len; i++)
		n += ((const struct account *)accounts->pdata[i])->unseen;
	return n;
}

/* Owned. */
static char *tip_of(const struct tray *t, const GPtrArray *accounts) {
	struct buffer tip;

	buffer_init(&tip, TIP_BYTES_MAX);
	if (t->problem)
		line_append(&tip, t->problem);
	for (guint i = 0; i < MIN(accounts->len, (guint)TRAY_ROWS_ACCOUNTS_MAX); i++) {
		CLEANUP_TEXT char *line = tray_words_account(accounts->pdata[i]);

		line_append(&tip, line);
	}
	return buffer_take_text(&tip);
}

static void show_look(const struct tray *t, const GPtrArray *accounts) {
	uint64_t n = t->is_running ? count_unread(accounts) : 0;
	CLEANUP_TEXT char *title =
		t->is_running ? tray_words_unread(n) : memory_strdup(tray_words_away());
	CLEANUP_TEXT char *tip = t->is_running ? tip_of(t, accounts) : memory_strdup("");
	const struct tray_item_look look = { .number = n, .title = title, .tip = tip };

	tray_item_set_look(t->item, &look);
}

static gboolean on_refresh(gpointer userdata) {
	struct tray *t = userdata;
	g_autoptr(GPtrArray) accounts = accounts_list(t->accounts);
	const struct tray_facts facts = {
		.is_running = t->is_running,
		.is_locked = t->is_locked,
		.problem = t->problem,
		.accounts = (const struct account *const *)accounts->pdata,
		.n_accounts = accounts->len,
		.mails = t->mails,
		.config = t->config,
	};

	t->refresh = 0;
	show_look(t, accounts);
	tray_menu_set_rows(t->menu, tray_rows_new(&facts));
	return G_SOURCE_REMOVE;
}

void tray_refresh(struct tray *t) {
	if (t->menu && t->refresh == 0)
		t->refresh = g_timeout_add(REFRESH_DELAY_MSEC, on_refresh, t);
}

static void set_problem(struct tray *t, const char *problem) {
	memory_free(t->problem);
	t->problem = memory_strdup(problem);
	tray_refresh(t);
}

static void on_failed(const char *problem, void *userdata) {
	set_problem(userdata, problem);
}

/* --- mail --- */

void tray_add(struct tray *t, const char *account, const struct news_mail *mail) {
	if (!t->mails)
		return;
	tray_mails_add(t->mails, account, mail);
	tray_refresh(t);
}

void tray_retire(struct tray *t, const char *id) {
	if (!t->mails)
		return;
	tray_mails_retire(t->mails, id);
	tray_refresh(t);
}

/* What the rules ignore, and what one sent oneself, is not told here either. */
static bool is_ignored(const struct tray *t, const struct rule_mail *rule) {
	const struct account *account = accounts_find(t->accounts, rule->account);

	return settings_decide(agent_config_of(t->config, rule->account), rule,
		       account ? account->user : NULL) == RULE_IGNORE;
}

static void add_old(struct tray *t, uint64_t seq, GVariant *event) {
	struct news_mail mail;
	struct rule_mail rule;

	event_parse_mail(event, &mail, &rule);
	mail.seq = seq;
	if (rule.account && !is_ignored(t, &rule))
		tray_add(t, rule.account, &mail);
}

static void take_old(struct tray *t, GVariant *event) {
	const char *type = "", *id = "";
	guint64 seq = 0;

	(void)g_variant_lookup(event, BUS_KEY_TYPE, "&s", &type);
	(void)g_variant_lookup(event, BUS_KEY_SEQ, "t", &seq);
	(void)g_variant_lookup(event, BUS_KEY_ID, "&s", &id);
	if (!strcmp(type, BUS_TYPE_NEW))
		add_old(t, seq, event);
	else if (!strcmp(type, BUS_TYPE_RETIRED))
		tray_retire(t, id);
}

/* --- the daemon --- */

/* What was signalled before the answer came is in the answer as well. */
static void on_events(GVariant *events, void *userdata) {
	GVariantIter iterator;
	GVariant *event;

	g_variant_iter_init(&iterator, events);
	while (g_variant_iter_loop(&iterator, "@a{sv}", &event))
		take_old(userdata, event);
}

static void on_owner(const char *owner, void *userdata) {
	struct tray *t = userdata;

	t->is_running = owner != NULL;
	tray_deeds_set_owner(t->deeds, owner);
	if (owner)
		tray_mails_clear(t->mails);
	set_problem(t, NULL);
}

/* --- choices --- */

static void open_mail(
	struct tray *t, const struct news_mail *mail, const char *account, const char *token) {
	log_write(LOG_LEVEL_DEBUG, account, "tray: open");
	tray_deeds_open(t->deeds, agent_config_of(t->config, account), account, mail, token);
}

static void on_chosen(const struct tray_row *row, void *userdata) {
	struct tray *t = userdata;
	const struct news_mail *mail;
	const char *account;

	set_problem(t, NULL);
	switch (row->deed) {
	case TRAY_OPEN:
		mail = tray_mails_find(t->mails, row->mail, &account);
		if (mail)
			open_mail(t, mail, account, NULL);
		break;
	case TRAY_MARK:
		tray_deeds_mark(t->deeds, row->account, row->mail);
		break;
	case TRAY_CHECK:
	case TRAY_PAUSE:
	case TRAY_PAUSE_HOUR:
	case TRAY_RESUME:
		tray_deeds_tell(t->deeds, row->deed, row->account);
		break;
	case TRAY_NOTHING:
	case TRAY_SEPARATOR:
		break;
	}
}

static void on_activated(const char *token, void *userdata) {
	struct tray *t = userdata;
	const char *account;
	const struct news_mail *mail = tray_mails_newest(t->mails, 0, &account);

	set_problem(t, NULL);
	if (mail)
		open_mail(t, mail, account, token);
	else
		tray_deeds_tell(t->deeds, TRAY_CHECK, NULL);
}

static void on_activated_secondary(void *userdata) {
	struct tray *t = userdata;

	set_problem(t, NULL);
	tray_deeds_tell(t->deeds, TRAY_CHECK, NULL);
}

/* --- its life --- */

static void open_tray(struct tray *t) {
	const struct tray_history_listener listener = {
		.on_owner = on_owner,
		.on_events = on_events,
		.userdata = t,
	};

	t->mails = tray_mails_new();
	t->menu = tray_menu_new(on_chosen, t);
	t->deeds = tray_deeds_new(t->bus, t->accounts, on_failed, t);
	t->history = tray_history_new(t->bus, &listener);
	(void)on_refresh(t);
}

static void close_tray(struct tray *t) {
	if (t->refresh)
		(void)g_source_remove(t->refresh);
	t->refresh = 0;
	t->history = tray_history_free(t->history);
	t->deeds = tray_deeds_free(t->deeds);
	t->menu = tray_menu_free(t->menu);
	t->mails = tray_mails_free(t->mails);
	t->problem = memory_free(t->problem);
	t->is_running = false;
}

static void on_needed(bool is_needed, void *userdata) {
	struct tray *t = userdata;

	if (is_needed)
		open_tray(t);
	else
		close_tray(t);
}

struct tray *tray_new(GDBusConnection *bus, struct accounts *accounts) {
	struct tray *t = MEMORY_NEW(struct tray);

	t->bus = g_object_ref(bus);
	t->accounts = accounts;
	return t;
}

struct tray *tray_free(struct tray *t) {
	if (!t)
		return NULL;
	t->item = tray_item_free(t->item);
	g_object_unref(t->bus);
	return memory_free(t);
}

void tray_set_config(struct tray *t, const struct agent_config *config) {
	const struct tray_item_listener listener = {
		.on_needed = on_needed,
		.on_activated = on_activated,
		.on_activated_secondary = on_activated_secondary,
		.userdata = t,
	};
	bool is_wanted = settings_has_tray(agent_config_shared(config));

	t->config = config;
	if (!is_wanted)
		t->item = tray_item_free(t->item);
	else if (!t->item)
		t->item = tray_item_new(t->bus, TRAY_MENU_PATH, &listener);
	tray_refresh(t);
}

void tray_set_locked(struct tray *t, bool is_locked) {
	t->is_locked = is_locked;
	tray_refresh(t);
}
