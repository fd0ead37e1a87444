#pragma once
/* Bytes of a POP3 server to lines, wherever they were cut. Line ends are CR LF; a bare LF is taken
 * for one. Embedded in pop3_session. */
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "protocol/limits.h"

struct pop3_line_reader {
	struct buffer line; /* what came of the one that is not complete */
	size_t n_dropped; /* bytes of it beyond POP3_LINE_MAX */
	bool is_taken; /* `line` was handed out and goes with the next call */
};

struct pop3_line {
	const char *text; /* without its end; NUL-terminated, and may hold other NULs */
	size_t n;
	size_t n_wire; /* as it came: also what was cut off */
	bool is_cut;
};

void pop3_line_init(struct pop3_line_reader *r);
void pop3_line_deinit(struct pop3_line_reader *r);

/* 1: a line, borrowed until the next call; 0: more bytes are needed; -ENOBUFS: the line is longer
 * than POP3_LINE_DRAINED_MAX. Consumes what it looked at. */
int pop3_line_next(struct pop3_line_reader *r, struct buffer *input, struct pop3_line *ret);

/* A line has begun and is not complete. */
bool pop3_line_is_partial(const struct pop3_line_reader *r);

/* Gives memory back between lines. */
void pop3_line_release(struct pop3_line_reader *r);
