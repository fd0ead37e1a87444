#include "store/store.h"

#include "base/memory.h"
#include "store/store-event.h"
#include "store/store-file.h"
#include "store/store-name.h"
#include "store/store-sql.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define KEEP_USEC_DEFAULT (30 * 24 * USEC_PER_HOUR)
#define KEEP_EVENTS_DEFAULT 100000

/* The year 9999. A clock beyond it (or none at all) must not use up the numbers: SQLite has 63
 * bits for a seq, this leaves nearly all of them to "last + 1". */
#define CLOCK_MAX UINT64_C(253402300800000000)

/* The count is held within this of the limit by each append, so that a storm between two turns
 * of the slow timer cannot fill the disk, and dropping costs an append about one more row. */
#define COUNT_SLACK 1024
#define FACT_USEC (180 * 24 * USEC_PER_HOUR)
#define TRIM_MAX 10000 /* events a call drops: some 50 ms */

/* Names that lost their last user are looked for when so many may have. */
#define LOOSE_NAMES_MAX 256

/* What a rollback has to undo in memory. */
struct log_state {
	uint64_t last; /* newest seq given */
	uint64_t floor; /* newest seq dropped */
	uint64_t n_events;
	uint64_t published; /* as the file has it */
};

struct store {
	struct store_sql sql;
	int lock_fd;
	uint64_t keep_usec;
	uint64_t keep_events;
	struct log_state committed;
	struct log_state state; /* with the open transaction */
	uint64_t published;
	unsigned loose_names;
	bool in_transaction;
	int doom; /* what broke the open transaction */
};

/* The transaction */

/* Passes `r` on; what is the disk's failure dooms the transaction, parts of which SQLite may have
 * rolled back by itself. */
static int doom(struct store *store, int r) {
	if (r < 0 && store->doom == 0)
		store->doom = r;
	return r;
}

static int begin(struct store *store) {
	if (store->in_transaction)
		return store->doom;
	store->in_transaction = true;
	return doom(store, store_sql_run(store_sql_get(&store->sql, STORE_SQL_BEGIN)));
}

bool store_is_dirty(const struct store *store) {
	return store->in_transaction;
}

void store_rollback(struct store *store) {
	if (!store->in_transaction)
		return;
	if (sqlite3_get_autocommit(store->sql.db) == 0)
		(void)store_sql_run(store_sql_get(&store->sql, STORE_SQL_ROLLBACK));
	store->state = store->committed;
	store->in_transaction = false;
	store->doom = 0;
}

static int save_meta(struct store *store, const char *key, uint64_t value) {
	sqlite3_stmt *statement = store_sql_get(&store->sql, STORE_SQL_META_SAVE);
	store_sql_bind_text(statement, 1, key);
	store_sql_bind_number(statement, 2, value);
	return store_sql_run(statement);
}

static int save_published(struct store *store) {
	int r = save_meta(store, "published", store->published);
	if (r == 0)
		store->state.published = store->published;
	return r;
}

int store_commit(struct store *store) {
	if (!store->in_transaction)
		return 0;
	int r = store->doom;
	if (r == 0 && store->published != store->state.published)
		r = save_published(store);
	if (r == 0)
		r = store_sql_run(store_sql_get(&store->sql, STORE_SQL_COMMIT));
	if (r < 0) {
		store_rollback(store);
		return r;
	}
	store->committed = store->state;
	store->in_transaction = false;
	return 0;
}

/* Names */

static bool is_too_long(const char *text) {
	return strnlen(text, STORE_TEXT_MAX + 1) > STORE_TEXT_MAX;
}

static int intern_name(struct store *store, const char *text, uint64_t *ret_id) {
	int r = store_name_intern(&store->sql, text, ret_id);
	store->loose_names += r > 0;
	return MIN(r, 0);
}

struct place {
	uint64_t account;
	uint64_t mailbox;
};

/* Begins a write at a mailbox. */
static int enter_place(
	struct store *store, const char *account, const char *mailbox, struct place *ret) {
	if (is_too_long(account) || is_too_long(mailbox))
		return -E2BIG;
	int r = begin(store);
	if (r < 0)
		return r;
	r = intern_name(store, account, &ret->account);
	if (r == 0)
		r = intern_name(store, mailbox, &ret->mailbox);
	return doom(store, r);
}

