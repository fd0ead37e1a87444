#include "daemon/account.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "daemon/account-config.h"
#include "daemon/alarm-clock.h"
#include "daemon/attempt.h"
#include "daemon/backoff.h"
#include "daemon/chance.h"
#include "daemon/mailbox-list.h"
#include "daemon/message-url.h"
#include "daemon/metrics.h"
#include "daemon/pause.h"
#include "daemon/refusal-memory.h"
#include "daemon/report-store.h"
#include "daemon/standing.h"
#include "daemon/watch.h"

struct account {
	const struct account_host *host;
	struct account_config *config;
	struct standing standing;
	struct attempt attempt;
	struct mailbox_list mailboxes;
	struct backoff backoff;
	struct pause pause;
	struct alarm alarm; /* the next attempt */
	enum reason push_reason; /* why it is not watched by better means */
	char *push_text; /* or NULL */
	size_t index; /* the host's */
	bool stopping;
	bool is_dozing; /* the machine is about to sleep */
	bool is_excused; /* it is asked for a sign of life: its end is not the host's doing */
	bool is_changed; /* by a reload, not reported yet */
	bool rolled_back; /* the engine believes to be stored what is not: it goes at the next turn */
};

static uint64_t account_now(const struct account *account, clockid_t clock) {
	uint64_t now = 0;
	(void)sd_event_now(account->host->loop, clock, &now);
	return now;
}

static void account_changed(struct account *account, unsigned changed) {
	account->host->changed(account->host->userdata, account, changed);
}

static void account_enter_state(struct account *account, enum account_state state) {
	const struct standing_owner owner = { account->config->id, account->config->host };
	standing_enter(&account->standing, &owner, state, account_now(account, CLOCK_BOOTTIME));
	account_changed(account, ACCOUNT_CHANGED_STATE | ACCOUNT_CHANGED_STRATEGY);
}

static void account_wake_in(struct account *account, uint64_t wait_usec) {
	struct alarm_clock *clock = account->host->clock;
	alarm_clock_set(clock, &account->alarm, alarm_clock_now(clock) + wait_usec);
}

static void account_let_sleep(struct account *account) {
	alarm_clock_set(account->host->clock, &account->alarm, USEC_NEVER);
}

static void account_wait(struct account *account, uint64_t wait_usec) {
	if (wait_usec == USEC_NEVER) {
		account->standing.retry_at_usec = 0;
		account_let_sleep(account);
		return;
	}
	account->standing.retry_at_usec = account_now(account, CLOCK_REALTIME) + wait_usec;
	account_wake_in(account, wait_usec);
}

/* In a pause nothing is due but its end. */
static void account_enter_pause(struct account *account) {
	uint64_t wait = pause_wait(&account->pause, account_now(account, CLOCK_REALTIME));
	uint64_t end = pause_end(&account->pause);
	struct standing *standing = &account->standing;
	bool is_same = standing->state == ACCOUNT_STATE_PAUSED && standing->retry_at_usec == end;
	if (wait == USEC_NEVER)
		account_let_sleep(account);
	else
		account_wake_in(account, wait);
	standing_set_reason(standing, REASON_NONE, NULL);
	standing->retry_at_usec = end;
	if (!is_same)
		account_enter_state(account, ACCOUNT_STATE_PAUSED);
}

static void account_written(struct account *account, enum account_written written, int r) {
	account->host->written(account->host->userdata, account, written, MIN(r, 0));
}

static void account_keep_refusal(struct account *account, enum reason reason, const char *said) {
	const struct refusal refusal = {
		.reason = reason,
		.n = account->backoff.n_refusals,
		.when_usec = account_now(account, CLOCK_REALTIME),
		.text = (char *)said,
	};
	account_written(account, ACCOUNT_WRITTEN_STATE,
		refusal_memory_save(account->host->store, account->config, &refusal));
}

static void account_forget_refusal(struct account *account) {
	if (account->backoff.n_refusals == 0)
		return;
	backoff_accepted(&account->backoff);
	account_written(account, ACCOUNT_WRITTEN_STATE,
		refusal_memory_forget(account->host->store, account->config));
}

/* A login that was refused before waits on, over a restart and a reload. False: nothing is known
 * against it, or its time has come. */
