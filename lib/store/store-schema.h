#pragma once
/* The tables, their version, and whether a file is ours, whole, and not from the future. */
#include <sqlite3.h>

#define STORE_SCHEMA_VERSION 3

/* In an empty file. */
int store_schema_create(sqlite3 *db);

/* A file that was checked, from an older version to this one. Negative errno. */
int store_schema_upgrade(sqlite3 *db);

/* 0: ours and whole. -EPROTO a newer version, -EUCLEAN damaged or not ours (then `ret_damage`,
 * owned, says what is wrong, to stand behind the file's name), other errno: could not be read. */
int store_schema_check(sqlite3 *db, char **ret_damage);
