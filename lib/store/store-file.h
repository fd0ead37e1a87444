#pragma once
/* The state file as a file: its directories, its lock, its mode, its birth under the final name
 * only when complete, and setting a damaged one aside. */
#include "store/store-sql.h"
#include "store/store.h"

/* Makes missing directories and takes the lock that a second instance meets; the lock is the
 * returned descriptor and ends with it. -EBUSY: another one has it. */
int store_file_lock(const char *path);

/* Opens what is there and looks it over. 1: opened; 0: there is no such file; negative errno as
 * store_schema_check(), which describes `ret_damage`. */
int store_file_open(const char *path, struct store_sql *ret, char **ret_damage);

/* The file, what SQLite left beside it, and the lock; nobody may have it open. */
void store_file_remove(const char *path);

/* Makes an empty state file: it is complete before it has its name. */
int store_file_create(const char *path);

/* Renames the file together with what SQLite left beside it; at most nine are kept, then the
 * ninth is overwritten. `ret_name` is owned. */
int store_file_set_aside(const char *path, char **ret_name);

/* The file, whole and ours: as found, new, or new in the place of a damaged one; then
 * `ret_problem`, owned, says so. */
int store_file_obtain(
	const char *path, struct store_sql *ret, enum store_opened *ret_opened, char **ret_problem);
