#include "store/store-schema.h"

#include "base/macros.h"
#include "base/memory.h"
#include "store/store-sql.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define APPLICATION_ID 0x50736864 /* "Pshd", as file(1) shows it */

#define TEXT_OF(number) #number
#define TEXT_OF_VALUE(number) TEXT_OF(number)

/* `name` holds names of accounts and mailboxes, so that "INBOX" of 10,000 accounts is there once
 * and a cursor is a row of some thirty bytes. `event.seq` is the row id: the newest are at the end
 * of the file and the oldest are dropped from its front. `meta` knows `floor`, the newest seq that
 * was dropped, which keeps seq growing when no event is left, and `published`. */
/* clang-format off */
static const char schema[] =
	"PRAGMA page_size = 4096;"
	"PRAGMA journal_mode = WAL;"
	"PRAGMA synchronous = FULL;"
	"BEGIN IMMEDIATE;"
	"PRAGMA application_id = " TEXT_OF_VALUE(APPLICATION_ID) ";"
	"PRAGMA user_version = 1;"
	"CREATE TABLE name (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);"
	"CREATE TABLE cursor ("
	" account INTEGER NOT NULL, mailbox INTEGER NOT NULL, uidvalidity INTEGER NOT NULL,"
	" next_uid INTEGER NOT NULL, messages INTEGER NOT NULL, unseen INTEGER NOT NULL,"
	" highestmodseq INTEGER NOT NULL, PRIMARY KEY (account, mailbox)) WITHOUT ROWID;"
	"CREATE TABLE part ("
	" account INTEGER NOT NULL, mailbox INTEGER NOT NULL, number INTEGER NOT NULL,"
	" bytes BLOB NOT NULL, PRIMARY KEY (account, mailbox, number)) WITHOUT ROWID;"
	"CREATE TABLE event ("
	" seq INTEGER PRIMARY KEY, type INTEGER NOT NULL, account INTEGER, mailbox INTEGER,"
	" uid INTEGER NOT NULL, uidvalidity INTEGER NOT NULL, received INTEGER NOT NULL,"
	" date INTEGER NOT NULL, size INTEGER NOT NULL, id TEXT, from_name TEXT,"
	" from_address TEXT, subject TEXT, message_id TEXT, thread_id TEXT, list_id TEXT,"
	" flags TEXT, preview TEXT, reason TEXT);"
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
	"COMMIT;";

/* From each version to the next one, the first from 1 to 2; a new file goes the same way. Never
 * changed once it is out: what is not as it should be is put right by a further step. */
static const char *const steps[] = {
	/* `fact`: what was learned about servers, by whatever tells one from the other.
	 * `event.published` is the newest seq that was signalled when this event was written, so
	 * that a commit of an event need not write `meta` for it. */
	"CREATE TABLE fact (about TEXT NOT NULL, kind INTEGER NOT NULL, value INTEGER NOT NULL,"
	" learned INTEGER NOT NULL, PRIMARY KEY (about, kind)) WITHOUT ROWID;"
	"ALTER TABLE event ADD COLUMN published INTEGER NOT NULL DEFAULT 0;",
	/* A message that is in many mailboxes is one event: found by the index, which only events
	 * with such an id are in. */
	"ALTER TABLE event ADD COLUMN email_id TEXT;"
	"ALTER TABLE event ADD COLUMN labels TEXT;"
	"ALTER TABLE event ADD COLUMN auto_submitted TEXT;"
	"ALTER TABLE event ADD COLUMN precedence TEXT;"
	"CREATE INDEX event_email ON event (account, email_id) WHERE email_id IS NOT NULL;",
};
/* clang-format on */

static_assert(ARRAY_SIZE(steps) == STORE_SCHEMA_VERSION - 1, "a step to each version");

/* The first column of a PRAGMA's first row: a number, and the text when `ret_text` is given. */
static int read_pragma(sqlite3 *db, const char *pragma, int *ret_number, char **ret_text) {
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(db, pragma, -1, &statement, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	int r = code == SQLITE_DONE ? -EUCLEAN : store_sql_errno(db, code);
	if (code == SQLITE_ROW) {
		*ret_number = sqlite3_column_int(statement, 0);
		if (ret_text)
			*ret_text = memory_strdup((const char *)sqlite3_column_text(statement, 0));
	}
	(void)sqlite3_finalize(statement);
	return r;
}

/* Whole or not at all: what is interrupted leaves the version as it was. */
static int take_step(sqlite3 *db, int from) {
	CLEANUP_TEXT char *sql = memory_format(
		"BEGIN IMMEDIATE; %s PRAGMA user_version = %d; COMMIT;", steps[from - 1], from + 1);
	int r = store_sql_errno(db, sqlite3_exec(db, sql, NULL, NULL, NULL));
	if (r < 0 && sqlite3_get_autocommit(db) == 0)
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

int store_schema_upgrade(sqlite3 *db) {
	int version = 0;
	int r = read_pragma(db, "PRAGMA user_version", &version, NULL);
	while (r == 0 && version < STORE_SCHEMA_VERSION)
		r = take_step(db, version++);
	return r;
}

int store_schema_create(sqlite3 *db) {
	int r = store_sql_errno(db, sqlite3_exec(db, schema, NULL, NULL, NULL));
	return r < 0 ? r : store_schema_upgrade(db);
}

static int damaged(char **ret_damage, const char *how) {
	*ret_damage = memory_format("is damaged (%s)", how);
	return -EUCLEAN;
}

static int check_version(sqlite3 *db, char **ret_damage) {
	int application = 0, version = 0;
	int r = read_pragma(db, "PRAGMA application_id", &application, NULL);
	if (r == 0)
		r = read_pragma(db, "PRAGMA user_version", &version, NULL);
	if (r == -EUCLEAN)
		return damaged(ret_damage, sqlite3_errmsg(db));
	if (r < 0)
		return r;
	if (application != APPLICATION_ID || version < 1) {
		*ret_damage = memory_strdup("is not a state file of Posthorn");
		return -EUCLEAN;
	}
	return version > STORE_SCHEMA_VERSION ? -EPROTO : 0;
}

/* SQLite reports a page that could not be read as a finding, not as a failure: a disk that is not
 * there for a moment is no reason to begin anew. */
static int finding_errno(const char *finding) {
	const char *code = strstr(finding, "error code=");
	return code && (atoi(code + strlen("error code=")) & 0xff) == SQLITE_IOERR ? -EIO
										   : -EUCLEAN;
}

int store_schema_check(sqlite3 *db, char **ret_damage) {
	int r = check_version(db, ret_damage);
	if (r < 0)
		return r;
	int ignored;
	CLEANUP_TEXT char *finding = NULL;
	r = read_pragma(db, "PRAGMA quick_check(1)", &ignored, &finding);
	if (r == -EUCLEAN)
		return damaged(ret_damage, sqlite3_errmsg(db));
	if (r < 0)
		return r;
	if (!finding)
		return damaged(ret_damage, "no answer");
	if (strcmp(finding, "ok") == 0)
		return 0;
	r = finding_errno(finding);
	return r == -EUCLEAN ? damaged(ret_damage, finding) : r;
}
