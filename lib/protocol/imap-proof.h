#pragma once
/* The ladder of means to hear of new mail, and the ledger that a server climbs down by: what it told
 * by itself against what only asking brought to light. Pure, and small enough to be carried from one
 * session to the next, so that a server that is found deaf is not believed anew at each login. */
#include <stdbool.h>
#include <stdint.h>

#include "base/reason.h"

/* From the best to the plainest; 0, nothing known, is the best. */
enum imap_rung {
	IMAP_RUNG_NOTIFY, /* RFC 5465: all watched mailboxes are told of, the envelope comes by itself */
	IMAP_RUNG_IDLE, /* RFC 2177: the selected mailbox is told of */
	IMAP_RUNG_POLL, /* nothing is */
};

/* What the server tells of. A push in one proves nothing for the other. */
enum imap_channel {
	IMAP_CHANNEL_SELECTED,
	IMAP_CHANNEL_OTHERS,
	IMAP_CHANNEL_COUNT_
};

struct imap_proof {
	enum imap_rung best; /* that is believed */
	enum reason reason; /* why no better one is */
	uint8_t misses[IMAP_CHANNEL_COUNT_]; /* since the last push */
	uint8_t losses[IMAP_RUNG_POLL]; /* of the connection over this rung's command, in a row */
	uint32_t n_missed; /* of both channels, since the first session */
	uint64_t retest_usec; /* when the next better rung is tried again; 0: nothing was demoted */
};

/* The server told of news by itself. */
void imap_proof_on_push(struct imap_proof *p, enum imap_channel channel);

/* While `rung` was in use a sweep found news that nobody had told of. True: that was once too often,
 * and `best` is lower now. A single one means little: mail may come at the moment of the sweep. */
bool imap_proof_on_miss(
	struct imap_proof *p, enum imap_channel channel, enum imap_rung rung, uint64_t now_usec);

/* The server does not do what it offers: not `rung`, for a day. */
void imap_proof_on_refusal(struct imap_proof *p, enum imap_rung rung, uint64_t now_usec);

/* The connection was lost while the server owed the answer to `rung`'s command. Networks do that too:
 * it counts as a refusal when it happens again and again. */
void imap_proof_on_loss(struct imap_proof *p, enum imap_rung rung, uint64_t now_usec);
/* It answered. */
void imap_proof_on_answer(struct imap_proof *p, enum imap_rung rung);

/* A day after a demotion the next better rung gets one more chance. */
void imap_proof_tick(struct imap_proof *p, uint64_t now_usec);

bool imap_proof_is_same(const struct imap_proof *a, const struct imap_proof *b);

/* As a number that can be kept: the time of the retest is then the wall clock's, in minutes, since the
 * other clock ends with the machine. 0 is a proof of which nothing is known. */
uint64_t imap_proof_pack(const struct imap_proof *p, uint64_t now_usec, uint64_t wall_usec);
/* Of any number; a retest is never further away than a day, whatever the wall clock did. */
struct imap_proof imap_proof_unpack(uint64_t packed, uint64_t now_usec, uint64_t wall_usec);

/* "notify", "idle", "poll" */
const char *imap_proof_rung_to_string(enum imap_rung rung);
