#include "cli/table.h"

#include <assert.h>
#include <string.h>
#include <wchar.h>

#include "base/memory.h"
#include "base/text.h"

#define COLUMN_GAP 2
#define NOTE_INDENT 4
/* Below this a cut text says nothing; a terminal that is narrower breaks the lines. */
#define CUT_MIN 6
#define ELLIPSIS "\xe2\x80\xa6"

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
	bool *whole;
	struct cell *cells;
	size_t n_cells;
};

struct table *table_new(size_t n_columns) {
	assert(n_columns > 0);
	struct table *t = MEMORY_NEW(struct table);
	t->n_columns = n_columns;
	t->widths = MEMORY_NEW_ARRAY(size_t, n_columns);
	t->right = MEMORY_NEW_ARRAY(bool, n_columns);
	t->whole = MEMORY_NEW_ARRAY(bool, n_columns);
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
	free(t->whole);
	return memory_free(t);
}

void table_align_right(struct table *t, size_t column) {
	assert(column < t->n_columns);
	t->right[column] = true;
}

void table_keep_whole(struct table *t, size_t column) {
	assert(column < t->n_columns);
	t->whole[column] = true;
}

/* Columns of a terminal. main() has set a UTF-8 locale for this; under another one a text counts
 * one column for a byte, which costs alignment and nothing else. */
static size_t step(const char *p, mbstate_t *state, size_t *ret_width) {
	wchar_t c;
	size_t n = mbrtowc(&c, p, strlen(p), state);
	if (n == (size_t)-1 || n == (size_t)-2 || n == 0) {
		*state = (mbstate_t){ 0 };
		*ret_width = 1;
		return 1;
	}
	int width = wcwidth(c);
	*ret_width = width > 0 ? (size_t)width : 0;
	return n;
}

/* How many bytes of `text` fit into so many columns, and how many of these they take. */
static size_t fit(const char *text, size_t columns, size_t *ret_width) {
	mbstate_t state = { 0 };
	size_t width = 0, more, n = 0;
	while (text[n]) {
		size_t length = step(text + n, &state, &more);
		if (width + more > columns)
			break;
		width += more;
		n += length;
	}
	*ret_width = width;
	return n;
}

static size_t width_of(const char *text) {
	size_t width;
	(void)fit(text, SIZE_MAX / 2, &width);
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

/* Returns how wide it became. */
static size_t print_cell(const struct cell *cell, size_t columns, bool color, struct buffer *out) {
	size_t width;
	if (cell->width <= columns) {
		print_printable(cell->style, cell->text, color, out);
		return cell->width;
	}
	size_t n = fit(cell->text, columns - 1, &width);
	CLEANUP_TEXT char *cut = memory_format("%.*s" ELLIPSIS, (int)n, cell->text);
	print_printable(cell->style, cut, color, out);
	return width + 1;
}

/* Between words; one that is longer than a line is left to the terminal. */
static void print_note(const char *note, size_t columns, struct buffer *out) {
	size_t width, room = columns > NOTE_INDENT ? columns - NOTE_INDENT : SIZE_MAX / 2;
	do {
		size_t n = fit(note, room, &width);
		while (note[n] && n > 0 && note[n] != ' ')
			n--;
		if (n == 0)
			n = strcspn(note, " ");
		print_blanks(NOTE_INDENT, out);
		(void)buffer_append_format(out, "%.*s\n", (int)n, note);
		note += n + strspn(note + n, " ");
	} while (*note);
}

/* Blanks that are due are written before the next text only, so none ends a line. */
static void print_row(const struct table *t, const size_t *widths, const struct cell *row,
	bool color, struct buffer *out) {
	size_t due = 0;
	for (size_t i = 0; i < t->n_columns; i++) {
		size_t width = MIN(row[i].width, widths[i]);
		due += t->right[i] ? widths[i] - width : 0;
		if (width > 0) {
			print_blanks(due, out);
			width = print_cell(&row[i], widths[i], color, out);
			due = 0;
		}
		due += (t->right[i] ? 0 : widths[i] - width) + COLUMN_GAP;
	}
	(void)buffer_append_text(out, "\n");
}

static bool can_be_cut(const struct table *t, const size_t *widths, size_t column) {
	return !t->whole[column] && widths[column] > CUT_MIN;
}

/* By how much the widest column can become narrower before another one is as wide; 0: by nothing. */
static size_t widest_surplus(const struct table *t, const size_t *widths, size_t *ret_column) {
	size_t widest = 0, next = CUT_MIN;
	for (size_t i = 0; i < t->n_columns; i++) {
		if (!can_be_cut(t, widths, i))
			continue;
		if (widths[i] > widest) {
			next = MAX(next, widest);
			widest = widths[i];
			*ret_column = i;
		} else {
			next = MAX(next, widths[i]);
		}
	}
	return widest == 0 ? 0 : MAX(widest - next, (size_t)1);
}

static void cut_widths(const struct table *t, size_t columns, size_t *widths) {
	size_t sum = (t->n_columns - 1) * COLUMN_GAP, column, surplus;
	for (size_t i = 0; i < t->n_columns; i++)
		sum += widths[i];
	while (sum > columns && (surplus = widest_surplus(t, widths, &column)) > 0) {
		size_t n = MIN(surplus, sum - columns);
		widths[column] -= n;
		sum -= n;
	}
}

void table_print(const struct table *t, const struct table_look *look, struct buffer *out) {
	assert(t->n_cells % t->n_columns == 0);
	size_t *widths = MEMORY_NEW_ARRAY(size_t, t->n_columns);
	memcpy(widths, t->widths, t->n_columns * sizeof(*widths));
	if (look->columns > 0)
		cut_widths(t, look->columns, widths);
	for (size_t i = 0; i < t->n_cells; i += t->n_columns) {
		const char *note = t->cells[i + t->n_columns - 1].note;
		print_row(t, widths, &t->cells[i], look->color, out);
		if (note)
			print_note(note, look->columns, out);
	}
	free(widths);
}
