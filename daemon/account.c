#include "daemon/account.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <systemd/sd-id128.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "daemon/account-config.h"
#include "daemon/alarm-clock.h"
#include "daemon/backoff.h"
#include "daemon/credential.h"
#include "daemon/gate.h"
#include "daemon/learned.h"
#include "daemon/login-memory.h"
#include "daemon/mailbox-list.h"
#include "daemon/marking.h"
#include "daemon/message-url.h"
#include "daemon/report-store.h"
#include "daemon/token-care.h"
#include "daemon/trust.h"
#include "daemon/watch.h"
#include "io/tls-pins.h"
#include "io/tls-ticket.h"
#include "protocol/imap-proof.h"

struct account {
	const struct account_host *host;
	struct account_config *config;
	enum account_state state;
	enum reason reason;
	char *reason_text;
	const char *strategy; /* a constant */
	struct mailbox_list mailboxes;
	struct backoff backoff;
	struct token_care token;
	uint64_t online_since_usec; /* CLOCK_BOOTTIME; 0: not online */
	uint64_t last_contact_usec;
	uint64_t retry_at_usec;
	struct alarm alarm; /* the next attempt */
	struct gate_place place; /* while it logs in */
	struct list markings; /* messages that are being marked as seen */
	struct credential *credential;
	struct watch *watch;
	struct tls_ticket *ticket;
	struct tls_pins *pins; /* from the first attempt on; NULL: none */
	struct imap_proof proof;
	enum reason push_reason; /* why it is not watched by better means */
	char *push_text; /* or NULL */
	size_t index; /* the host's */
	bool stopping;
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

/* The only writer of the state. The words of the line are fixed: people grep for them. */
static void account_enter_state(struct account *account, enum account_state state) {
	enum account_state was = account->state;
	account->state = state;
	bool is_watching = state == ACCOUNT_STATE_ONLINE || state == ACCOUNT_STATE_DEGRADED;
	account->strategy = is_watching ? account->strategy : "";
	switch (state) {
	case ACCOUNT_STATE_ONLINE:
	case ACCOUNT_STATE_DEGRADED:
		if (account->online_since_usec == 0)
			account->online_since_usec = account_now(account, CLOCK_BOOTTIME);
		break;
	case ACCOUNT_STATE_OFFLINE:
	case ACCOUNT_STATE_CONNECTING:
	case ACCOUNT_STATE_PAUSED:
	case ACCOUNT_STATE_FAILED:
		account->online_since_usec = 0;
		break;
	}
	const char *reason = reason_to_string(account->reason);
	log_write(state == ACCOUNT_STATE_CONNECTING ? LOG_LEVEL_DEBUG
		  : state == ACCOUNT_STATE_FAILED   ? LOG_LEVEL_WARNING
						    : LOG_LEVEL_INFO,
		account->config->id, "state=%s was=%s%s%s%s%s", account_state_to_string(state),
		account_state_to_string(was), *reason ? " reason=" : "", reason,
		*account->reason_text ? ": " : "", account->reason_text);
	account_changed(account, ACCOUNT_CHANGED_STATE | ACCOUNT_CHANGED_STRATEGY);
}

static void account_set_reason(struct account *account, enum reason reason, const char *text) {
	free(account->reason_text);
	account->reason = reason;
	account->reason_text = memory_strdup(text ? text : "");
}

/* "The server refused the login: Authentication failed." */
static void account_set_reason_said(struct account *account, enum reason reason, const char *said) {
	const char *sentence = reason_to_sentence(reason);
	CLEANUP_TEXT char *text = text_is_empty(said) ? memory_strdup(sentence)
						      : memory_format("%s: %s", sentence, said);
	account_set_reason(account, reason, text);
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
		account->retry_at_usec = 0;
		account_let_sleep(account);
		return;
	}
	account->retry_at_usec = account_now(account, CLOCK_REALTIME) + wait_usec;
	account_wake_in(account, wait_usec);
}

