#include "daemon/sleep-watch.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "bus/connection.h"
#include "bus/login-manager.h"
#include "daemon/clock-jump.h"

/* A machine without a system bus does not get one every minute. */
#define BUS_RETRY_MAX_USEC (5 * USEC_PER_MINUTE)

struct sleep_watch {
	struct sleep_watch_settings settings;
	struct connection *own_bus; /* NULL: it is another's */
	struct login_manager *login_manager;
	sd_event_source *clock;
	int clock_fd;
	struct clock_jump jump;
	bool is_asleep; /* on_sleep was told, and on_wake not yet */
};

static void on_sleep(void *userdata) {
	struct sleep_watch *w = userdata;
	log_info("the machine goes to sleep");
	w->is_asleep = true;
	w->settings.on_sleep(w->settings.userdata);
}

static void wake(struct sleep_watch *w) {
	w->is_asleep = false;
	log_info("the machine has woken");
	w->settings.on_wake(w->settings.userdata);
}

static uint64_t note_jump(struct sleep_watch *w) {
	uint64_t boottime = 0, monotonic = 0;
	(void)sd_event_now(w->settings.loop, CLOCK_BOOTTIME, &boottime);
	(void)sd_event_now(w->settings.loop, CLOCK_MONOTONIC, &monotonic);
	return clock_jump_note(&w->jump, boottime, monotonic);
}

void sleep_watch_look(struct sleep_watch *w) {
	if (note_jump(w) > 0)
		wake(w);
}

static void on_wake(void *userdata) {
	struct sleep_watch *w = userdata;
	(void)note_jump(w);
	/* the clocks may have told of it already */
	if (w->is_asleep)
		wake(w);
}

/* --- the clocks --- */

/* A timer far away on the wall clock that asks to be told when that clock is set: the kernel does so
 * at each resume (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET). Nobody has to wake up and look. */
static int arm_clock(int fd) {
	const struct itimerspec never = { .it_value.tv_sec = INT32_MAX };
	int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
	return timerfd_settime(fd, flags, &never, NULL) < 0 ? -errno : 0;
}

static int on_clock_set(sd_event_source *source, int fd, uint32_t events, void *userdata) {
	struct sleep_watch *w = userdata;
	uint64_t n;
	(void)!read(fd, &n, sizeof(n)); /* ECANCELED */
	if (arm_clock(fd) < 0)
		(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	sleep_watch_look(w);
	return 0;
}

static int watch_clock(struct sleep_watch *w) {
	w->clock_fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (w->clock_fd < 0)
		return -errno;
	int r = arm_clock(w->clock_fd);
	if (r >= 0)
		r = sd_event_add_io(
			w->settings.loop, &w->clock, w->clock_fd, EPOLLIN, on_clock_set, w);
	/* before the deadlines that are overdue since the sleep */
	if (r >= 0)
		r = sd_event_source_set_priority(w->clock, SD_EVENT_PRIORITY_IMPORTANT);
	return r;
}

/* --- logind --- */

/* The connection with our name is on the session's bus. */
static int open_bus(struct sleep_watch *w) {
	const struct connection_options options = {
		.system = true,
		.retry_max_usec = BUS_RETRY_MAX_USEC,
	};
	const struct connection_callbacks callbacks = { 0 };
	return connection_new(w->settings.loop, &options, &callbacks, &w->own_bus);
}

struct sleep_watch *sleep_watch_new(const struct sleep_watch_settings *settings) {
	struct sleep_watch *w = MEMORY_NEW(struct sleep_watch);
	const struct login_manager_callbacks callbacks = { on_sleep, on_wake, w };
	w->settings = *settings;
	(void)note_jump(w);
	int r = watch_clock(w);
	if (r < 0)
		log_warning("a sleep of the machine is noticed by logind alone: %s", strerror(-r));
	r = settings->system_bus ? 0 : open_bus(w);
	if (r < 0)
		log_warning("a sleep of the machine is noticed afterwards: %s", strerror(-r));
	struct connection *bus = settings->system_bus ? settings->system_bus : w->own_bus;
	if (bus)
		w->login_manager = login_manager_new(bus, &callbacks);
	return w;
}

struct sleep_watch *sleep_watch_free(struct sleep_watch *w) {
	if (!w)
		return NULL;
	login_manager_free(w->login_manager);
	connection_free(w->own_bus);
	sd_event_source_disable_unref(w->clock);
	if (w->clock_fd >= 0)
		(void)close(w->clock_fd);
	return memory_free(w);
}

void sleep_watch_release(struct sleep_watch *w) {
	if (w->login_manager)
		login_manager_release(w->login_manager);
}
