#include "daemon/watch-group.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "daemon/account-config.h"
#include "daemon/alarm-clock.h"
#include "daemon/credential.h"
#include "daemon/learned.h"
#include "daemon/watch-imap.h"
#include "protocol/imap-proof.h"

/* A mailbox that is open in the trunk is left by it soon, or hardly ever. */
#define BUSY_USEC USEC_PER_SEC
/* A connection that ended is tried again, one at a time. */
#define RETRY_USEC (5 * USEC_PER_MINUTE)

struct branch {
	struct watch_group *group;
	const char *mailbox; /* the configuration's */
	struct watch *watch; /* NULL: the trunk watches the mailbox, or it is about to go out */
	bool is_online;
};

struct watch_group {
	struct watch watch;
	struct watch_context context; /* less the credential */
	struct watch *trunk;
	const char *strategy; /* the trunk's, a constant; NULL: not online yet */
	struct watch_report online; /* as the trunk said it the last time */
	struct branch *branches;
	size_t n_branches; /* that are wanted */
	struct imap_proof proof; /* the branches' own: theirs says nothing of NOTIFY */
	unsigned limit; /* connections that the server allows; 0: not known */
	struct branch *next; /* whose credential is asked for */
	struct credential *credential;
	struct alarm alarm; /* the next branch */
	uint64_t busy_usec; /* how long the trunk is waited for */
	bool is_closing;
	bool is_walking; /* the group must not go while its branches are gone through */
	bool has_failed; /* meanwhile, in the store */
};

static struct watch_group *group_of(struct watch *watch) {
	return CONTAINER_OF(watch, struct watch_group, watch);
}

static unsigned count_connections(const struct watch_group *g) {
	unsigned n = 1;
	for (size_t i = 0; i < g->n_branches; i++)
		n += g->branches[i].watch ? 1 : 0;
	return n;
}

static void wake_in(struct watch_group *g, uint64_t usec) {
	struct alarm_clock *clock = g->context.clock;
	alarm_clock_set(clock, &g->alarm, alarm_clock_now(clock) + usec);
}

/* Reports */

/* What the trunk says of itself, and what it lacks. */
static void report_online(struct watch_group *g) {
	CLEANUP_TEXT char *text = NULL;
	struct watch_report report = g->online;
	if (report.reason == REASON_NONE && g->limit != 0 && g->limit < 1 + g->n_branches) {
		text = memory_format(
			"%u instead of the %zu that are wanted", g->limit, 1 + g->n_branches);
		report.reason = REASON_LIMIT;
		report.text = text;
	}
	watch_report(&g->context, &report);
}

static void learn_limit(struct watch_group *g, unsigned limit) {
	CLEANUP_TEXT char *about = learned_about_login(g->context.config);
	struct watch_report report = {
		.kind = WATCH_LEARNED,
		.about = about,
		.fact = STORE_FACT_CONNECTIONS,
		.value = limit,
	};
	g->limit = limit;
	watch_report(&g->context, &report);
	report_online(g);
}

/* Another connection of the account is in by the same secret: a refusal is about their number,
 * whatever words it uses. */
static bool is_about_number(const struct branch *branch, enum reason reason) {
	return reason == REASON_LIMIT ||
	       (!branch->is_online && (reason == REASON_AUTH_FAILED || reason == REASON_THROTTLED));
}

static void on_branch_closed(struct branch *branch, enum reason reason) {
	struct watch_group *g = branch->group;
	bool is_limit = is_about_number(branch, reason);
	log_write(LOG_LEVEL_INFO, g->context.config->id, "one connection less: %s",
		reason_to_sentence(reason));
	branch->watch = watch_free(branch->watch);
	branch->is_online = false;
	if (g->is_closing) {
		if (count_connections(g) == 1)
			watch_close(g->trunk);
		return;
	}
	if (watch_imap_take_back(g->trunk, branch->mailbox) < 0) {
		g->has_failed = true;
		if (!g->is_walking)
			watch_report_closed(&g->context, REASON_STORE_FAILED, NULL, 0);
		return;
	}
	if (!is_limit)
		wake_in(g, RETRY_USEC);
	else
		learn_limit(g, count_connections(g));
}

