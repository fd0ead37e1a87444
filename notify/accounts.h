#pragma once
/* The accounts of the daemon as people know them: their number, and the name of each. */
#include "base/macros.h"

#include <gio/gio.h>

/* More are counted, but bear their id for a name. */
#define ACCOUNTS_NAMED_MAX 256

struct accounts;

typedef void (*accounts_loaded_fn)(void *userdata);

struct accounts *accounts_new(GDBusConnection *bus);
struct accounts *accounts_free(struct accounts *a);
DEFINE_CLEANUP(struct accounts, accounts_free);

/* Asks the daemon behind `owner` (a unique name) for all of them; `on_loaded` (may be NULL) is
 * called once, also when the daemon does not answer. A later call takes the place of an earlier
 * one, whose `on_loaded` is not called any more. */
void accounts_load(
	struct accounts *a, const char *owner, accounts_loaded_fn on_loaded, void *userdata);

/* No answer is wanted any more; the names stay. */
void accounts_cancel(struct accounts *a);

/* Borrowed until the next answer; NULL for an id that is not known. */
const char *accounts_name(const struct accounts *a, const char *id);

unsigned accounts_count(const struct accounts *a);
