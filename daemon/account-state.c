#include "daemon/account-state.h"

const char *account_state_to_string(enum account_state state) {
	switch (state) {
	case ACCOUNT_STATE_OFFLINE:
		return "offline";
	case ACCOUNT_STATE_CONNECTING:
		return "connecting";
	case ACCOUNT_STATE_ONLINE:
		return "online";
	case ACCOUNT_STATE_DEGRADED:
		return "degraded";
	case ACCOUNT_STATE_PAUSED:
		return "paused";
	case ACCOUNT_STATE_FAILED:
		return "failed";
	}
	return "";
}

bool account_state_is_online(enum account_state state) {
	return state == ACCOUNT_STATE_ONLINE || state == ACCOUNT_STATE_DEGRADED;
}

enum account_state account_state_of_reason(enum reason reason) {
	switch (reason) {
	case REASON_NONE:
	case REASON_DNS_FAILED:
	case REASON_CONNECT_FAILED:
	case REASON_CONNECTION_LOST:
	case REASON_TIMED_OUT:
	case REASON_SERVER_CLOSED:
	case REASON_TLS_TRUNCATED:
	case REASON_THROTTLED:
	case REASON_LIMIT:
	case REASON_UNAVAILABLE:
	case REASON_LOCKED:
	case REASON_PUSH_REFUSED:
	case REASON_PUSH_SILENT:
		return ACCOUNT_STATE_OFFLINE;
	default:
		/* A refusal, by the server or by us: it is tried again, but the user must know. */
		return ACCOUNT_STATE_FAILED;
	}
}