static void account_drop_attempt(struct account *account) {
	gate_leave(account->host->gate, &account->place);
	account->credential = credential_free(account->credential);
	account->watch = watch_free(account->watch);
	marking_end_all(&account->markings, -ENOTCONN);
}

static uint64_t account_random(void) {
	sd_id128_t random;
	return sd_id128_randomize(&random) < 0 ? 0 : random.qwords[0];
}

/* An attempt or a connection has ended: says why, and when the next one is due. */
static void account_ended(
	struct account *account, enum reason reason, const char *said, uint64_t asked_usec) {
	struct backoff_end end = {
		.reason = reason,
		.asked_usec = asked_usec,
		.cap_usec = account->host->retry_cap_usec,
		.random = account_random(),
	};
	if (account->online_since_usec)
		end.alive_usec = account_now(account, CLOCK_BOOTTIME) - account->online_since_usec;
	account_drop_attempt(account);
	account->rolled_back = false;
	if (account->stopping) {
		account_set_reason(account, REASON_NONE, NULL);
		account->retry_at_usec = 0;
		account_enter_state(account, ACCOUNT_STATE_OFFLINE);
		return;
	}
	if (token_care_on_end(&account->token, reason, end.alive_usec)) {
		log_write(LOG_LEVEL_INFO, account->config->id, "asking for a new token");
		account_enter_state(account, ACCOUNT_STATE_CONNECTING);
		account_wake_in(account, 0);
		return;
	}
	account_set_reason_said(account, reason, said);
	account_wait(account, backoff_next(&account->backoff, &end));
	account_enter_state(account, account_state_of_reason(reason));
}

static void account_written(struct account *account, enum account_written written, int r) {
	account->host->written(account->host->userdata, account, written, MIN(r, 0));
}

static struct report_target account_target(struct account *account) {
	return (struct report_target){
		.store = account->host->store,
		.account = account->config->id,
		.now_usec = account_now(account, CLOCK_REALTIME),
	};
}

static void account_on_baseline(struct account *account, const struct watch_report *report) {
	const char *why = report->reset_reason        ? report->reset_reason
			  : account->host->state_lost ? "state-lost"
						      : NULL;
	struct report_target target = account_target(account);
	account_written(
		account, ACCOUNT_WRITTEN_STATE, report_store_baseline(&target, report, why));
	if (why)
		log_write(LOG_LEVEL_INFO, account->config->id, "mailbox reset: %s", why);
}

static void account_on_messages(struct account *account, const struct watch_report *report) {
	struct report_target target = account_target(account);
	account_written(account,
		report->n_events > 0 ? ACCOUNT_WRITTEN_EVENTS : ACCOUNT_WRITTEN_STATE,
		report_store_messages(&target, report));
}

static void account_count(struct account *account, const struct watch_report *report) {
	if (mailbox_list_count(&account->mailboxes, report->mailbox, &report->cursor))
		account_changed(account, ACCOUNT_CHANGED_COUNTS);
}

static void account_on_counts(struct account *account, const struct watch_report *report) {
	struct report_target target = account_target(account);
	account_written(account, ACCOUNT_WRITTEN_STATE, report_store_cursor(&target, report));
}

/* A floor that is not stored would be none the next time: a failure as of any other write. */
static void account_on_login(struct account *account, const struct login_outcome *login) {
	int r = login_memory_save(account->host->store, account->config, login);
	const char *name = sasl_mechanism_facts(login->mechanism)->name;
	log_write(LOG_LEVEL_DEBUG, account->config->id, "logged in by %s", *name ? name : "LOGIN");
	if (r != 0)
		account_written(account, ACCOUNT_WRITTEN_STATE, r);
}

static void account_plan_renewal(struct account *account) {
	uint64_t now = account_now(account, CLOCK_REALTIME);
	token_care_on_online(&account->token);
	uint64_t renewal = token_care_renewal(&account->token, now);
	if (renewal != USEC_NEVER)
		account_wake_in(account, renewal - now);
}

