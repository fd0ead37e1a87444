#pragma once
/* Mailbox names: UTF-8 here, modified UTF-7 on the wire (RFC 3501 5.1.3). */
#include <stdbool.h>
#include <stddef.h>

/* Owned. NULL for what is not UTF-8. */
char *imap_mailbox_name_encode(const char *utf8);

/* Owned UTF-8. What is neither modified UTF-7 nor UTF-8 (which servers push too: Dovecot before
 * 2.4.3) is NULL. */
char *imap_mailbox_name_decode(const char *bytes, size_t n);

/* Whether a name of the wire is the UTF-8 name `utf8`. INBOX is the same in any case. */
bool imap_mailbox_name_is(const char *bytes, size_t n, const char *utf8);
