/* How the accounts are: once, or again and again until somebody has seen enough. */
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/clock.h"
#include "cli/exit-code.h"
#include "cli/live-status.h"
#include "cli/option-value.h"
#include "cli/output.h"
#include "cli/screen.h"
#include "cli/signals.h"
#include "cli/status-reader.h"
#include "cli/verbs.h"
#include "config/language.h"

/* "12 s ago" grows. */
#define REDRAW_USEC USEC_PER_SEC

struct view {
	const char *const *ids; /* the accounts that are shown; none: all */
	struct live_status *live; /* owned */
	bool json;
	bool color;
	bool is_drawn; /* on a terminal */
	struct screen screen;
	int signals; /* a descriptor */
	bool is_over;
};

static void print(const struct status *status, bool json, bool color, struct buffer *out) {
	if (json)
		status_print_json(status, out);
	else
		status_print_table(status, clock_realtime_usec(),
			&(struct table_look){ color, output_columns() }, out);
}

/* null is JSON too: a reader of lines learns that there is nothing to know. */
static void print_absence(const struct view *v, struct buffer *out) {
	const char *problem = live_status_problem(v->live);
	CLEANUP_TEXT char *printable = text_printable(problem);
	if (v->json)
		(void)buffer_append_text(out, "null\n");
	else if (problem)
		(void)buffer_append_format(
			out, _("The daemon cannot be asked, waiting for it: %s\n"), printable);
	else
		(void)buffer_append_text(out, _("The daemon does not run, waiting for it\n"));
}

static void print_missing(const struct view *v, const struct status *status, struct buffer *out) {
	for (size_t i = 0; v->ids[i]; i++) {
		CLEANUP_TEXT char *id = text_printable(v->ids[i]);
		if (!status_has_account(status, v->ids[i]))
			(void)buffer_append_format(out, _("There is no account '%s'\n"), id);
	}
}

static int show(const struct view *v) {
	const struct status *status = live_status_get(v->live);
	struct buffer text, picture;
	buffer_init(&text, OUTPUT_MAX);
	if (status)
		print(status, v->json, v->color, &text);
	else
		print_absence(v, &text);
	if (status && !v->json)
		print_missing(v, status, &text);
	if (!v->json && !v->is_drawn)
		(void)buffer_append_text(&text, "\n");
	buffer_init(&picture, OUTPUT_MAX);
	CLEANUP_TEXT char *lines = buffer_take_text(&text);
	if (v->is_drawn)
		screen_draw(lines, screen_rows(), &picture);
	else
		(void)buffer_append_text(&picture, lines);
	int r = output_write(&picture);
	buffer_deinit(&picture);
	buffer_deinit(&text);
	return r;
}

/* True: the terminal has a new size. Every other signal is the end. */
static bool take_signals(struct view *v) {
	int number;
	bool is_resized = false;
	while ((number = signals_next(v->signals)) > 0) {
		is_resized |= number == SIGWINCH;
		v->is_over |= number != SIGWINCH;
	}
	return is_resized;
}

/* True: something is to be shown. */
static bool wait_for_change(struct view *v) {
	struct pollfd fds[] = {
		{ .fd = STDOUT_FILENO },
		{ .fd = live_status_descriptor(v->live), .events = POLLIN },
		{ .fd = v->signals, .events = POLLIN },
		{ .fd = v->is_drawn && v->screen.has_keys ? STDIN_FILENO : -1, .events = POLLIN },
	};
	uint64_t now_usec = clock_monotonic_usec();
	uint64_t until_usec = live_status_deadline_usec(v->live);
	if (v->is_drawn)
		until_usec = MIN(until_usec, now_usec + REDRAW_USEC);
	int r = poll(fds, ARRAY_SIZE(fds), clock_poll_msec(now_usec, until_usec));
	bool is_due = take_signals(v) || (v->is_drawn && r == 0);
	v->is_over |= r > 0 && fds[0].revents;
	if (v->is_drawn && screen_wants_end(&v->screen))
		v->is_over = true;
	return live_status_next(v->live, clock_monotonic_usec()) || is_due;
}

static int run_view(struct view *v) {
	int r = 0;
	bool is_due = live_status_next(v->live, clock_monotonic_usec());
	while (r == 0 && !v->is_over) {
		if (is_due)
			r = show(v);
		if (r == 0)
			is_due = wait_for_change(v);
	}
	return r;
}

static int watch(const struct arguments *arguments, bool json, bool color) {
	const char *const *ids = arguments_operands(arguments);
	struct view v = {
		.ids = ids,
		.live = live_status_new(arguments_has(arguments, OPTION_SYSTEM), true, ids),
		.json = json,
		.color = color,
		.is_drawn = !json && isatty(STDOUT_FILENO),
		.signals = signals_open(SIGWINCH),
	};
	if (v.is_drawn)
		screen_init(&v.screen);
	int r = run_view(&v);
	if (v.is_drawn)
		screen_deinit(&v.screen);
	(void)close(v.signals);
	(void)live_status_free(v.live);
	return output_exit_code(r);
}

static int refuse_missing(const struct status *status, const char *const *ids) {
	int code = EXIT_CODE_OK;
	for (; *ids; ids++) {
		if (status_has_account(status, *ids))
			continue;
		output_complain(_("There is no account '%s'"), *ids);
		code = EXIT_CODE_REFUSED;
	}
	return code;
}

int verb_status(const struct arguments *arguments) {
	CLEANUP(status_free) struct status *status = NULL;
	const char *const *ids = arguments_operands(arguments);
	bool color, json = arguments_has(arguments, OPTION_JSON);
	int code = option_value_color(arguments, &color);
	if (code != EXIT_CODE_OK)
		return code;
	if (arguments_has(arguments, OPTION_WATCH))
		return watch(arguments, json, color);
	status = status_new();
	code = status_reader_ask(arguments, ids, status);
	if (code == EXIT_CODE_OK)
		code = refuse_missing(status, ids);
	if (code != EXIT_CODE_OK)
		return code;

	struct buffer out;
	buffer_init(&out, OUTPUT_MAX);
	print(status, json, color, &out);
	int r = output_write(&out);
	buffer_deinit(&out);
	if (r < 0)
		return output_exit_code(r);
	return status_all_online(status) ? EXIT_CODE_OK : EXIT_CODE_NOT_WELL;
}
