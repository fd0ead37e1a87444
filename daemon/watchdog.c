#include "daemon/watchdog.h"

#include <systemd/sd-daemon.h>
#include <time.h>

#include "base/log.h"
#include "base/memory.h"
#include "daemon/alarm-clock.h"

struct watchdog {
	sd_event *loop;
	sd_event_source *timer;
	struct alarm_clock *clock;
	struct watchdog_view view;
	uint64_t every_usec;
	bool is_unwell; /* and it was said */
};

bool watchdog_is_on_time(struct watchdog_view *view, uint64_t due_usec, uint64_t boottime_usec,
	uint64_t monotonic_usec) {
	if (clock_jump_note(&view->jump, boottime_usec, monotonic_usec) > 0)
		view->resumed_usec = boottime_usec;
	uint64_t since = MAX(due_usec, view->resumed_usec);
	return since >= boottime_usec || boottime_usec - since <= view->patience_usec;
}

static void look(struct watchdog *w) {
	uint64_t boottime = 0, monotonic = 0;
	(void)sd_event_now(w->loop, CLOCK_BOOTTIME, &boottime);
	(void)sd_event_now(w->loop, CLOCK_MONOTONIC, &monotonic);
	uint64_t due = alarm_clock_next(w->clock);
	bool is_well = watchdog_is_on_time(&w->view, due, boottime, monotonic);
	if (is_well)
		(void)sd_notify(0, "WATCHDOG=1");
	else if (!w->is_unwell)
		log_error("a deadline is overdue by %u s: the watchdog is not fed",
			(unsigned)((boottime - due) / USEC_PER_SEC));
	w->is_unwell = !is_well;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
	struct watchdog *w = userdata;
	look(w);
	(void)sd_event_source_set_time_relative(source, w->every_usec);
	(void)sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

/* On CLOCK_MONOTONIC, as the service manager's own: a sleep counts for neither. A look may come in the
 * same turn as an alarm that is late by its accuracy, and before it: two looks fit into the limit. */
static int start(struct watchdog *w, uint64_t limit_usec) {
	w->every_usec = limit_usec * 3 / 8;
	w->view.patience_usec = MIN(WATCHDOG_PATIENCE_USEC, limit_usec / 2);
	return sd_event_add_time_relative(
		w->loop, &w->timer, CLOCK_MONOTONIC, w->every_usec, limit_usec / 16, on_timer, w);
}

int watchdog_new(sd_event *loop, struct alarm_clock *clock, struct watchdog **ret) {
	CLEANUP(watchdog_free) struct watchdog *w = MEMORY_NEW(struct watchdog);
	uint64_t limit = 0;
	w->loop = sd_event_ref(loop);
	w->clock = clock;
	int r = sd_watchdog_enabled(0, &limit);
	if (r > 0)
		r = start(w, limit);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(w);
	return 0;
}

struct watchdog *watchdog_free(struct watchdog *w) {
	if (!w)
		return NULL;
	sd_event_source_disable_unref(w->timer);
	sd_event_unref(w->loop);
	return memory_free(w);
}