static void account_on_learned(struct account *account, const struct watch_report *report) {
	const struct store_fact fact = { report->value, account_now(account, CLOCK_REALTIME) };
	int r = learned_save(account->host->store, report->about, report->fact, &fact);
	if (r != 0)
		account_written(account, ACCOUNT_WRITTEN_STATE, r);
}

/* Connected: well, without some of the mailboxes that the user named, or without push. */
static void account_enter_online(struct account *account) {
	CLEANUP_TEXT char *missing = mailbox_list_missing(&account->mailboxes);
	if (missing)
		account_set_reason_said(account, REASON_NO_MAILBOX, missing);
	else
		account_set_reason_said(account, account->push_reason, account->push_text);
	account_enter_state(account,
		account->reason == REASON_NONE ? ACCOUNT_STATE_ONLINE : ACCOUNT_STATE_DEGRADED);
}

static void account_on_online(struct account *account, const struct watch_report *report) {
	backoff_accepted(&account->backoff);
	account->push_reason = report->reason;
	free(account->push_text);
	account->push_text = memory_strdup(report->text);
	account->retry_at_usec = 0;
	account->strategy = report->strategy;
	account_plan_renewal(account);
	account_enter_online(account);
	gate_leave(account->host->gate, &account->place);
}

static void account_on_mailbox(struct account *account, const struct watch_report *report) {
	struct mailbox_list *list = &account->mailboxes;
	CLEANUP_TEXT char *before = mailbox_list_missing(list);
	if (report->old_mailbox) {
		mailbox_list_rename(list, report->old_mailbox, report->mailbox);
		account_written(account, ACCOUNT_WRITTEN_STATE,
			store_rename_mailbox(account->host->store, account->config->id,
				report->old_mailbox, report->mailbox));
	}
	mailbox_list_set(list, report->mailbox, &report->listed);
	account_changed(account, ACCOUNT_CHANGED_COUNTS);
	CLEANUP_TEXT char *after = mailbox_list_missing(list);
	bool is_connected =
		account->state == ACCOUNT_STATE_ONLINE || account->state == ACCOUNT_STATE_DEGRADED;
	if (is_connected && strcmp(before ? before : "", after ? after : "") != 0)
		account_enter_online(account);
}

static void account_on_report(void *userdata, const struct watch_report *report) {
	struct account *account = userdata;
	/* A later window must not be stored when an earlier one was not. */
	if (account->rolled_back && report->kind != WATCH_CLOSED)
		return;
	switch (report->kind) {
	case WATCH_LOGIN:
		account_on_login(account, &report->login);
		break;
	case WATCH_ONLINE:
		account_on_online(account, report);
		break;
	case WATCH_BASELINE:
		account_on_baseline(account, report);
		account_count(account, report);
		break;
	case WATCH_MESSAGES:
		/* The event goes out before the numbers that it changes. */
		account_on_messages(account, report);
		account_count(account, report);
		break;
	case WATCH_COUNTS:
		account_count(account, report);
		account_on_counts(account, report);
		break;
	case WATCH_MAILBOX:
		account_on_mailbox(account, report);
		break;
	case WATCH_SWEPT:
		mailbox_list_swept(&account->mailboxes);
		break;
	case WATCH_ALERT:
		log_write(LOG_LEVEL_WARNING, account->config->id, "the server says: %s",
			report->text);
		break;
	case WATCH_CONTACT:
		account->last_contact_usec = account_now(account, CLOCK_REALTIME);
		break;
	case WATCH_LEARNED:
		account_on_learned(account, report);
		break;
	case WATCH_SCHEDULED:
		account->retry_at_usec =
			account_now(account, CLOCK_REALTIME) + report->retry_after_usec;
		account_changed(account, ACCOUNT_CHANGED_STATE);
		break;
	case WATCH_MARKED:
		marking_settle(
			&account->markings, report->message_id, report->marked, report->text);
		break;
	case WATCH_CLOSED:
		account_ended(account, report->reason, report->text, report->retry_after_usec);
		break;
	}
}

