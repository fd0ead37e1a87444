#include "daemon/attempt.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "daemon/account-config.h"
#include "daemon/account-host.h"
#include "daemon/alarm-clock.h"
#include "daemon/chance.h"
#include "daemon/credential.h"
#include "daemon/damage.h"
#include "daemon/mailbox-list.h"
#include "daemon/marking.h"
#include "daemon/metrics.h"
#include "daemon/proxy-access.h"
#include "daemon/trust.h"
#include "io/tls-pins.h"
#include "io/tls-ticket.h"

static void attempt_failed(struct attempt *attempt, enum reason reason, const char *text) {
	const struct watch_report report = {
		.kind = WATCH_CLOSED,
		.reason = reason,
		.text = text,
	};
	attempt->owner->report(attempt, &report);
}

static void attempt_say_login(const struct attempt *attempt, const struct login_outcome *login) {
	const char *name = sasl_mechanism_facts(login->mechanism)->name;
	log_write(LOG_LEVEL_DEBUG, attempt->config->id, "logged in by %s", *name ? name : "LOGIN");
}

static void attempt_on_report(void *userdata, const struct watch_report *report) {
	struct attempt *attempt = userdata;
	switch (report->kind) {
	case WATCH_LOGIN:
		attempt_say_login(attempt, &report->login);
		attempt->host->metrics->n_logins++;
		break;
	case WATCH_ALERT:
		log_write(LOG_LEVEL_WARNING, attempt->config->id, "the server says: %s",
			report->text);
		return;
	case WATCH_MARKED:
		marking_settle(
			&attempt->markings, report->message_id, report->marked, report->text);
		return;
	case WATCH_CONTACT:
		attempt->has_reached = true;
		break;
	case WATCH_ONLINE:
	case WATCH_BASELINE:
	case WATCH_MESSAGES:
	case WATCH_COUNTS:
	case WATCH_MAILBOX:
	case WATCH_SWEPT:
	case WATCH_LEARNED:
	case WATCH_SCHEDULED:
	case WATCH_CLOSED:
		break;
	}
	attempt->owner->report(attempt, report);
}

/* Whom this attempt trusts, and what it shows of itself. Negative with a sentence. */
static int attempt_find_trust(
	struct attempt *attempt, struct trust_given *ret, char **ret_problem) {
	const struct account_config *config = attempt->config;
	if (config->security == ACCOUNT_SECURITY_NONE)
		return 0;
	if (!attempt->ticket)
		attempt->ticket = tls_ticket_new();
	int r = trust_read_pins(config, &attempt->pins, ret_problem);
	return r < 0 ? r : trust_give(attempt->host->trust, config, ret, ret_problem);
}

/* A file that cannot be read is told in its words, before anything is connected. */
static char *attempt_check_proxy(const struct attempt *attempt) {
	struct proxy_access access;
	struct connector_proxy proxy;
	char *problem = NULL;
	if (proxy_access_init(&access, attempt->config, &proxy, &problem) == 0)
		proxy_access_deinit(&access);
	return problem;
}

static void attempt_connect(struct attempt *attempt, const struct credential_result *credential) {
	const struct account_host *host = attempt->host;
	CLEANUP_TEXT char *problem = NULL;
	struct trust_given trust = { 0 };
	if (attempt_find_trust(attempt, &trust, &problem) < 0) {
		attempt_failed(attempt, REASON_CONFIG_ERROR, problem);
		return;
	}
	problem = attempt_check_proxy(attempt);
	if (problem) {
		attempt_failed(attempt, REASON_SECRET_FAILED, problem);
		return;
	}
	struct watch_context context = {
		.loop = host->loop,
		.clock = host->clock,
		.config = attempt->config,
		.credential = credential,
		.policy = trust.policy,
		.ticket = attempt->ticket,
		.identity = trust.identity,
		.pins = attempt->pins,
		.resolver = host->resolver,
		.desktop = host->desktop,
		.store = host->store,
		.metrics = host->metrics,
		.n_accounts = host->n_accounts,
		.proof = &attempt->proof,
		.facts = host->facts,
		.mailboxes = attempt->mailboxes,
		.report = attempt_on_report,
		.userdata = attempt,
	};
	mailbox_list_begin(attempt->mailboxes);
	int r = watch_new(watch_kind_of(attempt->config), &context, &attempt->watch);
	r = damage_judge(host->loop, r);
	if (r < 0)
		attempt_failed(attempt, REASON_INTERNAL, strerror(-r));
}

