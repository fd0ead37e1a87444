#pragma once
/* Private to the session: the mailboxes beside the one that is open. One of them is home: it is
 * selected while nothing is to do. A round finds out which there are and how each is (LIST, STATUS);
 * what that shows completely needs no more. Where it shows news the mailbox is visited: selected,
 * compared, fetched from. Then home again, where the comparison of the opening finds what came
 * meanwhile. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/imap-place.h"

struct imap_reply;
struct imap_session;

/* What was known of a mailbox when it was selected. */
struct imap_visit {
	uint32_t uidvalidity;
	uint32_t next_uid;
	uint32_t n_announced;
};

struct imap_round {
	struct imap_visit visit;
	size_t wanted; /* the place to select next, or IMAP_PLACE_NONE */
	uint32_t asked; /* places below were asked for their STATUS in this round */
	bool is_due;
	bool is_for_untold; /* only places that NOTIFY did not tell of are asked */
	bool is_running;
};

/* The place to be selected while nothing is to do, or IMAP_PLACE_NONE. */
size_t imap_round_home(const struct imap_session *s);

/* All are to be asked; or only those that NOTIFY SET did not tell of. */
void imap_round_begin(struct imap_session *s);
void imap_round_begin_untold(struct imap_session *s);
/* Nothing is left to be asked or to be visited. */
bool imap_round_is_over(const struct imap_session *s);

/* A STATUS of a mailbox that is not the selected one, asked for or not. */
void imap_round_on_status(struct imap_session *s, const struct imap_reply *reply);
/* The answer to the STATUS of a place. */
void imap_round_on_tagged(struct imap_session *s, size_t place, const struct imap_reply *reply);
/* The server says that there is no such mailbox. */
void imap_round_on_gone(struct imap_session *s, size_t place);

/* Asks for the STATUS of the selected mailbox, where NOOP tells nothing. News are a visit. */
void imap_round_ask_selected(struct imap_session *s);

/* Nothing is in flight. True: there is more to ask or to visit before the session may rest. */
bool imap_round_proceed(struct imap_session *s);

/* The open mailbox was opened anew in vain some times in a row: it has to wait until it is again. */
bool imap_round_is_tired(const struct imap_session *s);

/* Selects what imap_round_proceed() chose, once the events about the last mailbox are out. True: there
 * is one more, or it is selected. */
bool imap_round_switch(struct imap_session *s);

/* The selected mailbox was opened. */
void imap_round_on_opened(struct imap_session *s);
/* It cannot be opened. True: the session goes on with another. */
bool imap_round_on_refused(struct imap_session *s, const struct imap_reply *reply);
/* The connection ends. */
void imap_round_on_lost(struct imap_session *s);
/* It has another UIDVALIDITY, or its UIDs went back. False: once too often, it is left alone. */
bool imap_round_may_reset(struct imap_session *s);

/* Something is due although nothing was asked. */
bool imap_round_has_work(const struct imap_session *s);
/* Chooses the next mailbox to be opened, if there is one. */
void imap_round_visit(struct imap_session *s);

/* The place is home, or selected, or about to be. */
bool imap_round_is_open(const struct imap_session *s, size_t place);
