#pragma once
/* Servers that differ from the RFCs, as data: how each gives itself away, what is done about it,
 * and who found out. What a server says of itself counts; a host's name is the weakest word, for
 * those that say nothing. Pure; a session keeps the set of rows that fit. */
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

/* What an engine does otherwise. */
enum imap_quirk {
	/* ENVELOPE lacks addresses: the From field is asked for as well. */
	IMAP_QUIRK_NO_ADDRESSES = 1 << 0,
	/* RFC822.SIZE is an estimate: not asked for. */
	IMAP_QUIRK_NO_SIZE = 1 << 1,
	/* HIGHESTMODSEQ proves nothing: as if it had not been said. */
	IMAP_QUIRK_NO_MODSEQ = 1 << 2,
	/* Mailboxes are refused until ID was sent: it is sent although it is not announced. */
	IMAP_QUIRK_NEEDS_ID = 1 << 3,
	/* The capabilities are asked for after the login although they were told. */
	IMAP_QUIRK_ASK_CAPABILITY = 1 << 4,
	/* NOOP neither tells of news nor keeps alive: a poll is a STATUS, news are looked at by
	 * opening the mailbox again. */
	IMAP_QUIRK_DEAF_NOOP = 1 << 5,
	/* UID SEARCH UNSEEN is not to be asked: unseen messages are counted by STATUS. */
	IMAP_QUIRK_NO_UNSEEN_SEARCH = 1 << 6,
	/* IDLE looks at the mailbox now and then: news that a renewal finds were not missed. */
	IMAP_QUIRK_SLOW_PUSH = 1 << 7,
	/* The answer to ID tells whether a version is meant: nothing is written before it is there. */
	IMAP_QUIRK_ID_FIRST = 1 << 8,
	/* Commands behind the first of one write are lost: one at a time. */
	IMAP_QUIRK_ONE_AT_A_TIME = 1 << 9,
};

/* Where a server speaks of itself. */
enum imap_quirk_key {
	IMAP_QUIRK_KEY_HOST, /* as configured: that host, or one below it */
	IMAP_QUIRK_KEY_GREETING, /* text that the greeting's text holds */
	IMAP_QUIRK_KEY_CAPABILITY, /* a word, before or after the login */
	IMAP_QUIRK_KEY_ID, /* RFC 2971: the beginning of its "name" */
};

struct imap_quirk_mark {
	enum imap_quirk_key key;
	const char *text; /* in any case */
	const char *below; /* NULL: any version; else those below it, which must be told */
};

struct imap_quirk_row {
	const char *name;
	struct imap_quirk_mark marks[8]; /* up to the first without text */
	uint32_t bits; /* enum imap_quirk */
	uint64_t without; /* capabilities that are not to be believed */
	uint64_t renew_usec; /* IDLE is to be renewed at least so often; 0: nothing known */
	uint64_t poll_usec; /* where there is no IDLE: the same */
	const char *source; /* who found out: project and place */
};

size_t imap_quirk_count(void);
const struct imap_quirk_row *imap_quirk_at(size_t i);

/* The rows that fit, as a set of their numbers. `version` stands beside `said` (ID), or NULL: it is
 * looked for behind the text that fits (greeting). */
uint64_t imap_quirk_match(enum imap_quirk_key key, const char *said, const char *version);

/* Of a set of rows: all bits, all capabilities, the shortest of the times (0: none). */
uint32_t imap_quirk_bits(uint64_t rows);
uint64_t imap_quirk_without(uint64_t rows);
uint64_t imap_quirk_renew_usec(uint64_t rows);
uint64_t imap_quirk_poll_usec(uint64_t rows);
