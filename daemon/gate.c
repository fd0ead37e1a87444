#include "daemon/gate.h"

#include <assert.h>
#include <search.h>
#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"
#include "daemon/login-budget.h"

struct gate_host {
	struct gate *gate;
	const char *name; /* owned, but as the key of a search */
	struct list waiting;
	struct alarm
		alarm; /* when the first one may come in, or when nothing is left to remember */
	struct login_budget budget;
	struct breaker breaker;
	enum reason trouble; /* what the breaker was opened by */
	size_t n_accounts; /* places that belong here */
	size_t n_inside;
};

static int host_compare(const void *left, const void *right) {
	return strcasecmp(
		((const struct gate_host *)left)->name, ((const struct gate_host *)right)->name);
}

static void host_free(void *item) {
	struct gate_host *host = item;
	alarm_queue_remove(&host->gate->alarms, &host->alarm);
	free((void *)host->name);
	free(host);
}

void gate_init(struct gate *gate, size_t n_logins_max) {
	*gate = (struct gate){ .n_logins_max = n_logins_max };
}

void gate_deinit(struct gate *gate) {
	tdestroy(gate->hosts, host_free);
	gate->hosts = NULL;
	alarm_queue_deinit(&gate->alarms);
}

void gate_place_init(struct gate_place *place, void (*open)(struct gate_place *place)) {
	*place = (struct gate_place){ .open = open };
	list_init(&place->link);
}

/* What is gone is remembered as long as its logins count: an account that is configured anew is
 * another one, and its server is the same. */
static bool host_is_forgettable(const struct gate_host *host) {
	return host->n_accounts == 0 &&
	       login_budget_is_full(&host->budget, host->n_accounts, host->gate->now_usec);
}

static uint64_t host_due(const struct gate_host *host) {
	uint64_t now = host->gate->now_usec;
	if (host->n_accounts == 0)
		return now + LOGIN_BUDGET_REFILL_USEC;
	if (list_is_empty(&host->waiting) || host->n_inside >= host->gate->n_logins_max)
		return USEC_NEVER;
	uint64_t budget = login_budget_due(&host->budget, host->n_accounts, now);
	return MAX(budget, breaker_due(&host->breaker, now));
}

static void host_rearm(struct gate_host *host) {
	struct gate *gate = host->gate;
	uint64_t was = alarm_queue_next(&gate->alarms);
	alarm_queue_set(&gate->alarms, &host->alarm, host_due(host));
	if (gate->due_changed && alarm_queue_next(&gate->alarms) != was)
		gate->due_changed(gate);
}

/* The breaker is asked last: its yes makes a probe of who asked. */
static bool host_lets_in(struct gate_host *host, struct gate_place *place) {
	uint64_t now = host->gate->now_usec;
	if (host->n_inside >= host->gate->n_logins_max ||
		login_budget_due(&host->budget, host->n_accounts, now) > now ||
		!breaker_may_try(&host->breaker, &place->view, now))
		return false;
	login_budget_take(&host->budget, host->n_accounts, now);
	host->n_inside++;
	place->position = GATE_INSIDE;
	return true;
}

static void host_admit(struct gate_host *host) {
	while (!list_is_empty(&host->waiting)) {
		struct gate_place *next = CONTAINER_OF(host->waiting.next, struct gate_place, link);
		if (!host_lets_in(host, next))
			break;
		list_remove(&next->link);
		next->open(next);
	}
	host_rearm(host);
}

static void host_tell_waiting(struct gate_host *host) {
	LIST_FOREACH_SAFE (item, &host->waiting) {
		struct gate_place *place = CONTAINER_OF(item, struct gate_place, link);
		if (place->moved)
			place->moved(place);
	}
}

static void host_ring(struct alarm *alarm) {
	struct gate_host *host = CONTAINER_OF(alarm, struct gate_host, alarm);
	if (!host_is_forgettable(host)) {
		host_admit(host);
		return;
	}
	(void)tdelete(host, &host->gate->hosts, host_compare);
	host_free(host);
}

