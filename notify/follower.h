#pragma once
/* Follows the daemon over the bus, its coming and going included, so that every event is given out
 * once: its signals while it is there, and what its log holds behind the last known number whenever
 * it appears, or passed events over.
 *
 *             appears            answers           answers          no more events
 *     AWAY ------------> NAMING ---------> ASKING ---------> READING ------------> LIVE
 *      ^                                                        ^                  | |
 *      |                                                        +----- lagged -----+ |
 *      +------------------ vanishes, from any of them -------------------------------+
 */
#include "base/macros.h"
#include "notify/accounts.h"

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

enum follower_kind {
	FOLLOWER_NEW,
	FOLLOWER_RETIRED,
};

struct follower;

struct follower_listener {
	/* The event's dictionary, as the contract has it. Borrowed. */
	void (*on_event)(enum follower_kind kind, uint64_t seq, GVariant *event, void *userdata);
	/* Everything up to follower_position() has been given out. */
	void (*on_position)(void *userdata);
	/* Whether the log is being read: what comes may be taken back by what follows. */
	void (*on_reading)(bool is_reading, void *userdata);
	/* The daemon's log ends before what was known: its state was lost. */
	void (*on_lost)(uint64_t last, void *userdata);
	void *userdata;
};

/* What is known at the start. */
struct follower_start {
	bool is_known; /* false: everything up to now is old */
	uint64_t read_after; /* the log is read behind this number */
	uint64_t position; /* up to here events were given out once; at or behind `read_after` */
};

/* `accounts` is borrowed; follower_on_accounts() is to be called when they were loaded. */
struct follower *follower_new(GDBusConnection *bus, struct accounts *accounts,
	const struct follower_start *start, const struct follower_listener *listener);
struct follower *follower_free(struct follower *f);
DEFINE_CLEANUP(struct follower, follower_free);

void follower_on_accounts(struct follower *f);

/* The number of the last event that was given out; false before the daemon said where it is, if
 * nothing was known, or before all that was known was given out again. */
bool follower_position(const struct follower *f, uint64_t *ret);

/* The daemon's unique name; NULL while it is away. */
const char *follower_owner(const struct follower *f);
