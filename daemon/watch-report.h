#pragma once
/* What a watch tells its account. */
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"
#include "daemon/marking.h"
#include "protocol/imap-event.h"
#include "protocol/login.h"
#include "store/store.h"

enum watch_report_kind {
	WATCH_LOGIN, /* `login`: how the server let us in */
	WATCH_ONLINE, /* `strategy`; `reason`: why not a better one */
	WATCH_BASELINE, /* `mailbox` is seen anew from `cursor` on; `reset_reason` unless the first time */
	WATCH_MESSAGES, /* `events` and `cursor` belong into one transaction */
	WATCH_COUNTS, /* `cursor` has other counts */
	WATCH_MAILBOX, /* `mailbox` is as `listed` says; it was `old_mailbox`, if that is not NULL */
	WATCH_SWEPT, /* WATCH_MAILBOX has told of all that are not watched */
	WATCH_ALERT, /* `text`: a sentence of the server for its user */
	WATCH_CONTACT, /* the server said something */
	WATCH_LEARNED, /* `about`, `fact`, `value`: to be remembered */
	WATCH_SCHEDULED, /* online, and silent for `retry_after_usec` */
	WATCH_MARKED, /* `message_id`: what came of marking it is `marked`; `text` */
	WATCH_CLOSED, /* the end: `reason`, `text`, `retry_after_usec`; free the watch */
};

/* Borrowed during the callback. */
struct watch_report {
	enum watch_report_kind kind;
	struct login_outcome login;
	const char *strategy;
	const char *mailbox; /* UTF-8 */
	const char *old_mailbox;
	struct imap_listed listed;
	struct store_cursor cursor;
	const struct store_event *events; /* account and mailbox are filled in */
	size_t n_events;
	uint64_t
		heard_usec; /* CLOCK_MONOTONIC: the server's word for them; 0: they were asked for */
	/* Beside the cursor, for the kinds that have one: parts of the mailbox's state that changed. */
	const struct store_part *parts;
	size_t n_parts;
	uint32_t cut_parts_from; /* parts from this number on are to be forgotten; 0: none */
	const char *reset_reason;
	const char *about;
	enum store_fact_kind fact;
	uint64_t value;
	const char *message_id;
	enum marking_outcome marked;
	enum reason reason;
	const char *text; /* printable; may be NULL */
	uint64_t retry_after_usec;
};
