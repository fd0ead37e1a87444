#include "daemon/token-care.h"

#include "daemon/credential.h"

void token_care_on_credential(struct token_care *care, const struct credential_result *result) {
	if (result->reason != REASON_NONE)
		return;
	care->is_token = result->kind == CREDENTIAL_TOKEN;
	care->expires_usec = care->is_token ? result->expires_usec : 0;
}

void token_care_on_online(struct token_care *care) {
	care->is_refresh_due = false;
}

bool token_care_on_end(struct token_care *care, enum reason reason, uint64_t alive_usec) {
	bool is_renewal = care->is_renewing && reason == REASON_NONE;
	bool is_refusal = reason == REASON_TOKEN_EXPIRED || reason == REASON_AUTH_FAILED;
	care->is_renewing = false;
	if (alive_usec >= TOKEN_CARE_STABLE_USEC)
		care->was_refreshed = false;
	if (!care->is_token || (!is_renewal && !is_refusal))
		return false;
	care->is_cut_off |= alive_usec > 0 && reason == REASON_TOKEN_EXPIRED;
	care->is_refresh_due = true;
	bool is_first = !care->was_refreshed;
	care->was_refreshed = true;
	return is_first;
}

uint64_t token_care_renewal(const struct token_care *care, uint64_t now_usec) {
	uint64_t soonest = now_usec + TOKEN_CARE_STABLE_USEC + TOKEN_CARE_AHEAD_USEC;
	if (!care->is_token || !care->is_cut_off || care->expires_usec < soonest)
		return USEC_NEVER;
	return care->expires_usec - TOKEN_CARE_AHEAD_USEC;
}
