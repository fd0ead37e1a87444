#include "config/config-type.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/macros.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "base/words.h"
#include "config/config-key.h"

#define INFINITY_WORD "infinity"

/* Text */

static char *text_parse(void *field, const struct config_value *value) {
	char **text = field;
	free(*text);
	*text = memory_strdup(value->text);
	return NULL;
}

static void text_clear(void *field) {
	char **text = field;
	*text = memory_free(*text);
}

static bool text_is_equal(const void *left, const void *right) {
	char *const *a = left, *const *b = right;
	return text_equal(*a, *b);
}

static char *text_format(const struct config_key *key, const void *field, size_t index) {
	char *const *text = field;
	return index == 0 ? memory_strdup(*text) : NULL;
}

const struct config_type config_type_text = { sizeof(char *), false, text_parse, text_clear,
	text_is_equal, text_format };

/* "~/x" is in the home directory, a relative path beside the file that says it. */
static char *path_parse(void *field, const struct config_value *value) {
	const char *home = getenv("HOME"), *slash = strrchr(value->file, '/');
	char **path = field;
	free(*path);
	if (value->text[0] == '~' && value->text[1] == '/' && home)
		*path = memory_format("%s%s", home, value->text + 1);
	else if (value->text[0] == '/' || !slash)
		*path = memory_strdup(value->text);
	else
		*path = memory_format(
			"%.*s/%s", (int)(slash - value->file), value->file, value->text);
	return NULL;
}

const struct config_type config_type_path = { sizeof(char *), false, path_parse, text_clear,
	text_is_equal, text_format };

/* One of two, one of some */

static char *boolean_parse(void *field, const struct config_value *value) {
	int r = number_parse_boolean(value->text);
	if (r < 0)
		return memory_format("'%s' is neither yes nor no", value->text);
	*(bool *)field = r > 0;
	return NULL;
}

static void boolean_clear(void *field) {
	*(bool *)field = false;
}

static bool boolean_is_equal(const void *left, const void *right) {
	return *(const bool *)left == *(const bool *)right;
}

static char *boolean_format(const struct config_key *key, const void *field, size_t index) {
	return index == 0 ? memory_strdup(*(const bool *)field ? "yes" : "no") : NULL;
}

const struct config_type config_type_boolean = { sizeof(bool), false, boolean_parse, boolean_clear,
	boolean_is_equal, boolean_format };

static char *word_problem(const struct config_value *value) {
	CLEANUP_TEXT char *all = memory_strdup(value->key->words[0]);
	for (size_t i = 1; value->key->words[i]; i++) {
		CLEANUP_TEXT char *before = all;
		all = memory_format("%s, %s", before, value->key->words[i]);
	}
	return memory_format("'%s' is none of %s", value->text, all);
}

static char *word_parse(void *field, const struct config_value *value) {
	for (unsigned i = 0; value->key->words[i]; i++)
		if (text_equal_nocase(value->text, value->key->words[i])) {
			*(unsigned *)field = i;
			return NULL;
		}
	return word_problem(value);
}

static void word_clear(void *field) {
	*(unsigned *)field = 0;
}

static bool word_is_equal(const void *left, const void *right) {
	return *(const unsigned *)left == *(const unsigned *)right;
}

static char *word_format(const struct config_key *key, const void *field, size_t index) {
	return index == 0 ? memory_strdup(key->words[*(const unsigned *)field]) : NULL;
}

const struct config_type config_type_word = { sizeof(unsigned), false, word_parse, word_clear,
	word_is_equal, word_format };

/* Numbers */

static char *port_parse(void *field, const struct config_value *value) {
	if (number_parse_port(value->text, field) < 0)
		return memory_format(
			"'%s' is no port; it is a number from 1 to 65535", value->text);
	return NULL;
}

static void port_clear(void *field) {
	*(uint16_t *)field = 0;
}

static bool port_is_equal(const void *left, const void *right) {
	return *(const uint16_t *)left == *(const uint16_t *)right;
}

static char *port_format(const struct config_key *key, const void *field, size_t index) {
	unsigned port = *(const uint16_t *)field;
	return index == 0 && port ? memory_format("%u", port) : NULL;
}

const struct config_type config_type_port = { sizeof(uint16_t), false, port_parse, port_clear,
	port_is_equal, port_format };

static uint64_t key_max(const struct config_key *key) {
	return key->max ? key->max : UINT64_MAX;
}

/* Into the field, if the key's bounds let it; UINT64_MAX is "infinity". */
static char *bounded_store(uint64_t *field, const struct config_value *value, uint64_t number) {
	const struct config_key *key = value->key;
	uint64_t max = key_max(key);
	if (number >= key->min && number <= max) {
		*field = number;
		return NULL;
	}
	CLEANUP_TEXT char *least = key->type->format(key, &key->min, 0);
	CLEANUP_TEXT char *most = key->type->format(key, &max, 0);
	return memory_format(
		"'%s' is out of bounds; it is from %s to %s", value->text, least, most);
}

static bool parse_infinity(const char *text, uint64_t *ret) {
	if (strcmp(text, INFINITY_WORD) != 0)
		return false;
	*ret = UINT64_MAX;
	return true;
}

static char *number_parse(void *field, const struct config_value *value) {
	uint64_t number;
	if (!parse_infinity(value->text, &number) &&
		number_parse_u64(value->text, strlen(value->text), &number) < 0)
		return memory_format("'%s' is no number", value->text);
	return bounded_store(field, value, number);
}

