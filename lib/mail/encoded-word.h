#pragma once
/* RFC 2047 encoded words in a text, as they come and not only as they should: inside quotes and
 * words, without blanks between them, with a character split over two words, with blanks inside,
 * without a charset, cut off at the end. Decoded once: what a word spells out is never looked at
 * again.
 *
 * Not g_mime_utils_header_decode_text() (GMime 3.2.13): it drops the end of base64 without padding,
 * and a character whose bytes are in a Q and in a B word; it leaves words as they are that are cut
 * off or have no charset, and makes question marks of a charset that is called by a wrong name.
 * Converters, addresses and dates are GMime's. */
#include <stddef.h>

#include "base/buffer.h"

/* `text` is UTF-8; appends as much as fits. */
void encoded_word_decode(const char *text, size_t n, struct buffer *out);
