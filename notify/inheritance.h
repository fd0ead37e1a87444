#pragma once
/* The notifications that an earlier agent left on the screen: what the user does with them. libnotify
 * listens only for what it has shown itself, and showing them again would bring back what was
 * dismissed meanwhile. */
#include "base/macros.h"

#include <gio/gio.h>
#include <stdint.h>

struct inheritance_listener {
	void (*on_closed)(uint32_t number, void *userdata);
	/* `token` may be NULL */
	void (*on_action)(uint32_t number, const char *action, const char *token, void *userdata);
	void *userdata;
};

struct inheritance;

/* `owner`: the unique name of the service. */
struct inheritance *inheritance_new(
	GDBusConnection *bus, const char *owner, const struct inheritance_listener *listener);
struct inheritance *inheritance_free(struct inheritance *i);
DEFINE_CLEANUP(struct inheritance, inheritance_free);
