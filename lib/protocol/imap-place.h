#pragma once
/* One mailbox as a session knows it, and all of them. Places are added and never taken out while the
 * session lives: their numbers stay. Owned by the session. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/imap-announced.h"
#include "protocol/imap-mailbox.h"

enum imap_place_state {
	IMAP_PLACE_UNPROVED, /* remembered, or named by the user: the server has not said yet */
	IMAP_PLACE_HERE,
	IMAP_PLACE_GONE, /* the server says that there is no such mailbox */
	IMAP_PLACE_REFUSED, /* it is listed, and cannot be opened */
};

struct imap_place {
	char *name; /* UTF-8 */
	char *wire; /* as the server spells it, where that is not how we would; else NULL */
	char *old_name; /* for the next MAILBOX event: it was called so */
	struct imap_cursor cursor; /* where reading ended, then where it is */
	struct imap_announced announced; /* and unread */
	struct imap_announced marks; /* to be marked as seen */
	const char *reset; /* of its BASELINE, a constant; NULL: at first sight */
	struct imap_standing standing;
	uint32_t pending; /* events about it: bits, one for each enum imap_event_kind */
	uint32_t attributes; /* enum imap_list_attribute */
	uint8_t state; /* enum imap_place_state */
	bool is_announced_changed; /* since it was last told */
	bool has_retired; /* since the last CURSOR */
	bool is_named; /* Watch= has its very name */
	bool is_watched;
	bool is_told; /* of, by the round that runs or by what NOTIFY SET began with */
	bool is_in_set; /* NOTIFY SET names it */
	bool is_fresh; /* its cursor is a first sight that was not announced yet */
	bool is_newborn; /* it was made while we watched */
	bool is_visit_due; /* to be selected and compared */
	bool is_elsewhere; /* another session of the account watches it */
	uint8_t n_vain; /* visits in a row that brought nothing */
	uint64_t vain_usec; /* when the last of them ended */
};

struct imap_places {
	struct imap_place *items;
	size_t n;
};

#define IMAP_PLACE_NONE SIZE_MAX

/* The number of the place of that name, which is there now, if it was not before. IMAP_PLACE_NONE
 * when there are as many as there may be. */
size_t imap_place_add(struct imap_places *places, const char *name);
void imap_place_deinit_all(struct imap_places *places);

/* By the UTF-8 name; by a name of the wire. IMAP_PLACE_NONE when there is none. */
size_t imap_place_find(const struct imap_places *places, const char *name);
size_t imap_place_find_on_wire(const struct imap_places *places, const char *mailbox);

/* Its name as an argument of a command, owned; "" for what is not UTF-8. */
char *imap_place_argument(const struct imap_place *place);
