#include "cli/live-status.h"

#include "base/memory.h"
#include "base/text.h"
#include "bus/client.h"
#include "cli/clock.h"
#include "cli/status-reader.h"
#include "config/language.h"

#include <errno.h>

/* Between two attempts to reach a bus, or a daemon that did not answer. */
#define RETRY_MIN_USEC (250 * USEC_PER_MSEC)
#define RETRY_MAX_USEC (10 * USEC_PER_SEC)
#define ANSWER_USEC (10 * USEC_PER_SEC)
/* The daemon is busy with us for at most a part of its time. */
#define LATER_FACTOR 4
#define REFRESH_FACTOR 20

struct live_status {
	bool is_system;
	const char *const *ids; /* borrowed */
	bool refreshes;
	struct client *client; /* owned; NULL: no bus */
	struct status *status; /* owned; NULL: nothing is known */
	char *problem; /* owned; why, where it is not that there is no daemon; NULL */
	bool is_shown; /* the caller knows the present picture */
	bool is_stale; /* something has changed since it was asked for */
	uint64_t connect_usec; /* when to try to reach a bus, while there is none */
	uint64_t delay_usec; /* before the attempt after that */
	uint64_t ask_usec; /* not before */
	uint64_t refresh_usec; /* and by then in any case */
};

struct live_status *live_status_new(bool system, bool refreshes, const char *const *ids) {
	struct live_status *l = MEMORY_NEW(struct live_status);
	l->is_system = system;
	l->refreshes = refreshes;
	l->ids = ids;
	l->delay_usec = RETRY_MIN_USEC;
	l->refresh_usec = USEC_NEVER;
	return l;
}

struct live_status *live_status_free(struct live_status *l) {
	if (!l)
		return NULL;
	(void)status_free(l->status);
	(void)client_free(l->client);
	free(l->problem);
	return memory_free(l);
}

/* `problem` goes over to us. */
static void set_status(struct live_status *l, struct status *status, char *problem) {
	bool is_same = !status && !l->status && text_equal(problem, l->problem);
	l->is_shown = l->is_shown && is_same;
	(void)status_free(l->status);
	l->status = status;
	free(l->problem);
	l->problem = problem;
}

static void lose_bus(struct live_status *l, char *problem, uint64_t now_usec) {
	l->client = client_free(l->client);
	l->connect_usec = now_usec + l->delay_usec;
	l->delay_usec = MIN(2 * l->delay_usec, RETRY_MAX_USEC);
	l->refresh_usec = USEC_NEVER;
	set_status(l, NULL, problem);
}

static void connect_bus(struct live_status *l, uint64_t now_usec) {
	CLEANUP_TEXT char *problem = NULL;
	int r = client_open(l->is_system, &l->client, &problem);
	if (r == 0)
		r = client_follow(l->client, &problem);
	if (r < 0) {
		lose_bus(l, TAKE_PTR(problem), now_usec);
		return;
	}
	l->delay_usec = RETRY_MIN_USEC;
	l->is_stale = true;
	l->ask_usec = now_usec;
}

static void ask(struct live_status *l, uint64_t now_usec) {
	CLEANUP(status_free) struct status *status = status_new();
	CLEANUP_TEXT char *problem = NULL;
	l->is_stale = false;
	int r = status_reader_load(l->client, ANSWER_USEC, l->ids, status, &problem);
	uint64_t end_usec = clock_monotonic_usec();
	uint64_t spent_usec = end_usec - now_usec;
	if (r == -ENOTCONN) {
		lose_bus(l, TAKE_PTR(problem), end_usec);
		return;
	}
	l->ask_usec = end_usec + MAX(LIVE_STATUS_MIN_USEC, LATER_FACTOR * spent_usec);
	l->refresh_usec = USEC_NEVER;
	if (r == 0 && l->refreshes)
		l->refresh_usec =
			end_usec + MAX(LIVE_STATUS_REFRESH_USEC, REFRESH_FACTOR * spent_usec);
	if (r < 0 && client_is_daemon_present(l->client))
		l->refresh_usec = end_usec + RETRY_MAX_USEC;
	set_status(l, r == 0 ? TAKE_PTR(status) : NULL, r == -ESRCH ? NULL : TAKE_PTR(problem));
}

/* Whatever the daemon signals may have changed something. */
static void take_events(struct live_status *l, uint64_t now_usec) {
	struct client_event event;
	int r;
	while ((r = client_next(l->client, 0, &event)) > 0)
		l->is_stale = true;
	if (r < 0)
		lose_bus(l, memory_strdup(_("it is gone")), now_usec);
	else if (now_usec >= l->refresh_usec)
		l->is_stale = true;
}

static bool is_due(const struct live_status *l, uint64_t now_usec) {
	return l->client && client_is_daemon_present(l->client) && l->is_stale &&
	       now_usec >= l->ask_usec;
}

bool live_status_next(struct live_status *l, uint64_t now_usec) {
	if (!l->client && now_usec >= l->connect_usec)
		connect_bus(l, now_usec);
	if (l->client)
		take_events(l, now_usec);
	if (is_due(l, now_usec)) {
		ask(l, now_usec);
		/* What came before the answer is read with it: no poll() tells of that. */
		if (l->client)
			take_events(l, clock_monotonic_usec());
	}
	if (l->client && !client_is_daemon_present(l->client)) {
		l->refresh_usec = USEC_NEVER;
		set_status(l, NULL, NULL);
	}
	bool is_news = !l->is_shown;
	l->is_shown = true;
	return is_news;
}

const struct status *live_status_get(const struct live_status *l) {
	return l->status;
}

const char *live_status_problem(const struct live_status *l) {
	return l->problem;
}

int live_status_descriptor(const struct live_status *l) {
	return l->client ? client_descriptor(l->client) : -1;
}

uint64_t live_status_deadline_usec(const struct live_status *l) {
	if (!l->client)
		return l->connect_usec;
	if (!client_is_daemon_present(l->client))
		return USEC_NEVER;
	return l->is_stale ? l->ask_usec : l->refresh_usec;
}