static struct gate_host *gate_host(struct gate *gate, const char *name) {
	const struct gate_host key = { .name = name };
	struct gate_host **found = tfind(&key, &gate->hosts, host_compare);
	if (found)
		return *found;
	struct gate_host *host = MEMORY_NEW(struct gate_host);
	host->gate = gate;
	host->name = memory_strdup(name);
	host->alarm.ring = host_ring;
	list_init(&host->waiting);
	if (!tsearch(host, &gate->hosts, host_compare))
		abort();
	return host;
}

static void place_leave_host(struct gate_place *place) {
	struct gate_host *host = place->host;
	(void)breaker_forget(&host->breaker, &place->view);
	place->host = NULL;
	host->n_accounts--;
	host_admit(host);
}

/* Where the mail is may be learned late, and may change. */
static void place_join_host(struct gate *gate, struct gate_place *place, const char *name) {
	struct gate_host *host = gate_host(gate, name);
	if (place->host == host)
		return;
	host->n_accounts++;
	if (place->host)
		place_leave_host(place);
	place->host = host;
	place->view = (struct breaker_view){ 0 };
}

bool gate_enter(struct gate *gate, struct gate_place *place, const char *host, uint64_t now_usec) {
	assert(place->position == GATE_OUTSIDE);
	gate->now_usec = now_usec;
	place_join_host(gate, place, host);
	if (list_is_empty(&place->host->waiting) && host_lets_in(place->host, place))
		return true;
	place->position = GATE_WAITING;
	list_append(&place->host->waiting, &place->link);
	host_admit(place->host);
	return false;
}

static void place_step_out(struct gate_place *place) {
	if (place->position == GATE_INSIDE)
		place->host->n_inside--;
	list_remove(&place->link);
	place->position = GATE_OUTSIDE;
}

static void place_note(struct gate_place *place, const struct breaker_news *news) {
	struct gate_host *host = place->host;
	bool has_news = breaker_note(&host->breaker, &place->view, news);
	host_admit(host);
	if (has_news)
		host_tell_waiting(host);
}

void gate_accepted(struct gate *gate, struct gate_place *place, uint64_t now_usec) {
	gate->now_usec = now_usec;
	if (!place->host)
		return;
	place_step_out(place);
	place->host->trouble = REASON_NONE;
	place_note(place, &(struct breaker_news){ BREAKER_WELL, now_usec, 0 });
}

void gate_leave(struct gate *gate, struct gate_place *place, const struct gate_end *end) {
	gate->now_usec = end->now_usec;
	struct breaker_news news = {
		.sight = breaker_sight_of(end->reason),
		.now_usec = end->now_usec,
		.random = end->random,
	};
	if (!place->host || (place->position == GATE_OUTSIDE && news.sight == BREAKER_UNKNOWN))
		return;
	if (place->position == GATE_INSIDE && !end->has_reached)
		login_budget_give_back(&place->host->budget);
	place_step_out(place);
	if (news.sight == BREAKER_FAILING)
		place->host->trouble = end->reason;
	place_note(place, &news);
}

void gate_forget(struct gate *gate, struct gate_place *place, uint64_t now_usec) {
	gate->now_usec = now_usec;
	if (!place->host)
		return;
	place_step_out(place);
	place_leave_host(place);
}

static void host_start_over(const void *node, VISIT visit, void *closure) {
	struct gate_host *host = *(struct gate_host *const *)node;
	if (visit != postorder && visit != leaf)
		return;
	breaker_reset(&host->breaker);
	host->trouble = REASON_NONE;
	host_admit(host);
	host_tell_waiting(host);
}

void gate_start_over(struct gate *gate, uint64_t now_usec) {
	gate->now_usec = now_usec;
	twalk_r(gate->hosts, host_start_over, NULL);
}

uint64_t gate_due(struct gate *gate) {
	return alarm_queue_next(&gate->alarms);
}

void gate_tick(struct gate *gate, uint64_t now_usec) {
	gate->now_usec = now_usec;
	struct alarm *alarm;
	while ((alarm = alarm_queue_take(&gate->alarms, now_usec)))
		alarm->ring(alarm);
}

struct gate_wait gate_wait(const struct gate_place *place) {
	struct gate_wait wait = { .due_usec = USEC_NEVER };
	const struct gate_host *host = place->host;
	if (place->position != GATE_WAITING)
		return wait;
	wait.due_usec = host_due(host);
	if (host->breaker.state != BREAKER_CLOSED)
		wait.reason = host->trouble;
	return wait;
}
