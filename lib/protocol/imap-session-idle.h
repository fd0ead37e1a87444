#pragma once
/* Of a session, for its owner: how long an IDLE may be silent, which outlives the session. */
#include "protocol/imap-renewal.h"
#include "protocol/imap-session.h"

/* Before the first IDLE: what an earlier session has learned (0: nothing), and the times that may be
 * used. */
void imap_session_set_renewal(
	struct imap_session *s, uint64_t learned, const struct imap_renewal_slot *slot);

/* What was learned by now; imap-renewal.h. */
uint64_t imap_session_renewal(const struct imap_session *s);

/* The time between two polls, from now on: for a session that is not pushed to. */
void imap_session_set_poll(struct imap_session *s, uint64_t poll_usec);

/* In IDLE, and nothing is asked: what comes now, the server says by itself. */
bool imap_session_is_idling(const struct imap_session *s);

/* The machine slept, or its network has changed: asks the server for a sign of life, which must come
 * within `patience_usec`. What the silence was for is not learned from. */
void imap_session_probe(struct imap_session *s, uint64_t patience_usec);

/* The stream has ended without a word. */
void imap_session_lost(struct imap_session *s);
