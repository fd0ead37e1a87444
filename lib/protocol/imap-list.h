#pragma once
/* The answers to LIST (RFC 3501 7.2.2, RFC 5258, RFC 6154, RFC 9051 7.3.1): what a mailbox is, where
 * its hierarchy is cut, and what it was called before. Also the words of its special uses. Pure. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/imap-lexer.h"

enum imap_list_attribute {
	IMAP_LIST_INBOX = 1 << 0, /* XLIST; INBOX is known by its name */
	IMAP_LIST_ALL = 1 << 1, /* RFC 6154: the virtual ones hold messages of others */
	IMAP_LIST_ARCHIVE = 1 << 2,
	IMAP_LIST_DRAFTS = 1 << 3,
	IMAP_LIST_FLAGGED = 1 << 4,
	IMAP_LIST_IMPORTANT = 1 << 5, /* RFC 8457 */
	IMAP_LIST_JUNK = 1 << 6,
	IMAP_LIST_SENT = 1 << 7,
	IMAP_LIST_TRASH = 1 << 8,
	IMAP_LIST_NOSELECT = 1 << 9, /* may not be selected: \NoSelect, \NoAccess (RFC 3348) */
	IMAP_LIST_NONEXISTENT = 1 << 10, /* RFC 5258: not there, or not any more */
};

#define IMAP_LIST_USES                                                                      \
	(IMAP_LIST_INBOX | IMAP_LIST_ALL | IMAP_LIST_ARCHIVE | IMAP_LIST_DRAFTS |           \
		IMAP_LIST_FLAGGED | IMAP_LIST_IMPORTANT | IMAP_LIST_JUNK | IMAP_LIST_SENT | \
		IMAP_LIST_TRASH)
/* There is nothing to open. */
#define IMAP_LIST_CLOSED (IMAP_LIST_NOSELECT | IMAP_LIST_NONEXISTENT)

/* The bit of a word with its backslash, in any case, also as XLIST called it; 0 for others. */
uint32_t imap_list_attribute_from_word(const char *bytes, size_t n);

/* The word for the first special use among the bits: "\Sent"; "" for none. */
const char *imap_list_use_to_word(uint32_t attributes);

/* What a name is used for, where a server knows no special uses: by the names that programs give
 * to such mailboxes. 0 when it tells nothing. */
uint32_t imap_list_use_of_name(const char *utf8, char delimiter);

/* One reply being read. */
struct imap_list_reader {
	uint32_t attributes;
	char delimiter; /* NUL: no hierarchy */
	uint8_t n_values; /* read so far: attributes, delimiter, name */
	bool expects_old_name;
};

enum imap_list_part {
	IMAP_LIST_PART_NONE,
	IMAP_LIST_PART_NAME, /* the token is the mailbox's name */
	IMAP_LIST_PART_OLD_NAME, /* the token is what it was called before */
	IMAP_LIST_PART_BAD, /* this is no answer to LIST */
};

/* One token behind the word LIST, at this depth of parentheses. */
enum imap_list_part imap_list_take(
	struct imap_list_reader *r, const struct imap_token *t, unsigned depth);