static void on_branch_report(void *userdata, const struct watch_report *report) {
	struct branch *branch = userdata;
	switch (report->kind) {
	case WATCH_ONLINE:
		branch->is_online = true;
		wake_in(branch->group, 0);
		break;
	case WATCH_CLOSED:
		on_branch_closed(branch, report->reason);
		break;
	default:
		watch_report(&branch->group->context, report);
		break;
	}
}

static void on_trunk_online(struct watch_group *g, const struct watch_report *report) {
	g->online = *report;
	g->online.text = NULL;
	g->strategy = report->strategy;
	report_online(g);
	wake_in(g, 0);
}

static void on_trunk_report(void *userdata, const struct watch_report *report) {
	struct watch_group *g = userdata;
	if (report->kind == WATCH_ONLINE)
		on_trunk_online(g, report);
	else
		watch_report(&g->context, report);
}

/* Branches */

static void open_branch(struct branch *branch, const struct credential_result *credential) {
	struct watch_group *g = branch->group;
	struct watch_context context = g->context;
	context.credential = credential;
	context.only = branch->mailbox;
	context.proof = &g->proof;
	context.report = on_branch_report;
	context.userdata = branch;
	int r = credential->reason == REASON_NONE
			? watch_new(&watch_imap_kind, &context, &branch->watch)
			: -EACCES;
	if (r < 0 && watch_imap_take_back(g->trunk, branch->mailbox) >= 0)
		wake_in(g, RETRY_USEC);
}

static void on_credential(const struct credential_result *result, void *userdata) {
	struct watch_group *g = userdata;
	/* The secret lives until the credential's own callback returns. */
	CLEANUP(credential_free) struct credential *done = TAKE_PTR(g->credential);
	struct branch *branch = TAKE_PTR(g->next);
	open_branch(branch, result);
}

static struct branch *find_next(struct watch_group *g) {
	if (g->limit != 0 && count_connections(g) >= g->limit)
		return NULL;
	for (size_t i = 0; i < g->n_branches; i++)
		if (!g->branches[i].watch)
			return &g->branches[i];
	return NULL;
}

/* One after another: each must be in before the next one knocks. */
static bool is_opening(const struct watch_group *g) {
	for (size_t i = 0; i < g->n_branches; i++)
		if (g->branches[i].watch && !g->branches[i].is_online)
			return true;
	return g->credential != NULL;
}

static void on_alarm(struct alarm *alarm) {
	struct watch_group *g = CONTAINER_OF(alarm, struct watch_group, alarm);
	struct branch *branch = find_next(g);
	bool is_pushed_one = g->strategy && !strcmp(g->strategy, "idle");
	if (!branch || g->is_closing || !is_pushed_one || is_opening(g))
		return;
	if (!watch_imap_yield(g->trunk, branch->mailbox)) {
		g->busy_usec = MIN(MAX(2 * g->busy_usec, BUSY_USEC), RETRY_USEC);
		wake_in(g, g->busy_usec);
		return;
	}
	g->busy_usec = 0;
	const struct credential_request request = {
		.config = g->context.config,
		.desktop = g->context.desktop,
	};
	g->next = branch;
	int r = credential_new(g->context.loop, &request, on_credential, g, &g->credential);
	if (r < 0 && watch_imap_take_back(g->trunk, branch->mailbox) >= 0)
		wake_in(g, RETRY_USEC);
}

/* Life */

/* A role or a pattern stands for mailboxes that only the trunk will know. */
static bool is_name(const char *watched) {
	return watched[0] != '\\' && !strpbrk(watched, "*%");
}

static void plan_branches(struct watch_group *g) {
	const struct account_config *config = g->context.config;
	g->branches = MEMORY_NEW_ARRAY(struct branch, config->n_watch);
	for (size_t i = 1; i < config->n_watch && g->n_branches + 1 < config->connections; i++)
		if (is_name(config->watch[i]))
			g->branches[g->n_branches++] = (struct branch){
				.group = g,
				.mailbox = config->watch[i],
			};
}

