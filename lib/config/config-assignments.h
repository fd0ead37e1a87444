#pragma once
/* What files of configuration say, assignment by assignment, before it becomes anybody's fields:
 * posthorn.conf is read once and then applied to each account as its defaults. */
#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "config/config-key.h"
#include "config/config-messages.h"

struct config_assignments;

/* `tables`: the keys that may stand here, NULL-terminated; borrowed. `is_shared`: the files belong
 * to no account. */
struct config_assignments *config_assignments_new(
	const struct config_table *const *tables, bool is_shared);
struct config_assignments *config_assignments_free(struct config_assignments *assignments);
DEFINE_CLEANUP(struct config_assignments, config_assignments_free);

/* One more file, over those that were read before. What cannot be read as an assignment is a
 * message; for an account's own file it is a problem of the account too. */
void config_assignments_read(struct config_assignments *assignments, const char *file,
	const char *text, size_t n, struct config_messages *messages);

/* A file that cannot be read is a problem of the account too; `problem` is copied. */
void config_assignments_fail(struct config_assignments *assignments, const char *problem);

/* Where the value of a field comes from; of a list, of each of its items. */
struct config_origin {
	const struct config_key *key;
	const char *file; /* borrowed from the assignments */
	unsigned line;
};

struct config_origins {
	struct config_origin *items; /* owned */
	size_t n;
};

/* Sets the fields of `object` (all zero at first, and as large as the table's rows say): the
 * defaults of the table, then `shared` (or NULL), then `own`. Returns why the object cannot be used
 * ("FILE:LINE: ...", owned), or NULL. A complaint is added to `messages` once, however often its
 * assignment is applied. `origins` may be NULL. */
char *config_assignments_apply(const struct config_table *table, void *object,
	struct config_assignments *const layers[2], struct config_messages *messages,
	struct config_origins *origins);

/* Gives back what the fields own. */
void config_assignments_clear(const struct config_table *table, void *object);
