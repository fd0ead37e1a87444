#pragma once
/* What is stored of an IMAP mailbox, in the shapes of the store and of the engine: the cursor, and in a
 * part the messages that were announced and are still unread. */
#include <stdint.h>

#include "base/buffer.h"
#include "protocol/imap-announced.h"
#include "protocol/imap-mailbox.h"
#include "store/store.h"

/* Number of the part; 0 is free for what is known of the mailbox otherwise. */
#define IMAP_MEMORY_PART_ANNOUNCED 1

struct store_cursor imap_memory_to_store(const struct imap_cursor *cursor);

/* 1: `ret_cursor` and `announced` (to be deinited) are what was stored; 0: never seen. Negative errno: a
 * cursor that cannot be read is a failure of ours, taken for a mailbox that was never seen it would
 * lose mail. A damaged part is as none: it costs nobody a message. */
int imap_memory_load(struct store *store, const char *account, const char *mailbox,
	struct imap_cursor *ret_cursor, struct imap_announced *announced);

/* The part that says so; borrows from `bytes`, which was not used before. */
struct store_part imap_memory_part(const struct imap_announced *announced, struct buffer *bytes);
