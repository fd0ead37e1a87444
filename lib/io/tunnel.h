#pragma once
/* A connected socket to a proxy becomes one to the server behind it: proxy-talk.h on the loop. Not a
 * byte of the server is read on the way. */
#include <systemd/sd-event.h>

#include "base/macros.h"
#include "io/proxy-talk.h"

struct tunnel;

struct tunnel_result {
	int fd; /* owned by the callee; -1: it failed */
	enum reason reason;
	const char *text; /* borrowed until the tunnel is freed */
};

/* Called once, from the loop; the tunnel may be freed in it. */
typedef void (*tunnel_done_fn)(const struct tunnel_result *result, void *userdata);

struct tunnel_end {
	tunnel_done_fn done;
	void *userdata;
};

/* Takes the socket over, also when it fails. 0 or negative errno. The caller sets the deadline. */
int tunnel_new(sd_event *loop, int fd, const struct proxy_talk_target *target,
	const struct tunnel_end *end, struct tunnel **ret);
struct tunnel *tunnel_free(struct tunnel *t);
DEFINE_CLEANUP(struct tunnel, tunnel_free);