/* A statement whose first two parameters are the place. */
static sqlite3_stmt *statement_at(
	struct store *store, enum store_sql_statement which, const struct place *place) {
	sqlite3_stmt *statement = store_sql_get(&store->sql, which);
	store_sql_bind_number(statement, 1, place->account);
	store_sql_bind_number(statement, 2, place->mailbox);
	return statement;
}

/* Opening */

static char *describe(int r, const char *path) {
	if (r == -EBUSY)
		return memory_format("%s: in use by another instance", path);
	if (r == -EPROTO)
		return memory_format("%s: written by a newer Posthorn, left untouched", path);
	return memory_format("%s: %s", path, strerror(-r));
}

static int load_meta(struct store *store, const char *key, uint64_t *ret) {
	sqlite3_stmt *statement = store_sql_get(&store->sql, STORE_SQL_META_LOAD);
	store_sql_bind_text(statement, 1, key);
	return store_sql_run_number(statement, ret);
}

static int load_state(struct store *store) {
	struct log_state state = { 0 };
	uint64_t published = 0; /* with the newest event, or later */
	struct store_sql *sql = &store->sql;
	int r = load_meta(store, "floor", &state.floor);
	if (r >= 0)
		r = load_meta(store, "published", &state.published);
	if (r >= 0)
		r = store_sql_run_number(store_sql_get(sql, STORE_SQL_EVENT_PUBLISHED), &published);
	if (r >= 0)
		r = store_sql_run_number(store_sql_get(sql, STORE_SQL_EVENT_NEWEST), &state.last);
	if (r >= 0)
		r = store_sql_run_number(
			store_sql_get(sql, STORE_SQL_EVENT_COUNT), &state.n_events);
	if (r < 0)
		return r;
	state.last = MAX(state.last, state.floor);
	state.published = MAX(state.published, published);
	store->state = store->committed = state;
	store->published = state.published;
	return 0;
}

void store_set_limits(struct store *store, const struct store_limits *limits) {
	store->keep_usec = limits->keep_usec > 0 ? limits->keep_usec : KEEP_USEC_DEFAULT;
	store->keep_events = limits->keep_events > 0 ? limits->keep_events : KEEP_EVENTS_DEFAULT;
}

int store_open(const char *path, const struct store_limits *limits, struct store **ret,
	enum store_opened *ret_opened, char **ret_problem) {
	assert(path && *path);
	CLEANUP(store_close) struct store *store = MEMORY_NEW(struct store);
	CLEANUP_TEXT char *problem = NULL;
	enum store_opened opened = STORE_OPENED;

	store_set_limits(store, limits);
	int r = store->lock_fd = store_file_lock(path);
	if (r >= 0)
		r = store_file_obtain(path, &store->sql, &opened, &problem);
	if (r >= 0)
		r = load_state(store);
	if (r < 0 && !problem)
		problem = describe(r, path);
	if (ret_problem)
		*ret_problem = TAKE_PTR(problem);
	if (r < 0)
		return r;
	*ret_opened = opened;
	*ret = TAKE_PTR(store);
	return 0;
}

struct store *store_close(struct store *store) {
	if (!store)
		return NULL;
	if (store->sql.db) {
		store_rollback(store);
		if (store->published != store->state.published && begin(store) == 0)
			(void)store_commit(store);
		store_sql_deinit(&store->sql);
	}
	if (store->lock_fd >= 0)
		(void)close(store->lock_fd);
	return memory_free(store);
}

void store_remove(const char *path) {
	store_file_remove(path);
}

uint64_t store_last_seq(const struct store *store) {
	return store->committed.last;
}

void store_set_published(struct store *store, uint64_t seq) {
	store->published = seq;
}

uint64_t store_published(const struct store *store) {
	return store->published;
}

/* Cursors and parts */

int store_load_cursor(
	struct store *store, const char *account, const char *mailbox, struct store_cursor *ret) {
	sqlite3_stmt *statement = store_sql_get(&store->sql, STORE_SQL_CURSOR_LOAD);
	store_sql_bind_text(statement, 1, account);
	store_sql_bind_text(statement, 2, mailbox);
	int r = store_sql_step(statement);
	if (r > 0)
		*ret = (struct store_cursor){
			.uidvalidity = (uint32_t)store_sql_column_number(statement, 0),
			.next_uid = (uint32_t)store_sql_column_number(statement, 1),
			.messages = (uint32_t)store_sql_column_number(statement, 2),
			.unseen = (uint32_t)store_sql_column_number(statement, 3),
			.highestmodseq = store_sql_column_number(statement, 4),
		};
	store_sql_reset(statement);
	return r;
}

