/* The state file as a file: modes, the lock, versions, and places where it cannot be. */
#include "store/store.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper.h"
#include "scratch.h"

/* Refused, with a sentence that names the file; nothing is set aside. */
static void expect_refused(struct scratch *s, struct opening *o, int r) {
	assert_int_equal(o->r, r);
	assert_null(o->store);
	assert_non_null(o->problem);
	assert_non_null(strstr(o->problem, "posthorn.db"));
	assert_false(scratch_has(s, ".damaged-1"));
	helper_end(o);
}

static mode_t mode_of(const char *path) {
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

/* Modes */

static void test_modes_whatever_the_umask(void **state) {
	static const mode_t masks[] = { 0, 022, 0777 };
	for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
		struct scratch *s;
		assert_int_equal(scratch_setup((void **)&s), 0);
		CLEANUP_TEXT char *deep = memory_format("%s/a/b c/ü", s->directory);
		CLEANUP_TEXT char *path = memory_format("%s/posthorn.db", deep);
		mode_t before = umask(masks[i]);
		struct opening o = helper_open_path(path);
		helper_expect_opened(&o, STORE_CREATED);
		helper_append_and_commit(o.store, "a", NOW);
		(void)umask(before);
		assert_int_equal(mode_of(deep), 0700);
		CLEANUP_TEXT char *log = memory_format("%s-wal", path);
		CLEANUP_TEXT char *parent = memory_format("%s/a", s->directory);
		assert_int_equal(mode_of(path), 0600);
		assert_int_equal(mode_of(log), 0600);
		assert_int_equal(mode_of(parent), 0700);
		helper_end(&o);
		assert_int_equal(scratch_teardown((void **)&s), 0);
	}
}

static void test_a_mode_that_is_too_wide_is_narrowed(void **state) {
	struct scratch *s = *state;
	struct opening o = helper_open_path(s->path);
	helper_end(&o);
	assert_int_equal(chmod(s->path, 0644), 0);
	o = helper_open_path(s->path);
	helper_expect_opened(&o, STORE_OPENED);
	assert_int_equal(mode_of(s->path), 0600);
	helper_end(&o);
	assert_int_equal(chmod(s->directory, 0755), 0);
	o = helper_open_path(s->path);
	assert_int_equal(mode_of(s->directory), 0755); /* the directory is another's business */
	helper_end(&o);
}

static void test_names_that_sqlite_would_read(void **state) {
	static const char *const names[] = { "file:x?mode=memory", ":memory:", "a?b#c%41", "-rf" };
	struct scratch *s = *state;
	int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(here >= 0);
	assert_int_equal(chdir(s->directory), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct opening o = helper_open_path(names[i]);
		helper_expect_opened(&o, STORE_CREATED);
		helper_append_and_commit(o.store, "a", NOW);
		helper_end(&o);
		assert_int_equal(access(names[i], F_OK), 0);
		o = helper_open_path(names[i]);
		helper_expect_opened(&o, STORE_OPENED);
		helper_expect_subjects(o.store, 0, "a");
		helper_end(&o);
	}
	assert_int_equal(fchdir(here), 0);
	(void)close(here);
}

/* The lock */

static void test_second_instance_is_refused(void **state) {
	struct scratch *s = *state;
	struct opening first = helper_open_path(s->path);
	helper_expect_opened(&first, STORE_CREATED);
	struct opening second = helper_open_path(s->path);
	expect_refused(s, &second, -EBUSY);
	helper_append_and_commit(first.store, "a", NOW);
	helper_end(&first);
	second = helper_open_path(s->path);
	helper_expect_opened(&second, STORE_OPENED);
	helper_expect_subjects(second.store, 0, "a");
	helper_end(&second);
}

static void expect_busy(struct scratch *s) {
	struct opening o = helper_open_path(s->path);
	if (o.r != -EBUSY)
		_exit(1);
}

static void hold_until_killed(struct scratch *s) {
	struct opening o = helper_open_path(s->path);
	if (o.r != 0)
		_exit(1);
	helper_append_and_commit(o.store, "a", NOW);
}

static void test_two_processes(void **state) {
	struct scratch *s = *state;
	struct opening o = helper_open_path(s->path);
	helper_kill_child_after(s, expect_busy);
	helper_end(&o);
	/* a holder that was killed holds nothing */
	helper_kill_child_after(s, hold_until_killed);
	o = helper_open_path(s->path);
	helper_expect_opened(&o, STORE_OPENED);
	helper_expect_subjects(o.store, 0, "a");
	helper_end(&o);
}

static void test_another_program_reads_it(void **state) {
	struct scratch *s = *state;
	struct opening o = helper_open_path(s->path);
	helper_end(&o);
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open(s->path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db, "BEGIN; SELECT * FROM event", NULL, NULL, NULL), SQLITE_OK);
	o = helper_open_path(s->path);
	expect_refused(s, &o, -EBUSY);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	o = helper_open_path(s->path);
	helper_expect_opened(&o, STORE_OPENED);
	helper_end(&o);
}

