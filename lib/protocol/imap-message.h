#pragma once
/* What is known of one message, as raw text of the server, which the mail's sender may have
 * chosen. */
#include <stdint.h>

#include "protocol/limits.h"

/* One address of an envelope (RFC 3501 7.4.2); raw header text, any charset, may be NULL. */
struct imap_address {
	const char *name;
	const char *mailbox;
	const char *host;
};

/* Texts are cut to IMAP_TOKEN_MAX, NUL bytes are '?', what is not known is NULL. */
struct imap_message {
	uint32_t uid;
	uint64_t internal_date_usec; /* since the epoch; 0: not given or not readable */
	uint64_t size; /* RFC822.SIZE */
	const char *flags[IMAP_FLAGS_MAX + 1]; /* NULL-terminated */
	const char *date; /* envelope; RFC 5322 text */
	const char *subject;
	struct imap_address from; /* the first one that is an address, not a group */
	const char *message_id;
	const char *list_id; /* header field body, unfolded */
	const char *auto_submitted; /* RFC 3834 5 */
	const char *precedence; /* of no RFC; "bulk", "list", "junk" */
	const char *from_field; /* header field body, where it was asked for */
	const char *email_id; /* RFC 8474 EMAILID, else X-GM-MSGID: the same in every mailbox */
	const char *thread_id; /* RFC 8474 THREADID, else X-GM-THRID */
	const char *labels[IMAP_LABELS_MAX + 1]; /* X-GM-LABELS; as on the wire; NULL-terminated */
	const char *preview; /* RFC 8970; UTF-8 as it should be */
};
