#include "io/command.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"

#define READ_BYTES ((size_t)4096)

struct command {
	sd_event_source *child; /* watches the pidfd and owns it */
	sd_event_source *output_source;
	sd_event_source *errors_source;
	sd_event_source *deadline;
	struct buffer output; /* may hold a password */
	struct buffer
		line; /* of stderr, the one at hand and then the last one that was not empty */
	char *complaint;
	pid_t pid; /* also its process group */
	int output_fd; /* -1: not open */
	int errors_fd; /* -1: not open */
	uint64_t timeout_usec;
	command_done_fn done;
	void *userdata;
};

/* --- the end of the child --- */

/* The child is reaped when it has died, which may take long (a hung network file system) and outlive
 * the command: without one, the loop owns the source. */
static int reap_forgotten(sd_event_source *source, int pidfd) {
	siginfo_t info;
	(void)waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG);
	(void)sd_event_source_set_floating(source, false);
	return 0;
}

/* Kills the whole group. */
static void kill_and_forget(struct command *c) {
	if (!c->child)
		return;
	(void)kill(-c->pid, SIGKILL);
	(void)sd_event_source_set_userdata(c->child, NULL);
	(void)sd_event_source_set_floating(c->child, true);
	c->child = sd_event_source_unref(c->child);
}

static void close_end(sd_event_source **source, int *fd) {
	*source = sd_event_source_disable_unref(*source);
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void close_output(struct command *c) {
	close_end(&c->output_source, &c->output_fd);
}

static void close_errors(struct command *c) {
	close_end(&c->errors_source, &c->errors_fd);
}

struct command *command_free(struct command *c) {
	if (!c)
		return NULL;
	kill_and_forget(c);
	close_output(c);
	close_errors(c);
	sd_event_source_disable_unref(c->deadline);
	buffer_deinit(&c->output);
	buffer_deinit(&c->line);
	free(c->complaint);
	return memory_free(c);
}

/* Not a line that is cut by the limit: the end of a traceback matters, not all of it. */
static void end_line(struct command *c) {
	if (c->line.n == 0)
		return;
	free(c->complaint);
	CLEANUP_TEXT char *text = buffer_take_text(&c->line);
	CLEANUP_TEXT char *printable = text_printable(text);
	c->complaint = text_utf8(printable, strlen(printable), COMMAND_COMPLAINT_MAX);
}

/* Some of it: who writes without end must not hold the loop. */
static void drain_errors(struct command *c) {
	char bytes[READ_BYTES];
	for (int reads = 0; reads < 16 && c->errors_fd >= 0; reads++) {
		ssize_t n = read(c->errors_fd, bytes, sizeof(bytes));
		for (ssize_t i = 0; i < n; i++)
			if (bytes[i] == '\n' || bytes[i] == '\r')
				end_line(c);
			else /* beyond the limit: what does not fit is dropped */
				(void)buffer_append(&c->line, &bytes[i], 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0)
			close_errors(c);
	}
}

/* The callback is the last thing, but for the erasing: the callee may free the command. */
static void finish(struct command *c, int exit_status, const char *problem) {
	close_output(c);
	drain_errors(c);
	close_errors(c);
	end_line(c);
	c->deadline = sd_event_source_disable_unref(c->deadline);
	struct buffer output = c->output;
	buffer_init_secret(&c->output, 0);
	CLEANUP_TEXT char *complaint = TAKE_PTR(c->complaint);
	size_t n = output.n;
	(void)buffer_append(&output, "", 1); /* the cap leaves room for it */
	struct command_result result = {
		.exit_status = exit_status,
		.output = (const char *)buffer_bytes(&output),
		.n = n,
		.problem = problem,
		.complaint = complaint,
	};
	c->done(c, &result, c->userdata);
	buffer_deinit(&output);
}

static void stop(struct command *c, const char *problem) {
	kill_and_forget(c);
	finish(c, -1, problem);
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata) {
	struct command *c = userdata;
	unsigned long msec = c->timeout_usec / USEC_PER_MSEC;
	CLEANUP_TEXT char *problem = msec % 1000 == 0
					     ? memory_format("ran longer than %lu s", msec / 1000)
					     : memory_format("ran longer than %lu ms", msec);
	stop(c, problem);
	return 0;
}

/* 1: all that is there was read; 0: more than the cap. */
static int drain(struct command *c) {
	while (c->output_fd >= 0) {
		uint8_t *room = buffer_reserve(&c->output, READ_BYTES);
		ssize_t n = room ? read(c->output_fd, room, READ_BYTES) : 0;
		if (n > 0)
			buffer_commit(&c->output, (size_t)n);
		if (!room || c->output.n > COMMAND_OUTPUT_MAX)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 1;
		if (n <= 0)
			close_output(c);
	}
	return 1;
}

static int on_output(sd_event_source *source, int fd, uint32_t events, void *userdata) {
	struct command *c = userdata;
	if (!drain(c))
		stop(c, "printed too much");
	return 0;
}

static int on_errors(sd_event_source *source, int fd, uint32_t events, void *userdata) {
	drain_errors(userdata);
	return 0;
}

/* What the child wrote is in the pipe by now. Its own children may hold the pipe open for hours (an
 * agent that a key program started), so nobody waits for the end of the pipe. */
static int on_child(sd_event_source *source, int pidfd, uint32_t events, void *userdata) {
	struct command *c = userdata;
	if (!c)
		return reap_forgotten(source, pidfd);
	siginfo_t info = { .si_pid = 0 };
	int r = waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG);
	if (r == 0 && info.si_pid == 0)
		return 0;
	c->child = sd_event_source_disable_unref(c->child);
	if (!drain(c)) {
		finish(c, -1, "printed too much");
		return 0;
	}
	if (r < 0)
		finish(c, -1, "its exit status is unknown");
	else if (info.si_code == CLD_EXITED)
		finish(c, info.si_status, NULL);
	else {
		CLEANUP_TEXT char *problem = memory_format("killed by signal %d", info.si_status);
		finish(c, -1, problem);
	}
	return 0;
}

