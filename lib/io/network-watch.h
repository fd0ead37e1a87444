#pragma once
/* Tells that the networks of this machine have changed: an address, a default route, a carrier came
 * or went. Hears it of the kernel (rtnetlink), so that no service has to be there for it. Asks nobody else,
 * and sends nothing out. Many changes within a moment are told once, when they have calmed down. */
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/macros.h"
#include "io/network-facts.h"

/* Told when nothing has changed for so long; and at last after so long, if they go on. A lease and
 * its routes come within a moment of each other; a new network is to be used within 5 s. */
#define NETWORK_WATCH_CALM_USEC (700 * USEC_PER_MSEC)
#define NETWORK_WATCH_LAST_USEC (2 * USEC_PER_SEC)

struct network_watch;

typedef void (*network_watch_fn)(const struct network_news *news, void *userdata);

/* What is there at first is not told. Negative errno: there is no rtnetlink here, or we may not ask
 * it (a sandbox without AF_NETLINK: EAFNOSUPPORT, EPERM). */
int network_watch_new(
	sd_event *loop, network_watch_fn changed, void *userdata, struct network_watch **ret);
struct network_watch *network_watch_free(struct network_watch *w);
DEFINE_CLEANUP(struct network_watch, network_watch_free);

/* When changes that came from `first_usec` to `last_usec` are told. */
uint64_t network_watch_due(uint64_t first_usec, uint64_t last_usec);
