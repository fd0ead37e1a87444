#pragma once
/* Gets an account's secret right before it is used: a file with a mode check, a systemd
 * credential, or a command. What it hands out is erased after the callback. */
#include <systemd/sd-event.h>

#include "base/macros.h"

#define CREDENTIAL_MAX ((size_t)64 * 1024)
#define CREDENTIAL_COMMAND_USEC (60 * USEC_PER_SEC)

struct account_config;
struct credential;

struct credential_result {
	const char *secret; /* NULL on failure; borrowed, erased after the callback */
	const char *problem; /* a sentence for the user when there is no secret */
};

typedef void (*credential_done_fn)(const struct credential_result *result, void *userdata);

/* The callback is called once, from the loop, never from here. 0 or negative errno. */
int credential_new(sd_event *loop, const struct account_config *config, credential_done_fn done,
	void *userdata, struct credential **ret);
/* Before the callback: it is not called any more. */
struct credential *credential_free(struct credential *credential);
DEFINE_CLEANUP(struct credential, credential_free);
