/* Runs a program once for each message. What runs when is the matter of run-queue.c, where the
 * events come from of follower.c; here they meet processes, signals and the cursor on the disk. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "bus/names.h"
#include "cli/clock.h"
#include "cli/cursor-file.h"
#include "cli/exit-code.h"
#include "cli/follower.h"
#include "cli/option-value.h"
#include "cli/output.h"
#include "cli/run-queue.h"
#include "cli/run-worker.h"
#include "cli/signals.h"
#include "cli/verbs.h"
#include "config/language.h"

#define RETRIES_DEFAULT 3
#define RETRIES_MAX 1000
#define JOBS_MAX 100
#define TIMEOUT_DEFAULT_USEC (10 * USEC_PER_MINUTE)
/* --max-delay is so many times --debounce. */
#define MAX_DELAY_FACTOR 10
/* After SIGTERM, for what runs; below the 90 s that systemd gives us. */
#define STOP_USEC USEC_PER_MINUTE

struct run {
	const char *const *command; /* borrowed */
	struct follower_options source;
	struct run_queue_options rules;
	struct event_filter filter;
	uint64_t timeout_usec; /* USEC_NEVER: none */
	bool ends_at_gap;
	struct cursor_file *cursor; /* owned; NULL: nothing is remembered */
	bool is_dirty; /* the queue knows more than the cursor */
	struct follower *follower; /* owned */
	struct run_queue *queue; /* owned; NULL until the first position is known */
	struct list workers;
	int signals; /* a descriptor */
	bool is_source_dry; /* no event will come any more */
	bool is_ending;
	int exit_code;
};

static void end(struct run *run, int exit_code) {
	if (!run->is_ending)
		run->exit_code = exit_code;
	run->is_ending = true;
	if (run->queue)
		run_queue_stop(run->queue);
}

static void save(struct run *run) {
	if (!run->is_dirty)
		return;
	run->is_dirty = false;
	size_t n;
	uint64_t *done = run_queue_done(run->queue, &n);
	int r = run->cursor ? cursor_file_save(run->cursor, run_queue_position(run->queue), done, n)
			    : 0;
	free(done);
	if (r < 0) {
		output_complain(_("The cursor cannot be written: %s"), strerror(-r));
		end(run, EXIT_CODE_OUTPUT);
	}
}

/* "work/INBOX" */
static char *place_of(const struct event *event) {
	return memory_format("%s/%s", record_text_or_empty(event->keys, BUS_KEY_ACCOUNT),
		record_text_or_empty(event->keys, BUS_KEY_MAILBOX));
}

static void complain_about(const struct run_job *job, const char *failure, const char *outcome) {
	size_t n = run_queue_n_events(job);
	CLEANUP_TEXT char *place = place_of(run_queue_event(job, 0));
	if (n == 1)
		output_complain("Event %" PRIu64 " of %s: %s; %s", run_queue_event(job, 0)->seq,
			place, failure, outcome);
	else
		output_complain("%zu events, %" PRIu64 " to %" PRIu64 ": %s; %s", n,
			run_queue_event(job, 0)->seq, run_queue_event(job, n - 1)->seq, failure,
			outcome);
}

/* Said before the queue takes it back, since the job may be gone then. */
static const char *outcome_of(const struct run *run, const struct run_job *job) {
	if (run_queue_attempt(job) <= run->rules.retries)
		return run->is_ending ? _("it stays to be done") : _("will be tried again");
	return run->rules.skips_failed ? _("given up, going on behind it (--skip-failed)")
				       : _("given up, it stays to be done; ending");
}

static void end_job(struct run *run, struct run_job *job, const char *failure, uint64_t now_usec) {
	if (failure)
		complain_about(job, failure, outcome_of(run, job));
	switch (run_queue_end(run->queue, job, !failure, now_usec)) {
	case RUN_OUTCOME_DONE:
	case RUN_OUTCOME_SKIPPED:
		run->is_dirty = true;
		break;
	case RUN_OUTCOME_RETRY:
		break;
	case RUN_OUTCOME_GIVEN_UP:
		end(run, EXIT_CODE_COMMAND);
		break;
	}
}

/* A program that cannot be started at all will not be next time either. */
static void start_job(struct run *run, struct run_job *job, uint64_t now_usec) {
	struct run_worker *worker;
	uint64_t deadline_usec =
		run->timeout_usec == USEC_NEVER ? USEC_NEVER : now_usec + run->timeout_usec;
	int r = run_worker_start(run->command, job, deadline_usec, &worker);
	if (r == 0) {
		list_append(&run->workers, &worker->link);
		return;
	}
	output_complain(_("%s cannot be run: %s"), run->command[0], strerror(-r));
	end(run, EXIT_CODE_NO_COMMAND);
	(void)run_queue_end(run->queue, job, false, now_usec);
}

