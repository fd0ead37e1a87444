#pragma once
/* Another program, asked: it runs to its end, or to the end of its time, and what it wrote on
 * standard output and standard error is kept. No shell is involved. */
#include <stdint.h>

#include "base/macros.h"

/* What it writes beyond that is dropped. */
#define DOCTOR_CHILD_TEXT_MAX (64 * 1024)

/* `argv` ends with NULL; its first word is looked for in $PATH. The exit code with an owned text;
 * -ENOENT: there is no such program; -ETIMEDOUT: it was killed; -EIO: it ended by a signal; other
 * negative errno as posix_spawn(3) has them. */
int doctor_child_run(const char *const *argv, uint64_t timeout_usec, char **ret_text);
