#pragma once
/* Private to the session: the events that are raised and not handed out yet. Within one kind of
 * event and one mailbox there is never more than one, since nothing is read before all are out; but
 * for RETIRED and MARKED, which are kept in a row. */
#include "protocol/imap-session.h"

/* What became of one message. One reply may tell of many. */
struct imap_fate {
	enum imap_event_kind kind; /* RETIRED, MARKED */
	bool is_out; /* handed out already */
	uint32_t uidvalidity;
	uint32_t uid;
	size_t place;
	int what; /* enum imap_retirement, enum imap_marked */
};

/* Events to hand out before anything more is read. Which mailbox one is about is noted there, but for
 * one that is not watched. */
struct imap_pending {
	uint32_t kinds; /* bits; the lowest goes out first */
	const struct imap_message *message;
	struct imap_fate *fates;
	uint32_t n_fates;
	uint32_t n_fates_out; /* so many at the front */
	char *text; /* of ALERT, or of CLOSED */
	enum reason reason;
	uint64_t retry_after_usec;
	char *unwatched; /* of MAILBOX: the name of one that has no place */
	uint32_t unwatched_attributes;
	char *given; /* a name that the last event shows */
};

/* An event about the session as a whole. */
void imap_pending_raise(struct imap_session *s, enum imap_event_kind kind);
/* One about a mailbox: MAILBOX, BASELINE, MESSAGE, CURSOR, COUNTS. */
void imap_pending_raise_at(struct imap_session *s, size_t place, enum imap_event_kind kind);
void imap_pending_retire(
	struct imap_session *s, size_t place, uint32_t uid, enum imap_retirement why);
void imap_pending_mark(struct imap_session *s, size_t place, uint32_t uid, enum imap_marked what);
void imap_pending_deinit(struct imap_pending *p);
bool imap_pending_has(const struct imap_session *s, size_t place, enum imap_event_kind kind);

/* Gives back what the last event showed. */
void imap_pending_release(struct imap_pending *p);

/* True: `*ret` is the next event. */
bool imap_pending_take(struct imap_session *s, struct imap_event *ret);