static bool account_resume_refusal(struct account *account) {
	struct refusal refusal = { .n = 0 };
	account->backoff.n_refusals = 0;
	if (refusal_memory_load(account->host->store, account->config, &refusal) <= 0)
		return false;
	account->backoff.n_refusals = refusal.n;
	uint64_t now = account_now(account, CLOCK_REALTIME);
	uint64_t until = backoff_refused_until(&account->backoff, refusal.when_usec, now);
	if (until > now) {
		standing_set_reason_said(&account->standing, refusal.reason, refusal.text);
		account_wait(account, until == USEC_NEVER ? USEC_NEVER : until - now);
		account_enter_state(account, account_state_of_reason(refusal.reason));
	}
	refusal_memory_deinit(&refusal);
	return until > now;
}

/* An attempt or a connection has ended: says why, and when the next one is due. */
static void account_ended(
	struct account *account, enum reason reason, const char *said, uint64_t asked_usec) {
	struct backoff_end end = {
		.reason = reason,
		.asked_usec = asked_usec,
		.cap_usec = account->host->retry_cap_usec,
		.random = chance_number(),
		.is_excused = account->is_excused,
	};
	if (account->standing.online_since_usec)
		end.alive_usec =
			account_now(account, CLOCK_BOOTTIME) - account->standing.online_since_usec;
	bool is_ours = account->stopping || account->is_dozing || account->is_excused;
	attempt_end(&account->attempt, is_ours ? REASON_NONE : reason);
	account->host->metrics->n_reconnects[reason]++;
	account->rolled_back = false;
	if (pause_is_on(&account->pause) && !account->stopping) {
		account_enter_pause(account);
		return;
	}
	if (account->stopping || account->is_dozing) {
		standing_set_reason(&account->standing, REASON_NONE, NULL);
		account->standing.retry_at_usec = 0;
		account_enter_state(account, ACCOUNT_STATE_OFFLINE);
		return;
	}
	if (token_care_on_end(&account->attempt.token, reason, end.alive_usec)) {
		log_write(LOG_LEVEL_INFO, account->config->id, "asking for a new token");
		account_enter_state(account, ACCOUNT_STATE_CONNECTING);
		account_wake_in(account, 0);
		return;
	}
	standing_set_reason_said(&account->standing, reason, said);
	account_wait(account, backoff_next(&account->backoff, &end));
	account_enter_state(account, account_state_of_reason(reason));
	if (backoff_kind(reason) == BACKOFF_LOGIN)
		account_keep_refusal(account, reason, said);
}

static void account_store(struct account *account, const struct watch_report *report) {
	const struct report_target target = {
		.host = account->host,
		.config = account->config,
		.now_usec = account_now(account, CLOCK_REALTIME),
	};
	bool has_events = report->kind == WATCH_MESSAGES && report->n_events > 0;
	int r = report_store(&target, report);
	if (r != 0)
		account_written(
			account, has_events ? ACCOUNT_WRITTEN_EVENTS : ACCOUNT_WRITTEN_STATE, r);
}

static void account_count(struct account *account, const struct watch_report *report) {
	if (mailbox_list_count(&account->mailboxes, report->mailbox, &report->cursor))
		account_changed(account, ACCOUNT_CHANGED_COUNTS);
}

static void account_plan_renewal(struct account *account) {
	uint64_t now = account_now(account, CLOCK_REALTIME);
	token_care_on_online(&account->attempt.token);
	uint64_t renewal = token_care_renewal(&account->attempt.token, now);
	if (renewal != USEC_NEVER)
		account_wake_in(account, renewal - now);
}

/* Connected: well, without some of the mailboxes that the user named, or without push. */
static void account_enter_online(struct account *account) {
	CLEANUP_TEXT char *missing = mailbox_list_missing(&account->mailboxes);
	if (missing)
		standing_set_reason_said(&account->standing, REASON_NO_MAILBOX, missing);
	else
		standing_set_reason_said(
			&account->standing, account->push_reason, account->push_text);
	account_enter_state(account, account->standing.reason == REASON_NONE
					     ? ACCOUNT_STATE_ONLINE
					     : ACCOUNT_STATE_DEGRADED);
}

static void account_on_online(struct account *account, const struct watch_report *report) {
	if (pause_is_on(&account->pause)) /* which came while it logged in */
		return;
	account->push_reason = report->reason;
	free(account->push_text);
	account->push_text = memory_strdup(report->text);
	account->standing.retry_at_usec = 0;
	account->standing.strategy = report->strategy;
	account_plan_renewal(account);
	account_enter_online(account);
	attempt_settle(&account->attempt);
}

