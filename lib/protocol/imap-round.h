#pragma once
/* Private to the session: the mailboxes beside the first one. The first is home: it is selected
 * while nothing is to do. A round asks STATUS of all the others; where that shows news the mailbox
 * is visited: selected, compared, fetched from. Then home again, where the comparison of the
 * opening finds what came meanwhile. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/imap-place.h"

struct imap_reply;
struct imap_session;

struct imap_round {
	size_t asked; /* places below were asked for their STATUS in this round */
	size_t wanted; /* the place to select next, or IMAP_PLACE_NONE */
	bool is_due;
	bool is_for_untold; /* only places that NOTIFY did not tell of are asked */
};

void imap_round_init(struct imap_round *round, const struct imap_places *places);

/* All are to be asked; or only those that NOTIFY SET did not tell of. */
void imap_round_begin(struct imap_session *s);
void imap_round_begin_untold(struct imap_session *s);
/* Nothing is left to be asked or to be visited. */
bool imap_round_is_over(const struct imap_session *s);

/* A STATUS of a mailbox that is not the selected one, asked for or not. */
void imap_round_on_status(struct imap_session *s, const struct imap_reply *reply);

/* Asks for the STATUS of the selected mailbox, where NOOP tells nothing. News are a visit. */
void imap_round_ask_selected(struct imap_session *s);

/* Nothing is in flight. True: there is more to ask or to visit before the session may rest. */
bool imap_round_proceed(struct imap_session *s);

/* Selects what imap_round_proceed() chose, once the events about the last mailbox are out. */
void imap_round_switch(struct imap_session *s);

/* The selected mailbox cannot be opened. True: it was a visit, which is over. */
bool imap_round_give_up(struct imap_session *s);

/* A visit is due although nothing was asked. */
bool imap_round_has_visit(const struct imap_session *s);
/* Chooses it. */
void imap_round_visit(struct imap_session *s);

/* The place is home, or selected, or about to be. */
bool imap_round_is_open(const struct imap_session *s, size_t place);
