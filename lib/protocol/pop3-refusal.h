#pragma once
/* What a POP3 server means when it says -ERR, by refusal-table.h. Pure. */
#include <stdint.h>

#include "base/reason.h"
#include "protocol/pop3-reply.h"

struct pop3_refusal {
	enum reason reason;
	uint64_t retry_after_usec; /* the least wait that makes sense; 0: nothing to say */
};

/* `fallback` is what it means when neither code nor text says more. */
struct pop3_refusal pop3_refusal_of(const struct pop3_reply *reply, enum reason fallback);
