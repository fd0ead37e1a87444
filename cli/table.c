#include "cli/table.h"

#include <assert.h>
#include <string.h>
#include <wchar.h>

#include "base/memory.h"
#include "base/text.h"

#define COLUMN_GAP 2
#define NOTE_INDENT 4

struct cell {
	char *text;
	enum table_style style;
	size_t width;
	char *note; /* only in the last cell of a row */
};

struct table {
	size_t n_columns;
	size_t *widths;
	bool *right;
	struct cell *cells;
	size_t n_cells;
};

struct table *table_new(size_t n_columns) {
	assert(n_columns > 0);
	struct table *t = MEMORY_NEW(struct table);
	t->n_columns = n_columns;
	t->widths = MEMORY_NEW_ARRAY(size_t, n_columns);
	t->right = MEMORY_NEW_ARRAY(bool, n_columns);
	return t;
}

struct table *table_free(struct table *t) {
	if (!t)
		return NULL;
	for (size_t i = 0; i < t->n_cells; i++) {
		free(t->cells[i].text);
		free(t->cells[i].note);
	}
	free(t->cells);
	free(t->widths);
	free(t->right);
	return memory_free(t);
}

void table_align_right(struct table *t, size_t column) {
	assert(column < t->n_columns);
	t->right[column] = true;
}

/* Columns of a terminal. main() has set a UTF-8 locale for this; under another one a text counts
 * one column for a byte, which costs alignment and nothing else. */
static size_t width_of(const char *text) {
	mbstate_t state = { 0 };
	size_t width = 0;
	for (const char *p = text; *p;) {
		wchar_t c;
		size_t n = mbrtowc(&c, p, strlen(p), &state);
		if (n == (size_t)-1 || n == (size_t)-2 || n == 0) {
			state = (mbstate_t){ 0 };
			width++;
			p++;
			continue;
		}
		int columns = wcwidth(c);
		width += columns > 0 ? (size_t)columns : 0;
		p += n;
	}
	return width;
}

void table_add(struct table *t, enum table_style style, const char *text) {
	t->cells = memory_resize(t->cells, t->n_cells + 1, sizeof(*t->cells));
	struct cell *c = &t->cells[t->n_cells];
	*c = (struct cell){ .text = text_printable(text), .style = style };
	c->width = width_of(c->text);
	size_t column = t->n_cells++ % t->n_columns;
	t->widths[column] = MAX(t->widths[column], c->width);
}

void table_add_note(struct table *t, const char *text) {
	assert(t->n_cells > 0 && t->n_cells % t->n_columns == 0);
	struct cell *last = &t->cells[t->n_cells - 1];
	assert(!last->note);
	last->note = text_printable(text);
}

static const char *sequence(enum table_style style) {
	switch (style) {
	case TABLE_STYLE_PLAIN:
		return "";
	case TABLE_STYLE_HEAD:
		return "\033[1m";
	case TABLE_STYLE_GOOD:
		return "\033[32m";
	case TABLE_STYLE_WAITING:
		return "\033[33m";
	case TABLE_STYLE_BAD:
		return "\033[31m";
	}
	return "";
}

static void print_printable(
	enum table_style style, const char *text, bool color, struct buffer *out) {
	bool styled = color && style != TABLE_STYLE_PLAIN;
	(void)buffer_append_text(out, styled ? sequence(style) : "");
	(void)buffer_append_text(out, text);
	(void)buffer_append_text(out, styled ? "\033[0m" : "");
}

void table_print_styled(enum table_style style, const char *text, bool color, struct buffer *out) {
	CLEANUP_TEXT char *printable = text_printable(text);
	print_printable(style, printable, color, out);
}

static void print_blanks(size_t n, struct buffer *out) {
	for (; n > 0; n--)
		(void)buffer_append_text(out, " ");
}

/* Blanks that are due are written before the next text only, so none ends a line. */
static void print_row(
	const struct table *t, const struct cell *row, bool color, struct buffer *out) {
	size_t due = 0;
	for (size_t i = 0; i < t->n_columns; i++) {
		size_t padding = t->widths[i] - row[i].width;
		due += t->right[i] ? padding : 0;
		if (row[i].width > 0) {
			print_blanks(due, out);
			print_printable(row[i].style, row[i].text, color, out);
			due = 0;
		}
		due += (t->right[i] ? 0 : padding) + COLUMN_GAP;
	}
	(void)buffer_append_text(out, "\n");
	const char *note = row[t->n_columns - 1].note;
	if (note) {
		print_blanks(NOTE_INDENT, out);
		(void)buffer_append_text(out, note);
		(void)buffer_append_text(out, "\n");
	}
}

void table_print(const struct table *t, bool color, struct buffer *out) {
	assert(t->n_cells % t->n_columns == 0);
	for (size_t i = 0; i < t->n_cells; i += t->n_columns)
		print_row(t, &t->cells[i], color, out);
}
