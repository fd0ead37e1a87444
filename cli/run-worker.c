#include "cli/run-worker.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/words.h"
#include "cli/child.h"
#include "cli/output.h"
#include "cli/run-message.h"
#include "config/language.h"

extern char **environ;

/* A file in memory: the program may read it when and as far as it likes, and never waits for us. */
static int open_input(const struct run_job *job) {
	struct buffer text;
	int fd = memfd_create("posthorn-run", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	buffer_init(&text, OUTPUT_MAX);
	run_message_input(job, &text);
	int r = output_write_to(fd, &text);
	buffer_deinit(&text);
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r < 0)
		(void)close(fd);
	return r < 0 ? r : fd;
}

int run_worker_start(const char *const *command, struct run_job *job, uint64_t deadline_usec,
	struct run_worker **ret) {
	int input = open_input(job);
	if (input < 0)
		return input;
	char **environment = run_message_environment(environ, job);
	pid_t pid;
	int r = child_start(&(struct child){ .argv = command,
				    .environment = environment,
				    .input = input,
				    .output = CHILD_INHERIT,
				    .error = CHILD_INHERIT,
				    .is_guarded = true },
		&pid);
	(void)words_free(environment);
	(void)close(input);
	if (r < 0)
		return r;
	struct run_worker *w = MEMORY_NEW(struct run_worker);
	*w = (struct run_worker){ .job = job, .pid = pid, .deadline_usec = deadline_usec };
	list_init(&w->link);
	*ret = w;
	return 0;
}

struct run_worker *run_worker_free(struct run_worker *w) {
	if (w)
		list_remove(&w->link);
	return memory_free(w);
}

void run_worker_tick(struct run_worker *w, uint64_t now_usec) {
	if (now_usec < w->deadline_usec)
		return;
	child_signal(w->pid, w->is_told ? SIGKILL : SIGTERM);
	w->is_told = true;
	w->deadline_usec = now_usec + RUN_WORKER_GRACE_USEC;
}

static char *failure_of(const struct run_worker *w, int status) {
	if (w->is_told)
		return memory_strdup(_("its time was over"));
	if (WIFSIGNALED(status))
		return memory_format(_("ended by signal %d (%s)"), WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) == 0)
		return NULL;
	return memory_format(_("exit code %d"), WEXITSTATUS(status));
}

bool run_worker_has_ended(struct run_worker *w, char **ret_failure) {
	int status;
	if (waitpid(w->pid, &status, WNOHANG) != w->pid)
		return false;
	/* What it started belongs to it. */
	if (w->is_told)
		child_signal(w->pid, SIGKILL);
	*ret_failure = failure_of(w, status);
	return true;
}
