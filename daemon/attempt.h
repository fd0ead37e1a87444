#pragma once
/* One attempt at an account: its turn at the gate, its secret, whom it trusts, and the watch that
 * comes of them. Embedded in the account, for one attempt after the other, with what one leaves for
 * the next. Tells the account what the watch reports, and always its end; knows nothing of states,
 * retries or what is stored. */
#include <stdbool.h>

#include "base/list.h"
#include "daemon/gate.h"
#include "daemon/token-care.h"
#include "daemon/watch.h"
#include "protocol/imap-proof.h"

struct account_config;
struct account_host;
struct attempt;
struct credential;
struct tls_pins;
struct tls_ticket;

/* A constant of the account. */
struct attempt_owner {
	/* Its turn has come: attempt_log_in() from the loop and not from here. An attempt that ends at
	 * once would open the gate for the next one, and so on through the whole queue. */
	void (*turn)(struct attempt *attempt);
	/* It waits for its turn, and what it waits for has changed: attempt_wait(). */
	void (*waits)(struct attempt *attempt);
	/* The source of the secret knows where the mail is, and it is another place than before. */
	void (*moved)(struct attempt *attempt);
	/* As the watch reports, but what concerns only the log or markings; a WATCH_CLOSED also when it
	 * comes to no watch. The receiver may end the attempt in it. */
	void (*report)(struct attempt *attempt, const struct watch_report *report);
};

struct attempt {
	const struct attempt_owner *owner;
	const struct account_host *host; /* borrowed, like the configuration */
	struct account_config *config;
	struct mailbox_list *mailboxes; /* the account's */
	/* of the one that is under way */
	struct gate_place place;
	struct credential *credential;
	struct watch *watch;
	struct list markings; /* messages that are being marked as seen */
	bool has_reached; /* the server has said something */
	/* for the next one */
	struct token_care token;
	struct tls_ticket *ticket;
	struct tls_pins *pins; /* from the first one on; NULL: none */
	struct imap_proof proof;
};

/* The members in the middle are zero; owner, host, config and mailboxes are set. */
void attempt_init(struct attempt *attempt);
void attempt_deinit(struct attempt *attempt);

/* True: log in at once. False: `turn` follows. */
bool attempt_begin(struct attempt *attempt);
/* Its turn has come, and attempt_log_in() is due. */
bool attempt_is_at_turn(const struct attempt *attempt);
bool attempt_is_waiting(const struct attempt *attempt);
/* Until when, on the alarm clock, and for what. */
struct gate_wait attempt_wait(const struct attempt *attempt);
/* May report its end before it returns. */
void attempt_log_in(struct attempt *attempt);
/* Online: the next account may log in. */
void attempt_settle(struct attempt *attempt);

/* Only when online. As account_mark_seen() has it. */
int attempt_mark_seen(struct attempt *attempt, const char *const *ids, size_t n,
	const struct marking_caller *caller, size_t *ret_bad);

/* Asks for no secret any more. The turn is kept. */
void attempt_drop_credential(struct attempt *attempt);
/* Ends politely: a WATCH_CLOSED follows where there is a watch. */
void attempt_stop(struct attempt *attempt);
/* Ends at once and reports nothing; whoever waits for a marking is told. What it leaves for the next
 * stays. `reason` is what the others of its host learn from it; NONE: nothing. */
void attempt_end(struct attempt *attempt, enum reason reason);

/* Neither asks for a secret nor has a watch. */
bool attempt_is_idle(const struct attempt *attempt);
