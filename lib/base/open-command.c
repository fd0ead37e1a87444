#include "base/open-command.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/words.h"

#define WORD_BYTES_MAX ((size_t)64 * 1024)
#define FIELDS "iafm%"

static bool has_unknown_field(const char *word) {
	for (const char *at = word; (at = strchr(at, '%')); at += 2)
		if (!at[1] || !strchr(FIELDS, at[1]))
			return true;
	return false;
}

char *open_command_check(const char *text) {
	char **words, *problem = NULL;
	if (words_split(text, &words) < 0)
		return NULL;
	for (size_t i = 0; words[i] && !problem; i++)
		if (has_unknown_field(words[i]))
			problem = memory_format(
				"'%s': what follows %% is i, a, f, m or %%", words[i]);
	(void)words_free(words);
	return problem;
}

/* Owned. */
static char *safe_word(const char *word, size_t n) {
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)word[i] <= ' ' || word[i] == 0x7f)
			return memory_strdup("");
	return *word == '-' ? memory_strdup("") : memory_strndup(word, n);
}

static char *sender_of(const struct open_command_message *message) {
	const char *address = message->from_address ? message->from_address : "";
	return safe_word(address, strlen(address));
}

static char *message_id_of(const struct open_command_message *message) {
	const char *id = message->message_id ? message->message_id : "";
	id += strspn(id, " \t<");
	return safe_word(id, strcspn(id, ">"));
}

/* Owned; NULL: it is no field. */
static char *field_of(char letter, const struct open_command_message *message) {
	switch (letter) {
	case 'i':
		return memory_strdup(message->id ? message->id : "");
	case 'a':
		return memory_strdup(message->account ? message->account : "");
	case 'f':
		return sender_of(message);
	case 'm':
		return message_id_of(message);
	case '%':
		return memory_strdup("%");
	default:
		return NULL;
	}
}

static char *expand_word(const char *word, const struct open_command_message *message) {
	struct buffer out;
	buffer_init(&out, WORD_BYTES_MAX);
	while (*word) {
		CLEANUP_TEXT char *field = *word == '%' ? field_of(word[1], message) : NULL;
		if (field)
			(void)buffer_append_text(&out, field);
		else
			(void)buffer_append(&out, word, 1);
		word += field ? 2 : 1;
	}
	char *text = buffer_take_text(&out);
	buffer_deinit(&out);
	return text;
}

char **open_command_expand(char *const *words, const struct open_command_message *message) {
	size_t n = 0;
	while (words[n])
		n++;
	char **expanded = MEMORY_NEW_ARRAY(char *, n + 1);
	for (size_t i = 0; i < n; i++)
		expanded[i] = expand_word(words[i], message);
	return expanded;
}

/* RFC 3986 section 2.3, and '@', which RFC 2392 leaves as it is. */
static bool is_plain(char c) {
	return isascii((unsigned char)c) &&
	       (isalnum((unsigned char)c) || (c && strchr("-._~@", c)));
}

char *open_command_link(const struct open_command_message *message) {
	CLEANUP_TEXT char *message_id = message_id_of(message);
	struct buffer link;
	if (text_is_empty(message_id))
		return NULL;
	buffer_init(&link, WORD_BYTES_MAX);
	(void)buffer_append_text(&link, "mid:");
	for (const char *p = message_id; *p; p++)
		if (is_plain(*p))
			(void)buffer_append(&link, p, 1);
		else
			(void)buffer_append_format(&link, "%%%02X", (unsigned char)*p);
	char *text = buffer_take_text(&link);
	buffer_deinit(&link);
	return text;
}
