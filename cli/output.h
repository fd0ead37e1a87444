#pragma once
/* Standard output and standard error of the program. Output goes out at once, without a buffer of
 * its own, so that a reader behind a pipe has each line when it was written. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/macros.h"

/* One output is the memory's matter: the daemon's answers are bounded, and so is what we make of
 * them. */
#define OUTPUT_MAX (SIZE_MAX / 2)

/* First thing in main(): a standard descriptor that was handed over closed would become the
 * connection to the bus, and what is shown would be sent there. Writing to a standard output that
 * was closed fails as before. */
void output_occupy_descriptors(void);

/* Writes all that is buffered and leaves the buffer empty. -EPIPE when nobody reads any more;
 * other negative errno as write(2) has them. SIGPIPE must be ignored. */
int output_write(struct buffer *out);
/* The same into a file. */
int output_write_to(int fd, struct buffer *out);

/* The exit code for what output_write() returned: 0 for success and for a reader that has had
 * enough; else the failure is told on standard error. */
int output_exit_code(int r);

/* Colors are for a terminal, unless NO_COLOR is set to something or TERM is "dumb". */
bool output_wants_color(void);

/* How wide the terminal is that standard output is; 0: it is none, or does not say. */
size_t output_columns(void);

/* "posthorn: ..." on standard error, made printable, one line. */
void output_complain(const char *format, ...) PRINTF_LIKE(1, 2);
