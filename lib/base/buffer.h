#pragma once
/* A growable byte buffer with a hard cap, read from the front. Embedded in its owner. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
	uint8_t *data; /* allocation; valid bytes are data[start .. start + n) */
	size_t start;
	size_t n;
	size_t allocated;
	size_t max;
	bool secret; /* erased before memory is given back or moved */
};

void buffer_init(struct buffer *b, size_t max);
void buffer_init_secret(struct buffer *b, size_t max);
void buffer_deinit(struct buffer *b);

static inline const uint8_t *buffer_bytes(const struct buffer *b) {
	return b->data ? b->data + b->start : NULL;
}

/* -ENOBUFS when the cap would be passed; nothing is appended then. */
int buffer_append(struct buffer *b, const void *bytes, size_t n);
int buffer_append_text(struct buffer *b, const char *text);
int buffer_append_format(struct buffer *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* One code point as UTF-8. -EINVAL: NUL, a surrogate, or beyond U+10FFFF. */
int buffer_append_utf8(struct buffer *b, uint32_t code_point);

/* Room for `n` more bytes to be written in place, then buffer_commit(); NULL beyond the cap. */
uint8_t *buffer_reserve(struct buffer *b, size_t n);
void buffer_commit(struct buffer *b, size_t n);

/* Drops `n` bytes from the front. */
void buffer_consume(struct buffer *b, size_t n);

/* Gives the memory back when nothing is buffered: idle sessions hold none. */
void buffer_release(struct buffer *b);
void buffer_clear(struct buffer *b);

/* The content as an owned, NUL-terminated text; the buffer is empty afterwards. */
char *buffer_take_text(struct buffer *b);
