#pragma once
/* Follows the daemon over the bus, its coming and going included, so that every event is given out
 * once: its signals while it is there, and what its log holds behind the last known number whenever
 * it appears.
 *
 *             appears            answers           answers          no more events
 *     AWAY ------------> NAMING ---------> ASKING ---------> READING ------------> LIVE
 *      ^                                                                            |
 *      +------------------ vanishes, from any of them -------------------------------+
 */
#include "base/macros.h"
#include "notify/accounts.h"
#include "notify/news.h"

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

struct follower;

/* Both are given for as long as the follower lives. */
struct follower_listener {
	/* A message has come, in the account with this id. Borrowed. */
	void (*on_mail)(const char *account, const struct news_mail *mail, void *userdata);
	/* Everything up to follower_position() has been given out. */
	void (*on_position)(void *userdata);
	void *userdata;
};

/* `accounts` is borrowed, and kept up to date by the follower. `cursor`: the last event that is
 * known; NULL: none is, and everything up to now is old. */
struct follower *follower_new(GDBusConnection *bus, struct accounts *accounts,
	const uint64_t *cursor, const struct follower_listener *listener);
struct follower *follower_free(struct follower *f);
DEFINE_CLEANUP(struct follower, follower_free);

/* The number of the last event that was given out; false before the daemon said where it is, if
 * there was no cursor. */
bool follower_position(const struct follower *f, uint64_t *ret);
