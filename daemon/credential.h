#pragma once
/* Gets an account's secret right before it is used: a file with a mode check, a systemd
 * credential, a command, or the key ring. What it hands out is erased after the callback. */
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/macros.h"
#include "base/reason.h"

#define CREDENTIAL_MAX ((size_t)64 * 1024)
#define CREDENTIAL_COMMAND_USEC (60 * USEC_PER_SEC)

struct account_config;
struct credential;
struct desktop;

enum credential_kind {
	CREDENTIAL_PASSWORD,
	CREDENTIAL_NONE, /* the account needs none: there is no secret, and no failure */
	CREDENTIAL_TOKEN, /* an OAuth 2.0 access token: for XOAUTH2 and OAUTHBEARER alone */
};

struct credential_request {
	const struct account_config *config; /* borrowed for the life of the credential */
	/* The server refused what the source gave the last time: a source that keeps tokens is to
	 * fetch a new one (POSTHORN_REFRESH=1). */
	bool is_refresh;
	struct desktop *desktop; /* borrowed likewise; NULL: there is none to ask */
};

/* Where the mail is, from a source that knows it. Checked as the configuration's own. */
struct account_place;

struct credential_result {
	const char *secret; /* NULL on failure, and where there is none; borrowed, erased after the
			       callback */
	enum credential_kind kind;
	uint64_t expires_usec; /* wall clock; 0: the source does not say */
	enum reason reason; /* NONE, or why it failed: SECRET_FAILED, LOCKED, UNAVAILABLE */
	const struct account_place *place; /* of GoaAccount= alone, else NULL */
	const char *problem; /* and a sentence for the user */
};

typedef void (*credential_done_fn)(const struct credential_result *result, void *userdata);

/* The callback is called once, from the loop, never from here. 0 or negative errno. */
int credential_new(sd_event *loop, const struct credential_request *request,
	credential_done_fn done, void *userdata, struct credential **ret);
/* Before the callback: it is not called any more. */
struct credential *credential_free(struct credential *credential);
DEFINE_CLEANUP(struct credential, credential_free);
