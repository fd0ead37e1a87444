/* posthornd: the daemon's life as a table of contents. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "base/log.h"
#include "daemon/account-host.h"
#include "daemon/api.h"
#include "daemon/config-command.h"
#include "daemon/kerberos.h"
#include "daemon/log-sink.h"
#include "daemon/manager.h"
#include "daemon/options.h"
#include "daemon/server-search-command.h"
#include "daemon/surroundings.h"
#include "daemon/trial.h"
#include "daemon/watchdog.h"
#include "mail/header-text.h"

/* EX_TEMPFAIL of sysexits(3): another posthornd has the name. */
#define EXIT_NAME_TAKEN 75
#define RETRY_CAP_USER_USEC (5 * USEC_PER_MINUTE)
#define RETRY_CAP_SYSTEM_USEC (15 * USEC_PER_MINUTE)

struct daemon {
	sd_event *loop;
	struct manager *manager;
	struct api *api;
	struct watchdog *watchdog;
	struct surroundings *surroundings;
	bool is_ready; /* the service manager was told */
};

/* Passwords pass through our memory: nobody may have a core file of it. A core that is piped to a
 * program knows no limit of its size, and a process that cannot be dumped cannot be traced by
 * others of the same user either. */
static void forbid_dumps(void) {
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		log_warning("core files cannot be forbidden: %s", strerror(errno));
}

/* Thousands of connections need descriptors; the hard limit is the administrator's word. */
static void set_limits(void) {
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		log_debug("RLIMIT_NOFILE cannot be raised: %s", strerror(errno));
}

static uint64_t monotonic_now(void) {
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000;
}

static void become_ready(struct daemon *d) {
	if (d->is_ready)
		return;
	d->is_ready = true;
	(void)sd_notify(0, "READY=1");
	log_info("ready");
}

/* Ready means: the name is ours, or the bus has had its chance. Mail is watched without a bus too,
 * and what comes meanwhile is signalled when there is one. But two daemons would share one state
 * file and one name: the second one ends. */
static void on_bus(enum api_state state, const char *text, void *userdata) {
	struct daemon *d = userdata;
	switch (state) {
	case API_ONLINE:
		log_info("on the bus");
		break;
	case API_OFFLINE:
	case API_REFUSED:
		log_warning("%s", text);
		break;
	case API_NAME_TAKEN:
		log_error("%s", text);
		if (!d->is_ready) {
			(void)sd_event_exit(d->loop, EXIT_NAME_TAKEN);
			return;
		}
		break;
	}
	become_ready(d);
}

static void on_stopped(void *userdata) {
	struct daemon *d = userdata;
	(void)sd_event_exit(d->loop, 0);
}

static int on_terminate(
	sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
	struct daemon *d = userdata;
	log_info("stopping");
	(void)sd_notify(0, "STOPPING=1");
	manager_stop(d->manager, on_stopped, d);
	return 0;
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
	struct daemon *d = userdata;
	log_info("reading the configuration again");
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, monotonic_now());
	manager_reload(d->manager);
	(void)sd_notify(0, "READY=1");
	return 0;
}

/* The signals are blocked before anything is started, so that none is missed. */
static int add_signals(struct daemon *d) {
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	(void)signal(SIGPIPE, SIG_IGN);
	int r = sd_event_add_signal(d->loop, NULL, SIGTERM, on_terminate, d);
	if (r >= 0)
		r = sd_event_add_signal(d->loop, NULL, SIGINT, on_terminate, d);
	if (r >= 0)
		r = sd_event_add_signal(d->loop, NULL, SIGHUP, on_hangup, d);
	return r;
}

static int run_loop(struct daemon *d, const struct options *options) {
	int r = sd_event_default(&d->loop);
	if (r >= 0)
		r = add_signals(d);
	if (r < 0) {
		log_error("the event loop cannot be set up: %s", strerror(-r));
		return r;
	}
	struct manager_settings settings = {
		.loop = d->loop,
		.config_folders = (const char *const *)options->config_folders,
		.state_path = options->state_path,
		.keeps_log_level = options->has_log_level,
		.retry_cap_usec = options->is_system ? RETRY_CAP_SYSTEM_USEC : RETRY_CAP_USER_USEC,
		.has_desktop = !options->is_system,
	};
	r = manager_new(&settings, &d->manager);
	if (r < 0)
		return r;
	struct api_settings bus = {
		.loop = d->loop,
		.manager = d->manager,
		.is_system = options->is_system,
		.changed = on_bus,
		.userdata = d,
	};
	r = api_new(&bus, &d->api);
	if (r < 0) {
		log_error("the bus connection cannot be set up: %s", strerror(-r));
		return r;
	}
	const struct surroundings_settings surroundings = {
		.loop = d->loop,
		.manager = d->manager,
		.system_bus = options->is_system ? api_connection(d->api) : NULL,
	};
	d->surroundings = surroundings_new(&surroundings);
	r = watchdog_new(d->loop, manager_account_host(d->manager)->clock, &d->watchdog);
	if (r < 0) {
		log_error("the watchdog cannot be set up: %s", strerror(-r));
		return r;
	}
	manager_start(d->manager);
	return sd_event_loop(d->loop);
}

/* What it finds is told in its report: the log is for who asks for it. */
static int test_account(const struct options *options) {
	const struct trial_settings settings = {
		.config_folders = (const char *const *)options->config_folders,
		.account = options->test_account,
		.has_desktop = !options->is_system,
		.waits_for_push = options->waits_for_push,
		.json = options->json,
	};
	if (!options->has_log_level)
		log_set_level(LOG_LEVEL_ERROR);
	set_limits();
	header_text_init();
	return trial_run(&settings);
}

static int find_server(const struct options *options) {
	const struct server_search_command command = {
		.address = options->find_server,
		.json = options->json,
		.is_offline = options->is_offline,
		.asks_others = options->asks_others,
	};
	return server_search_command_run(&command);
}

static int run(const struct options *options) {
	struct daemon d = { 0 };
	forbid_dumps();
	set_limits();
	header_text_init();
	int r = run_loop(&d, options);
	if (r < 0)
		(void)sd_notifyf(0, "STATUS=%s\nERRNO=%d", strerror(-r), -r);
	watchdog_free(d.watchdog);
	surroundings_free(d.surroundings);
	api_free(d.api);
	manager_free(d.manager);
	sd_event_unref(d.loop);
	return r < 0 ? EXIT_FAILURE : r;
}

static int command(const struct options *options) {
	switch (options->command) {
	case OPTIONS_RUN:
		return run(options);
	case OPTIONS_CHECK_CONFIG:
		return config_command_check(options);
	case OPTIONS_SHOW_CONFIG:
		return config_command_show(options);
	case OPTIONS_TEST_ACCOUNT:
		return test_account(options);
	case OPTIONS_FETCH_TICKET:
		return kerberos_fetch_ticket(options->fetch_ticket);
	case OPTIONS_FIND_SERVER:
		return find_server(options);
	}
	return EXIT_FAILURE;
}

int main(int argc, char **argv) {
	struct options options;
	log_sink_install();
	int r = options_parse(&options, argc, argv);
	if (r > 0) {
		log_set_level(options.log_level);
		r = command(&options);
	} else {
		r = r < 0 ? 2 : EXIT_SUCCESS;
	}
	options_deinit(&options);
	return r;
}