static void number_clear(void *field) {
	*(uint64_t *)field = 0;
}

static bool number_is_equal(const void *left, const void *right) {
	return *(const uint64_t *)left == *(const uint64_t *)right;
}

static char *number_format(const struct config_key *key, const void *field, size_t index) {
	uint64_t number = *(const uint64_t *)field;
	if (index > 0)
		return NULL;
	return number == UINT64_MAX ? memory_strdup(INFINITY_WORD)
				    : memory_format("%" PRIu64, number);
}

const struct config_type config_type_number = { sizeof(uint64_t), false, number_parse, number_clear,
	number_is_equal, number_format };

static char *size_parse(void *field, const struct config_value *value) {
	uint64_t bytes;
	if (!parse_infinity(value->text, &bytes) && number_parse_size(value->text, &bytes) < 0)
		return memory_format("'%s' is no size; it is like 64K or 1M", value->text);
	return bounded_store(field, value, bytes);
}

static char *size_format(const struct config_key *key, const void *field, size_t index) {
	uint64_t bytes = *(const uint64_t *)field;
	if (index > 0)
		return NULL;
	return bytes == UINT64_MAX ? memory_strdup(INFINITY_WORD) : number_format_size(bytes);
}

const struct config_type config_type_size = { sizeof(uint64_t), false, size_parse, number_clear,
	number_is_equal, size_format };

static char *timespan_parse(void *field, const struct config_value *value) {
	uint64_t usec;
	if (!parse_infinity(value->text, &usec) && number_parse_timespan(value->text, &usec) < 0)
		return memory_format("'%s' is no time span; it is like 90s or 5min", value->text);
	return bounded_store(field, value, usec);
}

static char *timespan_format(const struct config_key *key, const void *field, size_t index) {
	uint64_t usec = *(const uint64_t *)field;
	if (index > 0)
		return NULL;
	return usec == USEC_NEVER ? memory_strdup(INFINITY_WORD) : number_format_timespan(usec);
}

const struct config_type config_type_timespan = { sizeof(uint64_t), false, timespan_parse,
	number_clear, number_is_equal, timespan_format };

/* Lists */

size_t config_type_list_length(char *const *items) {
	size_t n = 0;
	while (items && items[n])
		n++;
	return n;
}

static char *list_parse(void *field, const struct config_value *value) {
	char ***items = field;
	size_t n = config_type_list_length(*items);
	if (n >= key_max(value->key))
		return memory_format(
			"more than %" PRIu64 " of %s=", value->key->max, value->key->name);
	*items = memory_resize(*items, n + 2, sizeof(char *));
	(*items)[n] = memory_strdup(value->text);
	(*items)[n + 1] = NULL;
	return NULL;
}

static void list_clear(void *field) {
	char ***items = field;
	*items = words_free(*items);
}

static bool list_is_equal(const void *left, const void *right) {
	char **const *a = left, **const *b = right;
	size_t n = config_type_list_length(*a);
	if (n != config_type_list_length(*b))
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp((*a)[i], (*b)[i]) != 0)
			return false;
	return true;
}

static char *list_format(const struct config_key *key, const void *field, size_t index) {
	char **const *items = field;
	return index < config_type_list_length(*items) ? memory_strdup((*items)[index]) : NULL;
}

const struct config_type config_type_list = { sizeof(char **), true, list_parse, list_clear,
	list_is_equal, list_format };

static char *argv_parse(void *field, const struct config_value *value) {
	char ***argv = field, **words;
	if (words_split(value->text, &words) < 0)
		return memory_strdup("the command cannot be split into words: a quote is open");
	list_clear(field);
	*argv = words;
	return NULL;
}

/* Quoted and escaped where it must be, so that the text is one line of UTF-8 and words_split()
 * gives the same words again. */
static void argv_quote(struct buffer *line, const char *word) {
	bool is_utf8 = text_is_utf8(word, strlen(word));
	(void)buffer_append_text(line, "\"");
	for (; *word; word++) {
		unsigned char c = (unsigned char)*word;
		if (c < ' ' || c == 0x7F || (c > 0x7F && !is_utf8))
			(void)buffer_append_format(line, "\\x%02x", c);
		else if (strchr("\"\\", c))
			(void)buffer_append_format(line, "\\%c", c);
		else
			(void)buffer_append(line, word, 1);
	}
	(void)buffer_append_text(line, "\"");
}

static bool is_plain_word(const char *word) {
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "%+,-./:=@_";
	return *word && !word[strspn(word, plain)];
}

static char *argv_format(const struct config_key *key, const void *field, size_t index) {
	char **const *argv = field;
	if (index > 0 || !*argv)
		return NULL;
	struct buffer line;
	buffer_init(&line, SIZE_MAX / 2);
	for (size_t i = 0; (*argv)[i]; i++) {
		if (i > 0)
			(void)buffer_append_text(&line, " ");
		if (is_plain_word((*argv)[i]))
			(void)buffer_append_text(&line, (*argv)[i]);
		else
			argv_quote(&line, (*argv)[i]);
	}
	return buffer_take_text(&line);
}

const struct config_type config_type_argv = { sizeof(char **), false, argv_parse, list_clear,
	list_is_equal, argv_format };
