#pragma once
/* The answer to NAMESPACE (RFC 2342): where a server keeps the user's own mailboxes, those of other
 * users, and shared ones. Read prefix by prefix, never kept as a whole. Pure. */
#include <stdbool.h>
#include <stdint.h>

#include "protocol/imap-lexer.h"

enum imap_namespace_kind {
	IMAP_NAMESPACE_PERSONAL,
	IMAP_NAMESPACE_OTHER_USERS,
	IMAP_NAMESPACE_SHARED,
};

struct imap_namespace_reader {
	uint8_t n_lists; /* begun so far, NIL too */
	uint8_t n_values; /* of the description */
	char delimiter;
};

enum imap_namespace_part {
	IMAP_NAMESPACE_PART_NONE,
	IMAP_NAMESPACE_PART_PREFIX, /* the token is a prefix */
	IMAP_NAMESPACE_PART_END, /* the description is complete: kind and delimiter are known */
	IMAP_NAMESPACE_PART_BAD, /* this is no answer to NAMESPACE */
};

/* One token behind the word NAMESPACE, at this depth of parentheses. */
enum imap_namespace_part imap_namespace_take(
	struct imap_namespace_reader *r, const struct imap_token *t, unsigned depth);

/* Of the description that is read, or was read last. */
enum imap_namespace_kind imap_namespace_kind(const struct imap_namespace_reader *r);
