#pragma once
/* Cursors and the event log in one SQLite file (WAL), mode 0600. An event and the cursor that
 * makes it old go into one transaction; writes of one turn of the loop are grouped. `seq` only
 * grows, also over a restored or rolled-back file: microseconds of the wall clock, or last + 1.
 *
 * What a commit promises: it survives the death of the process at any point. A power cut may take
 * the last commits (those since the last checkpoint) back, whole and newest first, since a commit
 * does not wait for the disk: event and cursor are lost together, the message is found again and
 * announced with the same id under a new, larger seq. */
#include "base/macros.h"
#include "store/store-record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

struct store_limits {
	uint64_t keep_usec; /* events older than this go; 0: 30 days */
	uint64_t keep_events; /* the newest so many stay; 0: 100,000 */
};

enum store_opened {
	STORE_OPENED, /* as it was left */
	STORE_CREATED,
	STORE_SET_ASIDE, /* the file was damaged: renamed, a new one begun */
};

/* Makes missing directories (0700). Negative errno: -EBUSY another instance has it, -EPROTO a
 * newer schema (left untouched), -EROFS, -ENOSPC, -EACCES ... `ret_problem` (owned, may be NULL)
 * is a sentence with the file's name for every outcome that a user must know of; it is set on
 * failure too. A damaged file is kept as `path`.damaged-1 to -9, together with its -wal. */
int store_open(const char *path, const struct store_limits *limits, struct store **ret,
	enum store_opened *ret_opened, char **ret_problem);
/* From the next store_trim() and store_append() on. */
void store_set_limits(struct store *store, const struct store_limits *limits);
/* Rolls back what was not committed. */
struct store *store_close(struct store *store);
DEFINE_CLEANUP(struct store, store_close);

/* A state file that nobody has open, with all that belongs to it. */
void store_remove(const char *path);

/* 1: found; 0: this mailbox was never seen. Sees the open transaction too. */
int store_load_cursor(
	struct store *store, const char *account, const char *mailbox, struct store_cursor *ret);

/* The mailboxes of an account that have a cursor, by name. The name is borrowed; the callback must not
 * call the store. Returns their number or negative errno. */
typedef void (*store_mailbox_fn)(const char *mailbox, void *userdata);
int store_list_mailboxes(
	struct store *store, const char *account, store_mailbox_fn each, void *userdata);

/* All parts of a mailbox in the order of their numbers; the callback's part is borrowed, it
 * returns 0 to go on. Returns the number of parts or negative errno. */
typedef int (*store_part_fn)(const struct store_part *part, void *userdata);
int store_load_parts(struct store *store, const char *account, const char *mailbox,
	store_part_fn each, void *userdata);

/* The writes. Each opens the transaction if none is open; nothing is durable before
 * store_commit(). `now_usec` is the wall clock. -E2BIG leaves the transaction as it was. Any
 * other failure (-ENOSPC, -EIO, ...) is the disk's and dooms the transaction: every write that
 * follows fails alike, and so does store_commit(), which rolls back. The next transaction is
 * tried afresh. */
int store_save_cursor(struct store *store, const char *account, const char *mailbox,
	const struct store_cursor *cursor);
int store_save_part(struct store *store, const char *account, const char *mailbox,
	const struct store_part *part);
/* Forgets the parts with this number and larger ones. */
int store_cut_parts(
	struct store *store, const char *account, const char *mailbox, uint32_t from_number);
/* Cursor and parts are those of another name now, in the place of what that one had. */
int store_rename_mailbox(
	struct store *store, const char *account, const char *mailbox, const char *new_name);
int store_append(
	struct store *store, const struct store_event *event, uint64_t now_usec, uint64_t *ret_seq);

/* 1: the log has a new message with this account, email_id and message_id in another mailbox; 0: it
 * has not. Sees the open transaction. As far back as the log goes. */
int store_has_copy(struct store *store, const struct store_event *event);

/* `about` names the server, the network, the account, or what else tells it from others. What is not
 * saved again for half a year is forgotten, but for a pause. Load: 1 found, 0 not known. */
int store_save_fact(struct store *store, const char *about, enum store_fact_kind kind,
	const struct store_fact *fact);
int store_load_fact(
	struct store *store, const char *about, enum store_fact_kind kind, struct store_fact *ret);

bool store_is_dirty(const struct store *store);
/* 0 when nothing is open. After a failure nothing of the transaction remains. */
int store_commit(struct store *store);
void store_rollback(struct store *store);

/* Forget cursors and parts, as writes of the transaction: of one mailbox, of all accounts that
 * are not in the list (NULL-terminated). Events stay. */
int store_forget_mailbox(struct store *store, const char *account, const char *mailbox);
int store_forget_accounts(struct store *store, const char *const *kept);

/* Events with seq > after, oldest first, at most `limit`; the callback's event is borrowed, it
 * returns 0 to go on, positive to stop behind this event, negative to fail with that. Committed
 * ones only. The callback must not call the store. -ESTALE when events after `after` have been
 * dropped by retention (after == 0 never is). Returns the number of events or negative errno. */
typedef int (*store_event_fn)(const struct store_event *event, void *userdata);
int store_read_events(
	struct store *store, uint64_t after, unsigned limit, store_event_fn each, void *userdata);

/* The newest event of each account that has one in the log; looks at all of it. The name is borrowed;
 * the callback must not call the store. Returns the number of accounts or negative errno. */
typedef void (*store_newest_fn)(const char *account, uint64_t seq, void *userdata);
int store_list_newest(struct store *store, store_newest_fn each, void *userdata);

/* The newest committed seq, also of an event that retention dropped; 0: there never was one. */
uint64_t store_last_seq(const struct store *store);

/* What was signalled. Kept with the next commit (or by store_close()), so that after a crash the
 * events behind it can be signalled again under the same seq. */
void store_set_published(struct store *store, uint64_t seq);
uint64_t store_published(const struct store *store);

/* Drops what the limits say, as a write of the transaction, a bounded number of events in a call;
 * for a slow timer. 1: there is more to drop. (The count is also held by store_append().) */
int store_trim(struct store *store, uint64_t now_usec);
