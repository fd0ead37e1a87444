#include "store/store-sql.h"

#include "base/memory.h"
#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* SQLite holds up to so much of the file; an idle store holds a few pages of it. */
#define CACHE "PRAGMA cache_size = -512;"
/* A commit writes to the log and does not wait for the disk; a checkpoint waits twice. */
#define DURABILITY "PRAGMA synchronous = NORMAL;"
/* Set before the file is first read, this also keeps the index of the log in our own memory: no
 * -shm file that is mapped and could be cut short under us, and no lock calls for a commit. */
#define EXCLUSIVE "PRAGMA locking_mode = EXCLUSIVE;"
/* For another program that reads the file at the moment we open it; later nobody else can. */
#define OPEN_WAIT_MSEC 200
/* No files beside ours, which a sandbox may not let us make. */
#define TEMPORARY "PRAGMA temp_store = MEMORY;"
/* The log's file is cut back to this after a storm (bytes). */
#define LOG_LIMIT "PRAGMA journal_size_limit = 8388608;"

/* Every name of an account or a mailbox is stored once. */
static const char *const statement_texts[] = {
	[STORE_SQL_BEGIN] = "BEGIN IMMEDIATE",
	[STORE_SQL_COMMIT] = "COMMIT",
	[STORE_SQL_ROLLBACK] = "ROLLBACK",
	[STORE_SQL_NAME_FIND] = "SELECT id FROM name WHERE text = ?1",
	[STORE_SQL_NAME_ADD] = "INSERT INTO name (text) VALUES (?1)",
	[STORE_SQL_NAME_SWEEP] = "DELETE FROM name WHERE id NOT IN ("
				 " SELECT account FROM cursor UNION SELECT mailbox FROM cursor"
				 " UNION SELECT account FROM part UNION SELECT mailbox FROM part"
				 " UNION SELECT account FROM event WHERE account IS NOT NULL"
				 " UNION SELECT mailbox FROM event WHERE mailbox IS NOT NULL)",
	[STORE_SQL_CURSOR_LOAD] =
		"SELECT uidvalidity, next_uid, messages, unseen, highestmodseq FROM cursor"
		" WHERE account = (SELECT id FROM name WHERE text = ?1)"
		" AND mailbox = (SELECT id FROM name WHERE text = ?2)",
	[STORE_SQL_CURSOR_SAVE] = "REPLACE INTO cursor VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[STORE_SQL_CURSOR_DROP] = "DELETE FROM cursor WHERE account = ?1 AND mailbox = ?2",
	[STORE_SQL_CURSOR_DROP_ACCOUNT] = "DELETE FROM cursor WHERE account = ?1",
	[STORE_SQL_CURSOR_MOVE] =
		"UPDATE cursor SET mailbox = ?3 WHERE account = ?1 AND mailbox = ?2",
	[STORE_SQL_PART_LOAD] = "SELECT number, bytes FROM part"
				" WHERE account = (SELECT id FROM name WHERE text = ?1)"
				" AND mailbox = (SELECT id FROM name WHERE text = ?2)"
				" ORDER BY number",
	[STORE_SQL_PART_SAVE] = "REPLACE INTO part VALUES (?1, ?2, ?3, ?4)",
	[STORE_SQL_PART_CUT] =
		"DELETE FROM part WHERE account = ?1 AND mailbox = ?2 AND number >= ?3",
	[STORE_SQL_PART_DROP_ACCOUNT] = "DELETE FROM part WHERE account = ?1",
	[STORE_SQL_PART_MOVE] = "UPDATE part SET mailbox = ?3 WHERE account = ?1 AND mailbox = ?2",
	[STORE_SQL_MAILBOXES] = "SELECT m.text FROM cursor c JOIN name m ON m.id = c.mailbox"
				" WHERE c.account = (SELECT id FROM name WHERE text = ?1)"
				" ORDER BY m.text",
	[STORE_SQL_ACCOUNTS] = "SELECT id, text FROM name WHERE id IN ("
			       " SELECT account FROM cursor UNION SELECT account FROM part)",
	[STORE_SQL_EVENT_ADD] = "INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
				" ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,"
				" ?21, ?22, ?23, ?24)",
	[STORE_SQL_EVENT_READ] =
		"SELECT e.seq, e.type, a.text, m.text, e.uid, e.uidvalidity, e.received, e.date,"
		" e.size, e.id, e.from_name, e.from_address, e.subject, e.message_id,"
		" e.thread_id, e.list_id, e.flags, e.preview, e.reason, e.published,"
		" e.email_id, e.labels, e.auto_submitted, e.precedence FROM event e"
		" LEFT JOIN name a ON a.id = e.account LEFT JOIN name m ON m.id = e.mailbox"
		" WHERE e.seq > ?1 AND e.seq <= ?2 ORDER BY e.seq LIMIT ?3",
	[STORE_SQL_EVENT_COUNT] = "SELECT count(*) FROM event",
	[STORE_SQL_EVENT_NEWEST] = "SELECT max(seq) FROM event",
	[STORE_SQL_EVENT_NEWEST_OF_EACH] = "SELECT a.text, max(e.seq) FROM event e"
					   " JOIN name a ON a.id = e.account"
					   " GROUP BY e.account",
	[STORE_SQL_EVENT_NTH] = "SELECT seq FROM event ORDER BY seq LIMIT 1 OFFSET ?1",
	[STORE_SQL_EVENT_OLDER] = "SELECT max(seq) FROM"
				  " (SELECT seq FROM event WHERE seq < ?1 ORDER BY seq LIMIT ?2)",
	[STORE_SQL_EVENT_DROP] = "DELETE FROM event WHERE seq <= ?1",
	[STORE_SQL_EVENT_PUBLISHED] = "SELECT published FROM event ORDER BY seq DESC LIMIT 1",
	[STORE_SQL_EVENT_COPY] = "SELECT 1 FROM event"
				 " WHERE account = (SELECT id FROM name WHERE text = ?1)"
				 " AND email_id = ?2 AND type = 1 AND message_id IS ?3"
				 " AND mailbox IS NOT (SELECT id FROM name WHERE text = ?4)"
				 " LIMIT 1",
	[STORE_SQL_FACT_LOAD] = "SELECT value, learned FROM fact WHERE about = ?1 AND kind = ?2",
	[STORE_SQL_FACT_SAVE] = "REPLACE INTO fact VALUES (?1, ?2, ?3, ?4)",
	/* but for what a user said (STORE_FACT_PAUSE), and the cursor of the log (STORE_FACT_TRIGGERED) */
	[STORE_SQL_FACT_DROP] = "DELETE FROM fact WHERE learned < ?1 AND kind NOT IN (3, 5)",
	[STORE_SQL_META_LOAD] = "SELECT value FROM meta WHERE key = ?1",
	[STORE_SQL_META_SAVE] = "REPLACE INTO meta VALUES (?1, ?2)",
};

