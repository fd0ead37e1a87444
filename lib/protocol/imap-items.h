#pragma once
/* What is asked of each message: one function of what the server can, what it is known to stumble
 * over and what the account wants. The same for UID FETCH and for MessageNew of NOTIFY. A server
 * that refuses is asked for less, one step at a time. Embedded in a session. */
#include <stdbool.h>
#include <stdint.h>

/* Each level asks for less than the one before. */
enum imap_items_level {
	IMAP_ITEMS_ALL,
	IMAP_ITEMS_NO_PREVIEW, /* opening the body is where servers stumble first */
	IMAP_ITEMS_NO_EXTENSION, /* RFC 3501 alone */
	IMAP_ITEMS_PLAIN, /* what a server knows without opening the message */
};

enum imap_preview {
	IMAP_PREVIEW_NONE,
	IMAP_PREVIEW_LAZY, /* if the server has it already (RFC 8970 3.2): for many messages */
	IMAP_PREVIEW_MADE, /* the server makes it: for the few that just came */
};

struct imap_items {
	bool wants_preview; /* the account does */
	bool is_proved; /* messages were told at the level `begin` */
	enum imap_items_level level; /* of the next request */
	enum imap_items_level begin; /* of the first request for new messages */
};

/* Owned: "UID FLAGS ...", without parentheses around it. `capabilities` and `quirks` are bits of
 * enum imap_capability and enum imap_quirk. UID and FLAGS are always among them. */
char *imap_items_format(const struct imap_items *items, uint64_t capabilities, uint32_t quirks,
	enum imap_preview preview);

/* The request was refused as a whole: the next one asks for less. False: there is no less. */
bool imap_items_refused(struct imap_items *items, uint64_t capabilities);

/* The request was answered. What stumbled over one message gets the next ones in full again; what
 * never took it is not asked for it any more. */
void imap_items_answered(struct imap_items *items);
