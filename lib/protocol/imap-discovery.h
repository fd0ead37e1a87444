#pragma once
/* Private to the session: which mailboxes there are. LIST finds them, by pattern and special use, and
 * tells how each one is where the server can (RFC 5819); a server may also tell of them by itself. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct imap_reply;
struct imap_session;

struct imap_discovery {
	char **reached; /* patterns for namespaces beside the user's own */
	uint32_t n_listed; /* answers in this round */
	uint16_t n_reached;
	uint16_t next_pattern; /* of this round, to be listed */
	bool has_namespaces; /* they were asked for */
	bool is_due; /* LIST belongs to the round that runs */
	bool is_plain; /* the server stumbles over what RFC 5258 and 5819 added */
	bool was_refused; /* in this round */
};

/* After login: settles what may be watched without a list. */
void imap_discovery_begin(struct imap_session *s);
void imap_discovery_deinit(struct imap_discovery *discovery);

/* True: NAMESPACE was sent, for it may matter. */
bool imap_discovery_ask_namespaces(struct imap_session *s);

void imap_discovery_begin_round(struct imap_session *s);
/* True: LIST was sent, there is something to wait for. */
bool imap_discovery_ask(struct imap_session *s);
void imap_discovery_on_tagged(struct imap_session *s, const struct imap_reply *reply);
void imap_discovery_on_list(struct imap_session *s, const struct imap_reply *reply);
void imap_discovery_on_namespace(struct imap_session *s, const struct imap_reply *reply);

/* The mailbox of this place has another name now. The cursor stays with the mailbox, what the user
 * named stays with the name. Returns the number of the place that has the old name; IMAP_PLACE_NONE
 * when none needs it. */
size_t imap_discovery_rename(struct imap_session *s, size_t place, const char *name);
