#pragma once
/* Text of a stranger to one line that says what it seems to say. Always valid UTF-8. */
#include <stddef.h>

/* Marks and joiners that may stand on one base character. Living scripts need up to five. */
#define DISPLAY_TEXT_MARKS_MAX 8

/* Owned, at most `max` bytes, cut between code points. White space and controls (C0, C1, DEL,
 * line separators) become single blanks, none at the ends. Format characters go: bidi controls
 * (the text keeps its own direction), soft hyphens, tags; joiners stay, which scripts and emoji
 * need. Marks beyond DISPLAY_TEXT_MARKS_MAX go. Ill-formed bytes, NUL and noncharacters become
 * U+FFFD. */
char *display_text_line(const char *bytes, size_t n, size_t max);

/* The same for an identifier: white space inside becomes one U+FFFD, so that what is shown is not
 * taken for two words, nor for another name. */
char *display_text_token(const char *bytes, size_t n, size_t max);
