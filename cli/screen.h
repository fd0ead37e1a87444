#pragma once
/* A terminal as a picture that is drawn anew: its other screen, without the cursor, keys read one by
 * one. What it showed before comes back at the end. */
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include "base/buffer.h"

struct screen {
	bool has_keys; /* standard input is a terminal too */
	struct termios before;
};

/* Only when standard output is a terminal. */
void screen_init(struct screen *s);
/* Leaves the terminal as it was. */
void screen_deinit(struct screen *s);

/* How many lines it has now; 24 when it does not say. */
size_t screen_rows(void);

/* True: q was pressed, or the end of the input came. Takes all keys that wait. */
bool screen_wants_end(struct screen *s);

/* Pure: `text`, whose lines end with \n and are made printable, as one picture with `rows` lines at
 * most, which replaces the one before without a blank in between. Lines that are too long are cut
 * by the terminal; when there are too many, the last one says how many are missing. */
void screen_draw(const char *text, size_t rows, struct buffer *out);
