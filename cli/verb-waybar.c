/* One line for a status bar, and another one whenever something changed; it ends when nobody reads
 * them any more. */
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/bar.h"
#include "cli/clock.h"
#include "cli/exit-code.h"
#include "cli/live-status.h"
#include "cli/option-value.h"
#include "cli/output.h"
#include "cli/verbs.h"

/* What output_write() says. The same line again is no news. */
static int show(const struct live_status *live, enum bar_format format, char **last) {
	struct buffer out;
	buffer_init(&out, OUTPUT_MAX);
	bar_print(live_status_get(live), format, &out);
	CLEANUP_TEXT char *line = buffer_take_text(&out);
	int r = 0;
	if (!*last || strcmp(line, *last) != 0) {
		(void)buffer_append_text(&out, line);
		r = output_write(&out);
		free(*last);
		*last = TAKE_PTR(line);
	}
	buffer_deinit(&out);
	return r;
}

/* False: standard output has no reader any more. */
static bool wait_for_change(const struct live_status *live) {
	struct pollfd fds[] = {
		{ .fd = STDOUT_FILENO },
		{ .fd = live_status_descriptor(live), .events = POLLIN },
	};
	uint64_t deadline_usec = live_status_deadline_usec(live);
	int msec = clock_poll_msec(clock_monotonic_usec(), deadline_usec);
	return poll(fds, ARRAY_SIZE(fds), msec) <= 0 || !fds[0].revents;
}

int verb_waybar(const struct arguments *arguments) {
	CLEANUP(live_status_free) struct live_status *live = NULL;
	CLEANUP_TEXT char *last = NULL;
	unsigned format = BAR_FORMAT_WAYBAR;
	int code = option_value_word(arguments, OPTION_FORMAT, &format);
	if (code != EXIT_CODE_OK)
		return code;
	live = live_status_new(
		arguments_has(arguments, OPTION_SYSTEM), false, arguments_operands(arguments));
	int r = 0;
	do {
		if (live_status_next(live, clock_monotonic_usec()))
			r = show(live, (enum bar_format)format, &last);
	} while (r == 0 && wait_for_change(live));
	return output_exit_code(r);
}
