#pragma once
/* Header text of a stranger to text that can be shown: RFC 2047 words in all their abuse, raw
 * 8-bit charsets, broken UTF-8. The result is always valid UTF-8, one line, bounded. By GMime. */
#include <stddef.h>
#include <stdint.h>

#define HEADER_TEXT_MAX ((size_t)1024) /* bytes of a subject or a name that are kept */

/* Once in main(), before any other call here. */
void header_text_init(void);

/* `raw` is an unstructured field body (Subject) or a display name; owned result, "" for NULL.
 * White space and control characters are folded to single blanks. */
char *header_text_decode(const char *raw);

/* "local@host" in display form: valid UTF-8, no blanks or controls; NULL when both are missing. */
char *header_text_address(const char *local, const char *host);

/* The address inside a List-Id field: "Name <list.example.org>" -> "list.example.org"; owned, NULL if none. */
char *header_text_list_id(const char *raw);

/* "<id@host>" cut to 998 bytes of printable ASCII or UTF-8; owned, NULL if none. */
char *header_text_message_id(const char *raw);

/* RFC 5322 date (with the obsolete forms) to microseconds since the epoch; 0 when unreadable or
 * before 1970. */
uint64_t header_text_date(const char *raw);
