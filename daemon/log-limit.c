#include "daemon/log-limit.h"

#include "base/text.h"

/* FNV-1a: nobody gains anything by a collision but a line that is not said for a minute. */
static uint64_t add(uint64_t hash, const char *text) {
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		hash = (hash ^ *p) * 0x100000001B3;
	return (hash ^ 0xFF) * 0x100000001B3;
}

static uint64_t key_of(const struct log_line *line) {
	const struct log_fields *fields = &line->fields;
	uint64_t hash = add(0xCBF29CE484222325, line->account);
	hash = add(hash, fields->mailbox ? fields->mailbox : "");
	hash = add(hash, fields->reason);
	return (hash ^ (uint64_t)fields->event << 1) | 1;
}

bool log_limit_passes(struct log_limit *limit, const struct log_line *line, uint64_t now_usec) {
	if (text_is_empty(line->account) || text_is_empty(line->fields.reason))
		return true;
	uint64_t key = key_of(line);
	size_t slot = (size_t)((key >> 1) % LOG_LIMIT_SLOTS);
	if (limit->slots[slot].key == key && now_usec < limit->slots[slot].until_usec)
		return false;
	limit->slots[slot].key = key;
	limit->slots[slot].until_usec = now_usec + LOG_LIMIT_USEC;
	return true;
}