static void reap(struct run *run, uint64_t now_usec) {
	LIST_FOREACH_SAFE (link, &run->workers) {
		struct run_worker *worker = CONTAINER_OF(link, struct run_worker, link);
		CLEANUP_TEXT char *failure = NULL;
		if (!run_worker_has_ended(worker, &failure))
			continue;
		struct run_job *job = worker->job;
		(void)run_worker_free(worker);
		end_job(run, job, failure, now_usec);
		save(run);
	}
}

static void take_event(struct run *run, const struct event *event, uint64_t now_usec) {
	if (event_filter_admits(&run->filter, event)) {
		run_queue_add(run->queue, event, follower_take_keys(run->follower), now_usec);
		return;
	}
	run_queue_pass(run->queue, event->seq);
	run->is_dirty = true;
}

/* As soon as it is known where it begins, that is kept: what comes from now on counts. */
static void begin(struct run *run, const uint64_t *done, size_t n) {
	run->queue = run_queue_new(&run->rules, follower_position(run->follower), done, n);
	run->is_dirty = true;
}

static void take_news(struct run *run, enum follower_news news, const struct event *event) {
	switch (news) {
	case FOLLOWER_POSITION:
		begin(run, NULL, 0);
		break;
	case FOLLOWER_EVENT:
		take_event(run, event, clock_monotonic_usec());
		break;
	case FOLLOWER_NOTHING:
		break;
	case FOLLOWER_GAP:
		if (run->ends_at_gap)
			end(run, EXIT_CODE_DATA);
		break;
	case FOLLOWER_END:
		run->is_source_dry = true;
		run_queue_hurry(run->queue);
		break;
	case FOLLOWER_FAILED:
		end(run, follower_exit_code(run->follower));
		break;
	}
}

/* Everything that there is and that there is room for. */
static void pull(struct run *run) {
	enum follower_news news = FOLLOWER_EVENT;
	while (!run->is_ending && !run->is_source_dry && news != FOLLOWER_NOTHING) {
		struct event event;
		if (run->queue && !run_queue_has_room(run->queue)) {
			follower_skip(run->follower);
			return;
		}
		news = follower_next(run->follower, clock_monotonic_usec(), &event);
		take_news(run, news, &event);
	}
}

static void start_jobs(struct run *run) {
	struct run_job *job;
	uint64_t now_usec = clock_monotonic_usec();
	while (run->queue && (job = run_queue_take(run->queue, now_usec)))
		start_job(run, job, now_usec);
}

static void hurry_workers(struct run *run, uint64_t until_usec) {
	LIST_FOREACH (link, &run->workers) {
		struct run_worker *worker = CONTAINER_OF(link, struct run_worker, link);
		worker->deadline_usec = MIN(worker->deadline_usec, until_usec);
	}
}

/* The first order to end waits for what runs, the second does not. */
static void take_signals(struct run *run) {
	int number;
	while ((number = signals_next(run->signals)) > 0) {
		if (number == SIGCHLD)
			continue;
		uint64_t now_usec = clock_monotonic_usec();
		hurry_workers(run, run->is_ending ? now_usec : now_usec + STOP_USEC);
		end(run, EXIT_CODE_OK);
	}
}

static uint64_t tick_workers(struct run *run, uint64_t now_usec) {
	uint64_t deadline_usec = USEC_NEVER;
	LIST_FOREACH (link, &run->workers) {
		struct run_worker *worker = CONTAINER_OF(link, struct run_worker, link);
		run_worker_tick(worker, now_usec);
		deadline_usec = MIN(deadline_usec, worker->deadline_usec);
	}
	return deadline_usec;
}

static void wait_for_more(struct run *run) {
	uint64_t now_usec = clock_monotonic_usec();
	uint64_t until_usec = tick_workers(run, now_usec);
	bool is_listening = !run->is_ending && !run->is_source_dry;
	struct pollfd fds[] = {
		{ .fd = run->signals, .events = POLLIN },
		{ .fd = is_listening ? follower_descriptor(run->follower) : -1, .events = POLLIN },
	};
	if (is_listening)
		until_usec = MIN(until_usec, follower_deadline_usec(run->follower));
	if (run->queue)
		until_usec = MIN(until_usec, run_queue_deadline_usec(run->queue));
	(void)poll(fds, ARRAY_SIZE(fds), clock_poll_msec(now_usec, until_usec));
}

static bool is_finished(const struct run *run) {
	if (run->queue && !run_queue_is_finished(run->queue))
		return false;
	return run->is_ending || run->is_source_dry;
}

static void follow(struct run *run) {
	for (;;) {
		pull(run);
		start_jobs(run);
		save(run);
		if (is_finished(run))
			return;
		wait_for_more(run);
		take_signals(run);
		reap(run, clock_monotonic_usec());
	}
}

static int open_cursor(struct run *run, const char *name) {
	CLEANUP_TEXT char *folder = cursor_file_folder();
	if (!cursor_file_is_name(name)) {
		output_complain(_("'%s' is no name for a cursor: letters, digits and ._@:- but no "
				  "dot in front"),
			name);
		return EXIT_CODE_USAGE;
	}
	int r = folder ? cursor_file_open(folder, name, &run->cursor) : -ENOENT;
	if (r == -EWOULDBLOCK) {
		output_complain(_("Another 'posthorn run' uses the cursor '%s'"), name);
		return EXIT_CODE_BUSY;
	}
	if (r < 0) {
		output_complain(_("There is no place for the cursor '%s': %s: %s"), name,
			folder ? folder : "$HOME", strerror(-r));
		return EXIT_CODE_OUTPUT;
	}
	return EXIT_CODE_OK;
}

