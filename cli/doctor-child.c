#include "cli/doctor-child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"

extern char **environ;

static uint64_t now_usec(void) {
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000;
}

/* -errno; the child has `fd` as its output and nothing to read. */
static int spawn(const char *const *argv, int fd, pid_t *ret) {
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	/* We ignore SIGPIPE, and that would be inherited. */
	(void)sigemptyset(&defaults);
	(void)sigaddset(&defaults, SIGPIPE);
	(void)posix_spawnattr_init(&attributes);
	(void)posix_spawnattr_setsigdefault(&attributes, &defaults);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
	(void)posix_spawn_file_actions_adddup2(&actions, fd, STDERR_FILENO);
	int r = posix_spawnp(ret, argv[0], &actions, &attributes, (char *const *)argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attributes);
	return -r;
}

/* Up to the end of the output, which is also that of whom the child left behind. False: the time
 * is over. */
static bool read_all(int fd, uint64_t deadline_usec, struct buffer *text) {
	for (;;) {
		char bytes[4096];
		struct pollfd output = { .fd = fd, .events = POLLIN };
		uint64_t now = now_usec();
		if (now >= deadline_usec)
			return false;
		if (poll(&output, 1, (int)((deadline_usec - now) / USEC_PER_MSEC) + 1) <= 0)
			continue;
		ssize_t n = read(fd, bytes, sizeof(bytes));
		if (n == 0 || (n < 0 && errno != EINTR))
			return true;
		if (n > 0)
			(void)buffer_append(text, bytes, (size_t)n);
	}
}

static int wait_for_end(pid_t child) {
	int status;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EIO;
}

int doctor_child_run(const char *const *argv, uint64_t timeout_usec, char **ret_text) {
	struct buffer text;
	pid_t child;
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	int r = spawn(argv, ends[1], &child);
	(void)close(ends[1]);
	if (r < 0) {
		(void)close(ends[0]);
		return r;
	}
	buffer_init(&text, DOCTOR_CHILD_TEXT_MAX);
	bool is_done = read_all(ends[0], now_usec() + timeout_usec, &text);
	(void)close(ends[0]);
	if (!is_done)
		(void)kill(child, SIGKILL);
	r = wait_for_end(child);
	if (is_done && r >= 0)
		*ret_text = buffer_take_text(&text);
	buffer_deinit(&text);
	return is_done ? r : -ETIMEDOUT;
}
