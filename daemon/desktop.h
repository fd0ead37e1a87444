#pragma once
/* The session of the user, as far as secrets need it: one connection to its bus, made when the
 * first account asks for it, and word of what changes there. There is none for a system service. */
#include <systemd/sd-event.h>

#include "base/macros.h"

struct connection;
struct desktop;

/* `changed`: the key ring was unlocked, something was stored in it, or its service came; who was
 * refused may ask again; or GNOME Online Accounts have changed. From the loop, a few times in a second at most. */
struct desktop *desktop_new(sd_event *loop, void (*changed)(void *userdata), void *userdata);
/* All that ask over its connection must be gone. */
struct desktop *desktop_free(struct desktop *d);
DEFINE_CLEANUP(struct desktop, desktop_free);

/* The ways to the key ring and to GNOME Online Accounts; borrowed. NULL when the loop refuses. */
struct connection *desktop_key_ring(struct desktop *d);
struct connection *desktop_online_accounts(struct desktop *d);
