#pragma once
/* One attempt at one account, from the connection to its end, whatever the protocol: an engine
 * joined to a stream. Made and owned by account.c; it reports there and knows nothing of retries,
 * D-Bus or the log of events. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/macros.h"
#include "daemon/watch-report.h"
#include "store/store.h"

struct account_config;
struct imap_proof;
struct alarm_clock;
struct desktop;
struct mailbox_list;
struct metrics;
struct resolver;
struct stream_event;
struct stream_target;
struct tls_identity;
struct tls_pins;
struct tls_policy;
struct tls_ticket;
struct watch_facts;

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
	struct desktop *desktop; /* may have secrets; NULL: there is none */
	struct store *store; /* cursors are read from it */
	size_t n_accounts; /* of this process */
	struct imap_proof *proof; /* what one attempt learned and the next should know */
	struct metrics *metrics;
	struct watch_facts *facts; /* filled in for a trial; else NULL */
	const struct mailbox_list *mailboxes; /* what is known of them from before */
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
	void (*probe)(struct watch *watch, uint64_t patience_usec);
	void (*reconfigure)(struct watch *watch);
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

/* The machine slept, or its network has changed: a connection that cannot live any more ends at once, as
 * one does that is still on its way; any other one is asked for a sign of life within `patience_usec`.
 * WATCH_CLOSED may come before it returns. */
static inline void watch_probe(struct watch *watch, uint64_t patience_usec) {
	watch->kind->probe(watch, patience_usec);
}

/* Live keys have changed in the configuration that it was made for. */
static inline void watch_reconfigure(struct watch *watch) {
	watch->kind->reconfigure(watch);
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
