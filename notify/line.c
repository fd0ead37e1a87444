/* One line for people from text of a stranger. Whole rules of Unicode for grapheme clusters (UAX 29)
 * are not followed, but what a sender can abuse is: stacks of marks, joiners, flags without end. */
#include "notify/line.h"

#include "base/memory.h"
#include "base/text.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* More is not looked at: nobody shows it, and a line of it costs only time. */
#define TEXT_BYTES_MAX (16 * 1024)

#define ZERO_WIDTH_NON_JOINER 0x200C
#define ZERO_WIDTH_JOINER 0x200D

struct cluster {
	gunichar last;
	unsigned n_extenders;
	unsigned n_flags; /* regional indicators in a row */
};

/* Letters that are drawn as nothing: names of them look empty. */
static bool is_filler(gunichar c) {
	return c == 0x115F || c == 0x1160 || c == 0x2800 || c == 0x3164 || c == 0xFFA0;
}

static bool is_dropped(gunichar c) {
	if (c == ZERO_WIDTH_JOINER || c == ZERO_WIDTH_NON_JOINER)
		return false; /* Persian and emoji are wrong without them */
	switch (g_unichar_type(c)) {
	case G_UNICODE_CONTROL:
	case G_UNICODE_FORMAT: /* with all bidi controls, and the invisible tags */
	case G_UNICODE_SURROGATE:
		return true;
	default:
		return is_filler(c) || (c & 0xFFFE) == 0xFFFE;
	}
}

static bool is_blank(gunichar c) {
	return c == '\t' || c == '\n' || c == '\v' || c == '\f' || c == '\r' || c == 0x85 ||
	       g_unichar_isspace(c);
}

static bool is_flag(gunichar c) {
	return c >= 0x1F1E6 && c <= 0x1F1FF;
}

/* Belongs to the character before it, which a cut must not part it from. */
static bool is_extender(const struct cluster *cluster, gunichar c) {
	if (c == ZERO_WIDTH_JOINER || c == ZERO_WIDTH_NON_JOINER || g_unichar_ismark(c))
		return true;
	if (c >= 0x1F3FB && c <= 0x1F3FF) /* skin tones */
		return true;
	if (c >= 0x1161 && c <= 0x11FF) /* Hangul vowels and finals */
		return true;
	if (is_flag(c) && cluster->n_flags % 2 == 1)
		return true;
	return cluster->last == ZERO_WIDTH_JOINER && !g_unichar_isalnum(c);
}

static void append(struct buffer *line, gunichar c) {
	char bytes[6];
	/* The cap cannot be reached: text is bounded and no character grows. */
	(void)buffer_append(line, bytes, (size_t)g_unichar_to_utf8(c, bytes));
}

static bool accept(struct cluster *cluster, gunichar c, size_t *n_characters) {
	bool extends = *n_characters > 0 && is_extender(cluster, c);

	if (extends && cluster->n_extenders == LINE_EXTENDERS_MAX)
		return false;
	cluster->n_flags = is_flag(c) ? cluster->n_flags + 1 : 0;
	cluster->n_extenders = extends ? cluster->n_extenders + 1 : 0;
	cluster->last = c;
	if (!extends)
		(*n_characters)++;
	return true;
}

static bool is_visible(gunichar c) {
	return g_unichar_isgraph(c) && !g_unichar_iszerowidth(c);
}

/* `text` is valid UTF-8. */
static bool fill(struct buffer *line, const char *text, size_t max_characters) {
	struct cluster cluster = { 0 };
	size_t n_characters = 0;
	bool blank = false, visible = false;

	for (const char *p = text; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (is_blank(c)) {
			blank = n_characters > 0;
			continue;
		}
		if (is_dropped(c))
			continue;
		if (blank)
			(void)accept(&cluster, ' ', &n_characters);
		if (!accept(&cluster, c, &n_characters))
			continue;
		if (n_characters > max_characters) {
			(void)buffer_append_text(line, "…");
			break;
		}
		if (blank)
			append(line, ' ');
		blank = false;
		append(line, c);
		visible = visible || is_visible(c);
	}
	return visible;
}

char *line_from_text(const char *text, size_t max_characters) {
	struct buffer line;
	CLEANUP_TEXT char *valid = NULL;

	if (text_is_empty(text))
		return memory_strdup("");
	valid = text_utf8(text, strlen(text), TEXT_BYTES_MAX);
	buffer_init(&line, 2 * TEXT_BYTES_MAX);
	if (!fill(&line, valid, max_characters))
		buffer_clear(&line);
	return buffer_take_text(&line);
}

char *line_escape(const char *line) {
	struct buffer escaped;

	/* "&amp;" is five bytes for one. */
	buffer_init(&escaped, 5 * strlen(line) + 1);
	for (const char *p = line; *p; p++) {
		if (*p == '&')
			(void)buffer_append_text(&escaped, "&amp;");
		else if (*p == '<')
			(void)buffer_append_text(&escaped, "&lt;");
		else if (*p == '>')
			(void)buffer_append_text(&escaped, "&gt;");
		else
			(void)buffer_append(&escaped, p, 1);
	}
	return buffer_take_text(&escaped);
}

void line_append(struct buffer *lines, const char *line) {
	if (lines->n > 0)
		(void)buffer_append_text(lines, "\n");
	(void)buffer_append_text(lines, line);
}
