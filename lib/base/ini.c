#include "base/ini.h"

#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "base/macros.h"
#include "base/memory.h"
#include "base/text.h"

struct ini_reader {
	const char *rest;
	size_t n_rest;
	unsigned line;
	char *section;
	struct buffer content; /* the line that the last item points into, NUL included */
};

struct ini_reader *ini_reader_new(const char *text, size_t n) {
	static const char bom[] = "\xEF\xBB\xBF";
	struct ini_reader *r = MEMORY_NEW(struct ini_reader);
	r->rest = text;
	r->n_rest = n;
	r->section = memory_strdup("");
	/* a value may be a password */
	buffer_init_secret(&r->content, INI_LINE_MAX + 1);
	if (n >= strlen(bom) && memcmp(text, bom, strlen(bom)) == 0) {
		r->rest += strlen(bom);
		r->n_rest -= strlen(bom);
	}
	return r;
}

struct ini_reader *ini_reader_free(struct ini_reader *r) {
	if (!r)
		return NULL;
	buffer_deinit(&r->content);
	r->section = memory_free(r->section);
	free(r);
	return NULL;
}

/* CR too, so that no value ends in one, whatever an editor made of the line's end. */
static bool is_blank(char c) {
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next line without its end; false when there is none. */
static bool take_line(struct ini_reader *r, const char **ret_line, size_t *ret_n) {
	if (r->n_rest == 0)
		return false;
	const char *newline = memchr(r->rest, '\n', r->n_rest);
	size_t n = newline ? (size_t)(newline - r->rest) : r->n_rest;
	*ret_line = r->rest;
	*ret_n = n;
	n += newline ? 1 : 0;
	r->rest += n;
	r->n_rest -= n;
	r->line++;
	return true;
}

/* Blanks at both ends of `text` are not part of it; it is cut in place. */
static char *trim(char *text) {
	while (is_blank(*text))
		text++;
	size_t n = strlen(text);
	while (n > 0 && is_blank(text[n - 1]))
		n--;
	text[n] = '\0';
	return text;
}

static const char too_long[] = "the line is longer than 64 KiB";

static const char *check_bytes(const char *line, size_t n) {
	if (n > INI_LINE_MAX)
		return too_long;
	if (memchr(line, '\0', n))
		return "the line contains a NUL byte";
	if (!text_is_utf8(line, n))
		return "the line is not valid UTF-8";
	return NULL;
}

/* Without the blanks at its end. */
static size_t trimmed_length(const char *line, size_t n) {
	while (n > 0 && is_blank(line[n - 1]))
		n--;
	return n;
}

/* A backslash at the end, itself not behind a backslash. */
static bool goes_on(const char *line, size_t n) {
	size_t n_backslashes = 0;
	while (n_backslashes < n && line[n - 1 - n_backslashes] == '\\')
		n_backslashes++;
	return n_backslashes % 2 == 1;
}

static bool is_comment(const char *line, size_t n) {
	while (n > 0 && is_blank(*line)) {
		line++;
		n--;
	}
	return n > 0 && (*line == '#' || *line == ';');
}

/* A line and those that it goes on in, as one: the backslash is a blank, comments in between are
 * left out. False at the end of the text. */
static bool take_content(struct ini_reader *r, unsigned *ret_line, const char **ret_problem) {
	const char *line, *problem = NULL;
	size_t n;
	bool is_first = true, more = true;
	buffer_clear(&r->content);
	while (more && take_line(r, &line, &n)) {
		const char *bad = check_bytes(line, n);
		problem = problem ? problem : bad;
		if (is_first)
			*ret_line = r->line;
		bool skip = is_comment(line, n);
		n = trimmed_length(line, n);
		more = skip ? !is_first : goes_on(line, n);
		is_first = false;
		if (skip || problem)
			continue;
		if (buffer_append(&r->content, line, n - more) < 0 ||
			(more && buffer_append(&r->content, " ", 1) < 0))
			problem = too_long;
	}
	if (!problem && !is_first && buffer_append(&r->content, "", 1) < 0)
		problem = too_long;
	*ret_problem = problem;
	return !is_first;
}

/* `[Name]`. What follows a bad one belongs to no section: never to the one before it. */
static const char *read_section(struct ini_reader *r, char *text, struct ini_item *item) {
	r->section = memory_free(r->section);
	char *end = strchr(text, ']');
	const char *problem = NULL;
	if (!end)
		problem = "the section's name is not closed by ]";
	else if (end[1] != '\0')
		problem = "something follows the section's name";
	else if (end == text + 1)
		problem = "the section has no name";
	r->section =
		problem ? memory_strdup("") : memory_strndup(text + 1, (size_t)(end - text - 1));
	item->kind = INI_SECTION;
	item->section = r->section;
	return problem;
}

static const char *read_assignment(char *text, struct ini_item *item) {
	char *equals = strchr(text, '=');
	if (!equals)
		return "the line is neither a [Section] nor Key=value";
	*equals = '\0';
	item->kind = INI_ASSIGNMENT;
	item->key = trim(text);
	item->value = trim(equals + 1);
	if (*item->key == '\0')
		return "there is no key before =";
	return NULL;
}

int ini_next(struct ini_reader *r, struct ini_item *ret) {
	const char *problem;
	unsigned line = 0;
	while (take_content(r, &line, &problem)) {
		struct ini_item item = {
			.line = line, .section = r->section, .key = "", .value = ""
		};
		if (!problem) {
			char *text = trim((char *)r->content.data + r->content.start);
			if (!*text)
				continue;
			problem = *text == '[' ? read_section(r, text, &item)
					       : read_assignment(text, &item);
		}
		if (problem)
			item = (struct ini_item){ .kind = INI_BAD,
				.line = line,
				.section = r->section,
				.key = "",
				.value = "" };
		item.problem = problem ? problem : "";
		*ret = item;
		return 1;
	}
	return 0;
}
