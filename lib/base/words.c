#include "base/words.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/buffer.h"
#include "base/macros.h"
#include "base/memory.h"

/* `n` digits to the base of 8 or 16; -EINVAL when there are fewer. */
static int take_digits(const char **line, size_t n, unsigned base, uint32_t *ret) {
	uint32_t value = 0;
	for (; n > 0; n--, (*line)++) {
		const char *digits = "0123456789abcdef";
		const char *digit = **line ? strchr(digits, tolower((unsigned char)**line)) : NULL;
		if (!digit || digit - digits >= (int)base)
			return -EINVAL;
		value = value * base + (uint32_t)(digit - digits);
	}
	*ret = value;
	return 0;
}

/* \x and octal digits are bytes, \u and \U are code points (systemd.service(5), "Command lines"). */
static int take_number(const char **line, struct buffer *word) {
	char kind = **line;
	size_t n = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 3;
	uint32_t value;
	if (n != 3)
		(*line)++;
	if (take_digits(line, n, n == 3 ? 8 : 16, &value) < 0)
		return -EINVAL;
	if (kind == 'u' || kind == 'U')
		return buffer_append_utf8(word, value);
	uint8_t byte = (uint8_t)value;
	return value == 0 || value > 0xFF ? -EINVAL : buffer_append(word, &byte, 1);
}

static int take_escape(const char **line, struct buffer *word) {
	static const char names[] = "abfnrtv\\\"'s";
	static const char values[] = "\a\b\f\n\r\t\v\\\"' ";
	if (**line == '\0')
		return -EINVAL;
	const char *name = strchr(names, **line);
	if (!name)
		return take_number(line, word);
	(*line)++;
	return buffer_append(word, &values[name - names], 1);
}

/* 1: a word; 0: the end of the line; -EINVAL. */
static int take_word(const char **line, struct buffer *word) {
	*line += strspn(*line, " \t\r\n");
	if (**line == '\0')
		return 0;
	char quote = '\0';
	for (; **line && (quote || !strchr(" \t\r\n", **line));) {
		char c = *(*line)++;
		int r = 0;
		if (c == '\\')
			r = take_escape(line, word);
		else if (c == quote)
			quote = '\0';
		else if (!quote && (c == '"' || c == '\''))
			quote = c;
		else
			r = buffer_append(word, &c, 1);
		if (r < 0)
			return -EINVAL;
	}
	return quote ? -EINVAL : 1;
}

int words_split(const char *line, char ***ret_argv) {
	assert(line && ret_argv);
	struct buffer word;
	buffer_init(&word, strlen(line) + 1);
	char **argv = MEMORY_NEW_ARRAY(char *, 1);
	size_t n = 0;
	int r;
	while ((r = take_word(&line, &word)) > 0) {
		argv = memory_resize(argv, n + 2, sizeof(*argv));
		argv[n++] = buffer_take_text(&word);
		argv[n] = NULL;
	}
	buffer_deinit(&word);
	if (r == 0 && (n == 0 || *argv[0] == '\0'))
		r = -EINVAL;
	if (r < 0) {
		words_free(argv);
		return r;
	}
	*ret_argv = argv;
	return 0;
}

char **words_free(char **argv) {
	for (char **a = argv; a && *a; a++)
		memory_free(*a);
	return memory_free(argv);
}
