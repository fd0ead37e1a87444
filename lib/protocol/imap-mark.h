#pragma once
/* Private to the session: messages that the user wants marked as seen. A visit that selects the
 * mailbox for writing, one UID STORE, and a look at what came of it; then the mailbox at home is
 * opened by EXAMINE again, where the comparison of the opening finds what came meanwhile. Nothing else
 * ever changes anything on the server. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/imap-announced.h"

struct imap_fetch;
struct imap_reply;
struct imap_session;

/* There is one only while a mailbox is open for writing. */
struct imap_mark {
	struct imap_announced asked; /* that no answer has named yet */
	struct imap_announced unread; /* that it named, without \Seen */
	char *text; /* of the last refusal */
};

struct imap_mark *imap_mark_free(struct imap_mark *mark);

/* -ENOBUFS: too many wait already. */
int imap_mark_want(struct imap_session *s, size_t place, uint32_t uid);

/* Nothing is in flight. True: there was something to ask for in the selected mailbox. */
bool imap_mark_ask(struct imap_session *s);
/* True: it is about one of them, and no push. */
bool imap_mark_on_fetch(struct imap_session *s, const struct imap_fetch *fetch);
void imap_mark_on_stored(struct imap_session *s, const struct imap_reply *reply);
void imap_mark_on_looked(struct imap_session *s, const struct imap_reply *reply);

/* The mailbox cannot be written to. */
void imap_mark_on_refusal(struct imap_session *s, const struct imap_reply *reply);
/* It was numbered anew: the messages that were meant are not to be found. */
void imap_mark_on_reset(struct imap_session *s);