static void account_on_mailbox(struct account *account, const struct watch_report *report) {
	struct mailbox_list *list = &account->mailboxes;
	CLEANUP_TEXT char *before = mailbox_list_missing(list);
	if (report->old_mailbox)
		mailbox_list_rename(list, report->old_mailbox, report->mailbox);
	mailbox_list_set(list, report->mailbox, &report->listed);
	account_changed(account, ACCOUNT_CHANGED_COUNTS);
	CLEANUP_TEXT char *after = mailbox_list_missing(list);
	if (standing_is_online(&account->standing) && !text_equal(before, after))
		account_enter_online(account);
}

static void account_on_report(struct attempt *attempt, const struct watch_report *report) {
	struct account *account = CONTAINER_OF(attempt, struct account, attempt);
	/* A later window must not be stored when an earlier one was not. */
	if (account->rolled_back && report->kind != WATCH_CLOSED)
		return;
	/* The event goes out before the numbers that it changes. */
	account_store(account, report);
	switch (report->kind) {
	case WATCH_ONLINE:
		account_on_online(account, report);
		break;
	case WATCH_BASELINE:
	case WATCH_MESSAGES:
	case WATCH_COUNTS:
		account_count(account, report);
		break;
	case WATCH_MAILBOX:
		account_on_mailbox(account, report);
		break;
	case WATCH_SWEPT:
		mailbox_list_swept(&account->mailboxes);
		break;
	case WATCH_CONTACT:
		account->is_excused = false;
		account->standing.last_contact_usec = account_now(account, CLOCK_REALTIME);
		break;
	case WATCH_LOGIN:
		account_forget_refusal(account);
		break;
	case WATCH_LEARNED:
	case WATCH_ALERT:
	case WATCH_MARKED:
		break;
	case WATCH_SCHEDULED:
		if (pause_is_on(&account->pause))
			break;
		account->standing.retry_at_usec =
			account_now(account, CLOCK_REALTIME) + report->retry_after_usec;
		account_changed(account, ACCOUNT_CHANGED_STATE);
		break;
	case WATCH_CLOSED:
		account_ended(account, report->reason, report->text, report->retry_after_usec);
		break;
	}
}

static void account_on_moved(struct attempt *attempt) {
	account_changed(CONTAINER_OF(attempt, struct account, attempt), ACCOUNT_CHANGED_CONFIG);
}

static void account_on_turn(struct attempt *attempt) {
	account_wake_in(CONTAINER_OF(attempt, struct account, attempt), 0);
}

/* For others, of the same host: until when, and what of. */
static void account_wait_for_turn(struct account *account) {
	struct gate_wait wait = attempt_wait(&account->attempt);
	uint64_t now = alarm_clock_now(account->host->clock);
	bool is_known = wait.due_usec != USEC_NEVER;
	account->standing.retry_at_usec = is_known ? account_now(account, CLOCK_REALTIME) +
							     wait.due_usec - MIN(now, wait.due_usec)
						   : 0;
	if (wait.reason != REASON_NONE && account->standing.reason == REASON_NONE) {
		standing_set_reason_said(
			&account->standing, wait.reason, "another account tries the host");
		account_enter_state(account, ACCOUNT_STATE_OFFLINE);
	} else if (is_known || wait.reason != REASON_NONE) {
		account_changed(account, ACCOUNT_CHANGED_STATE);
	}
}

static void account_on_waits(struct attempt *attempt) {
	account_wait_for_turn(CONTAINER_OF(attempt, struct account, attempt));
}

static void account_log_in(struct account *account) {
	account_enter_state(account, ACCOUNT_STATE_CONNECTING);
	attempt_log_in(&account->attempt);
}

static void account_attempt(struct account *account) {
	account->is_dozing = account->is_excused = false;
	if (pause_is_on(&account->pause)) {
		account_enter_pause(account);
		return;
	}
	attempt_end(&account->attempt, REASON_NONE);
	account_let_sleep(account);
	account->standing.retry_at_usec = 0;
	if (account->config->problem)
		account_ended(account, REASON_CONFIG_ERROR, account->config->problem, 0);
	else if (attempt_begin(&account->attempt))
		account_log_in(account);
	else
		account_wait_for_turn(account);
}

