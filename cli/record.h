#pragma once
/* Named values in the order they came: one a{sv} of the D-Bus contract (an event, an account, the
 * manager's properties) as plain data. Names that this program does not know are kept, so that
 * JSON shows what a newer daemon says. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/macros.h"

struct record;

struct record *record_new(void);
struct record *record_free(struct record *r);
DEFINE_CLEANUP(struct record, record_free);

/* Copies. A name that was set before is set anew and keeps its place. */
void record_set_text(struct record *r, const char *name, const char *text);
void record_set_unsigned(struct record *r, const char *name, uint64_t value);
void record_set_boolean(struct record *r, const char *name, bool value);

/* A list of texts, empty at first; record_add_text() appends to it. */
void record_set_list(struct record *r, const char *name);
void record_add_text(struct record *r, const char *name, const char *text);

/* NULL when the name is missing or is no text. Borrowed until the record changes. */
const char *record_text(const struct record *r, const char *name);

/* The same with "" for NULL. */
const char *record_text_or_empty(const struct record *r, const char *name);

/* `otherwise` when the name is missing or is no unsigned number. */
uint64_t record_unsigned(const struct record *r, const char *name, uint64_t otherwise);

bool record_boolean(const struct record *r, const char *name, bool otherwise);

/* The names in their order; NULL beyond the last. Borrowed until the record changes. */
const char *record_nth_name(const struct record *r, size_t nth);

/* Any value as text: numbers in decimal, booleans as true and false, the texts of a list with the
 * end of a line between them. Owned; NULL when the name is missing. */
char *record_format(const struct record *r, const char *name);

/* Names and values into the object that is open in `w`, without those of the NULL-terminated list
 * `except` (NULL: all). */
void record_write_json(const struct record *r, const char *const *except, struct json_writer *w);
