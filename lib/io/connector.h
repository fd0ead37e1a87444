#pragma once
/* A host name and a port to one connected socket: lookup, then dial, under one deadline. */
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/macros.h"
#include "base/reason.h"

struct connector;
struct resolver;

struct connector_target {
	const char *host; /* borrowed for the call */
	uint16_t port;
	bool loopback_only;
	uint64_t timeout_usec;
	struct resolver *resolver; /* NULL: one of its own */
};

struct connector_result {
	int fd; /* owned by the callee; -1: it failed */
	enum reason reason;
	const char *text; /* borrowed until the connector is freed */
};

/* Called once, from the loop; the connector may be freed in it. */
typedef void (*connector_done_fn)(const struct connector_result *result, void *userdata);

/* 0 or negative errno. */
int connector_new(sd_event *loop, const struct connector_target *target, connector_done_fn done,
	void *userdata, struct connector **ret);
struct connector *connector_free(struct connector *c);
DEFINE_CLEANUP(struct connector, connector_free);
