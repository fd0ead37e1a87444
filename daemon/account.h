#pragma once
/* One configured account: its state, its attempts, its retries.
 *
 *              start                 secret, connection, login
 *   OFFLINE ----------> CONNECTING ---------------------------> ONLINE
 *      ^  timer or check()  |                                     |
 *      |                    v  refused: the user must know        v
 *      +----------------- FAILED <--------------------------------+
 *      +----- the network's trouble ------------------------------+
 *
 *   any of them --pause()--> PAUSED --resume() or its time--> CONNECTING
 *
 * Models never call D-Bus: what changed is a mask, given to the host. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/reason.h"
#include "daemon/account-host.h"
#include "daemon/account-state.h"

struct account_config;
struct marking_caller;

/* What everybody may see. Texts are valid UTF-8, never NULL; borrowed, valid until the next turn
 * of the loop. */
struct account_status {
	enum account_state state;
	enum reason reason;
	const char *reason_text; /* a sentence with what the server said, or "" */
	const char *strategy; /* "notify", "idle", "poll", or "" */
	uint32_t unseen;
	uint32_t total;
	uint64_t last_contact_usec; /* wall clock; 0: never */
	uint64_t retry_at_usec; /* wall clock; 0: none is due */
};

/* Takes the configuration over. */
struct account *account_new(const struct account_host *host, struct account_config *config);
struct account *account_free(struct account *account);
DEFINE_CLEANUP(struct account, account_free);

/* True: the new configuration is taken over, and what it changes does not touch the connection.
 * False: it is another account, and nothing is taken. Reports nothing; account_reconsider() follows
 * when all accounts are told. */
bool account_reconfigure(struct account *account, struct account_config *config);

/* Begins, from the loop. */
void account_start(struct account *account);
/* Ends politely; account_is_idle() once it is done. */
void account_stop(struct account *account);
bool account_is_idle(const struct account *account);

/* Looks at once: a waiting account tries now, unless the server asked for patience or refused
 * the login. */
void account_refresh(struct account *account);
/* The same, for somebody who named this account: a refused login is tried too. Not more often than
 * the host's budget allows, and not while the server throttles. */
void account_check(struct account *account);

/* Marks messages as seen, which are named by their identities; `done` is called once, and not before this
 * has returned 0, with what came of each. At least one, at most MARKING_MAX. -EROFS: ReadOnly=yes;
 * -EOPNOTSUPP: POP3; -ENOENT: `ret_bad` is no message of this account; -ENOTCONN: not online;
 * -ENOBUFS: too many are waiting. Nothing was done then. */
int account_mark_seen(struct account *account, const char *const *ids, size_t n,
	const struct marking_caller *caller, size_t *ret_bad);

/* Leaves the account alone until then (wall clock; 0: until account_resume()): its connection ends
 * politely and nothing makes another one. Kept over restarts. -EINVAL: that is not in the future; or
 * as the store fails. */
int account_pause(struct account *account, uint64_t until_usec);
/* Ends a pause and tries at once; nothing else is changed by it. As the store fails. */
int account_resume(struct account *account);

/* The machine is about to sleep: a connection ends politely; account_is_idle() once it is done. Who
 * waits for an attempt goes on waiting. */
void account_doze(struct account *account);
/* The machine has woken, or its networks have changed: what is connected is asked for a sign of life
 * within `patience_usec`. With `may_try`, where there is a network, what dozed logs in again, and who
 * waited for the network tries now. */
void account_stir(struct account *account, uint64_t patience_usec, bool may_try);

/* A place that secrets come from has changed: an account that got none tries now. One whose secret
 * the server refused does not, since the change may have been anything. */
void account_secrets_changed(struct account *account);

/* The configuration was read again: what waits for the network or for the user is tried; a refused
 * login only if something about it has changed, see refusal-memory.h. */
void account_reconsider(struct account *account);

/* What was written since the last commit was rolled back. The connection is dropped from the loop,
 * reports until then are ignored, and all since that commit is seen anew. */
void account_store_failed(struct account *account, int error);

/* A number for the host to find its own about this account again; as it was set, 0 at first. */
void account_set_index(struct account *account, size_t index);
size_t account_index(const struct account *account);

const struct account_config *account_config(const struct account *account);
/* Borrowed until the next turn of the loop. */
const struct mailbox_list *account_mailboxes(const struct account *account);
struct account_status account_status(const struct account *account);
