#include "daemon/login-budget.h"

#define LOGIN_USEC LOGIN_BUDGET_REFILL_USEC

static uint64_t spent_at(
	const struct login_budget *budget, uint64_t n_accounts, uint64_t now_usec) {
	uint64_t passed = now_usec > budget->counted_usec ? now_usec - budget->counted_usec : 0;
	uint64_t n = MAX(n_accounts, (uint64_t)1);
	/* No host has so many accounts that this overflows before all has dripped back. */
	if (passed > budget->spent_usec / n)
		return 0;
	return budget->spent_usec - passed * n;
}

uint64_t login_budget_due(
	const struct login_budget *budget, uint64_t n_accounts, uint64_t now_usec) {
	uint64_t n = MAX(n_accounts, (uint64_t)1);
	uint64_t most = (LOGIN_BUDGET_BURST * n - 1) * LOGIN_USEC;
	uint64_t spent = spent_at(budget, n, now_usec);
	return spent <= most ? now_usec : now_usec + (spent - most + n - 1) / n;
}

void login_budget_take(struct login_budget *budget, uint64_t n_accounts, uint64_t now_usec) {
	budget->spent_usec = spent_at(budget, n_accounts, now_usec) + LOGIN_USEC;
	budget->counted_usec = now_usec;
}

void login_budget_give_back(struct login_budget *budget) {
	budget->spent_usec -= MIN(budget->spent_usec, LOGIN_USEC);
}

bool login_budget_is_full(
	const struct login_budget *budget, uint64_t n_accounts, uint64_t now_usec) {
	return spent_at(budget, n_accounts, now_usec) == 0;
}