/* --- the child's environment --- */

static bool is_ours_alone(const char *assignment) {
	static const char *const prefixes[] = { "NOTIFY_SOCKET=", "WATCHDOG_", "LISTEN_" };
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strncmp(assignment, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

static bool is_replaced(const char *assignment, const char *const *by) {
	size_t n = strcspn(assignment, "=");
	for (; *by; by++)
		if (strncmp(*by, assignment, n) == 0 && (*by)[n] == '=')
			return true;
	return false;
}

static size_t count(const char *const *list) {
	size_t n = 0;
	while (list && list[n])
		n++;
	return n;
}

/* An owned vector of borrowed texts. posix_spawn() takes `char *const *` and changes nothing. */
static char **environment_new(const char *const *added) {
	static const char *const none[] = { NULL };
	added = added ? added : none;
	size_t n = 0;
	char **list =
		MEMORY_NEW_ARRAY(char *, count((const char *const *)environ) + count(added) + 1);
	for (char **e = environ; e && *e; e++)
		if (!is_ours_alone(*e) && !is_replaced(*e, added))
			list[n++] = *e;
	for (; *added; added++)
		list[n++] = (char *)*added;
	return list;
}

/* --- the start --- */

/* The child keeps 0, 1 and 2 alone, whatever else of ours lacks close-on-exec. */
static int add_files(posix_spawn_file_actions_t *files, int output_fd, int errors_fd) {
	int r = posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(files, output_fd, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(files, errors_fd, STDERR_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_addclosefrom_np(files, STDERR_FILENO + 1);
	return r;
}

/* A daemon blocks and ignores signals that a helper expects to work: SIGPIPE above all. */
static int add_attributes(posix_spawnattr_t *attributes) {
	sigset_t none, all;
	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	int r = posix_spawnattr_setflags(attributes, flags);
	if (r == 0)
		r = posix_spawnattr_setpgroup(attributes, 0);
	if (r == 0)
		r = posix_spawnattr_setsigmask(attributes, &none);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(attributes, &all);
	return r;
}

static int spawn(const char *const *argv, const char *const *environment, int output_fd,
	int errors_fd, pid_t *ret_pid) {
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	if (posix_spawn_file_actions_init(&files) != 0 || posix_spawnattr_init(&attributes) != 0)
		return -ENOMEM;
	int r = add_files(&files, output_fd, errors_fd);
	if (r == 0)
		r = add_attributes(&attributes);
	char **list = environment_new(environment);
	if (r == 0)
		r = posix_spawnp(ret_pid, argv[0], &files, &attributes, (char *const *)argv, list);
	memory_free(list);
	(void)posix_spawn_file_actions_destroy(&files);
	(void)posix_spawnattr_destroy(&attributes);
	return -r;
}

static int watch_child(struct command *c, sd_event *loop) {
	int pidfd = pidfd_open(c->pid, 0);
	int r = pidfd < 0 ? -errno : sd_event_add_io(loop, &c->child, pidfd, EPOLLIN, on_child, c);
	if (r < 0) {
		(void)kill(-c->pid, SIGKILL);
		(void)waitid(P_PID, (id_t)c->pid, &(siginfo_t){ .si_pid = 0 }, WEXITED);
		if (pidfd >= 0)
			(void)close(pidfd);
		return r;
	}
	(void)sd_event_source_set_io_fd_own(c->child, 1);
	r = sd_event_add_io(loop, &c->output_source, c->output_fd, EPOLLIN, on_output, c);
	if (r >= 0)
		r = sd_event_add_io(loop, &c->errors_source, c->errors_fd, EPOLLIN, on_errors, c);
	if (r < 0)
		return r;
	return sd_event_add_time_relative(
		loop, &c->deadline, CLOCK_MONOTONIC, c->timeout_usec, 0, on_deadline, c);
}

/* The end that we read does not block, the child's does. */
static int open_pipe(int *ret_ours, int *ret_theirs) {
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	*ret_ours = ends[0];
	*ret_theirs = ends[1];
	return fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

int command_new(sd_event *loop, const char *const *argv, const char *const *environment,
	uint64_t timeout_usec, command_done_fn done, void *userdata, struct command **ret) {
	assert(loop && argv && argv[0] && done && ret);
	CLEANUP(command_free) struct command *c = MEMORY_NEW(struct command);
	c->output_fd = c->errors_fd = -1;
	int output_end = -1, errors_end = -1;
	c->timeout_usec = timeout_usec;
	c->done = done;
	c->userdata = userdata;
	/* one read may pass the cap before it is noticed */
	buffer_init_secret(&c->output, COMMAND_OUTPUT_MAX + READ_BYTES + 1);
	buffer_init(&c->line, COMMAND_COMPLAINT_MAX);
	int r = open_pipe(&c->output_fd, &output_end);
	if (r == 0)
		r = open_pipe(&c->errors_fd, &errors_end);
	if (r == 0)
		r = spawn(argv, environment, output_end, errors_end, &c->pid);
	if (output_end >= 0)
		(void)close(output_end);
	if (errors_end >= 0)
		(void)close(errors_end);
	if (r == 0)
		r = watch_child(c, loop);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(c);
	return 0;
}
