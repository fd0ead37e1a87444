#pragma once
/* posthornd --test-account: one account, tried once as the daemon itself would run it, with a state
 * of its own that is thrown away, and a report for people or programs on standard output. Nothing is
 * published, nothing on the server changes. */
#include <stdbool.h>
#include <stdint.h>

#define TRIAL_USEC (2 * USEC_PER_MINUTE)
#define TRIAL_PUSH_USEC (10 * USEC_PER_MINUTE)

struct trial_settings {
	const char *const *config_folders; /* as manager_settings has them */
	const char *account; /* id */
	bool has_desktop;
	bool waits_for_push; /* goes on until a message has come */
	bool json;
};

/* The exit code: 0 when the account works (and a message came), 1 when it does not. */
int trial_run(const struct trial_settings *settings);
