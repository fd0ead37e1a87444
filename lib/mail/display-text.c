#include "mail/display-text.h"

#include "base/buffer.h"
#include "base/macros.h"
#include "base/memory.h"
#include "base/text.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define REPLACEMENT 0xFFFD

enum kind {
	KIND_PLAIN,
	KIND_BLANK,
	KIND_MARK,
	KIND_DROPPED,
	KIND_BROKEN,
};

/* General category Cf, but with a shape of its own: signs that enclose Arabic, Syriac or Kaithi
 * digits. */
static bool is_visible_format(gunichar c) {
	return (c >= 0x600 && c <= 0x605) || c == 0x6DD || c == 0x70F || c == 0x890 || c == 0x891 ||
	       c == 0x8E2 || c == 0x110BD || c == 0x110CD;
}

static enum kind kind_of(gunichar c) {
	if ((c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF))
		return KIND_BROKEN;
	if (c == 0x200C || c == 0x200D) /* ZWNJ, ZWJ */
		return KIND_MARK;
	switch (g_unichar_type(c)) {
	case G_UNICODE_CONTROL:
	case G_UNICODE_LINE_SEPARATOR:
	case G_UNICODE_PARAGRAPH_SEPARATOR:
	case G_UNICODE_SPACE_SEPARATOR:
		return KIND_BLANK;
	case G_UNICODE_NON_SPACING_MARK:
	case G_UNICODE_ENCLOSING_MARK:
	case G_UNICODE_SPACING_MARK:
		return KIND_MARK;
	case G_UNICODE_FORMAT:
		return is_visible_format(c) ? KIND_PLAIN : KIND_DROPPED;
	default:
		return KIND_PLAIN;
	}
}

struct line {
	struct buffer out;
	gunichar blank; /* what stands for white space between two words */
	bool has_gap; /* white space was passed since the last character */
	unsigned n_marks;
};

/* False when it does not fit. */
static bool add(struct line *line, gunichar c) {
	char bytes[12];
	int n = 0;
	if (line->has_gap && line->out.n > 0)
		n = g_unichar_to_utf8(line->blank, bytes);
	n += g_unichar_to_utf8(c, bytes + n);
	line->has_gap = false;
	return buffer_append(&line->out, bytes, (size_t)n) == 0;
}

static bool take(struct line *line, gunichar c) {
	enum kind kind = kind_of(c);
	if (kind == KIND_DROPPED)
		return true;
	line->n_marks = kind == KIND_MARK ? line->n_marks + 1 : 0;
	switch (kind) {
	case KIND_MARK:
		return line->n_marks > DISPLAY_TEXT_MARKS_MAX || add(line, c);
	case KIND_BLANK:
		line->has_gap = true;
		return true;
	case KIND_BROKEN:
		return add(line, REPLACEMENT);
	case KIND_PLAIN:
	case KIND_DROPPED:
		return add(line, c);
	}
	return true;
}

static char *make_line(const char *bytes, size_t n, size_t max, gunichar blank) {
	struct line line = { .blank = blank };
	buffer_init(&line.out, max);
	/* each byte may become U+FFFD */
	CLEANUP_TEXT char *text = text_utf8(bytes, n, n <= SIZE_MAX / 8 ? 3 * n : n);
	for (const char *p = text; *p; p = g_utf8_next_char(p))
		if (!take(&line, g_utf8_get_char(p)))
			break;
	return buffer_take_text(&line.out);
}

char *display_text_line(const char *bytes, size_t n, size_t max) {
	return make_line(bytes, n, max, ' ');
}

char *display_text_token(const char *bytes, size_t n, size_t max) {
	return make_line(bytes, n, max, REPLACEMENT);
}
