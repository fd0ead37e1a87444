#pragma once
/* Header text of a stranger to text that can be shown: RFC 2047 words in all their abuse, raw
 * 8-bit charsets (charset-guess.h says in what order), broken UTF-8. The result is always valid
 * UTF-8, one line, bounded (display-text.h says what goes). Of a raw text the first
 * HEADER_TEXT_RAW_MAX bytes are looked at. By GMime and iconv. */
#include <stddef.h>
#include <stdint.h>

#define HEADER_TEXT_MAX ((size_t)1024) /* bytes of a subject, a name or an address that are kept */
#define HEADER_TEXT_RAW_MAX ((size_t)16 * 1024)
#define HEADER_TEXT_KEYWORD_MAX ((size_t)64)
#define HEADER_TEXT_ID_MAX ((size_t)998) /* of a Message-ID: a line of RFC 5322 */

/* Once in main(), before any other call here. */
void header_text_init(void);

/* `raw` is an unstructured field body (Subject); owned result, "" for NULL. White space and
 * control characters are folded to single blanks. */
char *header_text_decode(const char *raw);

/* `raw` is a display name, as in an ENVELOPE: also rid of quotes around all of it, and of the
 * backslashes of quoted pairs between them. */
char *header_text_name(const char *raw);

/* Text that is UTF-8 already and has no encoded words (a preview): only made showable. */
char *header_text_plain(const char *text);

/* The first mailbox of a From field (RFC 5322 3.4, also in a group): 1, with its name as above and
 * its address ("" when it has none); 0: there is no mailbox. Both owned. */
int header_text_from(const char *raw, char **ret_name, char **ret_address);

/* "local@host" in display form: valid UTF-8, no blanks or controls (U+FFFD instead); a local part
 * with specials is quoted, so that its own "@" is not taken for the one before the host. NULL when
 * both are missing. */
char *header_text_address(const char *local, const char *host);

/* The address inside a List-Id field: "Name <list.example.org>" -> "list.example.org"; owned, NULL if none. */
char *header_text_list_id(const char *raw);

/* The keyword that a field begins with (Auto-Submitted, RFC 3834 5; Precedence), in lower case: letters,
 * digits and hyphens, HEADER_TEXT_KEYWORD_MAX at most; owned, NULL if none. */
char *header_text_keyword(const char *raw);

/* The first "<id@host>", of valid UTF-8 without blanks and controls, at most HEADER_TEXT_ID_MAX
 * bytes, in angle brackets even when the field has none; owned, NULL if none. */
char *header_text_message_id(const char *raw);

/* RFC 5322 date (with the obsolete forms) to microseconds since the epoch; 0 when unreadable or
 * before 1970. */
uint64_t header_text_date(const char *raw);
