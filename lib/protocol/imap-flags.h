#pragma once
/* Private to the session: what becomes of announced messages. Replies that name a UID say it
 * themselves; of the others it is only clear that something happened, and the server is asked, once
 * for a burst, about those that were announced. */
#include <stdbool.h>
#include <stdint.h>

#include "protocol/imap-announced.h"

struct imap_fetch;
struct imap_reply;
struct imap_session;

struct imap_flags {
	uint64_t due_usec; /* when to ask at the latest */
	struct imap_announced asked; /* what is not heard of up to the answer's end is gone */
	bool is_due;
	bool is_plain; /* mod-sequences are not to be trusted with it */
};

void imap_flags_reset(struct imap_flags *flags);

/* A message of the selected mailbox was announced. */
void imap_flags_on_message(struct imap_session *s, uint32_t uid);
/* True: it answers a question, and tells of no change. */
bool imap_flags_on_fetch(struct imap_session *s, const struct imap_fetch *fetch);
void imap_flags_on_expunge(struct imap_session *s);
void imap_flags_on_vanished(struct imap_session *s, const struct imap_reply *reply);

/* Something may have happened that was not told. */
void imap_flags_on_change(struct imap_session *s);
bool imap_flags_ask(struct imap_session *s);
void imap_flags_on_tagged(struct imap_session *s, const struct imap_reply *reply);
/* Behind each reply: what was retired is to be stored, unless a CURSOR is to come anyway. */
void imap_flags_settle(struct imap_session *s);

/* While the mailbox is being opened. RFC 7162 3.2.5: what EXAMINE says behind the name, owned; NULL
 * where nothing is to be asked, or not that way. */
char *imap_flags_resync(struct imap_session *s);
/* Where EXAMINE itself cannot tell: the question goes out behind it. */
void imap_flags_ask_behind(struct imap_session *s);
/* The mailbox is open: whether its answer to EXAMINE told what was asked. */
void imap_flags_on_opened(struct imap_session *s);
