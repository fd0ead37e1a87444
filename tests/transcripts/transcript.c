#include "transcript.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/macros.h"
#include "base/memory.h"

#define BYTES_MAX ((size_t)64 * 1024 * 1024)

static const struct {
	const char *prefix;
	enum transcript_kind kind;
} prefixes[] = {
	{ "login", TRANSCRIPT_LOGIN },
	{ "watch", TRANSCRIPT_WATCH },
	{ "S:", TRANSCRIPT_SERVER },
	{ "SX:", TRANSCRIPT_SERVER },
	{ "S*", TRANSCRIPT_SERVER },
	{ "T:", TRANSCRIPT_TIME },
	{ "secured", TRANSCRIPT_SECURED },
	{ "check", TRANSCRIPT_CHECK },
	{ "mark", TRANSCRIPT_MARK },
	{ "logout", TRANSCRIPT_LOGOUT },
	{ "hold", TRANSCRIPT_HOLD },
	{ "release", TRANSCRIPT_RELEASE },
	{ "C:", TRANSCRIPT_CLIENT },
	{ "C+:", TRANSCRIPT_CLIENT_SAME_WRITE },
	{ "E:", TRANSCRIPT_EVENT },
	{ "E*", TRANSCRIPT_EVENT },
	{ "E?:", TRANSCRIPT_EVENT_MAYBE },
};

static __attribute__((noreturn)) void fail(const char *path, unsigned line, const char *problem) {
	fprintf(stderr, "%s:%u: %s\n", path, line, problem);
	exit(EXIT_FAILURE);
}

static void add(struct transcript *t, enum transcript_kind kind, unsigned number, char *text) {
	t->lines = memory_resize(t->lines, t->n_lines + 1, sizeof(*t->lines));
	t->lines[t->n_lines++] =
		(struct transcript_line){ .kind = kind, .number = number, .text = text };
}

static char *unescape(const char *text) {
	struct buffer out;
	buffer_init(&out, BYTES_MAX);
	for (const char *p = text; *p; p++) {
		static const char letters[] = "rnt\\", values[] = "\r\n\t\\";
		const char *letter = *p == '\\' && p[1] ? strchr(letters, p[1]) : NULL;
		char c = *p;
		if (letter) {
			c = values[letter - letters];
			p++;
		} else if (*p == '\\' && p[1] == 'x' && p[2] && p[3]) {
			char digits[] = { p[2], p[3], '\0' };
			c = (char)strtoul(digits, NULL, 16);
			p += 3;
		}
		(void)buffer_append(&out, &c, 1);
	}
	return buffer_take_text(&out);
}

/* One copy of `pattern` for each number, which takes the place of every #. */
static void add_numbered(
	struct transcript *t, enum transcript_kind kind, unsigned number, const char *text) {
	unsigned first, last;
	int skipped = 0;
	if (sscanf(text, "%u..%u: %n", &first, &last, &skipped) != 2 || skipped == 0)
		fail(t->path, number, "not FIRST..LAST: text");
	struct buffer all;
	buffer_init(&all, BYTES_MAX);
	for (unsigned i = first; i <= last; i++) {
		for (const char *p = text + skipped; *p; p++) {
			if (*p == '#')
				(void)buffer_append_format(&all, "%u", i);
			else
				(void)buffer_append(&all, p, 1);
		}
		if (kind == TRANSCRIPT_SERVER)
			(void)buffer_append_text(&all, "\r\n");
		else
			add(t, kind, number, buffer_take_text(&all));
	}
	if (kind == TRANSCRIPT_SERVER)
		add(t, kind, number, buffer_take_text(&all));
	buffer_deinit(&all);
}

static void add_line(struct transcript *t, unsigned number, const char *line) {
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		const char *prefix = prefixes[i].prefix;
		if (strncmp(line, prefix, strlen(prefix)) != 0)
			continue;
		const char *text = line + strlen(prefix);
		if (prefix[1] == '*') {
			add_numbered(t, prefixes[i].kind, number, text);
			return;
		}
		text += *text == ' ' ? 1 : 0;
		if (strcmp(prefix, "S:") == 0)
			add(t, prefixes[i].kind, number, memory_format("%s\r\n", text));
		else if (strcmp(prefix, "SX:") == 0)
			add(t, prefixes[i].kind, number, unescape(text));
		else
			add(t, prefixes[i].kind, number, memory_strdup(text));
		return;
	}
	fail(t->path, number, "not a line of a transcript");
}

static struct transcript *begin(const char *path, const char *title) {
	struct transcript *t = MEMORY_NEW(struct transcript);
	t->path = memory_strdup(path);
	t->title = memory_strdup(title);
	return t;
}

/* Adds the lines of a file to the conversation `t`, or to those that begin in it. */
static void load(struct transcript *t, const char *path) {
	FILE *f = fopen(path, "re");
	if (!f)
		fail(path, 0, "cannot be opened");
	char *line = NULL;
	size_t size = 0;
	unsigned number = 0;
	for (ssize_t n; (n = getline(&line, &size, f)) >= 0;) {
		number++;
		if (n > 0 && line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (!*line || *line == '#')
			continue;
		if (strncmp(line, "=== ", 4) == 0) {
			t = t->next = begin(path, line + 4);
		} else if (strncmp(line, "use ", 4) == 0) {
			const char *slash = strrchr(path, '/');
			CLEANUP_TEXT char *other = memory_format("%.*s/%s",
				slash ? (int)(slash - path) : 1, slash ? path : ".", line + 4);
			load(t, other);
		} else {
			add_line(t, number, line);
		}
	}
	free(line);
	fclose(f);
}

struct transcript *transcript_load(const char *path) {
	struct transcript *first = begin(path, "");
	load(first, path);
	if (first->n_lines > 0 || !first->next)
		return first;
	/* nothing stood before the first title */
	struct transcript *second = first->next;
	first->next = NULL;
	(void)transcript_free(first);
	return second;
}

struct transcript *transcript_free(struct transcript *first) {
	for (struct transcript *t = first, *next; t; t = next) {
		next = t->next;
		for (size_t i = 0; i < t->n_lines; i++)
			free(t->lines[i].text);
		free(t->lines);
		free(t->path);
		free(t->title);
		free(t);
	}
	return NULL;
}

char *transcript_value(const char *text, const char *key) {
	size_t n = strlen(key);
	for (const char *p = text; (p = strstr(p, key)); p += n) {
		if ((p > text && p[-1] != ' ') || p[n] != '=')
			continue;
		p += n + 1;
		bool quoted = *p == '"';
		p += quoted ? 1 : 0;
		CLEANUP_TEXT char *escaped = memory_strndup(p, strcspn(p, quoted ? "\"" : " "));
		return unescape(escaped);
	}
	return NULL;
}
