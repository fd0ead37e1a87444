#include "protocol/imap-command.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "protocol/keyed-hash.h"

/* RFC 2683 3.2.1.5: lines of a thousand bytes are understood everywhere. */
#define QUOTED_MAX 1000

static const char tag_letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

void imap_command_tag(uint64_t seed, uint64_t number, char ret_tag[IMAP_TAG_SIZE]) {
	uint8_t key[KEYED_HASH_KEY_SIZE] = "imap tag";
	memcpy(key + sizeof(seed), &seed, sizeof(seed));
	uint64_t hash = keyed_hash(key, &number, sizeof(number));
	for (size_t i = 0; i < IMAP_TAG_SIZE - 1; i++, hash >>= 5)
		ret_tag[i] = tag_letters[hash & 31];
	ret_tag[IMAP_TAG_SIZE - 1] = '\0';
}

static bool is_atom(const char *text) {
	if (text_is_empty(text) || text_equal_nocase(text, "NIL"))
		return false;
	for (; *text; text++) {
		char c = *text;
		bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		if (!letter && !(c >= '0' && c <= '9') && !strchr("-._/@", c))
			return false;
	}
	return true;
}

/* quoted = DQUOTE *QUOTED-CHAR DQUOTE, of seven bits */
static bool is_quotable(const char *text) {
	size_t n = 0;
	for (; text[n]; n++)
		if ((uint8_t)text[n] >= 0x7f || (uint8_t)text[n] < 0x20)
			return false;
	return n <= QUOTED_MAX;
}

static int append_quoted(struct buffer *out, const char *text) {
	int r = buffer_append(out, "\"", 1);
	for (; r == 0 && *text; text++) {
		if (*text == '"' || *text == '\\')
			r = buffer_append(out, "\\", 1);
		if (r == 0)
			r = buffer_append(out, text, 1);
	}
	return r < 0 ? r : buffer_append(out, "\"", 1);
}

void imap_command_append_mailbox(struct buffer *out, const char *wire) {
	if (is_atom(wire)) {
		(void)buffer_append_text(out, wire);
		return;
	}
	CLEANUP_TEXT char *quotable = memory_strdup(wire);
	for (char *p = quotable; *p; p++)
		if ((uint8_t)*p < 0x20 || *p == 0x7f)
			*p = '?';
	(void)append_quoted(out, quotable);
}

int imap_command_append_string(struct buffer *out, const char *text, bool literal_plus) {
	if (strpbrk(text, "\r\n"))
		return -EINVAL;
	if (is_atom(text))
		return buffer_append_text(out, text);
	if (is_quotable(text))
		return append_quoted(out, text);
	int r = buffer_append_format(out, "{%zu%s}\r\n", strlen(text), literal_plus ? "+" : "");
	return r < 0 ? r : buffer_append_text(out, text);
}
