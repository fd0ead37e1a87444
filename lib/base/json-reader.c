#include "base/json-reader.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

static void skip_blanks(struct json_reader *r) {
	while (r->at < r->end && *r->at && strchr(" \t\r\n", *r->at))
		r->at++;
}

static bool take(struct json_reader *r, char c) {
	skip_blanks(r);
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static int take_hex(struct json_reader *r, uint32_t *ret) {
	static const char digits[] = "0123456789abcdef";
	uint32_t value = 0;
	for (int i = 0; i < 4; i++, r->at++) {
		char c = r->at < r->end ? *r->at : '\0';
		const char *digit = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
		if (!digit)
			return -EBADMSG;
		value = value * 16 + (uint32_t)(digit - digits);
	}
	*ret = value;
	return 0;
}

/* Behind "\u": one code point, of two halves above U+FFFF (RFC 8259, section 7). */
static int take_unicode(struct json_reader *r, struct buffer *out) {
	uint32_t c, low;
	if (take_hex(r, &c) < 0 || c == 0 || (c >= 0xDC00 && c <= 0xDFFF))
		return -EBADMSG;
	if (c >= 0xD800 && c <= 0xDBFF) {
		if (r->end - r->at < 2 || r->at[0] != '\\' || r->at[1] != 'u')
			return -EBADMSG;
		r->at += 2;
		if (take_hex(r, &low) < 0 || low < 0xDC00 || low > 0xDFFF)
			return -EBADMSG;
		c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
	}
	return buffer_append_utf8(out, c);
}

static int take_escape(struct json_reader *r, struct buffer *out) {
	static const char names[] = "\"\\/bfnrt";
	static const char values[] = "\"\\/\b\f\n\r\t";
	char c = r->at < r->end ? *r->at++ : '\0';
	if (c == 'u')
		return take_unicode(r, out);
	const char *name = c ? strchr(names, c) : NULL;
	return name ? buffer_append(out, &values[name - names], 1) : -EBADMSG;
}

/* A string with its quotes into `out`, with a NUL behind it. */
static int take_string(struct json_reader *r, struct buffer *out) {
	buffer_clear(out);
	if (!take(r, '"'))
		return -EBADMSG;
	while (r->at < r->end && *r->at != '"') {
		char c = *r->at++;
		int bad = c == '\\' ? take_escape(r, out) : buffer_append(out, &c, 1);
		if (bad < 0 || (unsigned char)c < ' ')
			return -EBADMSG;
	}
	if (r->at++ >= r->end)
		return -EBADMSG;
	return text_is_utf8((const char *)buffer_bytes(out), out->n) ? buffer_append(out, "", 1)
								     : -EBADMSG;
}

/* number = [ "-" ] int [ frac ] [ exp ] (section 6); the caller reads what it needs of it */
static int take_number(struct json_reader *r) {
	const char *start = r->at;
	while (r->at < r->end && *r->at && strchr("+-.0123456789eE", *r->at))
		r->at++;
	size_t n = (size_t)(r->at - start);
	if (n == 0 || buffer_append(&r->text, start, n) < 0)
		return -EBADMSG;
	return buffer_append(&r->text, "", 1);
}

static int take_word(struct json_reader *r, enum json_kind *ret) {
	static const struct {
		const char *word;
		enum json_kind kind;
	} words[] = { { "true", JSON_TRUE }, { "false", JSON_FALSE }, { "null", JSON_NULL } };
	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(words[i].word);
		if ((size_t)(r->end - r->at) >= n && !memcmp(r->at, words[i].word, n)) {
			r->at += n;
			*ret = words[i].kind;
			return buffer_append(&r->text, "", 1);
		}
	}
	*ret = JSON_NUMBER;
	return take_number(r);
}

/* Over an object or array. Its brackets and strings must be right, the rest of it is not judged. */
static int skip_nested(struct json_reader *r) {
	char closers[JSON_READER_DEPTH_MAX];
	size_t depth = 0;
	do {
		skip_blanks(r);
		char c = r->at < r->end ? *r->at : '\0';
		if (c == '"') {
			if (take_string(r, &r->text) < 0)
				return -EBADMSG;
			continue;
		}
		if (c == '\0' || ((c == '{' || c == '[') && depth == sizeof(closers)))
			return -EBADMSG;
		if (c == '{' || c == '[')
			closers[depth++] = c == '{' ? '}' : ']';
		else if ((c == '}' || c == ']') && closers[--depth] != c)
			return -EBADMSG;
		r->at++;
	} while (depth > 0);
	buffer_clear(&r->text);
	return buffer_append(&r->text, "", 1);
}

static int take_value(struct json_reader *r, enum json_kind *ret) {
	skip_blanks(r);
	char c = r->at < r->end ? *r->at : '\0';
	buffer_clear(&r->text);
	if (c == '"') {
		*ret = JSON_STRING;
		return take_string(r, &r->text);
	}
	if (c == '{' || c == '[') {
		*ret = JSON_NESTED;
		return skip_nested(r);
	}
	return take_word(r, ret);
}

static int take_member(struct json_reader *r, struct json_member *ret) {
	if (r->state == JSON_READER_START && !take(r, '{'))
		return -EBADMSG;
	if (take(r, '}')) {
		skip_blanks(r);
		return r->at == r->end ? 0 : -EBADMSG;
	}
	if (r->state == JSON_READER_INSIDE && !take(r, ','))
		return -EBADMSG;
	enum json_kind kind;
	if (take_string(r, &r->key) < 0 || !take(r, ':') || take_value(r, &kind) < 0)
		return -EBADMSG;
	*ret = (struct json_member){
		.key = (const char *)buffer_bytes(&r->key),
		.kind = kind,
		.text = (const char *)buffer_bytes(&r->text),
	};
	return 1;
}

void json_reader_init(struct json_reader *r, const char *text, size_t n) {
	*r = (struct json_reader){ .at = text, .end = text + n };
	buffer_init_secret(&r->key, n + 1);
	buffer_init_secret(&r->text, n + 1);
}

void json_reader_deinit(struct json_reader *r) {
	buffer_deinit(&r->key);
	buffer_deinit(&r->text);
}

int json_reader_next(struct json_reader *r, struct json_member *ret) {
	if (r->state == JSON_READER_DONE)
		return 0;
	int result = r->state == JSON_READER_BAD ? -EBADMSG : take_member(r, ret);
	r->state = result > 0    ? JSON_READER_INSIDE
		   : result == 0 ? JSON_READER_DONE
				 : JSON_READER_BAD;
	return result;
}
