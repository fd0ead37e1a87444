#pragma once
/* The log of events, followed: what it holds behind a position and what comes after, each event
 * once and in order, over restarts of the daemon and of the bus. Pulled by a loop of the caller,
 * which waits for the descriptor and for the deadline. Complains on standard error when the daemon
 * or the bus goes away or comes back, and about a gap.
 *
 * One rule makes it whole: while we are behind, what comes by signal is left to the log, which has
 * it already. We are behind at the start, when the daemon or the bus has come back, as long as the
 * daemon does not answer, and when the caller had no room. */
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "cli/arguments.h"
#include "cli/event.h"

struct follower;

/* As a position: behind the last event that there is now. */
#define FOLLOWER_FROM_NOW UINT64_MAX

struct follower_options {
	const struct arguments *arguments; /* borrowed; --system */
	uint64_t position; /* a seq, or FOLLOWER_FROM_NOW */
	bool follows; /* false: it ends at the end of the log */
	bool is_patient; /* waits for a bus or a daemon that is not there at the start */
};

enum follower_news {
	FOLLOWER_NOTHING, /* until the descriptor is readable or the deadline has come */
	FOLLOWER_POSITION, /* FOLLOWER_FROM_NOW has become a number */
	FOLLOWER_EVENT,
	FOLLOWER_GAP, /* events behind the position are lost; goes on with the oldest that is left */
	FOLLOWER_END, /* of the log, if it is not followed */
	FOLLOWER_FAILED, /* follower_exit_code(), after a complaint */
};

/* 0, or an exit code after a complaint. */
int follower_new(const struct follower_options *options, struct follower **ret);
struct follower *follower_free(struct follower *f);
DEFINE_CLEANUP(struct follower, follower_free);

/* The event is borrowed until the next call. May wait for the daemon's answer to a call, for
 * SESSION_TIMEOUT_USEC at most. */
enum follower_news follower_next(struct follower *f, uint64_t now_usec, struct event *ret);

/* The keys of the event that was just told become the caller's. */
struct record *follower_take_keys(struct follower *f);

/* For a caller that has no room for an event: takes what waits on the bus, so that it does not pile
 * up there; the next follower_next() finds it in the log. */
void follower_skip(struct follower *f);

/* -1 while there is no bus. */
int follower_descriptor(const struct follower *f);
uint64_t follower_deadline_usec(const struct follower *f);
int follower_exit_code(const struct follower *f);

/* The last event that was told; 0 before FOLLOWER_POSITION. */
uint64_t follower_position(const struct follower *f);
