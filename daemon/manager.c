#include "daemon/manager.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "base/memory.h"
#include "bus/deferred.h"
#include "daemon/account-config.h"
#include "daemon/account.h"
#include "daemon/alarm-clock.h"
#include "daemon/config.h"
#include "daemon/damage.h"
#include "daemon/desktop.h"
#include "daemon/gate.h"
#include "daemon/metrics.h"
#include "daemon/online-config.h"
#include "daemon/publisher.h"
#include "daemon/status-line.h"
#include "daemon/triggers.h"
#include "daemon/trust.h"
#include "io/resolver.h"
#include "store/store.h"

#define STOP_USEC (2 * USEC_PER_SEC)
#define TRIM_USEC USEC_PER_HOUR
/* The service manager hears of changes this often at most. */
#define STATUS_USEC (100 * USEC_PER_MSEC)
/* Events that come thicker than this are committed together. */
#define QUIET_USEC USEC_PER_MSEC

struct member {
	struct account *account;
	uint64_t written_in; /* the transaction that holds its newest writes */
	bool is_fresh; /* came with the configuration that is being read */
	/* Its part in the totals: kept so that a change of one of ten thousand costs no sum. */
	uint32_t unseen;
	enum account_state state;
};

struct manager {
	struct manager_settings settings;
	struct account_host host;
	struct manager_listener listener;
	struct store *store;
	struct trust trust;
	struct gate gate;
	struct alarm gate_alarm;
	struct alarm_clock *clock;
	struct desktop *desktop;
	struct online_config *online; /* NULL like the desktop */
	struct resolver *resolver; /* one for all: each costs a channel and its buffers */
	struct member *members; /* sorted by id */
	size_t n_members;
	struct manager_totals totals;
	struct metrics metrics;
	struct publisher publisher;
	struct triggers *triggers; /* NULL: a trial */
	uint64_t transaction; /* number of the one that is open or comes next */
	struct deferred commit;
	uint64_t committed_usec; /* CLOCK_MONOTONIC: events were last written then */
	sd_event_source *status_source;
	sd_event_source *trim_source;
	sd_event_source *stop_source;
	void (*stopped)(void *userdata);
	void *stopped_userdata;
};

/* NULL: an account that is being made, or has left. */
static struct member *manager_member_of(struct manager *m, const struct account *account) {
	size_t index = account_index(account);
	bool is_in = index < m->n_members && m->members[index].account == account;
	return is_in ? &m->members[index] : NULL;
}

