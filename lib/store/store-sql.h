#pragma once
/* Every SQL statement of the store, prepared once and kept, and SQLite's result codes as negative
 * errno. Owned by store.c. */
#include "base/macros.h"

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

enum store_sql_statement {
	STORE_SQL_BEGIN,
	STORE_SQL_COMMIT,
	STORE_SQL_ROLLBACK,
	STORE_SQL_NAME_FIND,
	STORE_SQL_NAME_ADD,
	STORE_SQL_NAME_SWEEP,
	STORE_SQL_CURSOR_LOAD,
	STORE_SQL_CURSOR_SAVE,
	STORE_SQL_CURSOR_DROP,
	STORE_SQL_CURSOR_DROP_ACCOUNT,
	STORE_SQL_CURSOR_MOVE,
	STORE_SQL_PART_LOAD,
	STORE_SQL_PART_SAVE,
	STORE_SQL_PART_CUT,
	STORE_SQL_PART_DROP_ACCOUNT,
	STORE_SQL_PART_MOVE,
	STORE_SQL_MAILBOXES,
	STORE_SQL_ACCOUNTS,
	STORE_SQL_EVENT_ADD,
	STORE_SQL_EVENT_READ,
	STORE_SQL_EVENT_COUNT,
	STORE_SQL_EVENT_NEWEST,
	STORE_SQL_EVENT_NEWEST_OF_EACH,
	STORE_SQL_EVENT_NTH,
	STORE_SQL_EVENT_OLDER,
	STORE_SQL_EVENT_DROP,
	STORE_SQL_EVENT_PUBLISHED,
	STORE_SQL_EVENT_COPY,
	STORE_SQL_FACT_LOAD,
	STORE_SQL_FACT_SAVE,
	STORE_SQL_FACT_DROP,
	STORE_SQL_META_LOAD,
	STORE_SQL_META_SAVE,
	STORE_SQL_COUNT_,
};

struct store_sql {
	sqlite3 *db;
	sqlite3_stmt *statements[STORE_SQL_COUNT_];
};

/* Opens an existing file, for this process alone. A close leaves its log beside it, until
 * SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE is taken back. */
int store_sql_open(const char *path, sqlite3 **ret);

/* Prepares all statements; -EUCLEAN when the schema does not have what they name. `sql` owns `db`
 * then, also after a failure. */
int store_sql_init(struct store_sql *sql, sqlite3 *db);
/* Finalizes and closes; accepts one that is zeroed or has only its `db`. */
void store_sql_deinit(struct store_sql *sql);

/* The negative errno of the last failure of `db`, whose result code was `code`. -EUCLEAN: the
 * file is damaged or no database. Out of memory aborts. */
int store_sql_errno(sqlite3 *db, int code);

/* A statement ready to be bound. Texts and bytes are bound borrowed: they must live until the run ends. */
sqlite3_stmt *store_sql_get(struct store_sql *sql, enum store_sql_statement which);
void store_sql_bind_text(sqlite3_stmt *statement, int at, const char *text);
void store_sql_bind_bytes(sqlite3_stmt *statement, int at, const void *bytes, size_t n);
void store_sql_bind_number(sqlite3_stmt *statement, int at, uint64_t number);
uint64_t store_sql_column_number(sqlite3_stmt *statement, int at);

/* 1: a row; 0: the end; negative errno. store_sql_reset() must follow in each case. */
int store_sql_step(sqlite3_stmt *statement);
void store_sql_reset(sqlite3_stmt *statement);

/* Runs to the end and resets. */
int store_sql_run(sqlite3_stmt *statement);
/* Runs a statement of one row and resets: 1 with the first column, 0 without a row or for NULL. */
int store_sql_run_number(sqlite3_stmt *statement, uint64_t *ret);
