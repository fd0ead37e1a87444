#include "notify/popup.h"

#include "base/log.h"
#include "base/memory.h"
#include "notify/card.h"
#include "notify/desk.h"
#include "notify/inheritance.h"
#include "notify/service.h"
#include "notify/trouble.h"
#include "notify/wording.h"

#include <inttypes.h>
#include <string.h>

/* A stream of mail is not a stream of sounds. */
#define SOUND_INTERVAL_USEC (30 * USEC_PER_SEC)

/* Of the wall's clock nobody tells us that it was set. */
#define WAIT_MAX_USEC USEC_PER_MINUTE

struct popup {
	const struct accounts *accounts;
	const struct agent_config *config;
	struct popup_listener listener;
	GDBusConnection *bus;
	struct service *service;
	struct desk *desk;
	struct inheritance *inheritance; /* NULL: nothing is inherited, or nobody is there to ask */
	char *inherited_from; /* the service that shows what is inherited; NULL: nothing is */
	struct board board;
	uint64_t last_serial;
	bool is_locked, is_held;
	guint timer;
	uint64_t last_sound_usec;
};

static uint64_t now(void) {
	return (uint64_t)g_get_monotonic_time();
}

static uint64_t wall_now(void) {
	return (uint64_t)g_get_real_time();
}

static void changed(struct popup *p) {
	p->listener.on_change(p->listener.userdata);
}

/* --- a card --- */

static const char *account_name(const struct popup *p, const char *id) {
	const struct account *account = accounts_find(p->accounts, id);

	if (!strcmp(id, BOARD_OTHERS))
		return wording_other_accounts();
	if (account && *account->name)
		return accounts_count(p->accounts) > 1 ? account->name : NULL;
	return accounts_count(p->accounts) > 0 ? id : NULL;
}

static struct card_facts facts_of(
	const struct popup *p, const struct board_entry *entry, enum board_kind kind) {
	const char *id = board_account(entry);
	const struct account *account = accounts_find(p->accounts, id);

	return (struct card_facts){
		.abilities = service_abilities(p->service),
		.settings = agent_config_of(p->config, id),
		.account_name = account_name(p, id),
		.problem = entry->faces[kind].problem,
		.is_locked = p->is_locked,
		.is_inhibited = service_is_inhibited(p->service),
		.may_sound = p->last_sound_usec == 0 ||
			     now() >= p->last_sound_usec + SOUND_INTERVAL_USEC,
		.can_open = account != NULL,
		.can_mark = accounts_can_mark(account),
	};
}

static void send_card(struct popup *p, struct board_face *face, struct desk_card *card) {
	if (card->sound)
		p->last_sound_usec = now();
	card->serial = face->serial = ++p->last_serial;
	card->number = face->number;
	face->is_inherited = false;
	face->is_problem_shown = true;
	desk_show(p->desk, card);
}

static void show_mail(struct popup *p, struct board_entry *entry) {
	struct card_facts facts = facts_of(p, entry, BOARD_MAIL);
	struct desk_card card = { .key = board_account(entry) };

	card_of_news(entry->news, &facts, &card);
	news_take(entry->news);
	send_card(p, &entry->faces[BOARD_MAIL], &card);
	log_write(LOG_LEVEL_DEBUG, board_account(entry), "to be shown, card %" PRIu64,
		p->last_serial);
}

static void show_trouble(struct popup *p, struct board_entry *entry) {
	struct card_facts facts = facts_of(p, entry, BOARD_TROUBLE);
	const struct account *account = accounts_find(p->accounts, board_account(entry));
	CLEANUP_TEXT char *key = board_key(entry, BOARD_TROUBLE);
	struct desk_card card = { .key = key };
	const struct wording_trouble trouble = {
		.account = board_account(entry),
		.name = account && *account->name ? account->name : board_account(entry),
		.reason = entry->trouble.reason,
		/* a stranger's words, which may hold addresses */
		.reason_text = account && !p->is_locked ? account->reason_text : NULL,
	};

	facts.is_known = entry->trouble.is_live && entry->trouble.told == trouble.reason;
	card_of_trouble(&trouble, &facts, &card);
	trouble_take(&entry->trouble);
	send_card(p, &entry->faces[BOARD_TROUBLE], &card);
	log_write(LOG_LEVEL_DEBUG, board_account(entry), "trouble to be shown, card %" PRIu64,
		p->last_serial);
}

static void withdraw(struct popup *p, struct board_entry *entry, enum board_kind kind) {
	CLEANUP_TEXT char *key = board_key(entry, kind);

	log_write(LOG_LEVEL_DEBUG, board_account(entry),
		kind == BOARD_MAIL ? "withdrawn" : "trouble withdrawn");
	desk_withdraw(p->desk, key, entry->faces[kind].number);
	entry->faces[kind].serial = ++p->last_serial;
	board_close(entry, kind);
	changed(p);
}

