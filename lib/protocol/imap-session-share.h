#pragma once
/* Of a session, for its owner: the other sessions of the account, which watch a mailbox each. */
#include "protocol/imap-session.h"

/* From now on another one watches this mailbox: it is not looked at here. False: not at this moment,
 * since it is open here; the first one always is. */
bool imap_session_yield(struct imap_session *s, const char *mailbox);

/* That one is gone: it is watched here again, and looked at now. */
void imap_session_take_back(
	struct imap_session *s, const char *mailbox, const struct imap_memory *memory);