static_assert(ARRAY_SIZE(statement_texts) == STORE_SQL_COUNT_, "each statement has a text");

/* SQLite keeps the system's word of a failed commit with the file, and for the connection it keeps none. */
static int log_errno(sqlite3 *db) {
	sqlite3_file *log = NULL;
	int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
	int system = 0;
	if (code == SQLITE_OK && log && log->pMethods)
		(void)log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &system);
	return system;
}

int store_sql_errno(sqlite3 *db, int code) {
	int system = db ? sqlite3_system_errno(db) : 0;
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_NOMEM:
		abort();
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR: /* our statements are right: the schema is not ours */
	case SQLITE_SCHEMA:
	case SQLITE_MISMATCH:
	case SQLITE_CONSTRAINT:
		return -EUCLEAN;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_TOOBIG:
		return -E2BIG;
	case SQLITE_PERM:
		return -EACCES;
	case SQLITE_CANTOPEN:
		return system > 0 ? -system : -EACCES;
	case SQLITE_IOERR:
		if (db && system == 0)
			system = log_errno(db);
		return system > 0 ? -system : -EIO;
	default:
		return system > 0 ? -system : -EIO;
	}
}

int store_sql_open(const char *path, sqlite3 **ret) {
	/* SQLite may be built to take a name that begins with "file:" for a URI */
	CLEANUP_TEXT char *plain = memory_format("%s%s", path[0] == '/' ? "" : "./", path);
	sqlite3 *db = NULL;
	int code = sqlite3_open_v2(plain, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (code == SQLITE_OK) {
		/* What is refused or set aside stays as it is: a close would move the log into it */
		(void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		(void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 1024 * 1024);
		(void)sqlite3_busy_timeout(db, OPEN_WAIT_MSEC);
		code = sqlite3_exec(
			db, EXCLUSIVE DURABILITY CACHE TEMPORARY LOG_LIMIT, NULL, NULL, NULL);
	}
	if (code != SQLITE_OK) {
		int r = store_sql_errno(db, code);
		(void)sqlite3_close(db);
		return r;
	}
	*ret = db;
	return 0;
}

int store_sql_init(struct store_sql *sql, sqlite3 *db) {
	*sql = (struct store_sql){ .db = db };
	for (size_t i = 0; i < STORE_SQL_COUNT_; i++) {
		int code = sqlite3_prepare_v3(db, statement_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
			&sql->statements[i], NULL);
		if (code != SQLITE_OK)
			return store_sql_errno(db, code);
	}
	return 0;
}

void store_sql_deinit(struct store_sql *sql) {
	for (size_t i = 0; i < STORE_SQL_COUNT_; i++)
		(void)sqlite3_finalize(sql->statements[i]);
	int code = sqlite3_close(sql->db);
	assert(code == SQLITE_OK);
	(void)code;
	*sql = (struct store_sql){ 0 };
}

sqlite3_stmt *store_sql_get(struct store_sql *sql, enum store_sql_statement which) {
	return sql->statements[which];
}

/* Binding fails only for a wrong index or when memory is out. */
static void must_bind(int code) {
	if (code != SQLITE_OK)
		abort();
}

void store_sql_bind_text(sqlite3_stmt *statement, int at, const char *text) {
	must_bind(sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC));
}

void store_sql_bind_bytes(sqlite3_stmt *statement, int at, const void *bytes, size_t n) {
	/* a NULL pointer would be bound as NULL, not as no bytes */
	must_bind(sqlite3_bind_blob64(statement, at, n > 0 ? bytes : "", n, SQLITE_STATIC));
}

void store_sql_bind_number(sqlite3_stmt *statement, int at, uint64_t number) {
	/* 64 bits go in and out unchanged; only `seq` is compared, and that is kept small */
	must_bind(sqlite3_bind_int64(statement, at, (sqlite3_int64)number));
}

uint64_t store_sql_column_number(sqlite3_stmt *statement, int at) {
	return (uint64_t)sqlite3_column_int64(statement, at);
}

int store_sql_step(sqlite3_stmt *statement) {
	int code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		return 1;
	return store_sql_errno(sqlite3_db_handle(statement), code);
}

void store_sql_reset(sqlite3_stmt *statement) {
	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
}

int store_sql_run(sqlite3_stmt *statement) {
	int r;
	do
		r = store_sql_step(statement);
	while (r > 0);
	store_sql_reset(statement);
	return r;
}

int store_sql_run_number(sqlite3_stmt *statement, uint64_t *ret) {
	int r = store_sql_step(statement);
	if (r > 0 && sqlite3_column_type(statement, 0) == SQLITE_NULL)
		r = 0;
	if (r > 0)
		*ret = store_sql_column_number(statement, 0);
	store_sql_reset(statement);
	return r;
}
