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
	char *content; /* the line that the last item points into */
};

struct ini_reader *ini_reader_new(const char *text, size_t n) {
	static const char bom[] = "\xEF\xBB\xBF";
	struct ini_reader *r = MEMORY_NEW(struct ini_reader);
	r->rest = text;
	r->n_rest = n;
	r->section = memory_strdup("");
	if (n >= strlen(bom) && memcmp(text, bom, strlen(bom)) == 0) {
		r->rest += strlen(bom);
		r->n_rest -= strlen(bom);
	}
	return r;
}

struct ini_reader *ini_reader_free(struct ini_reader *r) {
	if (!r)
		return NULL;
	/* a value may be a password */
	r->content = memory_free_secret(r->content);
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

static const char *check_bytes(const char *line, size_t n) {
	if (n > INI_LINE_MAX)
		return "the line is longer than 64 KiB";
	if (memchr(line, '\0', n))
		return "the line contains a NUL byte";
	if (!text_is_utf8(line, n))
		return "the line is not valid UTF-8";
	return NULL;
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
	const char *line;
	size_t n;
	while (take_line(r, &line, &n)) {
		struct ini_item item = {
			.line = r->line, .section = r->section, .key = "", .value = ""
		};
		const char *problem = check_bytes(line, n);
		if (!problem) {
			memory_free_secret(r->content);
			r->content = memory_strndup(line, n);
			char *text = trim(r->content);
			if (strchr("#;", *text)) /* also the end: an empty line */
				continue;
			problem = *text == '[' ? read_section(r, text, &item)
					       : read_assignment(text, &item);
		}
		if (problem)
			item = (struct ini_item){ .kind = INI_BAD,
				.line = r->line,
				.section = r->section,
				.key = "",
				.value = "" };
		item.problem = problem ? problem : "";
		*ret = item;
		return 1;
	}
	return 0;
}
