#include "base/json.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

void json_init(struct json_writer *w, struct buffer *out) {
	*w = (struct json_writer){ .out = out };
}

static void put(struct json_writer *w, const char *text, size_t n) {
	if (buffer_append(w->out, text, n) < 0)
		w->overflow = true;
}

static void put_text(struct json_writer *w, const char *text) {
	put(w, text, strlen(text));
}

/* Before each key and each value that has no key. */
static void separate(struct json_writer *w) {
	if (!w->after_key && w->depth > 0) {
		if (w->has_item[w->depth - 1])
			put_text(w, ",");
		w->has_item[w->depth - 1] = true;
	}
	w->after_key = false;
}

static void begin(struct json_writer *w, const char *bracket) {
	assert(w->depth < JSON_DEPTH_MAX);
	separate(w);
	put_text(w, bracket);
	w->has_item[w->depth++] = false;
}

static void end(struct json_writer *w, const char *bracket) {
	assert(w->depth > 0 && !w->after_key);
	w->depth--;
	put_text(w, bracket);
}

void json_begin_object(struct json_writer *w) {
	begin(w, "{");
}

void json_end_object(struct json_writer *w) {
	end(w, "}");
}

void json_begin_array(struct json_writer *w) {
	begin(w, "[");
}

void json_end_array(struct json_writer *w) {
	end(w, "]");
}

static void put_escaped(struct json_writer *w, uint32_t code_point) {
	if (buffer_append_format(w->out, "\\u%04" PRIx32, code_point) < 0)
		w->overflow = true;
}

/* How many bytes at `p` must be escaped as one: 0 when it may stand as it is. The text is valid
 * UTF-8, so the lead bytes of C1 (C2 80 to C2 9F) and of U+2028 and U+2029 are enough. */
static size_t must_escape(const char *p, uint32_t *ret_code_point) {
	const uint8_t *b = (const uint8_t *)p;
	if (b[0] < 0x20 || b[0] == 0x7F || b[0] == '"' || b[0] == '\\') {
		*ret_code_point = b[0];
		return 1;
	}
	if (b[0] == 0xC2 && b[1] < 0xA0) {
		*ret_code_point = b[1];
		return 2;
	}
	if (b[0] == 0xE2 && b[1] == 0x80 && (b[2] == 0xA8 || b[2] == 0xA9)) {
		*ret_code_point = 0x2000u | (b[2] & 0x3Fu);
		return 3;
	}
	return 0;
}

static void put_quoted(struct json_writer *w, const char *text) {
	CLEANUP_TEXT char *valid = text_utf8(text, strlen(text), SIZE_MAX);
	put_text(w, "\"");
	const char *plain = valid;
	const char *p = valid;
	while (*p) {
		uint32_t code_point = 0;
		size_t n = must_escape(p, &code_point);
		if (n == 0) {
			p++;
			continue;
		}
		put(w, plain, (size_t)(p - plain));
		if (code_point == '"' || code_point == '\\')
			put(w, (const char[]){ '\\', (char)code_point }, 2);
		else
			put_escaped(w, code_point);
		p += n;
		plain = p;
	}
	put(w, plain, (size_t)(p - plain));
	put_text(w, "\"");
}

void json_key(struct json_writer *w, const char *key) {
	assert(!w->after_key);
	separate(w);
	put_quoted(w, key);
	put_text(w, ":");
	w->after_key = true;
}

void json_string(struct json_writer *w, const char *text) {
	separate(w);
	if (text)
		put_quoted(w, text);
	else
		put_text(w, "null");
}

void json_unsigned(struct json_writer *w, uint64_t value) {
	separate(w);
	if (buffer_append_format(w->out, "%" PRIu64, value) < 0)
		w->overflow = true;
}

void json_signed(struct json_writer *w, int64_t value) {
	separate(w);
	if (buffer_append_format(w->out, "%" PRId64, value) < 0)
		w->overflow = true;
}

void json_boolean(struct json_writer *w, bool value) {
	separate(w);
	put_text(w, value ? "true" : "false");
}

void json_key_string(struct json_writer *w, const char *key, const char *text) {
	json_key(w, key);
	json_string(w, text);
}
