#pragma once
/* Where the buses are, by the environment and the standard places. Never starts a bus, as
 * libdbus' own "autolaunch:" would. */
#include <stdbool.h>

/* An owned D-Bus address, or NULL when there is no session bus to be found: neither
 * DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set. */
char *address_find(bool system);
