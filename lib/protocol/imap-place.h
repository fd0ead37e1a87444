#pragma once
/* One mailbox as a session knows it, and all of them. Places are added and never taken out while the
 * session lives: their numbers stay. Owned by the session. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/imap-announced.h"
#include "protocol/imap-mailbox.h"

struct imap_place {
	char *name; /* UTF-8 */
	struct imap_cursor cursor; /* where reading ended, then where it is */
	struct imap_announced announced; /* and unread */
	struct imap_announced marks; /* to be marked as seen */
	bool is_announced_changed; /* since it was last told */
	bool has_retired; /* since the last CURSOR */
	uint32_t pending; /* events about it: bits, one for each enum imap_event_kind */
	const char *reset; /* of its BASELINE, a constant; NULL: at first sight */
	bool is_visit_due; /* to be selected and compared */
	bool is_elsewhere; /* another session of the account watches it */
	bool is_told; /* of, by what NOTIFY SET began with */
};

struct imap_places {
	struct imap_place *items;
	size_t n;
};

#define IMAP_PLACE_NONE SIZE_MAX

/* The number of the place of that name, which is there now, if it was not before. */
size_t imap_place_add(struct imap_places *places, const char *name);
void imap_place_deinit_all(struct imap_places *places);

/* By the UTF-8 name; by a name of the wire. IMAP_PLACE_NONE when there is none. */
size_t imap_place_find(const struct imap_places *places, const char *name);
size_t imap_place_find_on_wire(const struct imap_places *places, const char *mailbox);
