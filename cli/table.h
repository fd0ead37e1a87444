#pragma once
/* Rows of text in aligned columns, as wide as a terminal shows them. Every text is made printable
 * here, so that no name or server text reaches a terminal as it came. */
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/macros.h"

enum table_style {
	TABLE_STYLE_PLAIN,
	TABLE_STYLE_HEAD,
	TABLE_STYLE_GOOD,
	TABLE_STYLE_WAITING,
	TABLE_STYLE_BAD,
};

struct table_look {
	bool color;
	size_t columns; /* no row is wider, where that can be; 0: as wide as it takes */
};

struct table;

struct table *table_new(size_t n_columns);
struct table *table_free(struct table *t);
DEFINE_CLEANUP(struct table, table_free);

/* Numbers stand at the right of their column. */
void table_align_right(struct table *t, size_t column);

/* This column's texts are never cut. */
void table_keep_whole(struct table *t, size_t column);

/* The next cell, from left to right and row by row. The text is copied. */
void table_add(struct table *t, enum table_style style, const char *text);

/* A line under the row that was just finished, indented, that takes no part in the alignment. */
void table_add_note(struct table *t, const char *text);

/* No blanks at the ends of lines; escape sequences only with `color`. Where the columns do not
 * suffice the widest ones are cut first, with "..." (one character) for what is missing, and notes are
 * broken between words. */
void table_print(const struct table *t, const struct table_look *look, struct buffer *out);

/* Printable text in a style, for lines that are no table. */
void table_print_styled(enum table_style style, const char *text, bool color, struct buffer *out);