/* A cursor that is there goes before --since. */
static int start_with_cursor(struct run *run, const char *name) {
	CLEANUP_TEXT char *problem = NULL;
	uint64_t *done = NULL;
	size_t n = 0;
	int r = run->cursor ? cursor_file_load(run->cursor, &run->source.position, &done, &n) : 0;
	if (r < 0) {
		output_complain(_("The cursor '%s' cannot be read: %s"), name,
			r == -EBADMSG ? _("it is damaged") : strerror(-r));
		return EXIT_CODE_DATA;
	}
	int code = follower_new(&run->source, &run->follower);
	if (code == EXIT_CODE_OK && run->source.position != FOLLOWER_FROM_NOW)
		begin(run, done, n);
	free(done);
	return code;
}

static int parse_gathering(struct run *run, const struct arguments *arguments) {
	struct run_queue_options *rules = &run->rules;
	rules->gathers = arguments_has(arguments, OPTION_DEBOUNCE);
	if (!rules->gathers && arguments_has(arguments, OPTION_MAX_DELAY)) {
		output_complain(_("--max-delay goes with --debounce"));
		return EXIT_CODE_USAGE;
	}
	int code = option_value_span(arguments, OPTION_DEBOUNCE, &rules->quiet_usec);
	rules->max_delay_usec = MAX_DELAY_FACTOR * rules->quiet_usec;
	if (code == EXIT_CODE_OK)
		code = option_value_span(arguments, OPTION_MAX_DELAY, &rules->max_delay_usec);
	return code;
}

static int parse_rules(struct run *run, const struct arguments *arguments) {
	unsigned on_gap = 0;
	run->rules = (struct run_queue_options){
		.jobs = 1,
		.retries = RETRIES_DEFAULT,
		.is_together = arguments_has(arguments, OPTION_TOGETHER),
		.skips_failed = arguments_has(arguments, OPTION_SKIP_FAILED),
	};
	run->timeout_usec = TIMEOUT_DEFAULT_USEC;
	int code = option_value_number(arguments, OPTION_JOBS, 1, JOBS_MAX, &run->rules.jobs);
	if (code == EXIT_CODE_OK)
		code = option_value_number(
			arguments, OPTION_RETRIES, 0, RETRIES_MAX, &run->rules.retries);
	if (code == EXIT_CODE_OK)
		code = option_value_span(arguments, OPTION_TIMEOUT, &run->timeout_usec);
	if (code == EXIT_CODE_OK)
		code = option_value_word(arguments, OPTION_ON_GAP, &on_gap);
	if (code == EXIT_CODE_OK)
		code = parse_gathering(run, arguments);
	run->ends_at_gap = on_gap == 1;
	if (run->timeout_usec == 0)
		run->timeout_usec = USEC_NEVER;
	return code;
}

static int parse_arguments(struct run *run, const struct arguments *arguments) {
	CLEANUP_TEXT char *problem = NULL;
	run->command = arguments_operands(arguments);
	if (!run->command[0]) {
		output_complain(_("'run' needs a command: posthorn run [OPTIONS] -- COMMAND..."));
		return EXIT_CODE_USAGE;
	}
	if (event_filter_parse(arguments, &run->filter, &problem) < 0) {
		output_complain("%s", problem);
		return EXIT_CODE_USAGE;
	}
	if (!arguments_has(arguments, OPTION_TYPE))
		run->filter.types = 1u << EVENT_NEW;
	run->source = (struct follower_options){
		.arguments = arguments,
		.position = FOLLOWER_FROM_NOW,
		.follows = !arguments_has(arguments, OPTION_NO_FOLLOW),
	};
	run->source.is_patient = run->source.follows;
	int code = option_value_seq(arguments, OPTION_SINCE, &run->source.position);
	return code == EXIT_CODE_OK ? parse_rules(run, arguments) : code;
}

int verb_run(const struct arguments *arguments) {
	struct run run = { .signals = -1 };
	const char *name = arguments_value(arguments, OPTION_CURSOR);
	list_init(&run.workers);
	int code = parse_arguments(&run, arguments);
	if (code == EXIT_CODE_OK && name)
		code = open_cursor(&run, name);
	if (code == EXIT_CODE_OK)
		code = start_with_cursor(&run, name);
	if (code == EXIT_CODE_OK) {
		/* before the first child, and for good */
		run.signals = signals_open(SIGCHLD);
		follow(&run);
		code = run.exit_code;
		(void)close(run.signals);
	}
	(void)follower_free(run.follower);
	(void)run_queue_free(run.queue);
	(void)cursor_file_free(run.cursor);
	return code;
}
