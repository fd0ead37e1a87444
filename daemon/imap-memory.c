#include "daemon/imap-memory.h"

#include "base/memory.h"

struct store_cursor imap_memory_to_store(const struct imap_cursor *cursor) {
	return (struct store_cursor){
		.uidvalidity = cursor->uidvalidity,
		.next_uid = cursor->next_uid,
		.messages = cursor->messages,
		.unseen = cursor->unseen,
		.highestmodseq = cursor->highestmodseq,
	};
}

static struct imap_cursor from_store(const struct store_cursor *cursor) {
	return (struct imap_cursor){
		.uidvalidity = cursor->uidvalidity,
		.next_uid = cursor->next_uid,
		.messages = cursor->messages,
		.unseen = cursor->unseen,
		.highestmodseq = cursor->highestmodseq,
	};
}

static int on_part(const struct store_part *part, void *userdata) {
	if (part->number == IMAP_MEMORY_PART_ANNOUNCED)
		(void)imap_announced_read(userdata, part->bytes, part->n);
	return 0;
}

int imap_memory_load(struct store *store, const char *account, const char *mailbox,
	struct imap_cursor *ret_cursor, struct imap_announced *announced) {
	struct store_cursor cursor;
	int r = store_load_cursor(store, account, mailbox, &cursor);
	if (r <= 0)
		return r;
	r = store_load_parts(store, account, mailbox, on_part, announced);
	if (r < 0)
		return r;
	*ret_cursor = from_store(&cursor);
	return 1;
}

struct store_part imap_memory_part(const struct imap_announced *announced, struct buffer *bytes) {
	buffer_init(bytes, IMAP_ANNOUNCED_BYTES_MAX);
	imap_announced_write(announced, bytes);
	return (struct store_part){ IMAP_MEMORY_PART_ANNOUNCED, buffer_bytes(bytes), bytes->n };
}
