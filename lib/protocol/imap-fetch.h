#pragma once
/* One FETCH response, read token by token (RFC 3501 7.4.2): keeps what an event needs, walks over
 * the rest. Looser than the grammar: unknown items may have any shape, no value or two, and the
 * list may stand in parentheses of its own. Owned by imap-reply.c. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/macros.h"
#include "protocol/imap-lexer.h"
#include "protocol/imap-message.h"

enum imap_fetch_item {
	IMAP_FETCH_UID = 1 << 0,
	IMAP_FETCH_FLAGS = 1 << 1,
	IMAP_FETCH_INTERNALDATE = 1 << 2,
	IMAP_FETCH_SIZE = 1 << 3,
	IMAP_FETCH_ENVELOPE = 1 << 4,
	IMAP_FETCH_HEADER = 1 << 5,
	IMAP_FETCH_EMAILID = 1 << 6,
	IMAP_FETCH_THREADID = 1 << 7,
	IMAP_FETCH_OTHER = 1 << 8,
	IMAP_FETCH_GM_MSGID = 1 << 9,
	IMAP_FETCH_GM_THRID = 1 << 10,
	IMAP_FETCH_GM_LABELS = 1 << 11,
	IMAP_FETCH_PREVIEW = 1 << 12,
};

struct imap_fetch;

struct imap_fetch *imap_fetch_new(void);
struct imap_fetch *imap_fetch_free(struct imap_fetch *f);
DEFINE_CLEANUP(struct imap_fetch, imap_fetch_free);

/* Forgets what was read, for the next response. */
void imap_fetch_reset(struct imap_fetch *f);

/* The tokens behind the word FETCH, but for the end of the line. */
void imap_fetch_take(struct imap_fetch *f, const struct imap_token *t);
/* Whether the bytes of the next token are of use. */
bool imap_fetch_wants_next(const struct imap_fetch *f);

/* At the end of the line: whether it was a whole item list. From then on the message is there. */
bool imap_fetch_finish(struct imap_fetch *f);

unsigned imap_fetch_items(const struct imap_fetch *f); /* which of enum imap_fetch_item it named */
const struct imap_message *imap_fetch_message(const struct imap_fetch *f);
/* What Dovecot gives for a message that was expunged since it was announced: no size, no envelope, from
 * the epoch. EXPUNGE and [EXPUNGEISSUED] (RFC 5530) follow. */
bool imap_fetch_is_stand_in(const struct imap_fetch *f);
/* \Seen, \Deleted: also when they stood behind the first IMAP_FLAGS_MAX flags. */
bool imap_fetch_is_seen(const struct imap_fetch *f);
bool imap_fetch_is_deleted(const struct imap_fetch *f);
