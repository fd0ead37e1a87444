#pragma once
/* The daemon on the bus: its objects, made from the manager's model, and its signals. Models know
 * nothing of this; it listens to them. */
#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/macros.h"

struct api;
struct connection;
struct manager;

enum api_state {
	API_ONLINE, /* the name is ours */
	API_OFFLINE, /* no bus; it is tried again */
	API_NAME_TAKEN, /* another posthornd is on this bus */
	API_REFUSED, /* the bus's policy does not let us own the name */
};

/* Called for each change, with a sentence (not for ONLINE). */
typedef void (*api_state_fn)(enum api_state state, const char *text, void *userdata);

/* Borrowed by api_new(), but for the loop and the manager, which must outlive the api. */
struct api_settings {
	sd_event *loop;
	struct manager *manager;
	bool is_system; /* the system bus, else the session bus */
	api_state_fn changed;
	void *userdata;
};

/* Becomes the manager's listener. Negative errno when the loop refuses. */
int api_new(const struct api_settings *settings, struct api **ret);
/* For others who have business on the same bus; borrowed. */
struct connection *api_connection(struct api *api);

/* Before the manager. */
struct api *api_free(struct api *api);
DEFINE_CLEANUP(struct api, api_free);
