#pragma once
/* What is known of a mailbox (the cursor, kept by the store), what a server says of it (a status,
 * from SELECT, EXAMINE, STATUS, LIST-STATUS or a push), and the one comparison of the two. */
#include <stdbool.h>
#include <stdint.h>

/* RFC 3501 2.3.1.1: UIDVALIDITY and UIDNEXT are nonzero; 0 here is "never seen". */
struct imap_cursor {
	uint32_t uidvalidity;
	uint32_t next_uid; /* the next UID to report: all below it were reported or are old */
	uint32_t messages;
	uint32_t unseen;
	uint64_t highestmodseq; /* RFC 7162; 0: not known */
};

/* How a mailbox has behaved; outlives the session, for some servers close the connection when a
 * mailbox is opened that is none. Zero is the best. */
struct imap_standing {
	uint64_t parked_usec; /* not to be opened before, unless its UIDNEXT moves */
	uint64_t resets_usec; /* since then `n_resets` were counted */
	uint32_t refused_uidnext; /* at the last refusal */
	uint8_t n_refusals; /* to open it, in a row */
	uint8_t n_resets;
};

enum imap_status_known {
	IMAP_STATUS_UIDVALIDITY = 1 << 0,
	IMAP_STATUS_UIDNEXT = 1 << 1,
	IMAP_STATUS_MESSAGES = 1 << 2,
	IMAP_STATUS_UNSEEN = 1 << 3,
	IMAP_STATUS_HIGHESTMODSEQ = 1 << 4,
};

struct imap_status {
	unsigned known; /* which of the fields the server named */
	uint32_t uidvalidity;
	uint32_t uidnext;
	uint32_t messages;
	uint32_t unseen;
	uint64_t highestmodseq;
};

enum imap_change {
	IMAP_CHANGE_SAME,
	IMAP_CHANGE_NEW, /* messages at or past the cursor */
	IMAP_CHANGE_GONE, /* fewer messages, none new */
	IMAP_CHANGE_FLAGS, /* counts of messages stand, flags moved */
	IMAP_CHANGE_RESET, /* first sight, another UIDVALIDITY, or UIDNEXT went back */
	IMAP_CHANGE_SUSPICIOUS, /* the server contradicts itself, or does not say enough: look */
};

/* Pure. Never reports NEW for a mailbox that was not seen before: that is RESET. */
enum imap_change imap_mailbox_compare(
	const struct imap_cursor *cached, const struct imap_status *observed);
