#pragma once
/* What an account knows of the access tokens that it logs in with. That one has expired is an event
 * like any other: a new one is asked for and the connection made again, at once and once; only a
 * second refusal is told to the user. Pure: time is an argument. */
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/reason.h"

/* So long before its end a token is replaced, where the server is known to close at the end. */
#define TOKEN_CARE_AHEAD_USEC USEC_PER_MINUTE
/* A connection that has lived so long had a good token; one that has not is no reason for another
 * login at once. */
#define TOKEN_CARE_STABLE_USEC (5 * USEC_PER_MINUTE)

struct token_care {
	bool is_token; /* the last secret was one */
	uint64_t expires_usec; /* of it, on the wall clock; 0: unknown */
	bool is_refresh_due; /* the source is to fetch a new one */
	bool was_refreshed; /* and did, and nothing has lived long since */
	bool is_cut_off; /* this server closed a connection when its token expired */
	bool is_renewing; /* we are closing one because it will */
};

struct credential_result;

void token_care_on_credential(struct token_care *care, const struct credential_result *result);

/* A login was accepted. */
void token_care_on_online(struct token_care *care);

/* A connection, or an attempt at one, has ended after having been online for so long (0: it never
 * was). True: make it again at once, with a new token. */
bool token_care_on_end(struct token_care *care, enum reason reason, uint64_t alive_usec);

/* When to close by ourselves, by the wall clock; USEC_NEVER: not at all. */
uint64_t token_care_renewal(const struct token_care *care, uint64_t now_usec);