int store_save_cursor(struct store *store, const char *account, const char *mailbox,
	const struct store_cursor *cursor) {
	struct place place;
	int r = enter_place(store, account, mailbox, &place);
	if (r < 0)
		return r;
	sqlite3_stmt *statement = statement_at(store, STORE_SQL_CURSOR_SAVE, &place);
	store_sql_bind_number(statement, 3, cursor->uidvalidity);
	store_sql_bind_number(statement, 4, cursor->next_uid);
	store_sql_bind_number(statement, 5, cursor->messages);
	store_sql_bind_number(statement, 6, cursor->unseen);
	store_sql_bind_number(statement, 7, cursor->highestmodseq);
	return doom(store, store_sql_run(statement));
}

int store_load_parts(struct store *store, const char *account, const char *mailbox,
	store_part_fn each, void *userdata) {
	sqlite3_stmt *statement = store_sql_get(&store->sql, STORE_SQL_PART_LOAD);
	store_sql_bind_text(statement, 1, account);
	store_sql_bind_text(statement, 2, mailbox);
	int n = 0, r = 0;
	while (r == 0 && (r = store_sql_step(statement)) > 0) {
		struct store_part part = {
			.number = (uint32_t)store_sql_column_number(statement, 0),
			.bytes = sqlite3_column_blob(statement, 1),
			.n = (size_t)sqlite3_column_bytes(statement, 1),
		};
		n++;
		r = each(&part, userdata);
	}
	store_sql_reset(statement);
	return r < 0 ? r : n;
}

int store_save_part(struct store *store, const char *account, const char *mailbox,
	const struct store_part *part) {
	if (part->n > STORE_PART_MAX)
		return -E2BIG;
	struct place place;
	int r = enter_place(store, account, mailbox, &place);
	if (r < 0)
		return r;
	sqlite3_stmt *statement = statement_at(store, STORE_SQL_PART_SAVE, &place);
	store_sql_bind_number(statement, 3, part->number);
	store_sql_bind_bytes(statement, 4, part->bytes, part->n);
	return doom(store, store_sql_run(statement));
}

int store_cut_parts(
	struct store *store, const char *account, const char *mailbox, uint32_t from_number) {
	struct place place;
	int r = enter_place(store, account, mailbox, &place);
	if (r < 0)
		return r;
	sqlite3_stmt *statement = statement_at(store, STORE_SQL_PART_CUT, &place);
	store_sql_bind_number(statement, 3, from_number);
	return doom(store, store_sql_run(statement));
}

int store_forget_mailbox(struct store *store, const char *account, const char *mailbox) {
	struct place place;
	int r = store_cut_parts(store, account, mailbox, 0);
	if (r == 0)
		r = enter_place(store, account, mailbox, &place);
	if (r < 0)
		return r;
	store->loose_names++;
	return doom(store, store_sql_run(statement_at(store, STORE_SQL_CURSOR_DROP, &place)));
}

int store_rename_mailbox(
	struct store *store, const char *account, const char *mailbox, const char *new_name) {
	static const enum store_sql_statement moves[] = {
		STORE_SQL_CURSOR_MOVE,
		STORE_SQL_PART_MOVE,
	};
	struct place old, new;
	if (strcmp(mailbox, new_name) == 0)
		return 0;
	int r = store_forget_mailbox(store, account, new_name);
	if (r == 0)
		r = enter_place(store, account, mailbox, &old);
	if (r == 0)
		r = enter_place(store, account, new_name, &new);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(moves); i++) {
		sqlite3_stmt *statement = statement_at(store, moves[i], &old);
		store_sql_bind_number(statement, 3, new.mailbox);
		r = doom(store, store_sql_run(statement));
	}
	return r;
}

int store_list_mailboxes(
	struct store *store, const char *account, store_mailbox_fn each, void *userdata) {
	sqlite3_stmt *statement = store_sql_get(&store->sql, STORE_SQL_MAILBOXES);
	store_sql_bind_text(statement, 1, account);
	int n = 0, r;
	while ((r = store_sql_step(statement)) > 0) {
		n++;
		each((const char *)sqlite3_column_text(statement, 0), userdata);
	}
	store_sql_reset(statement);
	return r < 0 ? r : n;
}

