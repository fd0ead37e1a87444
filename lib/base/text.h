#pragma once
/* Text rules that do not depend on a locale: ASCII comparison, UTF-8, and making text of a peer
 * safe for D-Bus, logs and terminals. */
#include <stdbool.h>
#include <stddef.h>

/* Either may be NULL, which equals only itself. */
bool text_equal(const char *a, const char *b);

/* ASCII case only; bytes above 0x7F compare as they are. */
bool text_equal_nocase(const char *a, const char *b);
bool text_equal_nocase_n(const char *bytes, size_t n, const char *text);
bool text_starts_nocase(const char *text, const char *prefix);

static inline bool text_is_empty(const char *text) {
	return !text || !*text;
}

/* Well-formed UTF-8 (RFC 3629: no surrogates, nothing above U+10FFFF, shortest form), no NUL. */
bool text_is_utf8(const char *bytes, size_t n);

/* An owned copy that is valid UTF-8 without NUL and at most `max_bytes` long: what is not is
 * U+FFFD, the cut is between code points. */
char *text_utf8(const char *bytes, size_t n, size_t max_bytes);

/* An owned copy that may stand in one line of a log or a terminal: C0, C1, DEL, bidi controls,
 * other format characters and line separators are written as \u{..}; invalid UTF-8 as \x... NULL
 * is "". A text that passed once passes again unchanged. */
char *text_printable(const char *text);

/* Length of the longest prefix of valid UTF-8 `text` that fits `max_bytes`. */
size_t text_fit(const char *text, size_t max_bytes);

/* The word of a NULL-terminated list that is nearest to `word` (edit distance at most a third of
 * its length), or NULL. For "unknown key, did you mean ...". */
const char *text_nearest(const char *word, const char *const *candidates);
