#pragma once
/* The desktop's notification service, through libnotify, in a thread of its own.
 *
 * libnotify's calls wait for the service's answer, 25 seconds with one that hangs, and there is no
 * other kind: so nothing but this thread waits. The agent gives it one card at a time and keeps what
 * comes meanwhile in its news, which are bounded; no queue can grow. All of libnotify is used from
 * this thread alone, with a main context of its own, so the signals of the service arrive there too.
 *
 * What libnotify is not asked for: whether the service is there and what it can do. That is a matter
 * of the bus, answered without waiting in service.c. */
#include "base/macros.h"

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

#define DESK_ACTIONS_MAX 4

enum desk_event_kind {
	DESK_SHOWN,
	DESK_FAILED, /* `problem` says why; the service may have shown it all the same */
	DESK_WITHDRAWN, /* what desk_withdraw() asked for is done, or cannot be */
	DESK_CLOSED, /* expired, dismissed, or closed by the service */
	DESK_ACTION, /* a button, or the card itself, was clicked: `action` */
};

struct desk_event {
	enum desk_event_kind kind;
	const char *key;
	uint64_t serial; /* of the card; of the newest one with this key where it was closed */
	uint32_t number; /* shown: the service's number of it */
	const char *problem;
	const char *action;
	const char *token; /* for the window that an action opens; NULL: the service gave none */
};

enum desk_urgency {
	DESK_LOW,
	DESK_NORMAL,
	DESK_CRITICAL,
};

/* `name` goes to the service and comes back; "default" is a click on the card itself. */
struct desk_action {
	char *name;
	char *label;
};

/* One notification. It takes the place of the last one with its key. */
struct desk_card {
	uint64_t serial;
	const char *key;
	char *summary; /* not empty */
	char *body;
	const char *category; /* a constant, as the specification has them */
	const char *sound; /* a name of the sound theme, a constant; NULL: none is named */
	bool is_quiet; /* ask for no sound at all */
	bool has_tag; /* the service replaces by x-dunst-stack-tag, also what an earlier agent showed */
	enum desk_urgency urgency;
	struct desk_action actions[DESK_ACTIONS_MAX];
	unsigned n_actions;
	uint32_t number; /* of the one to be replaced, which an earlier agent showed; 0: none */
};

typedef void (*desk_event_fn)(const struct desk_event *event, void *userdata);

struct desk;

/* `bus` is the session's, which libnotify uses. Events are given out in the default main context. */
struct desk *desk_new(GDBusConnection *bus, desk_event_fn on_event, void *userdata);

/* Does not wait for a service that hangs: the thread is left to the end of the process. No event is
 * given out any more. The default main context must not be run again. */
struct desk *desk_free(struct desk *d);
DEFINE_CLEANUP(struct desk, desk_free);

/* The texts that the card owns become the desk's. Not while it is busy: the last card's DESK_SHOWN,
 * DESK_FAILED or DESK_WITHDRAWN comes first. */
void desk_show(struct desk *d, const struct desk_card *card);

/* Takes one off the screen. `number`: as in a card. */
void desk_withdraw(struct desk *d, const char *key, uint32_t number);

bool desk_is_busy(const struct desk *d);

/* Another service has taken the name: the numbers of the old one's notifications mean nothing. */
void desk_forget_all(struct desk *d);
