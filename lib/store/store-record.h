#pragma once
/* What the store keeps: events, cursors, parts of a mailbox's state, facts about servers. */
#include <stddef.h>
#include <stdint.h>

#define STORE_TEXT_MAX ((size_t)16 * 1024) /* bytes of one text: longer is -E2BIG */
#define STORE_PART_MAX ((size_t)64 * 1024) /* bytes of one part */

enum store_event_type {
	STORE_EVENT_NEW = 1,
	STORE_EVENT_RETIRED = 2,
	STORE_EVENT_RESET = 3,
};

/* One event of the log. Texts are UTF-8, NULL when not known; numbers 0 when not known. */
struct store_event {
	uint64_t seq; /* given by store_append() */
	enum store_event_type type;
	const char *id; /* RFC 5092 URL, the message's identity (new, retired) */
	const char *account;
	const char *mailbox;
	uint32_t uid;
	uint32_t uidvalidity;
	uint64_t received_usec; /* the server's word (INTERNALDATE) */
	uint64_t date_usec; /* the sender's word (Date) */
	const char *from_name;
	const char *from_address;
	const char *subject;
	const char *message_id;
	const char *thread_id;
	const char *list_id;
	const char *flags; /* separated by single blanks */
	uint64_t size;
	const char *preview;
	const char *email_id; /* the message's, whatever mailbox it is in (RFC 8474) */
	const char *labels; /* separated by line ends */
	const char *auto_submitted;
	const char *precedence;
	const char *reason; /* retired: seen, gone; reset: uidvalidity, uidnext, state-lost */
};

struct store_cursor {
	uint32_t uidvalidity;
	uint32_t next_uid;
	uint32_t messages;
	uint32_t unseen;
	uint64_t highestmodseq;
};

/* What an engine must know of a mailbox beyond its cursor: opaque bytes, in numbered parts so that a
 * change rewrites little. */
struct store_part {
	uint32_t number;
	const void *bytes;
	size_t n; /* at most STORE_PART_MAX: longer is -E2BIG */
};

/* What was learned about a server, and outlives the connection; or what a user said of an account. */
enum store_fact_kind {
	STORE_FACT_RENEWAL = 1, /* microseconds an IDLE may be silent */
	STORE_FACT_CONNECTIONS = 2, /* how many connections it lets an account have */
	STORE_FACT_PAUSE = 3, /* until when it is left alone; no age ends it */
	STORE_FACT_TRIGGERED = 5, /* the event up to which units were asked for; no age ends it */
	STORE_FACT_PUSH = 6, /* which of its pushes are believed, as the engine packs it */
};

struct store_fact {
	uint64_t value;
	uint64_t learned_usec; /* wall clock */
};
