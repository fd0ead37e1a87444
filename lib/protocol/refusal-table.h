#pragma once
/* What servers mean when they refuse something or say goodbye, over IMAP and POP3, as data: response
 * codes, and the sentences that they are known to use instead, each with who found out. What is not
 * here means what it says. Pure. */
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/reason.h"
#include "protocol/imap-reply.h"
#include "protocol/pop3-reply.h"

enum refusal_protocol {
	REFUSAL_IMAP = 1 << 0,
	REFUSAL_POP3 = 1 << 1,
	REFUSAL_BOTH = REFUSAL_IMAP | REFUSAL_POP3,
};

/* In the order in which they are asked. */
enum refusal_key {
	REFUSAL_CERTAIN, /* a sentence that outranks the code, which says less or something else */
	REFUSAL_CODE,
	REFUSAL_LIKELY, /* a sentence that speaks where there is no code with a meaning */
	REFUSAL_INACTIVITY, /* likewise: a BYE to who has been idle for too long */
};

struct refusal_row {
	enum refusal_key key;
	enum refusal_protocol protocols;
	const char *part; /* of the sentence, in any case */
	enum imap_code imap_code;
	enum pop3_code pop3_code;
	enum reason reason;
	uint64_t wait_usec; /* the least wait that makes sense; 0: nothing to say */
	const char *said; /* an answer as such a server gives it, behind NO or -ERR */
	const char *source; /* who found out, or what says so */
};

size_t refusal_table_count(void);
const struct refusal_row *refusal_table_at(size_t i);

/* What the server said, over one of the protocols; the other's code is its NONE. */
struct refusal_words {
	enum refusal_protocol protocol;
	enum imap_code imap_code;
	enum pop3_code pop3_code;
	const char *text;
};

/* The row that holds; NULL: it means what it says. */
const struct refusal_row *refusal_table_find(const struct refusal_words *words);

/* "Suggested Backoff Time: 92415 milliseconds" (Microsoft 365), at most a day; 0: it says none. */
uint64_t refusal_table_asked(const char *text);
