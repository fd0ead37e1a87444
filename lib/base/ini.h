#pragma once
/* Pulls sections and assignments out of configuration text, as in unit files: `[Section]`,
 * `Key=value`, comments by # or ; at the start of a line only. A line that ends in a backslash goes
 * on in the next one, with a blank in its place; two backslashes there are two backslashes. Else the
 * value is taken verbatim, but for blanks at both ends: ; # and quotes are part of it. The reader
 * never allocates by the text's size and never fails as a whole: a bad line is an item of its own
 * and reading goes on. */
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

#define INI_LINE_MAX (64 * 1024) /* with all that it goes on in */

enum ini_item_kind {
	INI_SECTION,
	INI_ASSIGNMENT,
	INI_BAD, /* `problem` says why, in words for a user */
};

/* All pointers are borrowed until the next ini_next(); what does not apply is "". */
struct ini_item {
	enum ini_item_kind kind;
	unsigned line; /* from 1 */
	const char *section; /* "" before the first one and after one that is bad */
	const char *key;
	const char *value;
	const char *problem;
};

struct ini_reader;

/* `text` is borrowed for the life of the reader. CR LF and a UTF-8 BOM are accepted. */
struct ini_reader *ini_reader_new(const char *text, size_t n);
struct ini_reader *ini_reader_free(struct ini_reader *r);
DEFINE_CLEANUP(struct ini_reader, ini_reader_free);

/* 1: an item; 0: the end. */
int ini_next(struct ini_reader *r, struct ini_item *ret);
