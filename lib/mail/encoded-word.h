#pragma once
/* RFC 2047 encoded words in a text, as they come and not only as they should: inside quotes and
 * words, without blanks between them, with a character split over two words, with blanks inside,
 * without a charset, cut off at the end. Decoded once: what a word spells out is never looked at
 * again. */
#include <stddef.h>

#include "base/buffer.h"

/* `text` is UTF-8; appends as much as fits. */
void encoded_word_decode(const char *text, size_t n, struct buffer *out);
