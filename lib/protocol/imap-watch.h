#pragma once
/* Private to the session: what to do next, once the mailbox is open: work, IDLE, or wait. */
#include "protocol/imap-conversation.h"

void imap_watch_proceed(struct imap_session *s);
void imap_watch_on_change(struct imap_session *s);
void imap_watch_on_continuation(struct imap_session *s);
void imap_watch_on_tagged(
	struct imap_session *s, enum imap_command_kind kind, const struct imap_reply *reply);
void imap_watch_on_deadline(struct imap_session *s);
/* Ends an IDLE or a wait, if there is one, for the sake of what is due. */
void imap_watch_interrupt(struct imap_session *s);
