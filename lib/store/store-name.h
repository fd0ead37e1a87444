#pragma once
/* Names of accounts and mailboxes, each of which is in the file once. Private to the store. */
#include <stddef.h>
#include <stdint.h>

#include "store/store-sql.h"

/* Its number, which it has now if it had none. 1: it had none. */
int store_name_intern(struct store_sql *sql, const char *text, uint64_t *ret_id);

/* The numbers of accounts that are not in the list (NULL-terminated), in an owned array. */
int store_name_find_leavers(
	struct store_sql *sql, const char *const *kept, uint64_t **ret, size_t *ret_n);
