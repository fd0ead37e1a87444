#include "daemon/standing.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "daemon/log-catalog.h"

void standing_init(struct standing *standing) {
	*standing = (struct standing){
		.strategy = "",
		.reason_text = memory_strdup(""),
	};
}

void standing_deinit(struct standing *standing) {
	free(standing->reason_text);
}

void standing_set_reason(struct standing *standing, enum reason reason, const char *text) {
	free(standing->reason_text);
	standing->reason = reason;
	standing->reason_text = memory_strdup(text ? text : "");
}

void standing_set_reason_said(struct standing *standing, enum reason reason, const char *said) {
	const char *sentence = reason_to_sentence(reason);
	CLEANUP_TEXT char *text = text_is_empty(said) ? memory_strdup(sentence)
						      : memory_format("%s: %s", sentence, said);
	standing_set_reason(standing, reason, text);
}

static enum log_level level_of(enum account_state state) {
	switch (state) {
	case ACCOUNT_STATE_CONNECTING:
		return LOG_LEVEL_DEBUG;
	case ACCOUNT_STATE_FAILED:
		return LOG_LEVEL_WARNING;
	case ACCOUNT_STATE_ONLINE:
	case ACCOUNT_STATE_DEGRADED:
	case ACCOUNT_STATE_OFFLINE:
	case ACCOUNT_STATE_PAUSED:
		return LOG_LEVEL_INFO;
	}
	return LOG_LEVEL_INFO;
}

/* What the line is in the journal's catalog: an event is a change that people would look for. */
static enum log_event event_of(struct standing *standing) {
	bool is_waiting =
		standing->state == ACCOUNT_STATE_OFFLINE || standing->state == ACCOUNT_STATE_FAILED;
	if (is_waiting && standing->reason != REASON_NONE) {
		standing->was_in_trouble = true;
		return log_catalog_event_of(standing->reason);
	}
	if (!standing_is_online(standing) || !standing->was_in_trouble)
		return LOG_EVENT_NONE;
	standing->was_in_trouble = false;
	return LOG_EVENT_ACCOUNT_RECOVERED;
}

void standing_enter(struct standing *standing, const struct standing_owner *owner,
	enum account_state state, uint64_t now_usec) {
	enum account_state was = standing->state;
	standing->state = state;
	if (!standing_is_online(standing)) {
		standing->strategy = "";
		standing->online_since_usec = 0;
	} else if (standing->online_since_usec == 0) {
		standing->online_since_usec = now_usec;
	}
	const char *reason = reason_to_string(standing->reason);
	const struct log_fields fields = {
		.event = event_of(standing),
		.reason = reason,
		.host = owner->host,
	};
	log_write_fields(level_of(state), owner->account, &fields, "state=%s was=%s%s%s%s%s",
		account_state_to_string(state), account_state_to_string(was),
		*reason ? " reason=" : "", reason, *standing->reason_text ? ": " : "",
		standing->reason_text);
}

bool standing_is_online(const struct standing *standing) {
	return account_state_is_online(standing->state);
}
