#pragma once
/* StartUnit=: starts units of systemd when mail has come. Reads the log of events behind whoever
 * writes it, waits until it is quiet (trigger-debounce.h), and asks systemd. How far it has got is
 * kept in the store, so that an event whose unit was not asked for when the daemon ended is dealt
 * with after the next start: a unit may be started once too often, never once too little.
 * Owned by the manager. */
#include <stdbool.h>

#include "base/macros.h"

struct account_config;
struct account_host;
struct triggers;

/* Units that wait. Beyond, the log is not read on until some have been started: names with %m are as
 * many as there are mailboxes. */
#define TRIGGERS_MAX 1024

/* The accounts. */
struct triggers_source {
	/* By id; NULL: there is no such account any more. */
	const struct account_config *(*config_of)(void *userdata, const char *account);
	/* The store holds an uncommitted write; negative: it failed half way. */
	void (*written)(void *userdata, int error);
	void *userdata;
};

/* The host is borrowed for its life. Asks the user's service manager where the host has a desktop, else
 * the system's. */
struct triggers *triggers_new(
	const struct account_host *host, const struct triggers_source *source);
/* What waits still is in the log. */
struct triggers *triggers_free(struct triggers *t);
DEFINE_CLEANUP(struct triggers, triggers_free);

/* The rest take NULL: nothing is started.
 *
 * The configuration was read: is there any StartUnit=? What was refused before is tried at once. */
void triggers_reconsider(struct triggers *t, bool has_rules);
/* Events were committed. */
void triggers_wake(struct triggers *t);
/* The end is near: what is done is written down. */
void triggers_stop(struct triggers *t);
