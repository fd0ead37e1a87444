#include "daemon/surroundings.h"

#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "daemon/account-host.h"
#include "daemon/account.h"
#include "daemon/alarm-clock.h"
#include "daemon/gate.h"
#include "daemon/manager.h"
#include "daemon/sleep-watch.h"
#include "io/network-watch.h"

/* Of the time that the probes of many accounts take. */
#define PROBE_OF_ONE_USEC (2 * USEC_PER_MSEC)
/* For as long as a farewell lasts. */
#define LOOK_USEC (20 * USEC_PER_MSEC)

struct surroundings {
	sd_event *loop;
	struct manager *manager;
	struct sleep_watch *sleep;
	struct network_watch *network; /* NULL: there is none to listen to */
	sd_event_source *farewell;
	uint64_t patience_usec; /* until when it lasts, CLOCK_MONOTONIC */
};

static uint64_t probe_patience(const struct surroundings *s) {
	uint64_t all = manager_totals(s->manager).n_accounts * PROBE_OF_ONE_USEC;
	return MIN(SURROUNDINGS_PROBE_USEC + all, SURROUNDINGS_PROBE_MAX_USEC);
}

static void stir(struct surroundings *s, bool may_try) {
	uint64_t patience = probe_patience(s);
	const struct account_host *host = manager_account_host(s->manager);
	struct account *account;
	if (may_try)
		gate_start_over(host->gate, alarm_clock_now(host->clock));
	for (size_t i = 0; (account = manager_account_at(s->manager, i)); i++)
		account_stir(account, patience, may_try);
}

/* --- sleep --- */

static int on_farewell(sd_event_source *source, uint64_t usec, void *userdata) {
	struct surroundings *s = userdata;
	if (manager_is_idle(s->manager) || usec >= s->patience_usec) {
		log_debug("ready to sleep");
		sleep_watch_release(s->sleep);
		return 0;
	}
	(void)sd_event_source_set_time_relative(source, LOOK_USEC);
	(void)sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

static void on_sleep(void *userdata) {
	struct surroundings *s = userdata;
	struct account *account;
	for (size_t i = 0; (account = manager_account_at(s->manager, i)); i++)
		account_doze(account);
	uint64_t now = 0;
	(void)sd_event_now(s->loop, CLOCK_MONOTONIC, &now);
	s->patience_usec = now + SURROUNDINGS_FAREWELL_USEC;
	(void)sd_event_source_set_time(s->farewell, now);
	(void)sd_event_source_set_enabled(s->farewell, SD_EVENT_ONESHOT);
}

static void on_wake(void *userdata) {
	struct surroundings *s = userdata;
	(void)sd_event_source_set_enabled(s->farewell, SD_EVENT_OFF);
	stir(s, true);
}

/* --- networks --- */

static void on_network(const struct network_news *news, void *userdata) {
	struct surroundings *s = userdata;
	log_info("the network has changed%s", news->gained ? "" : ": something of it is gone");
	sleep_watch_look(s->sleep);
	stir(s, news->gained);
}

struct surroundings *surroundings_new(const struct surroundings_settings *settings) {
	struct surroundings *s = MEMORY_NEW(struct surroundings);
	const struct sleep_watch_settings sleep = {
		.loop = settings->loop,
		.system_bus = settings->system_bus,
		.on_sleep = on_sleep,
		.on_wake = on_wake,
		.userdata = s,
	};
	s->loop = settings->loop;
	s->manager = settings->manager;
	int r = sd_event_add_time(
		s->loop, &s->farewell, CLOCK_MONOTONIC, 0, USEC_PER_MSEC, on_farewell, s);
	if (r >= 0)
		r = sd_event_source_set_enabled(s->farewell, SD_EVENT_OFF);
	if (r < 0)
		log_warning("connections are not closed before a sleep: %s", strerror(-r));
	s->sleep = sleep_watch_new(&sleep);
	r = network_watch_new(s->loop, on_network, s, &s->network);
	if (r < 0)
		log_info("changes of the network are noticed by silence alone: %s", strerror(-r));
	return s;
}

struct surroundings *surroundings_free(struct surroundings *s) {
	if (!s)
		return NULL;
	network_watch_free(s->network);
	sleep_watch_free(s->sleep);
	sd_event_source_disable_unref(s->farewell);
	return memory_free(s);
}