static void account_ended_by_store(struct account *account) {
	CLEANUP_TEXT char *why = memory_strdup(account->standing.reason_text);
	account_ended(account, REASON_STORE_FAILED, why, 0);
}

/* The server will close soon because the token expires: better now, and with the next one at hand. */
static void account_renew_token(struct account *account) {
	account->attempt.token.is_renewing = true;
	watch_close(account->attempt.watch);
}

static void account_on_pause_alarm(struct account *account) {
	if (pause_is_over(&account->pause, account_now(account, CLOCK_REALTIME)))
		(void)account_resume(account);
	else
		account_enter_pause(account);
}

static void account_on_alarm(struct alarm *alarm) {
	struct account *account = CONTAINER_OF(alarm, struct account, alarm);
	if (account->rolled_back)
		account_ended_by_store(account);
	else if (pause_is_on(&account->pause))
		account_on_pause_alarm(account);
	else if (attempt_is_at_turn(&account->attempt))
		account_log_in(account);
	else if (account->attempt.watch)
		account_renew_token(account);
	else
		account_attempt(account);
}

static const struct attempt_owner attempt_owner = {
	.turn = account_on_turn,
	.waits = account_on_waits,
	.moved = account_on_moved,
	.report = account_on_report,
};

struct account *account_new(const struct account_host *host, struct account_config *config) {
	struct account *account = MEMORY_NEW(struct account);
	account->host = host;
	account->config = config;
	account->alarm.ring = account_on_alarm;
	account->attempt = (struct attempt){
		.owner = &attempt_owner,
		.host = host,
		.config = config,
		.mailboxes = &account->mailboxes,
	};
	attempt_init(&account->attempt);
	standing_init(&account->standing);
	mailbox_list_load(&account->mailboxes, host->store, config);
	pause_load(&account->pause, host->store, config->id);
	return account;
}

struct account *account_free(struct account *account) {
	if (!account)
		return NULL;
	attempt_deinit(&account->attempt);
	alarm_clock_remove(account->host->clock, &account->alarm);
	mailbox_list_deinit(&account->mailboxes);
	standing_deinit(&account->standing);
	free(account->push_text);
	account_config_free(account->config);
	free(account);
	return NULL;
}

void account_start(struct account *account) {
	account->stopping = false;
	if (pause_is_on(&account->pause) || !account_resume_refusal(account))
		account_wake_in(account, 0);
}

void account_stop(struct account *account) {
	account->stopping = true;
	account_let_sleep(account);
	attempt_stop(&account->attempt);
}

bool account_is_idle(const struct account *account) {
	return attempt_is_idle(&account->attempt);
}

/* Nothing keeps it from an attempt but its own patience. */
static bool account_is_free(const struct account *account) {
	return !account->stopping && !account->rolled_back && !pause_is_on(&account->pause) &&
	       account_is_idle(account) && !attempt_is_waiting(&account->attempt) &&
	       !attempt_is_at_turn(&account->attempt);
}

static bool account_may_hurry(const struct account *account) {
	enum backoff_kind kind = backoff_kind(account->standing.reason);
	return (kind == BACKOFF_NETWORK || kind == BACKOFF_EVENT) && account_is_free(account);
}

void account_refresh(struct account *account) {
	if (standing_is_online(&account->standing))
		watch_check(account->attempt.watch);
	else if (account_may_hurry(account))
		account_attempt(account);
}

void account_check(struct account *account) {
	bool is_wanted = account->standing.reason != REASON_THROTTLED;
	if (!standing_is_online(&account->standing) && account_is_free(account) && is_wanted)
		account_attempt(account);
	else
		account_refresh(account);
}

void account_doze(struct account *account) {
	if (account->stopping || account_is_idle(account))
		return;
	account->is_dozing = true;
	account_let_sleep(account);
	attempt_stop(&account->attempt);
}

void account_stir(struct account *account, uint64_t patience_usec, bool may_try) {
	if (account->attempt.watch && !account->stopping && !account->is_dozing) {
		account->is_excused = true;
		watch_probe(account->attempt.watch, patience_usec);
	}
	if (may_try && !account->stopping && (account->is_dozing || account_may_hurry(account)))
		account_attempt(account);
}

