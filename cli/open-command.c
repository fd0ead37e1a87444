#include "cli/open-command.h"

#include <ctype.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "bus/names.h"

#define WORD_BYTES_MAX ((size_t)64 * 1024)

static const char *text_of(const struct event *event, const char *name) {
	const char *text = record_text(event->keys, name);
	return text ? text : "";
}

/* Without its brackets; "" when it is no id but something that only stands there. Owned. */
static char *message_id_of(const struct event *event) {
	const char *id = text_of(event, BUS_KEY_MESSAGE_ID);
	id += strspn(id, " \t<");
	size_t n = strcspn(id, ">");
	if (*id == '-')
		return memory_strdup("");
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)id[i] <= ' ' || id[i] == 0x7f)
			return memory_strdup("");
	return memory_strndup(id, n);
}

/* False: it is no place for a text. */
static bool append_field(char letter, const struct event *event, struct buffer *out) {
	CLEANUP_TEXT char *message_id = NULL;
	switch (letter) {
	case 'i':
		(void)buffer_append_text(out, text_of(event, BUS_KEY_ID));
		return true;
	case 'a':
		(void)buffer_append_text(out, text_of(event, BUS_KEY_ACCOUNT));
		return true;
	case 'm':
		message_id = message_id_of(event);
		(void)buffer_append_text(out, message_id);
		return true;
	case '%':
		(void)buffer_append_text(out, "%");
		return true;
	default:
		return false;
	}
}

static char *expand_word(const char *word, const struct event *event) {
	struct buffer out;
	buffer_init(&out, WORD_BYTES_MAX);
	while (*word) {
		bool is_field = *word == '%' && append_field(word[1], event, &out);
		if (!is_field)
			(void)buffer_append(&out, word, 1);
		word += is_field ? 2 : 1;
	}
	char *text = buffer_take_text(&out);
	buffer_deinit(&out);
	return text;
}

char **open_command_expand(char *const *words, const struct event *event) {
	size_t n = 0;
	while (words[n])
		n++;
	char **expanded = MEMORY_NEW_ARRAY(char *, n + 1);
	for (size_t i = 0; i < n; i++)
		expanded[i] = expand_word(words[i], event);
	return expanded;
}

/* RFC 3986 section 2.3, and '@', which RFC 2392 leaves as it is. */
static bool is_plain(char c) {
	return isascii((unsigned char)c) &&
	       (isalnum((unsigned char)c) || (c && strchr("-._~@", c)));
}

char **open_command_default(const struct event *event) {
	CLEANUP_TEXT char *message_id = message_id_of(event);
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
	char **words = MEMORY_NEW_ARRAY(char *, 3);
	words[0] = memory_strdup("xdg-open");
	words[1] = buffer_take_text(&link);
	buffer_deinit(&link);
	return words;
}
