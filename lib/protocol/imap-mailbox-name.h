#pragma once
/* Mailbox names: UTF-8 here, modified UTF-7 on the wire (RFC 3501 5.1.3). */
#include <stdbool.h>
#include <stddef.h>

/* Owned. NULL for what is not UTF-8. */
char *imap_mailbox_name_encode(const char *utf8);

/* Owned UTF-8. What is neither modified UTF-7 nor UTF-8 (which servers push too: Dovecot before
 * 2.4.3) is NULL. */
char *imap_mailbox_name_decode(const char *bytes, size_t n);

/* The name that we know a mailbox by, owned UTF-8; NULL when it is longer than limits.h says. What
 * cannot be decoded, or would not be spelled so by imap_mailbox_name_encode(), is shown byte for
 * byte, so that two mailboxes never have one name. `*ret_is_canonical` (may be NULL): the name alone
 * tells how it is spelled. */
char *imap_mailbox_name_from_wire(const char *wire, bool *ret_is_canonical);
