#pragma once
/* Writes the NOTIFY command (RFC 5465 3.1) for a set of mailboxes, within what servers take. Pure.
 *
 *   NOTIFY SET STATUS (SELECTED (MessageNew (ITEMS) MessageExpunge FlagChange))
 *                     (MAILBOXES (NAME...) (MessageNew MessageExpunge FlagChange MailboxName))
 *                     (PERSONAL (MailboxName))
 *
 * SELECTED is always named, since without it the selected mailbox falls silent, in IDLE too; MessageNew
 * and MessageExpunge come together, and FlagChange with both. */
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

enum imap_notify_form {
	IMAP_NOTIFY_FULL,
	IMAP_NOTIFY_BASIC, /* no events but messages that come and go */
	IMAP_NOTIFY_SELECTED, /* the selected mailbox alone, which no server finds too expensive */
};

/* Borrowed. */
struct imap_notify_request {
	enum imap_notify_form form;
	const char *items; /* of FETCH, for a new message in the selected mailbox */
	const char *const *mailboxes; /* UTF-8 names of the others */
	size_t n_mailboxes;
	/* Roots of namespaces that are not the user's own (PERSONAL leaves them out), for the case of
	 * too many names. */
	const char *const *roots;
	size_t n_roots;
	bool wants_names; /* a mailbox of another name may come to be watched */
	bool literal_plus; /* RFC 7888 */
};

/* Without tag and line end; it may span lines, when `literal_plus`. -EINVAL for a name that is none;
 * nothing is appended then. */
int imap_notify_command_append(struct buffer *out, const struct imap_notify_request *request);
