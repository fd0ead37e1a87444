#pragma once
/* A manager with its store and configuration in a temporary directory, on a bus of the test's own. */
#include "fixture.h"

#include "daemon/api.h"
#include "daemon/manager.h"
#include "store/store.h"

struct world {
	struct fixture fixture;
	char directory[64];
	char state_path[96];
	char folder[96]; /* of the configuration */
	const char *folders[2];
	struct manager *manager;
	struct api *api;
	bool online;
	bool offline; /* the api said so */
};

void world_init(struct world *w);
void world_deinit(struct world *w);

/* A file of accounts.d; NULL removes it. */
void world_write_account(struct world *w, const char *id, const char *text);

/* Puts events into the log, before the manager opens it; the last one's seq. */
uint64_t world_append(struct world *w, const struct store_event *events, size_t n);
/* As if the daemon before had told of all up to this one. */
void world_set_published(struct world *w, uint64_t seq);
/* Drops all but the newest events. */
void world_trim(struct world *w, uint64_t keep_events);

/* The manager opens its store; the bus may be down. */
void world_open(struct world *w);
/* The client listens to the daemon. Does not turn the loop. */
void world_listen(struct world *w);
/* Both, and the name is ours. */
void world_start(struct world *w);

/* A call of the Manager: a uint64_t for t, a uint32_t for u, a list of texts for anything else. */
DBusMessage *world_call(struct world *w, const char *member, const char *signature, ...);
