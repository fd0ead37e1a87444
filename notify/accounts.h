#pragma once
/* The accounts of the daemon as it tells of them: their names, and how they are. */
#include "base/macros.h"

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* More are counted, but bear their id for a name, and their trouble is not told. */
#define ACCOUNTS_NAMED_MAX 256

/* Borrowed; empty where the daemon does not say it. */
struct account {
	char *id;
	char *path; /* of its object */
	char *name;
	char *protocol;
	char *user;
	char *state;
	char *reason;
	char *reason_text;
	uint32_t unseen;
	bool is_read_only; /* the daemon refused to change anything there */
};

/* POP3 has no flags. NULL: no such account is known. */
static inline bool accounts_can_mark(const struct account *account) {
	return account && !account->is_read_only && strcmp(account->protocol, "pop3");
}

struct accounts;

struct accounts_listener {
	void (*on_loaded)(
		void *userdata); /* after accounts_follow(), once; also without an answer */
	void (*on_account)(const struct account *account, void *userdata); /* it is another now */
	void (*on_gone)(const char *id, void *userdata);
	void *userdata;
};

struct accounts *accounts_new(GDBusConnection *bus, const struct accounts_listener *listener);
struct accounts *accounts_free(struct accounts *a);
DEFINE_CLEANUP(struct accounts, accounts_free);

/* Asks the daemon behind `owner` (a unique name) for all of them, and keeps up with it. */
void accounts_follow(struct accounts *a, const char *owner);

/* The same again, for what has come since: `on_loaded` is not called. */
void accounts_reload(struct accounts *a);

/* The daemon is away; what is known stays. */
void accounts_leave(struct accounts *a);

/* Borrowed until the main loop runs on; NULL for an id that is not known. */
struct account *accounts_find(const struct accounts *a, const char *id);

/* Those of which names are kept, by name; of struct account. To be unreferenced, and borrowed until
 * the main loop runs on. */
GPtrArray *accounts_list(const struct accounts *a);

unsigned accounts_count(const struct accounts *a);