int store_list_newest(struct store *store, store_newest_fn each, void *userdata) {
	sqlite3_stmt *statement = store_sql_get(&store->sql, STORE_SQL_EVENT_NEWEST_OF_EACH);
	int n = 0, r;
	while ((r = store_sql_step(statement)) > 0) {
		n++;
		each((const char *)sqlite3_column_text(statement, 0),
			store_sql_column_number(statement, 1), userdata);
	}
	store_sql_reset(statement);
	return r < 0 ? r : n;
}

static int forget_account(struct store *store, uint64_t id) {
	static const enum store_sql_statement drops[] = {
		STORE_SQL_CURSOR_DROP_ACCOUNT,
		STORE_SQL_PART_DROP_ACCOUNT,
	};
	int r = 0;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(drops); i++) {
		sqlite3_stmt *statement = store_sql_get(&store->sql, drops[i]);
		store_sql_bind_number(statement, 1, id);
		r = store_sql_run(statement);
	}
	store->loose_names++;
	return r;
}

int store_forget_accounts(struct store *store, const char *const *kept) {
	uint64_t *leavers = NULL;
	size_t n = 0;
	int r = store_name_find_leavers(&store->sql, kept, &leavers, &n);
	if (r < 0 || n > 0) {
		int begun = begin(store);
		r = r < 0 ? doom(store, r) : begun;
	}
	for (size_t i = 0; r == 0 && i < n; i++)
		r = doom(store, forget_account(store, leavers[i]));
	(void)memory_free(leavers);
	return r;
}

/* Facts */

int store_has_copy(struct store *store, const struct store_event *event) {
	return store_event_find_copy(&store->sql, event);
}

int store_load_fact(
	struct store *store, const char *about, enum store_fact_kind kind, struct store_fact *ret) {
	sqlite3_stmt *statement = store_sql_get(&store->sql, STORE_SQL_FACT_LOAD);
	store_sql_bind_text(statement, 1, about);
	store_sql_bind_number(statement, 2, kind);
	int r = store_sql_step(statement);
	if (r > 0)
		*ret = (struct store_fact){
			.value = store_sql_column_number(statement, 0),
			.learned_usec = store_sql_column_number(statement, 1),
		};
	store_sql_reset(statement);
	return r;
}

static int drop_facts(struct store *store, uint64_t now_usec) {
	sqlite3_stmt *statement = store_sql_get(&store->sql, STORE_SQL_FACT_DROP);
	store_sql_bind_number(statement, 1, now_usec > FACT_USEC ? now_usec - FACT_USEC : 0);
	return store_sql_run(statement);
}

int store_save_fact(struct store *store, const char *about, enum store_fact_kind kind,
	const struct store_fact *fact) {
	if (is_too_long(about))
		return -E2BIG;
	int r = begin(store);
	if (r < 0)
		return r;
	uint64_t learned = MIN(fact->learned_usec, CLOCK_MAX);
	sqlite3_stmt *statement = store_sql_get(&store->sql, STORE_SQL_FACT_SAVE);
	store_sql_bind_text(statement, 1, about);
	store_sql_bind_number(statement, 2, kind);
	store_sql_bind_number(statement, 3, fact->value);
	store_sql_bind_number(statement, 4, learned);
	r = store_sql_run(statement);
	return doom(store, r < 0 ? r : drop_facts(store, learned));
}

/* Retention */

static int drop_events(struct store *store, uint64_t up_to) {
	sqlite3_stmt *statement = store_sql_get(&store->sql, STORE_SQL_EVENT_DROP);
	store_sql_bind_number(statement, 1, up_to);
	int r = store_sql_run(statement);
	if (r < 0)
		return r;
	uint64_t n = (uint64_t)sqlite3_changes64(store->sql.db);
	store->state.n_events -= MIN(n, store->state.n_events);
	store->state.floor = up_to;
	return save_meta(store, "floor", up_to);
}

/* The oldest ones beyond the count. */
static int drop_surplus(struct store *store) {
	if (store->state.n_events <= store->keep_events)
		return 0;
	uint64_t n = MIN(store->state.n_events - store->keep_events, (uint64_t)TRIM_MAX);
	sqlite3_stmt *statement = store_sql_get(&store->sql, STORE_SQL_EVENT_NTH);
	store_sql_bind_number(statement, 1, n - 1);
	uint64_t up_to;
	int r = store_sql_run_number(statement, &up_to);
	return r > 0 ? drop_events(store, up_to) : r;
}