/* Whom this attempt trusts, and what it shows of itself. Negative with a sentence. */
static int account_find_trust(
	struct account *account, struct trust_given *ret, char **ret_problem) {
	const struct account_config *config = account->config;
	if (config->security == ACCOUNT_SECURITY_NONE)
		return 0;
	if (!account->ticket)
		account->ticket = tls_ticket_new();
	int r = trust_read_pins(config, &account->pins, ret_problem);
	return r < 0 ? r : trust_give(account->host->trust, config, ret, ret_problem);
}

static void account_connect(struct account *account, const struct credential_result *credential) {
	CLEANUP_TEXT char *problem = NULL;
	struct trust_given trust = { 0 };
	if (account_find_trust(account, &trust, &problem) < 0) {
		account_ended(account, REASON_CONFIG_ERROR, problem, 0);
		return;
	}
	struct watch_context context = {
		.loop = account->host->loop,
		.clock = account->host->clock,
		.config = account->config,
		.credential = credential,
		.policy = trust.policy,
		.ticket = account->ticket,
		.identity = trust.identity,
		.pins = account->pins,
		.resolver = account->host->resolver,
		.store = account->host->store,
		.n_accounts = account->host->n_accounts,
		.proof = &account->proof,
		.facts = account->host->facts,
		.mailboxes = &account->mailboxes,
		.report = account_on_report,
		.userdata = account,
	};
	mailbox_list_begin(&account->mailboxes);
	int r = watch_new(watch_kind_of(account->config), &context, &account->watch);
	if (r < 0)
		account_ended(account, REASON_INTERNAL, strerror(-r), 0);
}

static void account_on_credential(const struct credential_result *result, void *userdata) {
	struct account *account = userdata;
	/* The secret lives until the credential's own callback returns. */
	CLEANUP(credential_free) struct credential *done = TAKE_PTR(account->credential);
	int r = result->place ? account_config_take_place(account->config, result->place) : 0;
	if (r > 0)
		account_changed(account, ACCOUNT_CHANGED_CONFIG);
	token_care_on_credential(&account->token, result);
	if (r < 0)
		account_ended(account, REASON_SECRET_FAILED,
			"what is said of the server and the user is not usable", 0);
	else if (result->reason == REASON_NONE)
		account_connect(account, result);
	else
		account_ended(account, result->reason, result->problem, 0);
}

/* From the gate, at once or when it opens. */
static void account_log_in(struct account *account) {
	account_enter_state(account, ACCOUNT_STATE_CONNECTING);
	const struct credential_request request = {
		.config = account->config,
		.desktop = account->host->desktop,
		.is_refresh = account->token.is_refresh_due,
	};
	int r = credential_new(account->host->loop, &request, account_on_credential, account,
		&account->credential);
	if (r < 0)
		account_ended(account, REASON_SECRET_FAILED, strerror(-r), 0);
}

/* From the loop and not from here: an attempt that ends at once would open the gate for the next
 * one, and so on through the whole queue. */
static void account_on_gate(struct gate_place *place) {
	account_wake_in(CONTAINER_OF(place, struct account, place), 0);
}

static void account_attempt(struct account *account) {
	account_drop_attempt(account);
	account_let_sleep(account);
	account->retry_at_usec = 0;
	if (account->config->problem)
		account_ended(account, REASON_CONFIG_ERROR, account->config->problem, 0);
	else if (gate_enter(account->host->gate, &account->place, account->config->host))
		account_log_in(account);
}

static void account_ended_by_store(struct account *account) {
	CLEANUP_TEXT char *why = memory_strdup(account->reason_text);
	account_ended(account, REASON_STORE_FAILED, why, 0);
}

/* The server will close soon because the token expires: better now, and with the next one at hand. */
static void account_renew_token(struct account *account) {
	account->token.is_renewing = true;
	watch_close(account->watch);
}

static void account_on_alarm(struct alarm *alarm) {
	struct account *account = CONTAINER_OF(alarm, struct account, alarm);
	if (account->rolled_back)
		account_ended_by_store(account);
	else if (account->place.is_inside)
		account_log_in(account);
	else if (account->watch)
		account_renew_token(account);
	else
		account_attempt(account);
}

