#pragma once
/* What a server means when it says NO, BAD or BYE, by refusal-table.h. Pure. */
#include <stdbool.h>
#include <stdint.h>

#include "base/reason.h"
#include "protocol/imap-reply.h"

struct imap_refusal {
	enum reason reason;
	uint64_t retry_after_usec; /* the server asked for that much patience; 0: it did not */
};

/* `fallback` is what it means when neither code nor text says more. */
struct imap_refusal imap_refusal_of(const struct imap_reply *reply, enum reason fallback);

/* A BYE to somebody who has been idle for too long. */
bool imap_refusal_is_inactivity(const char *text);
