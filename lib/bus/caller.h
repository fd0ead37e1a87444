#pragma once
/* Who calls, as the bus knows it: made and kept by callers.c, for as long as the connection of the
 * caller is on the bus. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALLER_TOLD_MAX 16

struct caller {
	const char *name; /* ":1.42" */
	uint32_t uid;
	const uint32_t *gids; /* all of its groups, as they were when it connected */
	size_t n_gids;
	bool is_privileged; /* root, or the user that we are */
	bool is_subscribed;
	unsigned slot; /* of the subscribers, below CALLERS_SUBSCRIBERS_MAX; while it is one */
	uint64_t told[CALLER_TOLD_MAX]; /* hashes of the properties that it was told last */
	void *view; /* whoever serves it keeps something here, and frees it in `left` */
};
