#pragma once
/* What an account is doing, in a word. The picture of how one follows another is in account.h. */
#include <stdbool.h>

#include "base/reason.h"

enum account_state {
	ACCOUNT_STATE_OFFLINE, /* waiting for the next attempt, or not started */
	ACCOUNT_STATE_CONNECTING,
	ACCOUNT_STATE_ONLINE,
	ACCOUNT_STATE_DEGRADED, /* online, but not as well as it could be */
	ACCOUNT_STATE_PAUSED,
	ACCOUNT_STATE_FAILED, /* a refusal that the user should know of */
};

const char *account_state_to_string(enum account_state state);
/* Connected, well or not so well. */
bool account_state_is_online(enum account_state state);
/* What a reason means for the state while the account waits: OFFLINE or FAILED. */
enum account_state account_state_of_reason(enum reason reason);
