#pragma once
/* What is known of a POP3 mailbox between two polls, and how it is laid out in numbered parts for
 * whoever stores it: part 0 the numbers, the rest the hashes of the messages. Owned by the watch,
 * lent to each session, which brings it up to date. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/keyed-hash.h"
#include "protocol/pop3-capability.h"
#include "protocol/pop3-uidl-set.h"

/* By what a message is known again. */
enum pop3_identity {
	POP3_IDENTITY_UIDL,
	POP3_IDENTITY_HEADER, /* no UIDL: by what its header says */
	POP3_IDENTITY_COUNT, /* nor TOP: by nothing; only the number of messages is watched */
};

struct pop3_state {
	uint8_t key[KEYED_HASH_KEY_SIZE]; /* random, for this mailbox alone */
	bool is_known; /* there was a poll; else the next one is a silent baseline */
	/* The last poll announced a part of what is new, or something did not fit: all is compared. */
	bool is_partial;
	enum pop3_identity identity;
	uint32_t messages; /* of the last STAT */
	uint64_t octets;
	uint64_t last; /* hash of the unique-id of message number `messages`; 0: not known */
	uint64_t newest; /* pop3_header_hash() of that message; 0: not known */
	uint64_t full_usec; /* wall clock: when all was last compared */
	uint32_t n_renamed; /* how often the server gave all messages other unique-ids */
	struct pop3_uidl_set set;
	uint64_t n_stored; /* while it is read back: so many hashes must come */
	/* The server answers `UIDL n` with the listing of all. */
	bool has_no_single;
	struct pop3_capabilities
		capabilities; /* of this server, learned since the start; not stored */
};

/* `key` is random. Nothing is known. */
void pop3_state_init(struct pop3_state *state, const uint8_t key[KEYED_HASH_KEY_SIZE]);
void pop3_state_deinit(struct pop3_state *state);

struct pop3_part {
	uint32_t number;
	const void *bytes;
	size_t n;
};

/* What differs from what is stored. begin() once, then next() until it says 0; a part is borrowed
 * until the next change. `n_parts` of begin(): parts with this number and larger ones are to be
 * forgotten. clean() when it all is in the store's hands. */
struct pop3_state_writer {
	const struct pop3_state *state;
	uint64_t numbers[16]; /* part 0 */
	bool is_begun;
	size_t bucket;
};
uint32_t pop3_state_write_begin(struct pop3_state *state, struct pop3_state_writer *ret);
int pop3_state_write_next(struct pop3_state_writer *w, struct pop3_part *ret);
void pop3_state_clean(struct pop3_state *state);

/* Gives back a part, in the order of their numbers. -EBADMSG: it is none of ours, and what was read
 * is worth nothing. */
int pop3_state_read(struct pop3_state *state, const struct pop3_part *part);
/* After the last one. -EBADMSG as above. */
int pop3_state_read_end(const struct pop3_state *state);
