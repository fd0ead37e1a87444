#pragma once
/* systemd-logind (org.freedesktop.login1), as far as it tells that the machine goes to sleep and has
 * woken. Holds a delay lock meanwhile, so that the machine waits for a moment while connections are
 * closed (InhibitDelayMaxSec=, 5 s by default). May be absent, refuse the lock, restart, or vanish at
 * any time: then nothing is told, or without the moment. Is never started by us. */
#include <stdbool.h>

#include "base/macros.h"

struct connection;
struct login_manager;

/* From the loop; neither may free it. */
struct login_manager_callbacks {
	/* The machine sleeps as soon as login_manager_release() is called, or a moment later. */
	void (*on_sleep)(void *userdata);
	/* It has woken, or does not sleep after all. */
	void (*on_wake)(void *userdata);
	void *userdata;
};

struct login_manager *login_manager_new(
	struct connection *system_bus, const struct login_manager_callbacks *callbacks);
/* Before the connection is freed; gives the lock back. */
struct login_manager *login_manager_free(struct login_manager *l);
DEFINE_CLEANUP(struct login_manager, login_manager_free);

/* All is done that had to be: gives the lock back, if there is one. */
void login_manager_release(struct login_manager *l);
