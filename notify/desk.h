#pragma once
/* The desktop's notification service, through libnotify, in a thread of its own.
 *
 * libnotify's calls wait for the service's answer, 25 seconds with one that hangs, and there is no
 * other kind: so nothing but this thread waits. The agent gives it one card at a time and keeps what
 * comes meanwhile in its news, which are bounded; no queue can grow. All of libnotify is used from
 * this thread alone, with a main context of its own, so the signals of the service arrive there too.
 *
 * What libnotify is not asked for: whether the service is there and what it can do. That is a matter
 * of the bus, answered without waiting in popup.c. */
#include "base/macros.h"

#include <stdbool.h>
#include <stdint.h>

enum desk_event_kind {
	DESK_SHOWN,
	DESK_FAILED, /* `problem` says why; the service may have shown it all the same */
	DESK_CLOSED, /* expired, dismissed, or closed by the service */
};

struct desk_event {
	enum desk_event_kind kind;
	const char *account;
	uint64_t serial; /* of the card; of the newest one of this account where it was closed */
	const char *problem;
};

/* One notification. It takes the place of the account's last one. */
struct desk_card {
	uint64_t serial;
	const char *account;
	const char *summary; /* not empty */
	const char *body;
	const char *sound; /* a name of the sound theme, a constant; NULL: none is named */
	bool is_quiet; /* ask for no sound at all */
	bool has_tag; /* the service replaces by x-dunst-stack-tag, also what an earlier agent showed */
};

typedef void (*desk_event_fn)(const struct desk_event *event, void *userdata);

struct desk;

/* Events are given out in the default main context. */
struct desk *desk_new(desk_event_fn on_event, void *userdata);

/* Does not wait for a service that hangs: the thread is left to the end of the process. No event is
 * given out any more. The default main context must not be run again. */
struct desk *desk_free(struct desk *d);
DEFINE_CLEANUP(struct desk, desk_free);

/* Copies. Not before the last card's DESK_SHOWN or DESK_FAILED: see desk_is_busy(). */
void desk_show(struct desk *d, const struct desk_card *card);

bool desk_is_busy(const struct desk *d);

/* Another service has taken the name: the numbers of the old one's notifications mean nothing. */
void desk_forget_all(struct desk *d);
