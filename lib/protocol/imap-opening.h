#pragma once
/* Private to the session: ID, STATUS and EXAMINE, the comparison with the cursor, and what the
 * server says of the open mailbox later on. */
#include "protocol/imap-conversation.h"

/* Once, after the login. */
void imap_opening_on_login(struct imap_session *s);
/* Opens the mailbox that is selected. */
void imap_opening_begin(struct imap_session *s);
/* What STATUS is asked for, in parentheses. */
const char *imap_opening_status_items(const struct imap_session *s);
/* The server has not come to EXAMINE yet: what it says of messages is about the mailbox that was
 * selected before, and is found again when that is opened anew. */
bool imap_opening_is_elsewhere(const struct imap_session *s);
void imap_opening_on_reply(struct imap_session *s, const struct imap_reply *reply);
void imap_opening_on_tagged(
	struct imap_session *s, enum imap_command_kind kind, const struct imap_reply *reply);
