#pragma once
/* An event as a row: which field is which column. */
#include "store/store-sql.h"
#include "store/store.h"

#include <sqlite3.h>
#include <stdbool.h>

/* The columns of the names' ids, which are the caller's to bind (as NULL when not known). */
#define STORE_EVENT_ACCOUNT 3
#define STORE_EVENT_MAILBOX 4
/* And of what had been signalled when the row was written. */
#define STORE_EVENT_PUBLISHED 20

/* No text beyond STORE_TEXT_MAX. */
bool store_event_fits(const struct store_event *event);

/* Binds all columns but those above. */
void store_event_bind(sqlite3_stmt *statement, const struct store_event *event);

/* See store_has_copy(). */
int store_event_find_copy(struct store_sql *sql, const struct store_event *event);

/* Texts are borrowed from the row. */
void store_event_read(sqlite3_stmt *statement, struct store_event *ret);
