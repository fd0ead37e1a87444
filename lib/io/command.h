#pragma once
/* Runs a helper program (a password command) and hands over its output: argv without a shell,
 * empty stdin, stdout capped and erased, of stderr the last line, a deadline. The child gets a
 * clean environment: NOTIFY_SOCKET and WATCHDOG_* removed, `environment` added. */
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/macros.h"

#define COMMAND_OUTPUT_MAX ((size_t)64 * 1024)
#define COMMAND_COMPLAINT_MAX ((size_t)200)

struct command;

struct command_result {
	int exit_status; /* 0-255; or -1 when it was killed or ran out of time */
	const char *output; /* NUL-terminated; borrowed during the callback, erased after it */
	size_t n;
	const char *problem; /* NULL, or a sentence: "ran longer than 60 s" */
	const char *complaint; /* the last line of its stderr, printable and cut; NULL: none */
};

typedef void (*command_done_fn)(
	struct command *command, const struct command_result *result, void *userdata);

/* 0 or negative errno (-ENOENT: no such program). The callback is called once, from the loop. */
int command_new(sd_event *loop, const char *const *argv, const char *const *environment,
	uint64_t timeout_usec, command_done_fn done, void *userdata, struct command **ret);
/* Kills the child if it runs still; the callback is not called then. */
struct command *command_free(struct command *command);
DEFINE_CLEANUP(struct command, command_free);
