#pragma once
/* Private to the session: the selected mailbox, what arrives in it and what leaves it. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/imap-mailbox.h"

struct imap_reply;
struct imap_session;

/* The view of the open mailbox. Messages 1 to `covered`, by sequence number, are older than its
 * cursor or were reported; those up to `exists` are news. */
struct imap_selected {
	size_t place; /* which one it is; IMAP_PLACE_NONE when there is none */
	uint32_t exists;
	uint32_t covered;
	uint32_t recent;
	bool has_grown; /* since the last RECENT */
	bool has_exists;
	bool is_open;
	bool is_writing; /* selected, not examined: messages are to be marked */
	bool is_resync_asked; /* EXAMINE was asked for what became of announced messages */
	bool is_stale; /* it may be another mailbox by now: to be opened again */
	bool is_probed; /* its last message was asked for */
	struct imap_status status; /* the answer to STATUS, while opening */
	struct imap_status examined; /* the answer to EXAMINE */
};

/* UIDs being asked for. */
struct imap_arrival {
	uint32_t first;
	uint32_t last; /* 0: up to the last message */
	uint32_t target; /* the UIDNEXT to reach by windows; 0: none is known */
	uint32_t window; /* UIDs asked for at once; grows over gaps */
	uint32_t highest; /* UID of the answer */
	uint32_t probed; /* UID of the last message */
	uint32_t probed_number; /* and its sequence number */
	uint32_t *uids; /* of the answer */
	size_t n_uids;
	uint32_t announced; /* messages that there were when it was asked */
	size_t n_asked; /* of the answer's messages, those that were asked for */
	size_t n_nameless; /* those without a UID */
	unsigned attempts; /* that brought nothing */
	uint64_t retry_usec; /* not before then; 0: at once */
	bool is_suspected; /* ask although nothing was announced */
};

void imap_arrival_on_reply(struct imap_session *s, const struct imap_reply *reply);
/* Messages are on their way that no CURSOR has told of yet: one will. */
bool imap_arrival_is_telling(const struct imap_session *s);
bool imap_arrival_is_due(const struct imap_session *s);
void imap_arrival_ask(struct imap_session *s);
void imap_arrival_ask_all(struct imap_session *s);
void imap_arrival_probe(struct imap_session *s);
void imap_arrival_on_tagged(struct imap_session *s, bool was_probe, const struct imap_reply *reply);
