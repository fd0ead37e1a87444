#include "protocol/imap-proof.h"

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
