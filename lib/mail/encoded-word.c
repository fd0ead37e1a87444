#include "mail/encoded-word.h"

#include "base/text.h"
#include "mail/charset.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* Words of one text together; the caller's text is bounded too. */
#define RUN_MAX ((size_t)64 * 1024)

/* encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?=" */
struct word {
	const char *charset;
	size_t n_charset;
	char encoding; /* 'b' or 'q' */
	const char *text;
	size_t n_text;
	const char *end;
};

static bool is_blank(char c) {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_ascii(const char *bytes, size_t n) {
	for (size_t i = 0; i < n; i++)
		if ((uint8_t)bytes[i] >= 0x80)
			return false;
	return true;
}

static const char *skip_blanks(const char *p, const char *end) {
	while (p < end && is_blank(*p))
		p++;
	return p;
}

static const char *find(const char *p, const char *end, const char *what) {
	return memmem(p, (size_t)(end - p), what, strlen(what));
}

static bool has_blank(const char *p, const char *end) {
	for (; p < end; p++)
		if (is_blank(*p))
			return true;
	return false;
}

/* The "?=" that ends the text. In Q some leave a question mark as it is, and one before an encoded
 * byte looks like the end: "Why?=20Not?=". */
static const char *find_text_end(char encoding, const char *text, const char *end) {
	const char *stop = find(text, end, "?=");
	while (stop && encoding == 'q' && end - stop >= 6 && g_ascii_isxdigit(stop[2]) &&
		g_ascii_isxdigit(stop[3])) {
		const char *next = find(stop + 2, end, "?=");
		const char *other = find(stop + 2, end, "=?");
		if (!next || (other && other < next) || has_blank(stop, next))
			break;
		stop = next;
	}
	return stop;
}

static bool parse_word(const char *p, const char *end, struct word *ret) {
	if (end - p < 2 || p[0] != '=' || p[1] != '?')
		return false;
	struct word w = { .charset = p + 2 };
	const char *mark = memchr(w.charset, '?', (size_t)(end - w.charset));
	if (!mark || end - mark < 3 || mark[2] != '?' || has_blank(p, mark))
		return false;
	w.n_charset = (size_t)(mark - w.charset);
	w.encoding = g_ascii_tolower(mark[1]);
	if (w.encoding != 'b' && w.encoding != 'q')
		return false;
	w.text = mark + 3;
	const char *stop = find_text_end(w.encoding, w.text, end);
	if (stop) {
		w.end = stop + 2;
	} else {
		/* cut off: only when nothing else can follow */
		stop = w.end = end;
		if (w.text == end || has_blank(w.text, end))
			return false;
		if (stop[-1] == '?')
			stop--;
	}
	w.n_text = (size_t)(stop - w.text);
	*ret = w;
	return true;
}

static int base64_value(char c) {
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Without demands: bytes of no value are passed over, padding may be missing, or be in the middle
 * where two encodings were joined. */
static void decode_b(const char *text, size_t n, struct buffer *out) {
	unsigned bits = 0, n_bits = 0;
	for (size_t i = 0; i < n; i++) {
		int value = base64_value(text[i]);
		if (text[i] == '=')
			n_bits = 0;
		if (value < 0)
			continue;
		bits = bits << 6 | (unsigned)value;
		n_bits += 6;
		if (n_bits < 8)
			continue;
		n_bits -= 8;
		uint8_t byte = (uint8_t)(bits >> n_bits);
		(void)buffer_append(out, &byte, 1);
	}
}

static void decode_q(const char *text, size_t n, struct buffer *out) {
	for (size_t i = 0; i < n; i++) {
		char byte = text[i] == '_' ? ' ' : text[i];
		if (byte == '=' && n - i > 2 && g_ascii_isxdigit(text[i + 1]) &&
			g_ascii_isxdigit(text[i + 2])) {
			byte = (char)(g_ascii_xdigit_value(text[i + 1]) << 4 |
				      g_ascii_xdigit_value(text[i + 2]));
			i += 2;
		}
		(void)buffer_append(out, &byte, 1);
	}
}

/* Neighbours of one charset, whose bytes are converted together. */
struct run {
	char charset[64];
	struct buffer bytes;
};

static void run_end(struct run *run, struct buffer *out) {
	if (run->bytes.n > 0)
		charset_decode(run->charset, strlen(run->charset),
			(const char *)buffer_bytes(&run->bytes), run->bytes.n, out);
	buffer_clear(&run->bytes);
}

static void run_add(struct run *run, const struct word *w, struct buffer *out) {
	const char *star = memchr(w->charset, '*', w->n_charset);
	size_t n = star ? (size_t)(star - w->charset) : w->n_charset;
	/* too long for a name; or 8-bit bytes, which were made UTF-8 with the rest of the field */
	if (n >= sizeof(run->charset) || !is_ascii(w->text, w->n_text))
		n = 0;
	if (!text_equal_nocase_n(w->charset, n, run->charset)) {
		run_end(run, out);
		memcpy(run->charset, w->charset, n);
		run->charset[n] = '\0';
	}
	(w->encoding == 'b' ? decode_b : decode_q)(w->text, w->n_text, &run->bytes);
}

void encoded_word_decode(const char *text, size_t n, struct buffer *out) {
	struct run run = { .charset = "" };
	buffer_init(&run.bytes, RUN_MAX);
	const char *p = text, *end = text + n;
	while (p < end) {
		struct word w;
		if (parse_word(p, end, &w)) {
			run_add(&run, &w, out);
			/* blanks between two words are no part of the text (section 6.2) */
			const char *next = skip_blanks(w.end, end);
			p = parse_word(next, end, &w) ? next : w.end;
			continue;
		}
		run_end(&run, out);
		const char *stop = find(p + 1, end, "=?");
		if (!stop)
			stop = end;
		(void)buffer_append(out, p, (size_t)(stop - p));
		p = stop;
	}
	run_end(&run, out);
	buffer_deinit(&run.bytes);
}
