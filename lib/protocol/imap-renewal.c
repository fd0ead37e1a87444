#include "protocol/imap-renewal.h"

/* Silence that was cut short by anything else proves nothing. */
#define ABOUT_USEC USEC_PER_MINUTE
#define CLEAN_MAX 3
/* Two heartbeats that are closer to each other are the server's answers to something, and farther
 * apart they are no use. */
#define SPACING_MIN_USEC (10 * USEC_PER_SEC)
#define SPACING_MAX_USEC (10 * USEC_PER_MINUTE)

uint64_t imap_renewal_slot_before(
	const struct imap_renewal_slot *slot, uint64_t from_usec, uint64_t due_usec) {
	uint64_t every = MIN(slot->every_usec, (due_usec - from_usec) / 2);
	if (every == 0 || due_usec < slot->phase_usec)
		return due_usec;
	return due_usec - (due_usec - slot->phase_usec) % every;
}

static uint32_t clamp(uint64_t usec) {
	return (uint32_t)MAX(MIN(usec, IMAP_RENEWAL_MAX_USEC), IMAP_RENEWAL_MIN_USEC);
}

/* Of this IDLE; more than an hour is as an hour. */
static uint32_t age(const struct imap_renewal *r, uint64_t now_usec) {
	return (uint32_t)MIN(now_usec - r->begun_usec, USEC_PER_HOUR);
}

uint64_t imap_renewal_forgive(uint64_t learned) {
	return learned & UINT32_MAX;
}

void imap_renewal_init(struct imap_renewal *r, uint64_t learned) {
	uint64_t interval_usec = imap_renewal_forgive(learned);
	*r = (struct imap_renewal){
		.interval_usec = clamp(interval_usec ? interval_usec : IMAP_RENEWAL_START_USEC),
		.fatal_usec = (uint32_t)(learned >> 32),
	};
}

uint64_t imap_renewal_learned(const struct imap_renewal *r) {
	return (uint64_t)r->fatal_usec << 32 | r->interval_usec;
}

void imap_renewal_begin(struct imap_renewal *r, uint64_t now_usec) {
	r->begun_usec = now_usec;
	r->heard_usec = r->asked_usec = r->beat_usec = 0;
}

void imap_renewal_hear(struct imap_renewal *r, uint64_t now_usec, bool is_heartbeat) {
	uint32_t now = age(r, now_usec);
	r->heard_usec = now;
	if (!is_heartbeat)
		return;
	uint32_t spacing = now - r->beat_usec;
	if (r->beat_usec != 0 && spacing >= SPACING_MIN_USEC && spacing <= SPACING_MAX_USEC)
		r->spacing_usec = MAX(r->spacing_usec, spacing);
	r->beat_usec = now;
}

/* How long the server may be silent. Where it has a heart, a beat may be lost, but not two. */
static uint64_t patience(const struct imap_renewal *r) {
	uint64_t beats = 2 * (uint64_t)r->spacing_usec + ABOUT_USEC;
	return r->spacing_usec ? MAX(beats, IMAP_RENEWAL_MIN_USEC) : r->interval_usec;
}

uint64_t imap_renewal_due(const struct imap_renewal *r) {
	uint64_t age_usec = MIN(r->heard_usec + patience(r), IMAP_RENEWAL_MAX_USEC);
	uint64_t heard = r->begun_usec + r->heard_usec;
	return imap_renewal_slot_before(&r->slot, heard, MAX(r->begun_usec + age_usec, heard));
}

/* How long it had been silent, the time of our own question not counted. */
static uint64_t silence(const struct imap_renewal *r, uint64_t now_usec) {
	return (r->asked_usec ? r->asked_usec : age(r, now_usec)) - r->heard_usec;
}

static bool is_full(const struct imap_renewal *r, uint64_t silence_usec) {
	return silence_usec + ABOUT_USEC >= r->interval_usec;
}

static void shrink_from(struct imap_renewal *r, uint64_t fatal_usec) {
	r->fatal_usec = (uint32_t)fatal_usec;
	r->interval_usec = clamp(fatal_usec * 3 / 4);
	r->n_clean = 0;
}

/* Not into the neighbourhood of what was fatal: creeping up to it would cost a line at each step. */
static void grow(struct imap_renewal *r) {
	uint64_t tenth = r->interval_usec / 10;
	if (r->fatal_usec == 0 || r->interval_usec + 2 * tenth < r->fatal_usec)
		r->interval_usec = clamp(r->interval_usec + tenth);
}

void imap_renewal_ask(struct imap_renewal *r, uint64_t now_usec) {
	r->asked_usec = age(r, now_usec);
}

void imap_renewal_answer(struct imap_renewal *r) {
	if (r->asked_usec == 0 || !is_full(r, r->asked_usec - r->heard_usec))
		return;
	r->asked_usec = 0;
	if (++r->n_clean < CLEAN_MAX)
		return;
	r->n_clean = 0;
	grow(r);
}

void imap_renewal_lose(struct imap_renewal *r, uint64_t now_usec) {
	if (r->begun_usec != 0 && is_full(r, silence(r, now_usec)))
		shrink_from(r, r->interval_usec);
	r->begun_usec = 0;
}

void imap_renewal_excuse(struct imap_renewal *r) {
	r->begun_usec = 0;
}

void imap_renewal_dismiss(struct imap_renewal *r, uint64_t now_usec) {
	if (r->begun_usec == 0)
		return;
	shrink_from(r, MIN(r->interval_usec, silence(r, now_usec)));
	r->begun_usec = 0;
}
