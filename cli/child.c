#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define EXIT_NOT_EXECUTED 127

/* Only what may be called between fork() and exec(). */
static void reset_signals(void) {
	struct sigaction standard = { .sa_handler = SIG_DFL };
	sigset_t none;
	(void)sigaction(SIGPIPE, &standard, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static int set_descriptors(const struct child *c) {
	int input = c->has_no_input ? open("/dev/null", O_RDONLY | O_CLOEXEC) : c->input;
	if (c->has_no_input && input < 0)
		return -errno;
	if ((input >= 0 && dup2(input, STDIN_FILENO) < 0) ||
		(c->output >= 0 && dup2(c->output, STDOUT_FILENO) < 0) ||
		(c->error >= 0 && dup2(c->error, STDERR_FILENO) < 0))
		return -errno;
	return 0;
}

static int guard(pid_t parent) {
	if (setpgid(0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
		return -errno;
	return getppid() == parent ? 0 : -ESRCH; /* it died before we asked to be told */
}

static int become(const struct child *c, pid_t parent) {
	int r = c->is_guarded ? guard(parent) : 0;
	if (r == 0)
		r = set_descriptors(c);
	if (r < 0)
		return r;
	reset_signals();
	(void)execvpe(
		c->argv[0], (char *const *)c->argv, c->environment ? c->environment : environ);
	return -errno;
}

int child_replace_us(const struct child *child) {
	return become(child, 0);
}

/* The pipe is closed by exec(): its end without a word is success. */
static int read_failure(int fd) {
	int failure = 0;
	ssize_t n;
	do
		n = read(fd, &failure, sizeof(failure));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(failure) ? failure : 0;
}

int child_start(const struct child *child, pid_t *ret) {
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid_t parent = getpid();
	pid_t pid = fork();
	if (pid == 0) {
		int failure = become(child, parent);
		(void)!write(ends[1], &failure, sizeof(failure));
		_exit(EXIT_NOT_EXECUTED);
	}
	int r = pid < 0 ? -errno : 0;
	(void)close(ends[1]);
	if (pid > 0)
		r = read_failure(ends[0]);
	(void)close(ends[0]);
	if (r == 0)
		*ret = pid;
	else if (pid > 0)
		(void)child_wait(pid);
	return r;
}

void child_signal(pid_t pid, int number) {
	(void)kill(-pid, number);
}

int child_wait(pid_t pid) {
	int status;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EIO;
}
