#include "cli/doctor-child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/buffer.h"
#include "cli/child.h"
#include "cli/clock.h"

/* Up to the end of the output, which is also that of whom the child left behind. False: the time
 * is over. */
static bool read_all(int fd, uint64_t deadline_usec, struct buffer *text) {
	for (;;) {
		char bytes[4096];
		struct pollfd output = { .fd = fd, .events = POLLIN };
		uint64_t now = clock_monotonic_usec();
		if (now >= deadline_usec)
			return false;
		if (poll(&output, 1, clock_poll_msec(now, deadline_usec)) <= 0)
			continue;
		ssize_t n = read(fd, bytes, sizeof(bytes));
		if (n == 0 || (n < 0 && errno != EINTR))
			return true;
		if (n > 0)
			(void)buffer_append(text, bytes, (size_t)n);
	}
}

int doctor_child_run(const char *const *argv, uint64_t timeout_usec, char **ret_text) {
	struct buffer text;
	pid_t child;
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	int r = child_start(
		&(struct child){
			.argv = argv, .output = ends[1], .error = ends[1], .has_no_input = true },
		&child);
	(void)close(ends[1]);
	if (r < 0) {
		(void)close(ends[0]);
		return r;
	}
	buffer_init(&text, DOCTOR_CHILD_TEXT_MAX);
	bool is_done = read_all(ends[0], clock_monotonic_usec() + timeout_usec, &text);
	(void)close(ends[0]);
	if (!is_done)
		(void)kill(child, SIGKILL);
	r = child_wait(child);
	if (is_done && r >= 0)
		*ret_text = buffer_take_text(&text);
	buffer_deinit(&text);
	return is_done ? r : -ETIMEDOUT;
}