/* Versions */

static void expect_same_bytes(struct scratch *s, struct bytes *before) {
	struct bytes now = helper_take_bytes(s);
	assert_int_equal(now.n_file, before->n_file);
	assert_memory_equal(now.file, before->file, now.n_file);
	assert_int_equal(now.n_log, before->n_log);
	if (now.n_log > 0)
		assert_memory_equal(now.log, before->log, now.n_log);
	free(now.file);
	free(now.log);
	free(before->file);
	free(before->log);
}

static void write_newer(struct scratch *s) {
	sqlite3 *db = NULL;
	if (sqlite3_open(s->path, &db) != SQLITE_OK ||
		sqlite3_exec(db, "PRAGMA user_version = 4; CREATE TABLE novelty (x)", NULL, NULL,
			NULL) != SQLITE_OK)
		_exit(1);
}

static void test_newer_schema_is_refused_untouched(void **state) {
	struct scratch *s = *state;
	struct opening o = helper_open_path(s->path);
	helper_end(&o);
	helper_kill_child_after(s, write_newer);
	assert_true(scratch_has(s, "-wal")); /* the new version is only in the log */
	assert_int_equal(chmod(s->path, 0644), 0);
	struct bytes before = helper_take_bytes(s);
	for (unsigned i = 0; i < 2; i++) {
		o = helper_open_path(s->path);
		assert_non_null(strstr(o.problem, "newer"));
		expect_refused(s, &o, -EPROTO);
	}
	assert_int_equal(mode_of(s->path), 0644);
	expect_same_bytes(s, &before);
	helper_exec_sql(s->path, "PRAGMA user_version = 3; DROP TABLE novelty");
	o = helper_open_path(s->path);
	helper_expect_opened(&o, STORE_OPENED);
	helper_end(&o);
}

/* The state file of version 1, with one account in it. */
static const char version_1[] =
	"PRAGMA journal_mode = WAL; PRAGMA application_id = 1349740644; PRAGMA user_version = 1;"
	"CREATE TABLE name (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);"
	"CREATE TABLE cursor (account INTEGER NOT NULL, mailbox INTEGER NOT NULL,"
	" uidvalidity INTEGER NOT NULL, next_uid INTEGER NOT NULL, messages INTEGER NOT NULL,"
	" unseen INTEGER NOT NULL, highestmodseq INTEGER NOT NULL,"
	" PRIMARY KEY (account, mailbox)) WITHOUT ROWID;"
	"CREATE TABLE part (account INTEGER NOT NULL, mailbox INTEGER NOT NULL,"
	" number INTEGER NOT NULL, bytes BLOB NOT NULL,"
	" PRIMARY KEY (account, mailbox, number)) WITHOUT ROWID;"
	"CREATE TABLE event (seq INTEGER PRIMARY KEY, type INTEGER NOT NULL, account INTEGER,"
	" mailbox INTEGER, uid INTEGER NOT NULL, uidvalidity INTEGER NOT NULL,"
	" received INTEGER NOT NULL, date INTEGER NOT NULL, size INTEGER NOT NULL, id TEXT,"
	" from_name TEXT, from_address TEXT, subject TEXT, message_id TEXT, thread_id TEXT,"
	" list_id TEXT, flags TEXT, preview TEXT, reason TEXT);"
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
	"INSERT INTO name VALUES (1, 'work'), (2, 'INBOX');"
	"INSERT INTO cursor VALUES (1, 2, 7, 42, 3, 1, 0);"
	"INSERT INTO event (seq, type, account, mailbox, uid, uidvalidity, received, date, size,"
	" subject) VALUES (1000, 1, 1, 2, 41, 7, 0, 0, 0, 'old');"
	"INSERT INTO meta VALUES ('published', 1000)";

static void test_older_schema_is_brought_up(void **state) {
	struct scratch *s = *state;
	struct store_cursor cursor;
	struct store_fact fact = { 9, NOW };
	helper_exec_sql(s->path, version_1);
	struct opening o = helper_open_path(s->path);
	helper_expect_opened(&o, STORE_OPENED);
	assert_int_equal(store_load_cursor(o.store, "work", "INBOX", &cursor), 1);
	assert_int_equal(cursor.next_uid, 42);
	assert_int_equal(store_published(o.store), 1000);
	helper_expect_subjects(o.store, 0, "old");
	assert_int_equal(store_load_fact(o.store, "host", STORE_FACT_RENEWAL, &fact), 0);
	assert_int_equal(store_save_fact(o.store, "host", STORE_FACT_RENEWAL, &fact), 0);
	helper_append_and_commit(o.store, "new", NOW);
	helper_end(&o);
	o = helper_open_path(s->path);
	helper_expect_opened(&o, STORE_OPENED);
	helper_expect_subjects(o.store, 0, "oldnew");
	assert_int_equal(store_load_fact(o.store, "host", STORE_FACT_RENEWAL, &fact), 1);
	assert_int_equal(fact.value, 9);
	helper_end(&o);
}