int account_mark_seen(struct account *account, const char *const *ids, size_t n,
	const struct marking_caller *caller, size_t *ret_bad) {
	if (!watch_kind_of(account->config)->mark_seen)
		return -EOPNOTSUPP;
	if (account->config->read_only)
		return -EROFS;
	size_t bad = message_url_find_stranger(account->config, ids, n);
	if (bad < n) {
		*ret_bad = bad;
		return -ENOENT;
	}
	if (!standing_is_online(&account->standing) || account->rolled_back || account->stopping)
		return -ENOTCONN;
	return attempt_mark_seen(&account->attempt, ids, n, caller, ret_bad);
}

static int account_set_pause(struct account *account, uint64_t until_usec) {
	int r = pause_set(&account->pause, account->host->store, account->config->id, until_usec,
		account_now(account, CLOCK_REALTIME));
	if (r != 0)
		account_written(account, ACCOUNT_WRITTEN_STATE, r);
	return MIN(r, 0);
}

int account_pause(struct account *account, uint64_t until_usec) {
	if (until_usec != 0 && until_usec <= account_now(account, CLOCK_REALTIME))
		return -EINVAL;
	int r = account_set_pause(account, until_usec ? until_usec : PAUSE_ENDLESS);
	if (r < 0)
		return r;
	account_enter_pause(account);
	attempt_stop(&account->attempt);
	return 0;
}

int account_resume(struct account *account) {
	if (!pause_is_on(&account->pause))
		return 0;
	int r = account_set_pause(account, 0);
	if (r < 0)
		return r;
	if (!account->stopping)
		account_attempt(account);
	return 0;
}

void account_secrets_changed(struct account *account) {
	bool waits =
		account->standing.reason == REASON_LOCKED ||
		account->standing.reason == REASON_SECRET_FAILED ||
		(account->standing.reason == REASON_TOKEN_EXPIRED && account->config->goa_account);
	if (waits && account_is_free(account))
		account_attempt(account);
}

bool account_reconfigure(struct account *account, struct account_config *config) {
	bool is_asking = account->attempt.credential;
	switch (account_config_compare(account->config, config)) {
	case ACCOUNT_CONFIG_OTHER:
		return false;
	case ACCOUNT_CONFIG_LIVE:
		account_config_take_live(account->config, config);
		account->is_changed = true;
		/* It borrows what was just exchanged; asked for again at the next turn, as the gate has let
		 * us in. */
		attempt_drop_credential(&account->attempt);
		if (is_asking)
			account_wake_in(account, 0);
		break;
	case ACCOUNT_CONFIG_SAME:
		break;
	}
	account_config_free(config);
	return true;
}

/* A reload in a loop must not be a login in a loop. */
static bool account_may_reconsider(struct account *account) {
	enum backoff_kind kind = backoff_kind(account->standing.reason);
	if (!account_is_free(account) || kind == BACKOFF_PATIENCE)
		return false;
	return kind != BACKOFF_LOGIN || !account_resume_refusal(account);
}

void account_reconsider(struct account *account) {
	bool is_changed = account->is_changed;
	account->is_changed = false;
	if (is_changed)
		account_changed(account, ACCOUNT_CHANGED_CONFIG);
	if (is_changed && account->attempt.watch)
		watch_reconfigure(account->attempt.watch);
	if (account_may_reconsider(account))
		account_attempt(account);
}

void account_store_failed(struct account *account, int error) {
	if (!account->attempt.watch || account->rolled_back)
		return;
	account->rolled_back = true;
	standing_set_reason(&account->standing, REASON_STORE_FAILED, strerror(-error));
	/* The watch cannot be freed while it reports: from the loop, then. */
	account_wake_in(account, 0);
}

void account_set_index(struct account *account, size_t index) {
	account->index = index;
}

size_t account_index(const struct account *account) {
	return account->index;
}

const struct mailbox_list *account_mailboxes(const struct account *account) {
	return &account->mailboxes;
}

const struct account_config *account_config(const struct account *account) {
	return account->config;
}

struct account_status account_status(const struct account *account) {
	return (struct account_status){
		.state = account->standing.state,
		.reason = account->standing.reason,
		.reason_text = account->standing.reason_text,
		.strategy = account->standing.strategy,
		.unseen = mailbox_list_unseen(&account->mailboxes),
		.total = mailbox_list_total(&account->mailboxes),
		.last_contact_usec = account->standing.last_contact_usec,
		.retry_at_usec = account->standing.retry_at_usec,
	};
}
