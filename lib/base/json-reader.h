#pragma once
/* Reads the members of one JSON object (RFC 8259), pulled one by one; what they nest is skipped.
 * Strict about what it hands out: strings are unescaped and valid UTF-8 without NUL. Texts may be
 * secrets, so its memory is erased. No recursion; nesting is bounded by JSON_READER_DEPTH_MAX. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#define JSON_READER_DEPTH_MAX 32

enum json_kind {
	JSON_STRING,
	JSON_NUMBER,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL,
	JSON_NESTED, /* an object or an array; skipped */
};

struct json_member {
	const char *key; /* both borrowed until the next call */
	enum json_kind kind;
	const char *text; /* of a string, unescaped; of a number, as it was written; else "" */
};

struct json_reader {
	const char *at, *end; /* borrowed */
	struct buffer key, text;
	enum {
		JSON_READER_START,
		JSON_READER_INSIDE,
		JSON_READER_DONE,
		JSON_READER_BAD
	} state;
};

void json_reader_init(struct json_reader *r, const char *text, size_t n);
void json_reader_deinit(struct json_reader *r);

/* 1: a member; 0: the end of the object, and of the text; -EBADMSG: this is not one object. */
int json_reader_next(struct json_reader *r, struct json_member *ret);
