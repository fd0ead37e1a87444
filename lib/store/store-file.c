#include "store/store-file.h"

#include "base/memory.h"
#include "store/store-schema.h"
#include "store/store-sql.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEEP_DAMAGED 9

/* What belongs to a database, besides the file itself. A log that is left beside a new database
 * would be replayed into it. */
static const char *const beside[] = { "-wal", "-journal", "-shm" };

static int make_directory(const char *path) {
	if (mkdir(path, 0700) == 0)
		return chmod(path, 0700) < 0 ? -errno : 0; /* whatever the umask took */
	/* "is there" is not always said as EEXIST: a read-only file system may answer first */
	struct stat st;
	int r = -errno;
	if (stat(path, &st) < 0)
		return r;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

static int make_parents(const char *path) {
	CLEANUP_TEXT char *parent = memory_strdup(path);
	for (char *slash = strchr(parent + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int r = make_directory(parent);
		if (r < 0)
			return r;
		*slash = '/';
	}
	return 0;
}

int store_file_lock(const char *path) {
	int r = make_parents(path);
	if (r < 0)
		return r;
	/* A file of its own: SQLite's locks on the database are POSIX locks, which any close() of
	 * that file in this process would drop. It is never removed, which would be a race. */
	CLEANUP_TEXT char *name = memory_format("%s.lock", path);
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	r = errno == EWOULDBLOCK ? -EBUSY : -errno;
	(void)close(fd);
	return r;
}

static int look_over(struct store_sql *sql, const char *path, char **ret_damage) {
	sqlite3 *db = NULL;
	int r = store_sql_open(path, &db);
	if (r < 0) {
		if (r == -EUCLEAN)
			*ret_damage = memory_strdup("is damaged");
		return r;
	}
	r = store_schema_check(db, ret_damage);
	if (r == 0)
		r = store_schema_upgrade(db);
	if (r < 0) {
		sql->db = db;
		return r;
	}
	r = store_sql_init(sql, db);
	if (r == -EUCLEAN)
		*ret_damage = memory_format("is damaged (%s)", sqlite3_errmsg(db));
	if (r == 0 && sqlite3_db_readonly(db, "main") != 0)
		r = -EACCES;
	return r;
}

int store_file_open(const char *path, struct store_sql *ret, char **ret_damage) {
	struct stat st;
	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (st.st_size == 0) { /* SQLite would call it a new database */
		*ret_damage = memory_strdup("is damaged (it is empty)");
		return -EUCLEAN;
	}
	struct store_sql sql = { 0 };
	int r = look_over(&sql, path, ret_damage);
	/* Group and others lose their rights; a file that is not ours to change was made so. */
	if (r == 0 && (st.st_mode & 0077) != 0 && chmod(path, 0600) < 0 && errno != EPERM)
		r = -errno;
	if (r < 0) {
		store_sql_deinit(&sql);
		return r;
	}
	(void)sqlite3_db_config(sql.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	*ret = sql;
	return 1;
}

static int sync_path(const char *path, int flags) {
	int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
	if (fd < 0)
		return -errno;
	int r = fsync(fd) < 0 ? -errno : 0;
	(void)close(fd);
	return r;
}

static int sync_parent(const char *path) {
	CLEANUP_TEXT char *parent = memory_strdup(path);
	char *slash = strrchr(parent, '/');
	if (!slash)
		return sync_path(".", O_DIRECTORY);
	*(slash == parent ? slash + 1 : slash) = '\0';
	return sync_path(parent, O_DIRECTORY);
}

static void remove_all(const char *path) {
	(void)unlink(path);
	for (size_t i = 0; i < ARRAY_SIZE(beside); i++) {
		CLEANUP_TEXT char *name = memory_format("%s%s", path, beside[i]);
		(void)unlink(name);
	}
}

void store_file_remove(const char *path) {
	CLEANUP_TEXT char *lock = memory_format("%s.lock", path);
	remove_all(path);
	(void)unlink(lock);
}

static int create_database(const char *path) {
	/* SQLite gives its log the mode of the database, so the mode must be right first */
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int r = fchmod(fd, 0600) < 0 ? -errno : 0;
	(void)close(fd);
	sqlite3 *db = NULL;
	if (r == 0)
		r = store_sql_open(path, &db);
	if (r == 0)
		r = store_schema_create(db);
	/* Moves the log into the file, which the close of the last connection would do without
	 * telling of a failure */
	if (r == 0)
		r = store_sql_errno(db, sqlite3_wal_checkpoint_v2(
						db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
	(void)sqlite3_close(db);
	return r;
}

int store_file_create(const char *path) {
	CLEANUP_TEXT char *newborn = memory_format("%s.new", path);
	remove_all(newborn); /* of an earlier attempt */
	int r = create_database(newborn);
	if (r == 0)
		r = sync_path(newborn, 0);
	if (r == 0) {
		remove_all(path); /* a log whose database is gone */
		r = rename(newborn, path) < 0 ? -errno : sync_parent(path);
	}
	remove_all(newborn); /* its empty log; all of it after a failure */
	return r;
}

static char *find_free_name(const char *path) {
	for (unsigned i = 1;; i++) {
		char *name = memory_format("%s.damaged-%u", path, i);
		struct stat st;
		if (i == KEEP_DAMAGED || lstat(name, &st) < 0)
			return name;
		(void)memory_free(name);
	}
}

int store_file_set_aside(const char *path, char **ret_name) {
	CLEANUP_TEXT char *name = find_free_name(path);
	remove_all(name);
	if (rename(path, name) < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(beside); i++) {
		CLEANUP_TEXT char *from = memory_format("%s%s", path, beside[i]);
		CLEANUP_TEXT char *to = memory_format("%s%s", name, beside[i]);
		if (rename(from, to) < 0 && errno != ENOENT)
			return -errno;
	}
	int r = sync_parent(path);
	if (r < 0)
		return r;
	*ret_name = TAKE_PTR(name);
	return 0;
}

int store_file_obtain(const char *path, struct store_sql *ret, enum store_opened *ret_opened,
	char **ret_problem) {
	CLEANUP_TEXT char *damage = NULL;
	CLEANUP_TEXT char *aside = NULL;
	int r = store_file_open(path, ret, &damage);
	if (r > 0) {
		*ret_opened = STORE_OPENED;
		return 0;
	}
	if (r == -EUCLEAN)
		r = store_file_set_aside(path, &aside);
	if (r == 0)
		r = store_file_create(path);
	if (r == 0)
		r = store_file_open(path, ret, &damage);
	if (r <= 0) /* 0: it vanished under us */
		return r < 0 ? r : -ENOENT;
	*ret_opened = aside ? STORE_SET_ASIDE : STORE_CREATED;
	if (aside)
		*ret_problem = memory_format("%s %s: kept as %s, begun anew", path, damage, aside);
	return 0;
}