struct account *account_new(const struct account_host *host, struct account_config *config) {
	struct account *account = MEMORY_NEW(struct account);
	account->host = host;
	account->config = config;
	account->strategy = "";
	account->alarm.ring = account_on_alarm;
	account->reason_text = memory_strdup("");
	list_init(&account->markings);
	gate_place_init(&account->place, account_on_gate);
	mailbox_list_load(&account->mailboxes, host->store, config);
	return account;
}

struct account *account_free(struct account *account) {
	if (!account)
		return NULL;
	account_drop_attempt(account);
	tls_ticket_free(account->ticket);
	tls_pins_free(account->pins);
	alarm_clock_remove(account->host->clock, &account->alarm);
	mailbox_list_deinit(&account->mailboxes);
	free(account->push_text);
	account_config_free(account->config);
	free(account->reason_text);
	free(account);
	return NULL;
}

void account_start(struct account *account) {
	account->stopping = false;
	account_wake_in(account, 0);
}

void account_stop(struct account *account) {
	account->stopping = true;
	gate_leave(account->host->gate, &account->place);
	account_let_sleep(account);
	account->credential = credential_free(account->credential);
	if (account->watch)
		watch_close(account->watch);
}

bool account_is_idle(const struct account *account) {
	return !account->watch && !account->credential;
}

static bool account_is_online(const struct account *account) {
	return account->state == ACCOUNT_STATE_ONLINE || account->state == ACCOUNT_STATE_DEGRADED;
}

static bool account_may_hurry(const struct account *account) {
	if (account->stopping || account->rolled_back || !account_is_idle(account))
		return false;
	enum backoff_kind kind = backoff_kind(account->reason);
	return kind == BACKOFF_NETWORK || kind == BACKOFF_EVENT;
}

void account_check(struct account *account) {
	if (account_is_online(account))
		watch_check(account->watch);
	else if (account_may_hurry(account))
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
	if (!account_is_online(account) || account->rolled_back || account->stopping)
		return -ENOTCONN;
	struct marking *marking = marking_begin(&account->markings, ids, n, caller);
	int r = account->watch->kind->mark_seen(account->watch, ids, n, ret_bad);
	if (r < 0)
		marking_cancel(marking);
	return r;
}

void account_secrets_changed(struct account *account) {
	bool waits = account->reason == REASON_LOCKED || account->reason == REASON_SECRET_FAILED ||
		     (account->reason == REASON_TOKEN_EXPIRED && account->config->goa_account);
	bool is_free = account_is_idle(account) && !account->stopping && !account->rolled_back;
	if (waits && is_free && !account->place.is_inside)
		account_attempt(account);
}

bool account_reconfigure(struct account *account, struct account_config *config) {
	switch (account_config_compare(account->config, config)) {
	case ACCOUNT_CONFIG_OTHER:
		return false;
	case ACCOUNT_CONFIG_LIVE:
		account_config_take_live(account->config, config);
		account->is_changed = true;
		/* It borrows what was just exchanged; asked for again by account_reconsider(). */
		account->credential = credential_free(account->credential);
		break;
	case ACCOUNT_CONFIG_SAME:
		break;
	}
	account_config_free(config);
	return true;
}

void account_reconsider(struct account *account) {
	account->backoff = (struct backoff){ 0 };
	if (account->is_changed)
		account_changed(account, ACCOUNT_CHANGED_CONFIG);
	account->is_changed = false;
	if (account_is_idle(account))
		account_attempt(account);
}

void account_store_failed(struct account *account, int error) {
	if (!account->watch || account->rolled_back)
		return;
	account->rolled_back = true;
	account_set_reason(account, REASON_STORE_FAILED, strerror(-error));
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
		.state = account->state,
		.reason = account->reason,
		.reason_text = account->reason_text,
		.strategy = account->strategy,
		.unseen = mailbox_list_unseen(&account->mailboxes),
		.total = mailbox_list_total(&account->mailboxes),
		.last_contact_usec = account->last_contact_usec,
		.retry_at_usec = account->retry_at_usec,
	};
}
