#include "protocol/pop3-refusal.h"

#include "base/macros.h"
#include "protocol/refusal-table.h"

struct pop3_refusal pop3_refusal_of(const struct pop3_reply *reply, enum reason fallback) {
	const struct refusal_words words = {
		.protocol = REFUSAL_POP3,
		.pop3_code = reply->code,
		.text = reply->text,
	};
	const struct refusal_row *row = refusal_table_find(&words);
	if (!row)
		return (struct pop3_refusal){ .reason = fallback };
	uint64_t asked = refusal_table_asked(reply->text);
	return (struct pop3_refusal){ row->reason, MAX(asked, row->wait_usec) };
}
