#include "mail/header-text.h"

#include "base/buffer.h"
#include "base/macros.h"
#include "base/memory.h"
#include "base/text.h"
#include "mail/charset.h"
#include "mail/display-text.h"
#include "mail/encoded-word.h"
#include "mail/mailbox-list.h"

#include <gmime/gmime.h>
#include <stdbool.h>
#include <string.h>

/* A conversion makes at most four bytes of one. */
#define DECODED_MAX (4 * HEADER_TEXT_RAW_MAX)

/* GMime follows groups in groups by recursion: stack for each byte here. */
#define FROM_MAX ((size_t)4 * 1024)

#define DATE_MAX ((size_t)128)
#define LOCAL_MAX ((size_t)320)
#define HOST_MAX ((size_t)255)
#define LIST_ID_MAX ((size_t)255)

#define SPECIALS "()<>[]:;@\\,\"" /* RFC 5322 3.2.3, without the dot of a local part */
#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

void header_text_init(void) {
	g_mime_init();
}

static char *to_utf8(const char *raw, size_t max) {
	struct buffer out;
	buffer_init(&out, DECODED_MAX);
	charset_decode_unnamed(raw, strnlen(raw, max), &out);
	return buffer_take_text(&out);
}

static char *decode_words(const char *text) {
	struct buffer out;
	buffer_init(&out, DECODED_MAX);
	encoded_word_decode(text, strlen(text), &out);
	char *line = display_text_line((const char *)buffer_bytes(&out), out.n, HEADER_TEXT_MAX);
	buffer_deinit(&out);
	return line;
}

char *header_text_decode(const char *raw) {
	CLEANUP_TEXT char *text = to_utf8(raw ? raw : "", HEADER_TEXT_RAW_MAX);
	return decode_words(text);
}

static bool is_blank(char c) {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Cuts blanks off both ends, in place. */
static char *trim(char *text) {
	while (is_blank(*text))
		text++;
	size_t n = strlen(text);
	while (n > 0 && is_blank(text[n - 1]))
		n--;
	text[n] = '\0';
	return text;
}

/* Whether a quoted-string (RFC 5322 3.2.4) is all of the text. */
static bool is_quoted(const char *text, size_t n) {
	if (n < 2 || text[0] != '"' || text[n - 1] != '"')
		return false;
	size_t i = 1;
	for (; i < n - 1 && text[i] != '"'; i++)
		i += text[i] == '\\';
	return i == n - 1;
}

/* To the content of a quoted-string, in place. */
static char *unquote(char *text) {
	size_t n = strlen(text), n_out = 0;
	if (!is_quoted(text, n))
		return text;
	for (size_t i = 1; i < n - 1; i++) {
		i += text[i] == '\\';
		text[n_out++] = text[i];
	}
	text[n_out] = '\0';
	return text;
}

char *header_text_name(const char *raw) {
	CLEANUP_TEXT char *text = to_utf8(raw ? raw : "", HEADER_TEXT_RAW_MAX);
	return decode_words(unquote(trim(text)));
}

char *header_text_plain(const char *text) {
	return display_text_line(
		text, text ? strnlen(text, HEADER_TEXT_RAW_MAX) : 0, HEADER_TEXT_MAX);
}

int header_text_from(const char *raw, char **ret_name, char **ret_address) {
	CLEANUP_TEXT char *field = to_utf8(raw ? raw : "", FROM_MAX);
	CLEANUP_TEXT char *name = NULL;
	CLEANUP_TEXT char *address = NULL;
	if (mailbox_list_first(field, &name, &address) == 0)
		return 0;
	*ret_name = decode_words(name);
	*ret_address = display_text_token(address, strlen(address), HEADER_TEXT_MAX);
	return 1;
}

/* As much of `text` as fits, with something done to the ASCII characters of `set`. */
static void append_with(struct buffer *out, const char *text, const char *set, bool escape) {
	for (const char *p = text; *p; p = g_utf8_next_char(p)) {
		bool is_special = strchr(set, *p) != NULL;
		if (is_special && !escape)
			(void)buffer_append_text(out, REPLACEMENT);
		else if (is_special)
			(void)buffer_append_format(out, "\\%c", *p);
		else
			(void)buffer_append(out, p, (size_t)(g_utf8_next_char(p) - p));
	}
}

char *header_text_address(const char *local, const char *host) {
	if (text_is_empty(local) && text_is_empty(host))
		return NULL;
	CLEANUP_TEXT char *raw = memory_strdup(local ? local : "");
	char *bare = unquote(trim(raw));
	CLEANUP_TEXT char *name = display_text_token(bare, strlen(bare), LOCAL_MAX);
	CLEANUP_TEXT char *domain =
		display_text_token(host ? host : "", host ? strlen(host) : 0, HOST_MAX);
	struct buffer out;
	buffer_init(&out, HEADER_TEXT_MAX);
	if (strpbrk(name, SPECIALS)) {
		(void)buffer_append_text(&out, "\"");
		append_with(&out, name, "\"\\", true);
		(void)buffer_append_text(&out, "\"");
	} else {
		(void)buffer_append_text(&out, name);
	}
	if (*domain)
		(void)buffer_append_text(&out, "@");
	append_with(&out, domain, "@<>\"\\(),;", false);
	return buffer_take_text(&out);
}

/* What is between the angle brackets that `open` begins, or all of a text that has none. */
static char *take_bracketed(const char *open, const char *raw, size_t max) {
	if (!open) {
		CLEANUP_TEXT char *text = memory_strdup(raw);
		const char *bare = trim(text);
		return display_text_token(bare, strcspn(bare, " \t\r\n"), max);
	}
	return display_text_token(open + 1, strcspn(open + 1, ">"), max);
}

char *header_text_list_id(const char *raw) {
	if (!raw)
		return NULL;
	/* the name before it may be quoted and have brackets of its own */
	char *id = take_bracketed(strrchr(raw, '<'), raw, LIST_ID_MAX);
	return *id ? id : memory_free(id);
}

char *header_text_keyword(const char *raw) {
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	const char *begin = raw ? raw + strspn(raw, " \t\r\n") : "";
	size_t n = strspn(begin, letters);
	if (n == 0 || n > HEADER_TEXT_KEYWORD_MAX)
		return NULL;
	char *keyword = memory_strndup(begin, n);
	for (char *p = keyword; *p; p++)
		*p = g_ascii_tolower(*p);
	return keyword;
}

char *header_text_message_id(const char *raw) {
	if (!raw)
		return NULL;
	CLEANUP_TEXT char *id = take_bracketed(strchr(raw, '<'), raw, HEADER_TEXT_ID_MAX - 2);
	return *id ? memory_format("<%s>", id) : NULL;
}

static uint64_t parse_date(const char *text) {
	GDateTime *date = g_mime_utils_header_decode_date(text);
	if (!date)
		return 0;
	int64_t seconds = g_date_time_to_unix(date);
	g_date_time_unref(date);
	return seconds > 0 ? (uint64_t)seconds * USEC_PER_SEC : 0;
}

uint64_t header_text_date(const char *raw) {
	if (!raw)
		return 0;
	CLEANUP_TEXT char *text = memory_strndup(raw, strnlen(raw, DATE_MAX));
	uint64_t usec = parse_date(text);
	/* a leap second, which RFC 5322 3.3 allows and GLib does not know */
	char *leap = usec == 0 ? strstr(text, ":60") : NULL;
	if (!leap)
		return usec;
	memcpy(leap, ":59", 3);
	return parse_date(text);
}