/* --- when --- */

static uint64_t quiet_until(const struct settings *settings) {
	g_autoptr(GDateTime) local = g_date_time_new_now_local();
	unsigned day = (unsigned)g_date_time_get_day_of_week(local) - 1;
	unsigned minute =
		(unsigned)(g_date_time_get_hour(local) * 60 + g_date_time_get_minute(local));
	unsigned left = settings_quiet_minutes(settings, day, minute);

	return left > 0 ? now() + left * USEC_PER_MINUTE : 0;
}

static uint64_t mail_due(const struct popup *p, const struct board_entry *entry) {
	uint64_t due = news_due(entry->news);

	if (due == USEC_NEVER || news_is_empty_but_live(entry->news) ||
		!news_has_untold(entry->news) || news_has_urgent(entry->news))
		return due;
	return MAX(due, quiet_until(agent_config_of(p->config, board_account(entry))));
}

static uint64_t trouble_delay(const struct popup *p, const struct board_entry *entry) {
	return settings_trouble_delay(agent_config_of(p->config, board_account(entry)));
}

static uint64_t entry_due(
	const struct popup *p, const struct board_entry *entry, enum board_kind kind) {
	const struct trouble_time time = { .usec = now(), .wall_usec = wall_now() };

	if (kind == BOARD_MAIL)
		return mail_due(p, entry);
	return trouble_due(&entry->trouble, trouble_delay(p, entry), &time);
}

static struct board_entry *next_due(
	struct popup *p, uint64_t *ret_due_usec, enum board_kind *ret_kind) {
	struct board_entry *next = NULL;

	*ret_due_usec = USEC_NEVER;
	for (unsigned i = 0; i < p->board.n; i++)
		for (unsigned kind = 0; kind < BOARD_KIND_COUNT_; kind++) {
			uint64_t due = entry_due(p, &p->board.entries[i], (enum board_kind)kind);

			if (due >= *ret_due_usec)
				continue;
			*ret_due_usec = due;
			*ret_kind = (enum board_kind)kind;
			next = &p->board.entries[i];
		}
	return next;
}

/* When the next of what was put off comes back. */
static uint64_t wake(struct popup *p) {
	uint64_t wall = wall_now(), next = board_wake(&p->board, now(), wall);

	return next == USEC_NEVER ? USEC_NEVER : now() + (next - wall);
}

static void pump(struct popup *p);

static gboolean on_timer(gpointer userdata) {
	struct popup *p = userdata;

	p->timer = 0;
	pump(p);
	return G_SOURCE_REMOVE;
}

static void arm(struct popup *p, uint64_t due_usec) {
	uint64_t wait_usec = due_usec > now() ? MIN(due_usec - now(), WAIT_MAX_USEC) : 0;

	if (p->timer)
		(void)g_source_remove(p->timer);
	p->timer = due_usec == USEC_NEVER
			   ? 0
			   : g_timeout_add((guint)(wait_usec / USEC_PER_MSEC) + 1, on_timer, p);
}

static bool is_to_be_withdrawn(
	const struct popup *p, const struct board_entry *entry, enum board_kind kind) {
	if (kind == BOARD_MAIL)
		return news_is_empty_but_live(entry->news);
	return trouble_is_over_but_live(&entry->trouble) || trouble_delay(p, entry) == USEC_NEVER;
}

static void act(struct popup *p, struct board_entry *entry, enum board_kind kind) {
	if (is_to_be_withdrawn(p, entry, kind))
		withdraw(p, entry, kind);
	else if (kind == BOARD_MAIL)
		show_mail(p, entry);
	else
		show_trouble(p, entry);
}

/* Lets happen what can happen now. */
static void pump(struct popup *p) {
	enum board_kind kind = BOARD_MAIL;
	struct board_entry *entry;
	uint64_t due, wakes;

	if (desk_is_busy(p->desk) || p->is_held)
		return;
	wakes = wake(p);
	entry = next_due(p, &due, &kind);
	if (entry)
		due = MAX(due, service_not_before(p->service));
	if (!entry || due > now()) {
		arm(p, MIN(due, wakes));
		return;
	}
	switch (service_state(p->service)) {
	case SERVICE_ABSENT:
		/* Asking starts it, where the desktop has one that the bus can start; once for
		 * each mail, and not to show again what was shown. */
		service_start(p->service);
		break;
	case SERVICE_ASKING:
		break;
	case SERVICE_READY:
		act(p, entry, kind);
		break;
	}
}

/* --- what an earlier agent left --- */

static void close_face(struct popup *p, struct board_entry *entry, enum board_kind kind) {
	log_write(LOG_LEVEL_DEBUG, board_account(entry),
		kind == BOARD_MAIL ? "closed" : "trouble closed");
	board_close(entry, kind);
	changed(p);
}

