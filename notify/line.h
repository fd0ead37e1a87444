#pragma once
/* One line for people from text of a stranger: no control, format or bidi characters, one blank
 * where any blanks were, never more than a number of characters as a reader counts them (a base
 * with its marks), cut between two of them. Pure. */
#include "base/buffer.h"

#include <stddef.h>

/* Marks and joiners kept on one base; the longest emoji sequences need ten. */
#define LINE_EXTENDERS_MAX 15

/* Owned, valid UTF-8, "" when nothing visible is left; a cut line ends in an ellipsis, which is
 * not counted. NULL is "". Bytes that are not UTF-8 become U+FFFD. */
char *line_from_text(const char *text, size_t max_characters);

/* For the body of a notification whose service reads markup: & < > as entities. Quotes stay: they
 * mean nothing outside a tag, and not every service knows their entities. Owned. */
char *line_escape(const char *line);

/* Below those that are there already. */
void line_append(struct buffer *lines, const char *line);
