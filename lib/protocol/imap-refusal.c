#include "protocol/imap-refusal.h"

#include "protocol/refusal-table.h"

static const struct refusal_row *row_of(enum imap_code code, const char *text) {
	const struct refusal_words words = {
		.protocol = REFUSAL_IMAP,
		.imap_code = code,
		.text = text,
	};
	return refusal_table_find(&words);
}

/* A goodbye says how the connection ends, not what became of a command. */
static bool is_goodbye(const struct refusal_row *row) {
	return row->reason == REASON_SERVER_CLOSED;
}

struct imap_refusal imap_refusal_of(const struct imap_reply *reply, enum reason fallback) {
	const struct refusal_row *row = row_of(reply->code, reply->text);
	if (!row || (is_goodbye(row) && reply->condition != IMAP_CONDITION_BYE))
		return (struct imap_refusal){ .reason = fallback };
	uint64_t asked = refusal_table_asked(reply->text);
	return (struct imap_refusal){
		.reason = row->reason,
		.retry_after_usec = MAX(asked, row->wait_usec),
	};
}

bool imap_refusal_is_inactivity(const char *text) {
	const struct refusal_row *row = row_of(IMAP_CODE_NONE, text);
	return row && row->key == REFUSAL_INACTIVITY;
}
