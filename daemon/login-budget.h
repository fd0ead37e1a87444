#pragma once
/* How many logins a server host gets from us in the long run: a bucket with room for three logins of
 * each of its accounts, into which one for each account drips in a minute. So a line that flaps, or
 * a server that lets us in and closes, costs three logins in its first minute and one in each that
 * follows; a start of ten thousand accounts costs none of them any time. Pure: time is an argument. */
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

#define LOGIN_BUDGET_BURST 3 /* logins of one account */
#define LOGIN_BUDGET_REFILL_USEC USEC_PER_MINUTE /* until one account may log in once more */

/* Embedded; zeroed it is full. */
struct login_budget {
	/* Logins that were taken and have not dripped back, in microseconds of one account. */
	uint64_t spent_usec;
	uint64_t counted_usec; /* until then */
};

/* The time from which on a login may be taken: not after `now_usec` if it may be now. */
uint64_t login_budget_due(
	const struct login_budget *budget, uint64_t n_accounts, uint64_t now_usec);

void login_budget_take(struct login_budget *budget, uint64_t n_accounts, uint64_t now_usec);
/* Of an attempt that never reached the server. */
void login_budget_give_back(struct login_budget *budget);
bool login_budget_is_full(
	const struct login_budget *budget, uint64_t n_accounts, uint64_t now_usec);
