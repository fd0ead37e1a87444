#pragma once
/* Asks the daemon to mark mail as read, and says what came of each. An account in which nothing can
 * ever be marked is read-only from then on. */
#include "base/macros.h"
#include "notify/accounts.h"

#include <gio/gio.h>
#include <stdbool.h>

struct marking_listener {
	/* `is_marked` also where there is no such mail any more. NULL: nobody asks. */
	void (*on_mail)(const char *account, const char *id, bool is_marked, void *userdata);
	/* Behind all of them. `problem`: NULL, or why some were not (text of others). */
	void (*on_end)(const char *account, const char *problem, void *userdata);
	void *userdata;
};

/* What is needed to ask. Borrowed for the call, `accounts` until the end. */
struct marking_question {
	GDBusConnection *bus;
	const struct accounts *accounts;
	const char *owner; /* the daemon's unique name; NULL: it is away */
	const struct account *account;
	char **ids; /* NULL-terminated; becomes the marking's (words_free()) */
};

/* The listener is copied; nothing of it is called after the cancellable was. */
void marking_start(const struct marking_question *question, GCancellable *cancellable,
	const struct marking_listener *listener);
