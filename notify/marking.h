#pragma once
/* Asks the daemon to mark mail as read, and says what came of each. */
#include "base/macros.h"
#include "notify/accounts.h"

#include <gio/gio.h>
#include <stdbool.h>

struct marking_listener {
	/* `is_marked` also where there is no such mail any more. */
	void (*on_mail)(const char *account, const char *id, bool is_marked, void *userdata);
	/* Behind all of them. `problem`: NULL, or why some were not (text of others). `is_never`:
	 * nothing can ever be marked in this account. */
	void (*on_end)(const char *account, const char *problem, bool is_never, void *userdata);
	void *userdata;
};

/* What is needed to ask. Borrowed for the call. */
struct marking_question {
	GDBusConnection *bus;
	const char *owner; /* the daemon's unique name; NULL: it is away */
	const struct account *account;
	char **ids; /* NULL-terminated; becomes the marking's (words_free()) */
};

/* The listener is copied; nothing of it is called after the cancellable was. */
void marking_start(const struct marking_question *question, GCancellable *cancellable,
	const struct marking_listener *listener);
