#pragma once
/* A JSON writer. Commas and nesting are its business; strings are made valid UTF-8 and escaped
 * (", \, C0, C1, DEL, U+2028, U+2029), so that one object is always one line. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

#define JSON_DEPTH_MAX 16

struct json_writer {
	struct buffer *out; /* borrowed */
	unsigned depth;
	bool has_item[JSON_DEPTH_MAX]; /* a comma is due before the next one */
	bool after_key;
	bool overflow; /* the buffer's cap was passed: what it holds is not JSON */
};

void json_init(struct json_writer *w, struct buffer *out);

void json_begin_object(struct json_writer *w);
void json_end_object(struct json_writer *w);
void json_begin_array(struct json_writer *w);
void json_end_array(struct json_writer *w);

void json_key(struct json_writer *w, const char *key);
void json_string(struct json_writer *w, const char *text); /* NULL is null */
void json_unsigned(struct json_writer *w, uint64_t value);
void json_signed(struct json_writer *w, int64_t value);
void json_boolean(struct json_writer *w, bool value);
/* "key":"text" */
void json_key_string(struct json_writer *w, const char *key, const char *text);
