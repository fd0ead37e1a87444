#include "base/buffer.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"

#define ALLOCATION_MIN 256

/* Every allocation has one byte more than may be filled: for the NUL of buffer_take_text() and the
 * one that vsnprintf() insists on. */
#define SPARE 1

void buffer_init(struct buffer *b, size_t max) {
	assert(max < SIZE_MAX - SPARE);
	*b = (struct buffer){ .max = max };
}

void buffer_init_secret(struct buffer *b, size_t max) {
	buffer_init(b, max);
	b->secret = true;
}

static void erase_if_secret(struct buffer *b, size_t offset, size_t n) {
	if (b->secret && b->data)
		memory_erase(b->data + offset, n);
}

static void give_back(struct buffer *b) {
	erase_if_secret(b, 0, b->allocated);
	b->data = memory_free(b->data);
	b->start = b->n = b->allocated = 0;
}

void buffer_deinit(struct buffer *b) {
	give_back(b);
}

int buffer_append(struct buffer *b, const void *bytes, size_t n) {
	if (n == 0)
		return 0;
	uint8_t *room = buffer_reserve(b, n);
	if (!room)
		return -ENOBUFS;
	memcpy(room, bytes, n);
	b->n += n;
	return 0;
}

int buffer_append_text(struct buffer *b, const char *text) {
	return buffer_append(b, text, strlen(text));
}

int buffer_append_format(struct buffer *b, const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	int n = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (n < 0)
		return -EINVAL;
	if (n == 0)
		return 0;

	uint8_t *room = buffer_reserve(b, (size_t)n);
	if (!room)
		return -ENOBUFS;
	va_start(arguments, format);
	(void)vsnprintf((char *)room, (size_t)n + SPARE, format, arguments);
	va_end(arguments);
	b->n += (size_t)n;
	return 0;
}

static void move_to_front(struct buffer *b) {
	memmove(b->data, b->data + b->start, b->n);
	erase_if_secret(b, b->n, b->start);
	b->start = 0;
}

/* Moves the content to a new allocation of at least `needed` bytes (and the spare one). realloc()
 * would leave a secret's old place behind unerased. */
static void grow(struct buffer *b, size_t needed) {
	size_t size = MAX(needed, (size_t)ALLOCATION_MIN);
	if (b->allocated <= b->max / 2)
		size = MAX(size, b->allocated * 2);
	size = MAX(MIN(size, b->max), needed) + SPARE;

	uint8_t *data = memory_resize(NULL, size, 1);
	size_t n = b->n;
	if (n > 0)
		memcpy(data, b->data + b->start, n);
	give_back(b);
	b->data = data;
	b->n = n;
	b->allocated = size;
}

int buffer_append_utf8(struct buffer *b, uint32_t code_point) {
	static const uint8_t leads[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
	uint32_t c = code_point;
	if (c == 0 || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		return -EINVAL;
	uint8_t bytes[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n; i-- > 1; c >>= 6)
		bytes[i] = (uint8_t)(0x80 | (c & 0x3F));
	bytes[0] = (uint8_t)(leads[n] | c);
	return buffer_append(b, bytes, n);
}

uint8_t *buffer_reserve(struct buffer *b, size_t n) {
	if (n > b->max - b->n)
		return NULL;
	if (!b->data || b->allocated - SPARE - b->start - b->n < n) {
		/* Moving is cheap when at least as much was consumed as is left, and needed when
		 * the cap leaves nothing to grow to. */
		bool fits = b->data && b->allocated - SPARE - b->n >= n;
		if (fits && (b->start >= b->n || b->allocated - SPARE >= b->max))
			move_to_front(b);
		else
			grow(b, b->n + n);
	}
	return b->data + b->start + b->n;
}

void buffer_commit(struct buffer *b, size_t n) {
	assert(n == 0 || b->allocated - SPARE - b->start - b->n >= n);
	b->n += n;
}

void buffer_consume(struct buffer *b, size_t n) {
	assert(n <= b->n);
	erase_if_secret(b, b->start, n);
	b->n -= n;
	b->start = b->n > 0 ? b->start + n : 0;
}

void buffer_release(struct buffer *b) {
	if (b->n == 0)
		give_back(b);
}

void buffer_clear(struct buffer *b) {
	erase_if_secret(b, 0, b->allocated);
	b->start = b->n = 0;
}

char *buffer_take_text(struct buffer *b) {
	if (!b->data)
		return memory_strndup("", 0);
	move_to_front(b);
	/* what was reserved and never committed may be a secret too */
	erase_if_secret(b, b->n, b->allocated - b->n);
	char *text = (char *)b->data;
	text[b->n] = '\0';
	/* a text may be kept for long; a secret is not, and realloc() could leave a copy behind */
	if (!b->secret)
		text = memory_resize(text, b->n + 1, 1);
	b->data = NULL;
	b->n = b->allocated = 0;
	return text;
}
