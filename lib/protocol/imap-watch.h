#pragma once
/* Private to the session: what to do next, once the mailbox is open: work, be told, or wait. And
 * whether to believe that one is told: every quarter of an hour at the latest a sweep looks at what
 * should have been. */
#include "protocol/imap-conversation.h"

void imap_watch_proceed(struct imap_session *s);
void imap_watch_on_change(struct imap_session *s);
/* News of the selected mailbox, or of another, have come to light: by a push, or by a sweep. */
void imap_watch_on_news(struct imap_session *s, enum imap_channel channel);
void imap_watch_on_trouble(struct imap_session *s, const struct imap_reply *reply);
void imap_watch_on_continuation(struct imap_session *s);
void imap_watch_on_tagged(
	struct imap_session *s, enum imap_command_kind kind, const struct imap_reply *reply);
/* Another mailbox is about to be selected. */
void imap_watch_on_opening(struct imap_session *s);
/* When a wait is over that begins now. */
uint64_t imap_watch_poll_due(const struct imap_session *s);
uint64_t imap_watch_deadline(const struct imap_session *s);
void imap_watch_on_deadline(struct imap_session *s);
/* Ends an IDLE or a wait, if there is one, for the sake of what is due. */
void imap_watch_interrupt(struct imap_session *s);