/* The oldest ones by their seq, which is the time they were written (or later, when the clock had
 * gone back). */
static int drop_old(struct store *store, uint64_t now_usec) {
	uint64_t now = MIN(now_usec, CLOCK_MAX);
	if (now <= store->keep_usec)
		return 0;
	sqlite3_stmt *statement = store_sql_get(&store->sql, STORE_SQL_EVENT_OLDER);
	store_sql_bind_number(statement, 1, now - store->keep_usec);
	store_sql_bind_number(statement, 2, TRIM_MAX);
	uint64_t up_to;
	int r = store_sql_run_number(statement, &up_to);
	return r > 0 ? drop_events(store, up_to) : r;
}

static int sweep_names(struct store *store) {
	int r = store_sql_run(store_sql_get(&store->sql, STORE_SQL_NAME_SWEEP));
	if (r == 0)
		store->loose_names = 0;
	return r;
}

int store_trim(struct store *store, uint64_t now_usec) {
	bool was_open = store->in_transaction;
	int r = begin(store);
	if (r < 0)
		return r;
	uint64_t n_before = store->state.n_events;
	bool is_sweep_due = store->loose_names >= LOOSE_NAMES_MAX;
	r = drop_old(store, now_usec);
	bool has_more = n_before - store->state.n_events >= TRIM_MAX;
	if (r == 0)
		r = drop_surplus(store);
	if (r == 0 && is_sweep_due)
		r = sweep_names(store);
	if (r < 0)
		return doom(store, r);
	bool has_written = is_sweep_due || store->state.n_events != n_before ||
			   store->published != store->state.published;
	if (!was_open && !has_written)
		store_rollback(store);
	return has_more || store->state.n_events > store->keep_events;
}

/* The log */

/* 0 for "no name", which no row has. */
static int intern_optional(struct store *store, const char *text, uint64_t *ret_id) {
	*ret_id = 0;
	return text ? intern_name(store, text, ret_id) : 0;
}

static int insert_event(struct store *store, const struct store_event *event) {
	struct place place;
	int r = intern_optional(store, event->account, &place.account);
	if (r == 0)
		r = intern_optional(store, event->mailbox, &place.mailbox);
	if (r < 0)
		return r;
	sqlite3_stmt *statement = store_sql_get(&store->sql, STORE_SQL_EVENT_ADD);
	store_event_bind(statement, event);
	if (place.account > 0)
		store_sql_bind_number(statement, STORE_EVENT_ACCOUNT, place.account);
	if (place.mailbox > 0)
		store_sql_bind_number(statement, STORE_EVENT_MAILBOX, place.mailbox);
	store_sql_bind_number(statement, STORE_EVENT_PUBLISHED, store->published);
	return store_sql_run(statement);
}

int store_append(struct store *store, const struct store_event *event, uint64_t now_usec,
	uint64_t *ret_seq) {
	if (!store_event_fits(event))
		return -E2BIG;
	int r = begin(store);
	if (r < 0)
		return r;
	struct store_event numbered = *event;
	numbered.seq = MAX(MIN(now_usec, CLOCK_MAX), store->state.last + 1);
	r = insert_event(store, &numbered);
	if (r < 0)
		return doom(store, r);
	store->state.last = numbered.seq;
	store->state.published = store->published;
	store->state.n_events++;
	if (store->state.n_events > store->keep_events &&
		store->state.n_events - store->keep_events > COUNT_SLACK)
		r = doom(store, drop_surplus(store));
	if (r < 0)
		return r;
	*ret_seq = numbered.seq;
	return 0;
}

int store_read_events(
	struct store *store, uint64_t after, unsigned limit, store_event_fn each, void *userdata) {
	if (after > 0 && after < store->state.floor)
		return -ESTALE;
	if (after >= store->committed.last)
		return 0;
	sqlite3_stmt *statement = store_sql_get(&store->sql, STORE_SQL_EVENT_READ);
	store_sql_bind_number(statement, 1, after);
	/* one connection sees its own open transaction: its events are beyond this */
	store_sql_bind_number(statement, 2, store->committed.last);
	store_sql_bind_number(statement, 3, MIN(limit, (unsigned)INT_MAX));
	int n = 0, r = 0;
	while (r == 0 && (r = store_sql_step(statement)) > 0) {
		struct store_event event;
		store_event_read(statement, &event);
		n++;
		r = each(&event, userdata);
	}
	store_sql_reset(statement);
	return r < 0 ? r : n;
}
