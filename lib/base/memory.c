#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

void *memory_zalloc(size_t n, size_t size) {
	/* calloc() refuses an overflowing product; of zero objects it may return NULL */
	void *p = n > 0 && size > 0 ? calloc(n, size) : calloc(1, 1);
	if (!p)
		abort();
	return p;
}

void *memory_resize(void *old, size_t n, size_t size) {
	/* a size of zero would free `old` */
	void *p = n > 0 && size > 0 ? reallocarray(old, n, size) : realloc(old, 1);
	if (!p)
		abort();
	return p;
}

char *memory_strdup(const char *text) {
	if (!text)
		return NULL;
	return memory_strndup(text, strlen(text));
}

char *memory_strndup(const char *bytes, size_t n) {
	if (n == SIZE_MAX)
		abort();
	char *copy = memory_resize(NULL, n + 1, 1);
	if (n > 0)
		memcpy(copy, bytes, n);
	copy[n] = '\0';
	return copy;
}

char *memory_format(const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	char *text = memory_vformat(format, arguments);
	va_end(arguments);
	return text;
}

char *memory_vformat(const char *format, va_list arguments) {
	char *text = NULL;
	if (vasprintf(&text, format, arguments) < 0)
		abort();
	return text;
}

void *memory_free(void *p) {
	free(p);
	return NULL;
}

void memory_erase(void *p, size_t n) {
	if (p)
		explicit_bzero(p, n);
}

char *memory_free_secret(char *text) {
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
	return NULL;
}
