#include "store/store-name.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

int store_name_intern(struct store_sql *sql, const char *text, uint64_t *ret_id) {
	sqlite3_stmt *statement = store_sql_get(sql, STORE_SQL_NAME_FIND);
	store_sql_bind_text(statement, 1, text);
	int r = store_sql_run_number(statement, ret_id);
	if (r != 0)
		return r < 0 ? r : 0;
	statement = store_sql_get(sql, STORE_SQL_NAME_ADD);
	store_sql_bind_text(statement, 1, text);
	r = store_sql_run(statement);
	if (r < 0)
		return r;
	*ret_id = (uint64_t)sqlite3_last_insert_rowid(sql->db);
	return 1;
}

static int compare_names(const void *a, const void *b) {
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int store_name_find_leavers(
	struct store_sql *sql, const char *const *kept, uint64_t **ret, size_t *ret_n) {
	size_t n_kept = 0, n = 0, allocated = 0;
	while (kept[n_kept])
		n_kept++;
	const char **sorted = MEMORY_NEW_ARRAY(const char *, n_kept);
	for (size_t i = 0; i < n_kept; i++)
		sorted[i] = kept[i];
	qsort(sorted, n_kept, sizeof(*sorted), compare_names);

	uint64_t *leavers = NULL;
	sqlite3_stmt *statement = store_sql_get(sql, STORE_SQL_ACCOUNTS);
	int r;
	while ((r = store_sql_step(statement)) > 0) {
		const char *name = (const char *)sqlite3_column_text(statement, 1);
		if (bsearch(&name, sorted, n_kept, sizeof(*sorted), compare_names))
			continue;
		if (n == allocated) {
			allocated = MAX(2 * allocated, (size_t)16);
			leavers = memory_resize(leavers, allocated, sizeof(*leavers));
		}
		leavers[n++] = store_sql_column_number(statement, 0);
	}
	store_sql_reset(statement);
	(void)memory_free(sorted);
	*ret = leavers;
	*ret_n = n;
	return r;
}
