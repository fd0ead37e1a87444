#pragma once
/* Another program as a child of ours. No shell is involved. It starts with the signals as a program
 * expects them: none blocked, SIGPIPE not ignored. */
#include <stdbool.h>
#include <sys/types.h>

#define CHILD_INHERIT (-1)

struct child {
	const char *const *argv; /* ends with NULL; its first word is looked for in $PATH */
	char *const *environment; /* NULL: ours */
	int input, output, error; /* descriptors, or CHILD_INHERIT */
	bool has_no_input; /* reads the end of a file at once, whatever `input` is */
	/* Leads a process group, so that child_signal() reaches what it starts; and gets SIGTERM when
	 * we die, since nobody would wait for it. */
	bool is_guarded;
};

/* 0; -ENOENT, -EACCES ...: it could not be executed; other negative errno. */
int child_start(const struct child *child, pid_t *ret);

/* The same program in our own place, not guarded. Returns only when it could not be executed:
 * negative errno. */
int child_replace_us(const struct child *child);

/* To the group of a guarded child. */
void child_signal(pid_t pid, int number);

/* Waits for its end: the exit code, or -EIO when it ended by a signal. */
int child_wait(pid_t pid);