static void attempt_on_credential(const struct credential_result *result, void *userdata) {
	struct attempt *attempt = userdata;
	/* The secret lives until the credential's own callback returns. */
	CLEANUP(credential_free) struct credential *done = TAKE_PTR(attempt->credential);
	int r = result->place ? account_config_take_place(attempt->config, result->place) : 0;
	if (r > 0)
		attempt->owner->moved(attempt);
	token_care_on_credential(&attempt->token, result);
	if (r < 0)
		attempt_failed(attempt, REASON_SECRET_FAILED,
			"what is said of the server and the user is not usable");
	else if (result->reason == REASON_NONE)
		attempt_connect(attempt, result);
	else
		attempt_failed(attempt, result->reason, result->problem);
}

static void attempt_on_gate(struct gate_place *place) {
	struct attempt *attempt = CONTAINER_OF(place, struct attempt, place);
	attempt->owner->turn(attempt);
}

static void attempt_on_gate_moved(struct gate_place *place) {
	struct attempt *attempt = CONTAINER_OF(place, struct attempt, place);
	attempt->owner->waits(attempt);
}

static uint64_t attempt_now(const struct attempt *attempt) {
	return alarm_clock_now(attempt->host->clock);
}

void attempt_init(struct attempt *attempt) {
	gate_place_init(&attempt->place, attempt_on_gate);
	attempt->place.moved = attempt_on_gate_moved;
	list_init(&attempt->markings);
}

void attempt_deinit(struct attempt *attempt) {
	attempt_end(attempt, REASON_NONE);
	gate_forget(attempt->host->gate, &attempt->place, attempt_now(attempt));
	tls_ticket_free(attempt->ticket);
	tls_pins_free(attempt->pins);
}

bool attempt_begin(struct attempt *attempt) {
	attempt->has_reached = false;
	return gate_enter(
		attempt->host->gate, &attempt->place, attempt->config->host, attempt_now(attempt));
}

bool attempt_is_at_turn(const struct attempt *attempt) {
	return attempt->place.position == GATE_INSIDE;
}

bool attempt_is_waiting(const struct attempt *attempt) {
	return attempt->place.position == GATE_WAITING;
}

struct gate_wait attempt_wait(const struct attempt *attempt) {
	return gate_wait(&attempt->place);
}

void attempt_log_in(struct attempt *attempt) {
	const struct credential_request request = {
		.config = attempt->config,
		.desktop = attempt->host->desktop,
		.is_refresh = attempt->token.is_refresh_due,
	};
	int r = credential_new(attempt->host->loop, &request, attempt_on_credential, attempt,
		&attempt->credential);
	if (r < 0)
		attempt_failed(attempt, REASON_SECRET_FAILED, strerror(-r));
}

void attempt_settle(struct attempt *attempt) {
	gate_accepted(attempt->host->gate, &attempt->place, attempt_now(attempt));
}

static void attempt_leave_gate(struct attempt *attempt, enum reason reason) {
	const struct gate_end end = {
		.reason = reason,
		.has_reached = attempt->has_reached,
		.now_usec = attempt_now(attempt),
		.random = chance_number(),
	};
	gate_leave(attempt->host->gate, &attempt->place, &end);
}

int attempt_mark_seen(struct attempt *attempt, const char *const *ids, size_t n,
	const struct marking_caller *caller, size_t *ret_bad) {
	struct watch *watch = attempt->watch;
	struct marking *marking = marking_begin(&attempt->markings, ids, n, caller);
	int r = watch->kind->mark_seen(watch, ids, n, ret_bad);
	if (r < 0)
		marking_cancel(marking);
	return r;
}

void attempt_drop_credential(struct attempt *attempt) {
	attempt->credential = credential_free(attempt->credential);
}

void attempt_stop(struct attempt *attempt) {
	attempt_leave_gate(attempt, REASON_NONE);
	attempt_drop_credential(attempt);
	if (attempt->watch)
		watch_close(attempt->watch);
}

void attempt_end(struct attempt *attempt, enum reason reason) {
	attempt_leave_gate(attempt, reason);
	attempt_drop_credential(attempt);
	attempt->watch = watch_free(attempt->watch);
	marking_end_all(&attempt->markings, -ENOTCONN);
}

bool attempt_is_idle(const struct attempt *attempt) {
	return !attempt->watch && !attempt->credential;
}
