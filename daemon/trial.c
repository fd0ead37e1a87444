#include "daemon/trial.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "daemon/account-config.h"
#include "daemon/account.h"
#include "daemon/complaint.h"
#include "daemon/manager.h"
#include "daemon/trial-report.h"
#include "daemon/watch-facts.h"
#include "store/store.h"

#define REPORT_MAX ((size_t)256 * 1024)

struct trial {
	const struct trial_settings *settings;
	sd_event *loop;
	struct manager *manager;
	struct account *account;
	sd_event_source *deadline;
	struct watch_facts facts;
	char *folder; /* of the state; NULL: none was made */
	char *state_path;
	uint64_t waiting_since_usec; /* for a message; 0: not yet */
	uint64_t push_usec;
	bool is_over; /* the report was given */
	bool is_good;
};

static uint64_t now(const struct trial *t) {
	uint64_t usec = 0;
	(void)sd_event_now(t->loop, CLOCK_BOOTTIME, &usec);
	return usec;
}

/* --- the end --- */

static bool is_online(const struct trial *t) {
	return account_state_is_online(account_status(t->account).state);
}

static void report(struct trial *t) {
	const struct trial_finding finding = {
		.config = account_config(t->account),
		.facts = &t->facts,
		.status = account_status(t->account),
		.works = is_online(t),
		.waited = t->waiting_since_usec != 0,
		.push_usec = t->push_usec,
	};
	struct buffer out;
	buffer_init(&out, REPORT_MAX);
	if (t->settings->json)
		trial_report_json(&finding, &out);
	else
		trial_report_text(&finding, &out);
	(void)fwrite(buffer_bytes(&out), 1, out.n, stdout);
	(void)fflush(stdout);
	buffer_deinit(&out);
	t->is_good = finding.works && (!finding.waited || t->push_usec);
}

static void on_stopped(void *userdata) {
	struct trial *t = userdata;
	(void)sd_event_exit(t->loop, 0);
}

/* The account is stopped from the loop: whoever calls this may be in the middle of its session. */
static void finish(struct trial *t) {
	if (t->is_over)
		return;
	t->is_over = true;
	report(t);
	(void)sd_event_source_set_time_relative(t->deadline, 0);
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata) {
	struct trial *t = userdata;
	if (!t->is_over)
		report(t);
	t->is_over = true;
	manager_stop(t->manager, on_stopped, t);
	return 0;
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
	finish(userdata);
	return 0;
}

/* --- on the way --- */

static void wait_for_push(struct trial *t) {
	t->waiting_since_usec = now(t);
	(void)sd_event_source_set_time_relative(t->deadline, TRIAL_PUSH_USEC);
	complaint_print("connected; now send a message to this account ...");
}

static void on_account(void *userdata, struct account *account, unsigned changed) {
	struct trial *t = userdata;
	struct account_status status = account_status(account);
	if (t->is_over || !(changed & ACCOUNT_CHANGED_STATE))
		return;
	if (!is_online(t)) {
		/* between two attempts stands what went wrong with the last one */
		if (status.state != ACCOUNT_STATE_CONNECTING && status.reason != REASON_NONE)
			finish(t);
	} else if (!t->settings->waits_for_push) {
		finish(t);
	} else if (!t->waiting_since_usec) {
		wait_for_push(t);
	}
}

static bool on_event(void *userdata, const struct store_event *event) {
	struct trial *t = userdata;
	if (t->waiting_since_usec && event->type == STORE_EVENT_NEW && !t->push_usec) {
		t->push_usec = MAX(now(t) - t->waiting_since_usec, (uint64_t)1);
		finish(t);
	}
	return true;
}

/* --- the beginning --- */

static int add_sources(struct trial *t) {
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	(void)signal(SIGPIPE, SIG_IGN);
	int r = sd_event_add_signal(t->loop, NULL, SIGTERM, on_signal, t);
	if (r >= 0)
		r = sd_event_add_signal(t->loop, NULL, SIGINT, on_signal, t);
	if (r >= 0)
		r = sd_event_add_time_relative(
			t->loop, &t->deadline, CLOCK_BOOTTIME, TRIAL_USEC, 0, on_deadline, t);
	return r;
}

static int make_state(struct trial *t) {
	const char *base = getenv("TMPDIR");
	char *folder =
		memory_format("%s/posthorn-trial-XXXXXX", base && base[0] == '/' ? base : "/tmp");
	if (!mkdtemp(folder)) {
		int r = -errno;
		free(folder);
		return r;
	}
	t->folder = folder;
	t->state_path = memory_format("%s/posthorn.db", t->folder);
	return 0;
}

static void remove_state(struct trial *t) {
	if (t->state_path)
		store_remove(t->state_path);
	if (t->folder && rmdir(t->folder) < 0)
		log_warning("%s cannot be removed: %s", t->folder, strerror(errno));
	free(t->state_path);
	free(t->folder);
}

static int set_up(struct trial *t) {
	int r = sd_event_default(&t->loop);
	if (r >= 0)
		r = add_sources(t);
	if (r >= 0)
		r = make_state(t);
	if (r < 0)
		return r;
	const struct manager_settings settings = {
		.loop = t->loop,
		.config_folders = t->settings->config_folders,
		.state_path = t->state_path,
		.only_account = t->settings->account,
		.facts = &t->facts,
		.retry_cap_usec = USEC_PER_HOUR,
		.keeps_log_level = true,
		.has_desktop = t->settings->has_desktop,
	};
	r = manager_new(&settings, &t->manager);
	if (r < 0)
		return r;
	const struct manager_listener listener = {
		.event = on_event,
		.account_changed = on_account,
		.userdata = t,
	};
	manager_set_listener(t->manager, &listener);
	t->account = manager_account(t->manager, t->settings->account);
	return t->account ? 0 : -ENOENT;
}

int trial_run(const struct trial_settings *settings) {
	struct trial t = { .settings = settings };
	int r = set_up(&t);
	if (r == -ENOENT && t.manager)
		complaint_print("there is no account '%s' in the configuration", settings->account);
	else if (r < 0)
		complaint_print("the account cannot be tried: %s", strerror(-r));
	if (r >= 0) {
		manager_start(t.manager);
		r = sd_event_loop(t.loop);
	}
	manager_free(t.manager);
	remove_state(&t);
	watch_facts_deinit(&t.facts);
	sd_event_source_disable_unref(t.deadline);
	sd_event_unref(t.loop);
	return r >= 0 && t.is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