static void on_inherited_closed(uint32_t number, void *userdata) {
	struct popup *p = userdata;
	enum board_kind kind;
	struct board_entry *entry = board_find_inherited(&p->board, number, &kind);

	if (!entry)
		return;
	close_face(p, entry, kind);
	pump(p);
}

static void click(
	struct popup *p, const struct board_entry *entry, const struct popup_click *said) {
	CLEANUP_TEXT char *account = memory_strdup(board_account(entry));
	struct popup_click click = *said;

	click.account = account;
	p->listener.on_click(&click, p->listener.userdata);
	pump(p);
}

static void on_inherited_action(
	uint32_t number, const char *action, const char *token, void *userdata) {
	struct popup *p = userdata;
	struct popup_click said = { .action = action, .token = token };
	struct board_entry *entry = board_find_inherited(&p->board, number, &said.kind);

	if (entry)
		click(p, entry, &said);
}

static void lose_all(struct popup *p) {
	board_lose(&p->board, now());
	p->inherited_from = memory_free(p->inherited_from);
	p->inheritance = inheritance_free(p->inheritance);
}

/* Is it the service that shows what we inherited? */
static void claim_inheritance(struct popup *p) {
	const struct inheritance_listener listener = {
		.on_closed = on_inherited_closed,
		.on_action = on_inherited_action,
		.userdata = p,
	};

	if (!p->inherited_from || p->inheritance)
		return;
	if (strcmp(p->inherited_from, service_owner(p->service)))
		lose_all(p);
	else
		p->inheritance = inheritance_new(p->bus, p->inherited_from, &listener);
	log_debug("notification service: it %s", p->inheritance ? "shows what we know" : "is new");
	if (service_abilities(p->service)->forgets_senders)
		board_touch(&p->board, now());
}

/* --- the service --- */

static void on_ready(void *userdata) {
	struct popup *p = userdata;

	if (service_state(p->service) == SERVICE_READY)
		claim_inheritance(p);
	pump(p);
}

/* At the start there is none yet, and what was inherited waits for the first that appears. */
static void on_gone(void *userdata) {
	struct popup *p = userdata;

	if (p->inherited_from && !p->inheritance)
		return;
	desk_forget_all(p->desk);
	lose_all(p);
}

static void on_failed(struct popup *p, struct board_entry *entry, const struct desk_event *event,
	enum board_kind kind) {
	log_warning("the notification service does not show a notification: %s", event->problem);
	service_failed(p->service);
	if (kind == BOARD_MAIL)
		news_failed(entry->news, now());
	else
		trouble_failed(&entry->trouble);
}

static void on_shown(struct popup *p, struct board_entry *entry, const struct desk_event *event,
	enum board_kind kind) {
	service_worked(p->service);
	entry->faces[kind].number = event->number;
	if (kind == BOARD_MAIL) {
		news_told(entry->news);
		log_write(LOG_LEVEL_DEBUG, board_account(entry), "shown, %" PRIu64 " new",
			news_n_mails(entry->news));
	} else {
		trouble_told(&entry->trouble, wall_now());
		log_write(LOG_LEVEL_DEBUG, board_account(entry), "trouble shown");
	}
}

static void take_event(struct popup *p, struct board_entry *entry, const struct desk_event *event,
	enum board_kind kind) {
	/* A close that was on its way while a newer card was is the end of nothing. */
	bool is_newest = entry->faces[kind].serial == event->serial;
	const struct popup_click said = {
		.kind = kind,
		.action = event->action,
		.token = event->token,
	};

	switch (event->kind) {
	case DESK_SHOWN:
		on_shown(p, entry, event, kind);
		break;
	case DESK_FAILED:
		on_failed(p, entry, event, kind);
		break;
	case DESK_WITHDRAWN:
		break;
	case DESK_CLOSED:
		if (is_newest)
			close_face(p, entry, kind);
		break;
	case DESK_ACTION:
		click(p, entry, &said);
		break;
	}
}

static void on_desk_event(const struct desk_event *event, void *userdata) {
	struct popup *p = userdata;
	enum board_kind kind;
	struct board_entry *entry = board_find_key(&p->board, event->key, &kind);

	if (entry)
		take_event(p, entry, event, kind);
	changed(p);
	pump(p);
}

struct popup *popup_new(GDBusConnection *bus, const struct accounts *accounts,
	const struct agent_config *config, const struct popup_listener *listener) {
	struct popup *p = MEMORY_NEW(struct popup);
	const struct service_listener service_listener = {
		.on_ready = on_ready,
		.on_gone = on_gone,
		.userdata = p,
	};

	p->accounts = accounts;
	p->config = config;
	p->listener = *listener;
	p->bus = g_object_ref(bus);
	p->desk = desk_new(bus, on_desk_event, p);
	p->service = service_new(bus, &service_listener);
	return p;
}