/* What cannot be opened */

static void test_places_that_are_none(void **state) {
	struct scratch *s = *state;
	assert_int_equal(mkdir(s->path, 0700), 0);
	struct opening o = helper_open_path(s->path);
	expect_refused(s, &o, -EISDIR);
	assert_int_equal(rmdir(s->path), 0);
	scratch_write(s->path, "a file", 6);
	CLEANUP_TEXT char *below = memory_format("%s/posthorn.db", s->path);
	o = helper_open_path(below);
	expect_refused(s, &o, -ENOTDIR);
	o = helper_open_path("/proc/posthorn.db"); /* no file can be made there */
	assert_int_equal(o.r, -ENOENT);
	helper_end(&o);
}

/* Runs in a child, which may change what it is and where it lives: 0, or 77 when it may not. */
static int in_a_child(struct scratch *s, int (*act)(struct scratch *s)) {
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(act(s));
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int refused_as_nobody(struct scratch *s) {
	if (geteuid() == 0 ? seteuid(65534) < 0 : chmod(s->directory, 0500) < 0)
		return 77;
	struct opening o = helper_open_path(s->path);
	return o.r == -EACCES && strstr(o.problem, s->path) ? 0 : 1;
}

static void test_no_permission(void **state) {
	struct scratch *s = *state;
	assert_int_equal(in_a_child(s, refused_as_nobody), 0);
	assert_int_equal(chmod(s->directory, 0700), 0);
}

static bool put(const char *path, const char *text) {
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	return fd >= 0 && close(fd) == 0 && done;
}

/* A small file system in the place of the directory, for this process alone. */
static bool mount_small(const char *directory, const char *options) {
	CLEANUP_TEXT char *user = memory_format("0 %u 1", geteuid());
	CLEANUP_TEXT char *group = memory_format("0 %u 1", getegid());
	if (unshare(CLONE_NEWNS) < 0 &&
		(unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 || !put("/proc/self/uid_map", user) ||
			!put("/proc/self/setgroups", "deny") || !put("/proc/self/gid_map", group)))
		return false;
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", directory, "tmpfs", 0, options) == 0;
}

static int refused_when_read_only(struct scratch *s) {
	if (!mount_small(s->directory, "size=1m"))
		return 77;
	struct opening o = helper_open_path(s->path);
	helper_end(&o);
	if (mount("none", s->directory, NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0)
		return 77;
	o = helper_open_path(s->path);
	return o.r == -EROFS && strstr(o.problem, s->path) ? 0 : 1;
}

static void test_read_only_file_system(void **state) {
	int r = in_a_child(*state, refused_when_read_only);
	if (r == 77)
		skip();
	assert_int_equal(r, 0);
}

/* Appends until the disk is full, makes room, and goes on. */
static int full_and_free_again(struct scratch *s) {
	if (!mount_small(s->directory, "size=512k"))
		return 77;
	scratch_write(scratch_name(s, ".filler"), s, sizeof(*s));
	if (truncate(s->text, 0) < 0)
		return 1;
	int filler = open(s->text, O_WRONLY | O_CLOEXEC);
	if (filler < 0 || posix_fallocate(filler, 0, 256 * 1024) != 0)
		return 1;
	struct opening o = helper_open_path(s->path);
	struct store_event event = { .type = STORE_EVENT_NEW, .preview = strerror(ENOSPC) };
	uint64_t seq;
	int n = 0, r = 0;
	for (; r == 0 && n < 10000; n++) {
		r = store_append(o.store, &event, NOW, &seq);
		if (r == 0)
			r = store_commit(o.store);
	}
	if (r != -ENOSPC || n < 10 || helper_count_after(o.store, 0) != n - 1)
		return 2;
	store_rollback(o.store);
	if (unlink(s->text) < 0 || close(filler) < 0)
		return 3;
	if (store_append(o.store, &event, NOW, &seq) < 0 || store_commit(o.store) < 0)
		return 4;
	helper_end(&o);
	o = helper_open_path(s->path);
	return o.opened == STORE_OPENED && helper_count_after(o.store, 0) == n ? 0 : 5;
}

static void test_a_full_disk(void **state) {
	int r = in_a_child(*state, full_and_free_again);
	if (r == 77)
		skip();
	assert_int_equal(r, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes_whatever_the_umask),
		TEST(test_a_mode_that_is_too_wide_is_narrowed),
		TEST(test_names_that_sqlite_would_read),
		TEST(test_second_instance_is_refused),
		TEST(test_two_processes),
		TEST(test_another_program_reads_it),
		TEST(test_newer_schema_is_refused_untouched),
		TEST(test_older_schema_is_brought_up),
		TEST(test_places_that_are_none),
		TEST(test_no_permission),
		TEST(test_read_only_file_system),
		TEST(test_a_full_disk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