static struct watch *group_free(struct watch *watch) {
	struct watch_group *g = group_of(watch);
	alarm_clock_remove(g->context.clock, &g->alarm);
	credential_free(g->credential);
	for (size_t i = 0; i < g->n_branches; i++)
		watch_free(g->branches[i].watch);
	watch_free(g->trunk);
	free(g->branches);
	free(g);
	return NULL;
}

static int group_new(const struct watch_context *context, struct watch **ret) {
	struct watch_group *g = MEMORY_NEW(struct watch_group);
	struct watch_context trunk = *context;
	CLEANUP_TEXT char *about = learned_about_login(context->config);
	g->watch.kind = &watch_group_kind;
	g->context = *context;
	g->context.credential = NULL;
	g->alarm.ring = on_alarm;
	g->limit = learned_connections(context->store, about, watch_now(context, CLOCK_REALTIME));
	plan_branches(g);
	trunk.report = on_trunk_report;
	trunk.userdata = g;
	int r = watch_new(&watch_imap_kind, &trunk, &g->trunk);
	if (r < 0) {
		(void)group_free(&g->watch);
		return r;
	}
	*ret = &g->watch;
	return 0;
}

/* Behind a walk through the branches; false: one of them has ended the group in it. */
static bool end_walk(struct watch_group *g) {
	g->is_walking = false;
	if (!g->has_failed)
		return true;
	watch_report_closed(&g->context, REASON_STORE_FAILED, NULL, 0);
	return false;
}

static void group_check(struct watch *watch) {
	struct watch_group *g = group_of(watch);
	g->is_walking = true;
	for (size_t i = 0; i < g->n_branches; i++)
		if (g->branches[i].is_online)
			watch_check(g->branches[i].watch);
	if (end_walk(g))
		watch_check(g->trunk);
}

/* The trunk goes last: its end is that of the account's watch. */
static void group_close(struct watch *watch) {
	struct watch_group *g = group_of(watch);
	g->is_closing = true;
	g->credential = credential_free(g->credential);
	if (count_connections(g) == 1) {
		watch_close(g->trunk);
		return;
	}
	/* The last of these calls may free the group. */
	size_t n = g->n_branches;
	struct branch *branches = g->branches;
	for (size_t left = count_connections(g) - 1, i = 0; left > 0 && i < n; i++) {
		if (!branches[i].watch)
			continue;
		left--;
		watch_close(branches[i].watch);
	}
}

/* A branch that ends goes back to the trunk; the trunk's end is that of the group, and comes last. */
static void group_probe(struct watch *watch, uint64_t patience_usec) {
	struct watch_group *g = group_of(watch);
	g->is_walking = true;
	for (size_t i = 0; i < g->n_branches; i++)
		if (g->branches[i].watch)
			watch_probe(g->branches[i].watch, patience_usec);
	if (end_walk(g))
		watch_probe(g->trunk, patience_usec);
}

static void group_reconfigure(struct watch *watch) {
	struct watch_group *g = group_of(watch);
	g->is_walking = true;
	for (size_t i = 0; i < g->n_branches; i++)
		if (g->branches[i].is_online)
			watch_reconfigure(g->branches[i].watch);
	if (end_walk(g))
		watch_reconfigure(g->trunk);
}

/* The connection that watches the mailbox of a message. */
static struct watch *owner_of(struct watch_group *g, const char *id) {
	for (size_t i = 0; i < g->n_branches; i++) {
		struct branch *branch = &g->branches[i];
		if (branch->is_online && watch_imap_has_message(branch->watch, id))
			return branch->watch;
	}
	return g->trunk;
}

static int group_mark_seen(struct watch *watch, const char *const *ids, size_t n, size_t *ret_bad) {
	struct watch_group *g = group_of(watch);
	int r = 0;
	for (size_t i = 0; i < n; i++)
		if (!watch_imap_has_message(owner_of(g, ids[i]), ids[i])) {
			*ret_bad = i;
			return -ENOENT;
		}
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = watch_imap_kind.mark_seen(owner_of(g, ids[i]), &ids[i], 1, ret_bad);
	return r;
}

const struct watch_kind watch_group_kind = {
	.new = group_new,
	.free = group_free,
	.check = group_check,
	.close = group_close,
	.probe = group_probe,
	.reconfigure = group_reconfigure,
	.mark_seen = group_mark_seen,
};
