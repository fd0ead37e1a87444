#pragma once
/* How an account stands: what it is doing, since when, and why not better. Embedded in the account,
 * which tells others of its changes. */
#include <stdbool.h>
#include <stdint.h>

#include "base/reason.h"
#include "daemon/account-state.h"

struct standing {
	enum account_state state; /* written by standing_enter() alone */
	enum reason reason;
	char *reason_text; /* a sentence with what the server said, or "" */
	const char *strategy; /* a constant; "" unless it is watching */
	uint64_t online_since_usec; /* CLOCK_BOOTTIME; 0: not online */
	uint64_t last_contact_usec; /* wall clock; 0: never */
	uint64_t retry_at_usec; /* wall clock; 0: none is due */
	bool was_in_trouble; /* since it was online the last time, and people were told */
};

void standing_init(struct standing *standing);
void standing_deinit(struct standing *standing);

/* Before the state is entered, whose line in the log names it. `text` may be NULL. */
void standing_set_reason(struct standing *standing, enum reason reason, const char *text);
/* "The server refused the login: Authentication failed." `said` may be NULL. */
void standing_set_reason_said(struct standing *standing, enum reason reason, const char *said);

/* Whose standing it is, for the log; borrowed for the call. */
struct standing_owner {
	const char *account;
	const char *host;
};

/* The only writer of the state. The words of its line in the log are fixed: people grep for them.
 * `now_usec` is CLOCK_BOOTTIME. */
void standing_enter(struct standing *standing, const struct standing_owner *owner,
	enum account_state state, uint64_t now_usec);

bool standing_is_online(const struct standing *standing);
