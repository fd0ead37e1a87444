#pragma once
/* A host name and a port to one connected socket: lookup, then dial, under one deadline. Where there is
 * a proxy its name is looked up and dialed, and the host's is told to it alone. */
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/macros.h"
#include "base/reason.h"
#include "io/proxy-talk.h"

struct connector;
struct resolver;

/* All borrowed for the call. */
struct connector_proxy {
	enum proxy_kind kind; /* NONE: there is none, and the rest is not looked at */
	const char *host;
	uint16_t port;
	const char *user; /* NULL: it asks for nobody */
	const char *password;
};

struct connector_target {
	const char *host; /* borrowed for the call */
	uint16_t port;
	struct connector_proxy proxy;
	bool loopback_only; /* what is behind a proxy is somewhere else */
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
