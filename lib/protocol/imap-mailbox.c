#include "protocol/imap-mailbox.h"

static bool knows(const struct imap_status *s, enum imap_status_known what) {
	return (s->known & what) != 0;
}

/* Everything but arrivals. A HIGHESTMODSEQ that went down is a server's slip, not a change. */
static enum imap_change compare_counts(const struct imap_cursor *c, const struct imap_status *o) {
	if (knows(o, IMAP_STATUS_MESSAGES) && o->messages < c->messages)
		return IMAP_CHANGE_GONE;
	if (knows(o, IMAP_STATUS_UNSEEN) && o->unseen != c->unseen)
		return IMAP_CHANGE_FLAGS;
	if (knows(o, IMAP_STATUS_HIGHESTMODSEQ) && o->highestmodseq > c->highestmodseq)
		return IMAP_CHANGE_FLAGS;
	return IMAP_CHANGE_SAME;
}

/* Without UIDNEXT only three things prove that nothing arrived: an empty mailbox, a HIGHESTMODSEQ
 * that stands, and a push that names nothing but what flags change. */
static bool proves_no_arrival(const struct imap_cursor *c, const struct imap_status *o) {
	if (knows(o, IMAP_STATUS_MESSAGES) && o->messages == 0)
		return true;
	if (knows(o, IMAP_STATUS_HIGHESTMODSEQ) && o->highestmodseq != 0 &&
		o->highestmodseq == c->highestmodseq)
		return true;
	return !knows(o, IMAP_STATUS_MESSAGES) &&
	       (o->known & (IMAP_STATUS_UNSEEN | IMAP_STATUS_HIGHESTMODSEQ)) != 0;
}

/* UIDVALIDITY and UIDNEXT of 0 are against RFC 3501 2.3.1.1: as if they were not given. */
enum imap_change imap_mailbox_compare(
	const struct imap_cursor *cached, const struct imap_status *observed) {
	bool has_validity = knows(observed, IMAP_STATUS_UIDVALIDITY) && observed->uidvalidity != 0;
	bool has_next = knows(observed, IMAP_STATUS_UIDNEXT) && observed->uidnext != 0;

	if (cached->uidvalidity == 0 || cached->next_uid == 0)
		return has_validity && has_next ? IMAP_CHANGE_RESET : IMAP_CHANGE_SUSPICIOUS;
	if (has_validity && observed->uidvalidity != cached->uidvalidity)
		return IMAP_CHANGE_RESET;
	if (!has_next)
		return proves_no_arrival(cached, observed) ? compare_counts(cached, observed)
							   : IMAP_CHANGE_SUSPICIOUS;
	if (observed->uidnext < cached->next_uid)
		return IMAP_CHANGE_RESET;
	if (observed->uidnext > cached->next_uid)
		return IMAP_CHANGE_NEW;
	/* more messages, but none that could be new */
	if (knows(observed, IMAP_STATUS_MESSAGES) && observed->messages > cached->messages)
		return IMAP_CHANGE_SUSPICIOUS;
	return compare_counts(cached, observed);
}
