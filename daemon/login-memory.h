#pragma once
/* How an account's server let us in the last time, in the store: the mechanism is the floor of the
 * next login, so that nobody who answers in the server's place gets a password out of us by offering
 * nothing better. It belongs to the host of the configuration, and goes with the account. */
#include "protocol/login.h"
#include "store/store.h"

struct account_config;

/* What is unknown is {NONE, 0}. 0, or negative errno when the store fails: no floor is known then,
 * and none must be assumed. */
int login_memory_load(
	struct store *store, const struct account_config *config, struct login_outcome *ret);
/* 1: written, as a part of the open transaction; 0: it is as it was. */
int login_memory_save(struct store *store, const struct account_config *config,
	const struct login_outcome *outcome);
