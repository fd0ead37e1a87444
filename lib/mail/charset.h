#pragma once
/* Text in a charset of a stranger's naming, to UTF-8. Only charsets of the list in charset.c are
 * opened: converters for all the others stay out of a peer's reach. */
#include <stddef.h>

#include "base/buffer.h"

/* Appends as much as fits. `name` as in an encoded word (RFC 2047 section 2, RFC 2231 section 5
 * for the language behind a star). What does not belong to the charset becomes U+FFFD. A name
 * that is not known, and bytes that cannot be US-ASCII or UTF-8 as they were called, are guessed.
 * The result is UTF-8 but for bytes that were ill-formed UTF-8 already. */
void charset_decode(
	const char *name, size_t n_name, const char *bytes, size_t n, struct buffer *out);

/* The same for bytes that come without a name. */
void charset_decode_unnamed(const char *bytes, size_t n, struct buffer *out);
