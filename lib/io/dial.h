#pragma once
/* A list of addresses to one connected, non-blocking socket: RFC 8305 (Happy Eyeballs). Families
 * alternate, the next address starts 250 ms after the last one or as soon as one has failed, the
 * first connection wins. The socket is close-on-exec, with keepalive and the user timeout set. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/macros.h"
#include "base/reason.h"
#include "io/address.h"

struct dial;

struct dial_target {
	const struct address *addresses; /* borrowed for the call */
	size_t n; /* at least 1 */
	bool loopback_only; /* other addresses are never tried */
};

struct dial_result {
	int fd; /* owned by the callee; -1: it failed */
	enum reason reason; /* CONNECT_FAILED, CLEARTEXT_REFUSED, INTERNAL */
	const char
		*text; /* borrowed during the callback: "192.0.2.1 port 993: Connection refused" */
};

/* Called once, from the loop; the dial may be freed in it. */
typedef void (*dial_done_fn)(const struct dial_result *result, void *userdata);

/* 0 or negative errno. The caller sets the deadline. */
int dial_new(sd_event *loop, const struct dial_target *target, dial_done_fn done, void *userdata,
	struct dial **ret);
/* Closes every attempt; the callback is not called any more. */
struct dial *dial_free(struct dial *d);
DEFINE_CLEANUP(struct dial, dial_free);