static struct member *manager_member(struct manager *m, const char *id) {
	size_t low = 0, high = m->n_members;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(account_config(m->members[middle].account)->id, id);
		if (order == 0)
			return &m->members[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Costs a look at every account: for what the line shows, and not for each message. */
static void manager_refresh_status(struct manager *m) {
	int enabled = SD_EVENT_OFF;
	(void)sd_event_source_get_enabled(m->status_source, &enabled);
	if (enabled != SD_EVENT_OFF)
		return;
	(void)sd_event_source_set_time_relative(m->status_source, STATUS_USEC);
	(void)sd_event_source_set_enabled(m->status_source, SD_EVENT_ONESHOT);
}

static void manager_changed(struct manager *m, unsigned changed) {
	if (m->listener.changed)
		m->listener.changed(m->listener.userdata, changed);
}

void manager_publish(struct manager *m) {
	if (damage_judge(m->settings.loop, publisher_publish(&m->publisher)) != 0)
		manager_changed(m, MANAGER_CHANGED_SEQUENCE);
}

/* Writing */

static void manager_roll_back(struct manager *m, int error) {
	const struct log_fields fields = { .event = LOG_EVENT_STATE_FAILED };
	log_write_fields(LOG_LEVEL_ERROR, NULL, &fields, "the state file cannot be written: %s",
		strerror(-error));
	m->metrics.n_store_failures++;
	(void)damage_judge(m->settings.loop, error);
	store_rollback(m->store);
	uint64_t lost = m->transaction++;
	for (size_t i = 0; i < m->n_members; i++)
		if (m->members[i].written_in == lost)
			account_store_failed(m->members[i].account, error);
}

static void manager_commit(struct manager *m) {
	if (!store_is_dirty(m->store))
		return;
	int r = store_commit(m->store);
	if (r < 0) {
		manager_roll_back(m, r);
		return;
	}
	m->transaction++;
	m->metrics.n_commits++;
	manager_publish(m);
	triggers_wake(m->triggers);
}

static void manager_on_commit(void *userdata) {
	manager_commit(userdata);
}

/* A message that comes alone is committed and told at once, before the turn of the loop that is
 * shared with others; what comes thicker waits for the end of the turn, and is committed together. */
static bool manager_is_quiet(struct manager *m) {
	uint64_t now = 0;
	(void)sd_event_now(m->settings.loop, CLOCK_MONOTONIC, &now);
	bool is_quiet = now - m->committed_usec >= QUIET_USEC;
	m->committed_usec = now;
	return is_quiet;
}

static void manager_on_written(
	void *userdata, struct account *account, enum account_written written, int error) {
	struct manager *m = userdata;
	struct member *member = manager_member_of(m, account);
	if (member)
		member->written_in = m->transaction;
	if (error < 0)
		manager_roll_back(m, error);
	else if (written == ACCOUNT_WRITTEN_EVENTS && manager_is_quiet(m))
		manager_commit(m);
	else
		deferred_arm(&m->commit);
}

/* The triggers' cursor. */
static void manager_on_triggered(void *userdata, int error) {
	struct manager *m = userdata;
	if (error < 0)
		manager_roll_back(m, error);
	else
		deferred_arm(&m->commit);
}

static const struct account_config *manager_config_of(void *userdata, const char *account) {
	struct member *member = manager_member(userdata, account);
	return member ? account_config(member->account) : NULL;
}

static bool manager_has_triggers(const struct manager *m) {
	for (size_t i = 0; i < m->n_members; i++)
		if (account_config(m->members[i].account)->start_units)
			return true;
	return false;
}

static int manager_on_trim(sd_event_source *source, uint64_t usec, void *userdata) {
	struct manager *m = userdata;
	uint64_t now = 0;
	(void)sd_event_now(m->settings.loop, CLOCK_REALTIME, &now);
	int r = damage_judge(m->settings.loop, store_trim(m->store, now));
	if (r < 0)
		log_warning("old events cannot be dropped: %s", strerror(-r));
	deferred_arm(&m->commit);
	/* Positive: more is left than one call takes. */
	(void)sd_event_source_set_time_relative(source, r > 0 ? USEC_PER_SEC : TRIM_USEC);
	(void)sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

/* Accounts */

static void totals_add(struct manager_totals *totals, const struct member *member) {
	totals->n_accounts++;
	totals->unseen += member->unseen;
	totals->n_online += account_state_is_online(member->state);
	totals->n_failed += member->state == ACCOUNT_STATE_FAILED;
}

static void totals_subtract(struct manager_totals *totals, const struct member *member) {
	totals->n_accounts--;
	totals->unseen -= member->unseen;
	totals->n_online -= account_state_is_online(member->state);
	totals->n_failed -= member->state == ACCOUNT_STATE_FAILED;
}

static void manager_update_totals(struct manager *m, struct member *member) {
	struct account_status status = account_status(member->account);
	totals_subtract(&m->totals, member);
	member->unseen = status.unseen;
	member->state = status.state;
	totals_add(&m->totals, member);
}

bool manager_is_idle(const struct manager *m) {
	for (size_t i = 0; i < m->n_members; i++)
		if (!account_is_idle(m->members[i].account))
			return false;
	return true;
}

static void manager_on_account_changed(void *userdata, struct account *account, unsigned changed) {
	struct manager *m = userdata;
	struct member *member = manager_member_of(m, account);
	if (!member)
		return;
	manager_update_totals(m, member);
	if (m->listener.account_changed)
		m->listener.account_changed(m->listener.userdata, account, changed);
	if (changed & ACCOUNT_CHANGED_STATE)
		manager_refresh_status(m);
	if (changed & (ACCOUNT_CHANGED_STATE | ACCOUNT_CHANGED_COUNTS))
		manager_changed(m, MANAGER_CHANGED_COUNTS);
	if (m->stopped && manager_is_idle(m))
		(void)sd_event_source_set_time(m->stop_source, 0);
}

static void manager_log_messages(const struct config_messages *messages) {
	for (size_t i = 0; i < messages->n; i++)
		log_write(messages->items[i].is_error ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, NULL,
			"%s", messages->items[i].text);
	if (messages->n_left_out)
		log_warning("%zu more complaints about the configuration", messages->n_left_out);
}

/* The next set of accounts, merged with the one that runs: both are sorted by id. */
struct merge {
	struct member *members;
	size_t n;
	struct account **removed;
	size_t n_removed;
};

static void merge_add(struct merge *merge, struct manager *m, struct account_config *config) {
	struct account *account = account_new(&m->host, config);
	struct account_status status = account_status(account);
	merge->members[merge->n++] = (struct member){
		.account = account,
		.is_fresh = true,
		.unseen = status.unseen,
		.state = status.state,
	};
}

/* Takes the accounts out of `config`. */
static void merge_config(struct merge *merge, struct manager *m, struct config *config) {
	size_t old = 0;
	for (size_t i = 0; i < config->n_accounts; i++) {
		struct account_config *next = config->accounts[i];
		while (old < m->n_members &&
			strcmp(account_config(m->members[old].account)->id, next->id) < 0)
			merge->removed[merge->n_removed++] = m->members[old++].account;
		bool is_known = old < m->n_members &&
				!strcmp(account_config(m->members[old].account)->id, next->id);
		if (is_known && account_reconfigure(m->members[old].account, next)) {
			merge->members[merge->n++] = m->members[old++];
			continue;
		}
		if (is_known)
			merge->removed[merge->n_removed++] = m->members[old++].account;
		merge_add(merge, m, next);
	}
	while (old < m->n_members)
		merge->removed[merge->n_removed++] = m->members[old++].account;
	config->n_accounts = 0;
}

static void manager_say_removed(struct manager *m, const struct merge *merge) {
	for (size_t i = 0; i < merge->n_removed; i++) {
		if (m->listener.account_removed)
			m->listener.account_removed(m->listener.userdata, merge->removed[i]);
		account_free(merge->removed[i]);
	}
}

/* Indices stay as they are in here: a listener cannot add or remove accounts. */
static void manager_say_added(struct manager *m, bool start) {
	for (size_t i = 0; i < m->n_members; i++) {
		struct member *member = &m->members[i];
		if (!member->is_fresh) {
			account_reconsider(member->account);
			continue;
		}
		member->is_fresh = false;
		if (m->listener.account_added)
			m->listener.account_added(m->listener.userdata, member->account);
		if (start)
			account_start(member->account);
	}
}

static void manager_merge(struct manager *m, struct config *config, bool start) {
	struct merge merge = {
		.members = MEMORY_NEW_ARRAY(struct member, config->n_accounts + 1),
		.removed = MEMORY_NEW_ARRAY(struct account *, m->n_members + 1),
	};
	merge_config(&merge, m, config);
	free(m->members);
	m->members = merge.members;
	m->n_members = m->host.n_accounts = merge.n;
	m->totals = (struct manager_totals){ 0 };
	for (size_t i = 0; i < m->n_members; i++) {
		account_set_index(m->members[i].account, i);
		totals_add(&m->totals, &m->members[i]);
	}
	manager_say_removed(m, &merge);
	free(merge.removed);
	manager_say_added(m, start);
}

static void manager_apply(struct manager *m, const struct daemon_config *config) {
	if (!m->settings.keeps_log_level)
		log_set_level(daemon_config_log_level(config));
	m->gate.n_logins_max = config->logins_per_host;
	m->host.retry_cap_usec =
		config->retry_max_usec ? config->retry_max_usec : m->settings.retry_cap_usec;
	store_set_limits(m->store,
		&(struct store_limits){ config->events_max_age_usec, config->events_max_count });
}

static struct config *manager_read_config(struct manager *m) {
	if (!m->online)
		return config_load(m->settings.config_folders, false);
	struct config *config = config_load(online_config_folders(m->online), false);
	if (!online_config_set(m->online, config->daemon.gnome_online_accounts))
		return config;
	config_free(config);
	return config_load(online_config_folders(m->online), false);
}

static void manager_load(struct manager *m, bool start) {
	/* What an account wrote before it goes must be committed: its cursor stays true. */
	manager_commit(m);
	struct config *config = manager_read_config(m);
	if (m->settings.only_account)
		config_keep(config, m->settings.only_account);
	manager_apply(m, &config->daemon);
	manager_log_messages(&config->messages);
	manager_merge(m, config, start);
	triggers_reconsider(m->triggers, manager_has_triggers(m));
	config_free(config);
	manager_changed(m, MANAGER_CHANGED_COUNTS | MANAGER_CHANGED_CONFIG);
	manager_refresh_status(m);
}

void manager_reload(struct manager *m) {
	manager_load(m, true);
	/* a log that may be smaller now is so at once */
	(void)sd_event_source_set_time_relative(m->trim_source, 0);
}

void manager_start(struct manager *m) {
	for (size_t i = 0; i < m->n_members; i++)
		account_start(m->members[i].account);
	manager_publish(m);
}

static void manager_on_online_changed(void *userdata) {
	struct manager *m = userdata;
	if (!m->stopped)
		manager_reload(m);
}

static void manager_on_secrets_changed(void *userdata) {
	struct manager *m = userdata;
	for (size_t i = 0; i < m->n_members; i++)
		account_secrets_changed(m->members[i].account);
}

/* Stopping */

static int manager_on_stop(sd_event_source *source, uint64_t usec, void *userdata) {
	struct manager *m = userdata;
	triggers_stop(m->triggers);
	manager_commit(m);
	m->stopped(m->stopped_userdata);
	return 0;
}

void manager_stop(struct manager *m, void (*done)(void *userdata), void *userdata) {
	m->stopped = done;
	m->stopped_userdata = userdata;
	for (size_t i = 0; i < m->n_members; i++)
		account_stop(m->members[i].account);
	uint64_t patience = manager_is_idle(m) ? 0 : STOP_USEC;
	(void)sd_event_source_set_time_relative(m->stop_source, patience);
	(void)sd_event_source_set_enabled(m->stop_source, SD_EVENT_ONESHOT);
}

/* Making */

static int manager_on_status(sd_event_source *source, uint64_t usec, void *userdata) {
	struct manager *m = userdata;
	CLEANUP_TEXT char *line = status_line(m);
	(void)sd_notifyf(0, "STATUS=%s", line);
	return 0;
}

static void manager_on_gate_alarm(struct alarm *alarm) {
	struct manager *m = CONTAINER_OF(alarm, struct manager, gate_alarm);
	gate_tick(&m->gate, alarm_clock_now(m->clock));
	alarm_clock_set(m->clock, &m->gate_alarm, gate_due(&m->gate));
}

static void manager_on_gate_due(struct gate *gate) {
	struct manager *m = CONTAINER_OF(gate, struct manager, gate);
	alarm_clock_set(m->clock, &m->gate_alarm, gate_due(gate));
}

static int manager_add_sources(struct manager *m) {
	sd_event *loop = m->settings.loop;
	int r = sd_event_add_time(
		loop, &m->status_source, CLOCK_MONOTONIC, 0, 0, manager_on_status, m);
	if (r >= 0)
		r = sd_event_source_set_enabled(m->status_source, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time_relative(loop, &m->trim_source, CLOCK_MONOTONIC,
			USEC_PER_MINUTE, USEC_PER_MINUTE, manager_on_trim, m);
	if (r >= 0)
		r = sd_event_add_time(
			loop, &m->stop_source, CLOCK_MONOTONIC, 0, 1, manager_on_stop, m);
	if (r >= 0)
		r = sd_event_source_set_enabled(m->stop_source, SD_EVENT_OFF);
	return r;
}

static int manager_open_store(struct manager *m) {
	CLEANUP_TEXT char *problem = NULL;
	enum store_opened opened;
	const struct store_limits limits = { 0 }; /* until the configuration is read */
	int r = store_open(m->settings.state_path, &limits, &m->store, &opened, &problem);
	if (r < 0) {
		log_error("%s", problem ? problem : strerror(-r));
		return r;
	}
	m->host.state_lost = opened == STORE_SET_ASIDE;
	const struct log_fields fields = {
		.event = m->host.state_lost ? LOG_EVENT_STATE_DAMAGED : LOG_EVENT_NONE,
	};
	if (problem)
		log_write_fields(LOG_LEVEL_WARNING, NULL, &fields, "%s", problem);
	return 0;
}

int manager_new(const struct manager_settings *settings, struct manager **ret) {
	CLEANUP(manager_free) struct manager *m = MEMORY_NEW(struct manager);
	m->settings = *settings;
	m->transaction = 1;
	gate_init(&m->gate, 1); /* until the configuration is read */
	m->gate.due_changed = manager_on_gate_due;
	m->gate_alarm.ring = manager_on_gate_alarm;
	deferred_init(&m->commit, settings->loop, manager_on_commit, m);
	int r = manager_open_store(m);
	if (r >= 0)
		r = resolver_new(settings->loop, NULL, &m->resolver);
	if (r >= 0)
		r = alarm_clock_new(settings->loop, &m->clock);
	if (r >= 0)
		r = manager_add_sources(m);
	if (r < 0)
		return r;
	if (settings->has_desktop) {
		m->desktop = desktop_new(settings->loop, manager_on_secrets_changed, m);
		m->online = online_config_new(
			m->desktop, settings->config_folders, manager_on_online_changed, m);
	}
	m->host = (struct account_host){
		.loop = settings->loop,
		.clock = m->clock,
		.store = m->store,
		.resolver = m->resolver,
		.gate = &m->gate,
		.desktop = m->desktop,
		.facts = m->settings.facts,
		.state_lost = m->host.state_lost,
		.metrics = &m->metrics,
		.trust = &m->trust,
		.changed = manager_on_account_changed,
		.written = manager_on_written,
		.userdata = m,
	};
	m->publisher = (struct publisher){
		.store = m->store,
		.metrics = &m->metrics,
		.listener = &m->listener,
	};
	publisher_init(&m->publisher, settings->loop);
	const struct triggers_source source = { manager_config_of, manager_on_triggered, m };
	m->triggers = settings->only_account ? NULL : triggers_new(&m->host, &source);
	manager_load(m, false);
	*ret = TAKE_PTR(m);
	return 0;
}

struct manager *manager_free(struct manager *m) {
	if (!m)
		return NULL;
	for (size_t i = 0; i < m->n_members; i++)
		account_free(m->members[i].account);
	free(m->members);
	triggers_free(m->triggers);
	online_config_free(m->online);
	desktop_free(m->desktop);
	resolver_free(m->resolver);
	gate_deinit(&m->gate);
	if (m->clock)
		alarm_clock_remove(m->clock, &m->gate_alarm);
	alarm_clock_free(m->clock);
	trust_deinit(&m->trust);
	deferred_deinit(&m->commit);
	publisher_deinit(&m->publisher);
	sd_event_source_disable_unref(m->status_source);
	sd_event_source_disable_unref(m->trim_source);
	sd_event_source_disable_unref(m->stop_source);
	store_close(m->store);
	free(m);
	return NULL;
}

void manager_set_listener(struct manager *m, const struct manager_listener *listener) {
	m->listener = *listener;
}

const struct account_host *manager_account_host(const struct manager *m) {
	return &m->host;
}

struct account *manager_account(struct manager *m, const char *id) {
	struct member *member = manager_member(m, id);
	return member ? member->account : NULL;
}

struct account *manager_account_at(struct manager *m, size_t index) {
	return index < m->n_members ? m->members[index].account : NULL;
}

struct manager_totals manager_totals(const struct manager *m) {
	return m->totals;
}

struct metrics *manager_metrics(struct manager *m) {
	return &m->metrics;
}

int manager_read_events(struct manager *m, uint64_t after, unsigned limit,
	int (*each)(const struct store_event *event, void *userdata), void *userdata) {
	return damage_judge(
		m->settings.loop, store_read_events(m->store, after, limit, each, userdata));
}

uint64_t manager_last_seq(const struct manager *m) {
	return store_last_seq(m->store);
}

int manager_list_newest(struct manager *m,
	void (*each)(const char *account, uint64_t seq, void *userdata), void *userdata) {
	return store_list_newest(m->store, each, userdata);
}
