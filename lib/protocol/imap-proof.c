#include "protocol/imap-proof.h"

#include <assert.h>
#include <string.h>

#include "base/macros.h"
#include "protocol/limits.h"

static void demote(
	struct imap_proof *p, enum imap_rung from, enum reason reason, uint64_t now_usec) {
	*p = (struct imap_proof){
		.best = from + 1,
		.reason = reason,
		.n_missed = p->n_missed,
		.retest_usec = now_usec + IMAP_RETEST_USEC,
	};
}

void imap_proof_on_push(struct imap_proof *p, enum imap_channel channel) {
	p->misses[channel] = 0;
}

bool imap_proof_on_miss(
	struct imap_proof *p, enum imap_channel channel, enum imap_rung rung, uint64_t now_usec) {
	/* what was not promised cannot be missed */
	if (rung == IMAP_RUNG_POLL || (channel == IMAP_CHANNEL_OTHERS && rung == IMAP_RUNG_IDLE))
		return false;
	if (rung < p->best)
		return false;
	p->n_missed++;
	if (++p->misses[channel] < IMAP_MISSES_MAX)
		return false;
	demote(p, rung, REASON_PUSH_SILENT, now_usec);
	return true;
}

void imap_proof_on_refusal(struct imap_proof *p, enum imap_rung rung, uint64_t now_usec) {
	if (rung < IMAP_RUNG_POLL && rung >= p->best)
		demote(p, rung, REASON_PUSH_REFUSED, now_usec);
}

void imap_proof_on_loss(struct imap_proof *p, enum imap_rung rung, uint64_t now_usec) {
	if (++p->losses[rung] >= IMAP_LOSSES_MAX)
		imap_proof_on_refusal(p, rung, now_usec);
}

void imap_proof_on_answer(struct imap_proof *p, enum imap_rung rung) {
	p->losses[rung] = 0;
}

void imap_proof_tick(struct imap_proof *p, uint64_t now_usec) {
	if (p->retest_usec == 0 || now_usec < p->retest_usec)
		return;
	p->best--;
	p->retest_usec = now_usec + IMAP_RETEST_USEC;
	if (p->best == IMAP_RUNG_NOTIFY) {
		p->reason = REASON_NONE;
		p->retest_usec = 0;
	}
	for (unsigned i = 0; i < IMAP_CHANNEL_COUNT_; i++)
		p->misses[i] = IMAP_MISSES_MAX - 1;
}

bool imap_proof_is_same(const struct imap_proof *a, const struct imap_proof *b) {
	return a->best == b->best && a->reason == b->reason &&
	       memcmp(a->misses, b->misses, sizeof(a->misses)) == 0 &&
	       memcmp(a->losses, b->losses, sizeof(a->losses)) == 0 && a->n_missed == b->n_missed &&
	       a->retest_usec == b->retest_usec;
}

/* Bits of the number, from the lowest: 2 each of best, silent or refused, the misses of the channels,
 * the losses of the rungs; 20 of n_missed; 32 of the retest. */
#define COUNT_BITS 2
#define COUNT_MAX UINT64_C(3)
#define MISSED_AT 12
#define MISSED_MAX UINT64_C(0xfffff)
#define RETEST_AT 32

static_assert(IMAP_MISSES_MAX <= COUNT_MAX && IMAP_LOSSES_MAX <= COUNT_MAX, "counts fit");

/* The reasons' own numbers may change with the program. */
static const enum reason packed_reasons[] = { REASON_NONE, REASON_PUSH_SILENT,
	REASON_PUSH_REFUSED };

static uint64_t pack_reason(enum reason reason) {
	uint64_t i = ARRAY_SIZE(packed_reasons) - 1;
	while (i > 0 && packed_reasons[i] != reason)
		i--;
	return i;
}

static uint64_t pack_retest(const struct imap_proof *p, uint64_t now_usec, uint64_t wall_usec) {
	if (p->retest_usec == 0)
		return 0;
	uint64_t left = p->retest_usec > now_usec ? p->retest_usec - now_usec : 0;
	return MIN((wall_usec + left) / USEC_PER_MINUTE + 1, (uint64_t)UINT32_MAX);
}

uint64_t imap_proof_pack(const struct imap_proof *p, uint64_t now_usec, uint64_t wall_usec) {
	const uint64_t counts[] = { p->best, pack_reason(p->reason),
		p->misses[IMAP_CHANNEL_SELECTED], p->misses[IMAP_CHANNEL_OTHERS],
		p->losses[IMAP_RUNG_NOTIFY], p->losses[IMAP_RUNG_IDLE] };
	uint64_t packed = MIN((uint64_t)p->n_missed, MISSED_MAX) << MISSED_AT;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		packed |= MIN(counts[i], COUNT_MAX) << (i * COUNT_BITS);
	return packed | pack_retest(p, now_usec, wall_usec) << RETEST_AT;
}

static unsigned unpack_count(uint64_t packed, unsigned i) {
	return (unsigned)(packed >> (i * COUNT_BITS) & COUNT_MAX);
}

struct imap_proof imap_proof_unpack(uint64_t packed, uint64_t now_usec, uint64_t wall_usec) {
	unsigned reason = unpack_count(packed, 1);
	struct imap_proof p = {
		.best = MIN(unpack_count(packed, 0), (unsigned)IMAP_RUNG_POLL),
		.misses = { (uint8_t)unpack_count(packed, 2), (uint8_t)unpack_count(packed, 3) },
		.losses = { (uint8_t)unpack_count(packed, 4), (uint8_t)unpack_count(packed, 5) },
		.n_missed = (uint32_t)(packed >> MISSED_AT & MISSED_MAX),
	};
	if (p.best == IMAP_RUNG_NOTIFY)
		return p;
	uint64_t retest = (packed >> RETEST_AT) * USEC_PER_MINUTE;
	uint64_t left = retest > wall_usec ? retest - wall_usec : 0;
	p.reason = packed_reasons[reason == 2 ? 2 : 1];
	p.retest_usec = MAX(now_usec + MIN(left, IMAP_RETEST_USEC), UINT64_C(1));
	return p;
}

const char *imap_proof_rung_to_string(enum imap_rung rung) {
	switch (rung) {
	case IMAP_RUNG_NOTIFY:
		return "notify";
	case IMAP_RUNG_IDLE:
		return "idle";
	case IMAP_RUNG_POLL:
		return "poll";
	}
	return "";
}
