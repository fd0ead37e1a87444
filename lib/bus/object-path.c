#include "bus/object-path.h"

#include "base/memory.h"

#include <stdbool.h>
#include <string.h>

static bool is_digit(char c) {
	return c >= '0' && c <= '9';
}

static bool is_plain(char c, bool first) {
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return true;
	return is_digit(c) && !first;
}

static char *put_escaped(char *to, unsigned char byte) {
	static const char hex[] = "0123456789abcdef";
	*to++ = '_';
	*to++ = hex[byte >> 4];
	*to++ = hex[byte & 15];
	return to;
}

char *object_path_from(const char *prefix, const char *element) {
	size_t n_prefix = strlen(prefix);
	char *path = memory_zalloc(n_prefix + 3 * strlen(element) + 3, 1);
	memcpy(path, prefix, n_prefix);
	char *to = path + n_prefix;
	*to++ = '/';
	if (!*element)
		*to++ = '_';
	for (const char *c = element; *c; c++) {
		if (is_plain(*c, c == element))
			*to++ = *c;
		else
			to = put_escaped(to, (unsigned char)*c);
	}
	*to = '\0';
	return path;
}

static int hex_value(char c) {
	if (is_digit(c))
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Writes the element's text to `to`, which has room for as much as `escaped`. */
static bool unescape(const char *escaped, char *to) {
	if (strcmp(escaped, "_") == 0)
		return true;
	for (const char *c = escaped; *c; c++) {
		if (*c != '_') {
			*to++ = *c;
			continue;
		}
		int high = hex_value(c[1]);
		int low = high < 0 ? -1 : hex_value(c[2]);
		if (low < 0 || (high == 0 && low == 0))
			return false;
		*to++ = (char)(high << 4 | low);
		c += 2;
	}
	return true;
}

char *object_path_element(const char *prefix, const char *path) {
	size_t n_prefix = strlen(prefix);
	if (strncmp(path, prefix, n_prefix) != 0 || path[n_prefix] != '/' || !path[n_prefix + 1])
		return NULL;
	const char *escaped = path + n_prefix + 1;
	CLEANUP_TEXT char *element = memory_zalloc(strlen(escaped) + 1, 1);
	if (!unescape(escaped, element))
		return NULL;
	/* Only the canonical spelling: "_61" for "a" would be a second path to one object. */
	CLEANUP_TEXT char *canonical = object_path_from(prefix, element);
	return strcmp(canonical, path) == 0 ? TAKE_PTR(element) : NULL;
}
