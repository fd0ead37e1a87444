#pragma once
/* The process of one job of `posthorn run`: started with what the job says, ended when its time is
 * over, first by SIGTERM, then by SIGKILL. Its caller waits for SIGCHLD and for the deadline. */
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "cli/run-queue.h"

/* Between SIGTERM and SIGKILL. */
#define RUN_WORKER_GRACE_USEC (10 * USEC_PER_SEC)

struct run_worker {
	struct list link; /* the caller's */
	struct run_job *job; /* borrowed */
	int pid;
	uint64_t deadline_usec;
	bool is_told; /* that its time is over */
};

/* `command` ends with NULL, `deadline_usec` may be USEC_NEVER. -ENOENT and what else execve(2) says;
 * other negative errno. */
int run_worker_start(const char *const *command, struct run_job *job, uint64_t deadline_usec,
	struct run_worker **ret);
/* One that runs is left to itself. */
struct run_worker *run_worker_free(struct run_worker *w);
DEFINE_CLEANUP(struct run_worker, run_worker_free);

void run_worker_tick(struct run_worker *w, uint64_t now_usec);

/* True: it has ended. `ret_failure` is an owned text for people, or NULL where it has succeeded. */
bool run_worker_has_ended(struct run_worker *w, char **ret_failure);
