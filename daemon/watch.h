#pragma once
/* One attempt at one account, from the connection to its end, whatever the protocol: an engine
 * joined to a stream. Made and owned by account.c; it reports there and knows nothing of retries,
 * D-Bus or the log of events. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "daemon/marking.h"
#include "base/macros.h"
#include "base/reason.h"
#include "protocol/login.h"
#include "store/store.h"

struct account_config;
struct imap_proof;
struct alarm_clock;
struct resolver;
struct stream_event;
struct stream_target;
struct tls_identity;
struct tls_pins;
struct tls_policy;
struct tls_ticket;
struct watch_facts;

enum watch_report_kind {
	WATCH_LOGIN, /* `login`: how the server let us in */
	WATCH_ONLINE, /* `strategy`; `reason`: why not a better one */
	WATCH_BASELINE, /* `mailbox` is seen anew from `cursor` on; `reset_reason` unless the first time */
	WATCH_MESSAGES, /* `events` and `cursor` belong into one transaction */
	WATCH_COUNTS, /* `cursor` has other counts */
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
	struct store_cursor cursor;
	const struct store_event *events; /* account and mailbox are filled in */
	size_t n_events;
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

/* The receiver may free the watch in it, for it is the last thing that the watch does. */
typedef void (*watch_report_fn)(void *userdata, const struct watch_report *report);

/* All borrowed: the credential until watch_new() returns, the rest for the life of the watch. */
struct watch_context {
	sd_event *loop;
	struct alarm_clock *clock;
	const struct account_config *config;
	const char *only; /* of the mailboxes that are to be watched; NULL: all */
	const struct credential_result *credential;
	struct tls_policy *policy;
	struct tls_ticket *ticket;
	struct tls_identity *identity; /* may be NULL */
	const struct tls_pins *pins; /* may be NULL */
	struct resolver *resolver;
	struct store *store; /* cursors are read from it */
	size_t n_accounts; /* of this process */
	struct imap_proof *proof; /* what one attempt learned and the next should know */
	struct watch_facts *facts; /* filled in for a trial; else NULL */
	watch_report_fn report;
	void *userdata;
};

struct watch;

/* What a kind of watch must be able to do; mark_seen may be NULL: this kind of mailbox has no flags. */
struct watch_kind {
	int (*new)(const struct watch_context *context, struct watch **ret);
	struct watch *(*free)(struct watch *watch);
	void (*check)(struct watch *watch);
	void (*close)(struct watch *watch);
	/* By their identities; WATCH_MARKED follows for each. -ENOENT: there is no message number
	 * `ret_bad`, and nothing was done. -ENOBUFS: too many. */
	int (*mark_seen)(struct watch *watch, const char *const *ids, size_t n, size_t *ret_bad);
};

/* First member of every kind's own struct. */
struct watch {
	const struct watch_kind *kind;
};

extern const struct watch_kind watch_imap_kind;
extern const struct watch_kind watch_pop3_kind;

/* The one for an account. */
const struct watch_kind *watch_kind_of(const struct account_config *config);

/* 0, or negative errno when this machine fails; what network and server do is reported. */
static inline int watch_new(
	const struct watch_kind *kind, const struct watch_context *context, struct watch **ret) {
	return kind->new (context, ret);
}

static inline struct watch *watch_free(struct watch *watch) {
	return watch ? watch->kind->free(watch) : NULL;
}

/* Looks for changes at once. */
static inline void watch_check(struct watch *watch) {
	watch->kind->check(watch);
}

/* Ends politely; WATCH_CLOSED follows. */
static inline void watch_close(struct watch *watch) {
	watch->kind->close(watch);
}

/* What every kind needs. */

/* Where the account's connection goes, and whom it trusts there. `alpn` is what is offered where
 * the account does not forbid it. */
struct stream_target watch_target(const struct watch_context *context, const char *alpn);

/* BOOTTIME goes on in a suspend, so that what is overdue is noticed at the resume. */
uint64_t watch_now(const struct watch_context *context, clockid_t clock);

/* An end without a word is the same to the user whether TLS was closed properly or not; it is
 * another thing when it cuts an answer in two. */
enum reason watch_reason_of_end(const struct stream_event *event, bool is_partial);

void watch_report(const struct watch_context *context, const struct watch_report *report);
/* `text` is any text of a peer or NULL. The watch may be gone afterwards. */
void watch_report_closed(const struct watch_context *context, enum reason reason, const char *text,
	uint64_t retry_after_usec);