struct popup *popup_free(struct popup *p) {
	if (!p)
		return NULL;
	p->service = service_free(p->service);
	p->inheritance = inheritance_free(p->inheritance);
	if (p->timer)
		(void)g_source_remove(p->timer);
	p->desk = desk_free(p->desk);
	board_deinit(&p->board);
	memory_free(p->inherited_from);
	g_object_unref(p->bus);
	return memory_free(p);
}

/* --- what it is told --- */

void popup_set_config(struct popup *p, const struct agent_config *config) {
	p->config = config;
	board_touch(&p->board, now());
	pump(p);
}

void popup_set_locked(struct popup *p, bool is_locked) {
	if (p->is_locked == is_locked)
		return;
	p->is_locked = is_locked;
	board_touch(&p->board, now());
	pump(p);
}

void popup_set_held(struct popup *p, bool is_held) {
	p->is_held = is_held;
	pump(p);
}

void popup_add(struct popup *p, const char *account, const struct news_mail *mail) {
	struct board_entry *entry = board_take(&p->board, account, wall_now());

	news_add(entry->news, mail, now());
	service_allow_start(p->service);
	pump(p);
}

void popup_restore(
	struct popup *p, const char *account, const struct news_mail *mail, enum news_state state) {
	struct board_entry *entry = board_take(&p->board, account, wall_now());

	news_restore(entry->news, mail, state, entry->faces[BOARD_MAIL].number > 0);
	service_allow_start(p->service);
	pump(p);
}

void popup_retire(struct popup *p, const char *account, const char *id) {
	struct board_entry *entry = board_find(&p->board, account);

	if (!entry)
		entry = board_find(&p->board, BOARD_OTHERS);
	if (!entry || !news_retire(entry->news, id, now()))
		return;
	log_write(LOG_LEVEL_DEBUG, account, "retired, %" PRIu64 " left", news_n_mails(entry->news));
	pump(p);
}

void popup_observe(struct popup *p, const struct account *account) {
	struct board_entry *entry = board_find(&p->board, account->id);
	struct trouble seen = { 0 };

	/* One that is well needs no entry. */
	trouble_observe(&seen, account->state, account->reason, now());
	if (!entry && seen.reason == REASON_NONE)
		return;
	entry = board_take(&p->board, account->id, wall_now());
	if (strcmp(board_account(entry), account->id))
		return; /* there is no room: of others no trouble is told */
	trouble_observe(&entry->trouble, account->state, account->reason, now());
	service_allow_start(p->service);
	pump(p);
}

void popup_forget_trouble(struct popup *p, const char *account) {
	struct board_entry *entry = board_find(&p->board, account);

	if (entry)
		trouble_observe(&entry->trouble, "paused", "", now());
	pump(p);
}

void popup_set_problem(
	struct popup *p, enum board_kind kind, const char *account, const char *problem) {
	struct board_entry *entry = board_find(&p->board, account);

	if (!entry)
		return;
	memory_free(entry->faces[kind].problem);
	entry->faces[kind].problem = memory_strdup(problem);
	entry->faces[kind].is_problem_shown = false;
	if (kind == BOARD_MAIL)
		news_touch(entry->news, now());
	else
		entry->trouble.again = entry->trouble.reason != REASON_NONE;
	pump(p);
}

char **popup_hold(struct popup *p, const char *account) {
	struct board_entry *entry = board_find(&p->board, account);

	return entry ? news_hold(entry->news, now()) : NULL;
}

void popup_release(struct popup *p, const char *account, const char *id, bool is_done) {
	struct board_entry *entry = board_find(&p->board, account);

	if (!entry)
		return;
	if (is_done)
		news_settle(entry->news, id);
	else
		news_give_back(entry->news, id, now());
	changed(p);
	pump(p);
}

void popup_snooze(struct popup *p, const char *account, uint64_t usec) {
	struct board_entry *entry = board_find(&p->board, account);

	if (entry)
		news_snooze(entry->news, wall_now() + usec, now());
	changed(p);
	pump(p);
}

const struct news_mail *popup_newest(struct popup *p, const char *account) {
	struct board_entry *entry = board_find(&p->board, account);

	return entry ? news_newest(entry->news, 0) : NULL;
}

void popup_keep(const struct popup *p, struct ledger *l) {
	const char *owner = service_owner(p->service);

	board_keep(&p->board, l);
	l->service = memory_strdup(p->inherited_from ? p->inherited_from : owner);
}

void popup_inherit(struct popup *p, const struct ledger *l) {
	board_inherit(&p->board, l, now());
	p->inherited_from = memory_strdup(l->service);
}
