#pragma once
/* How long an account is left alone: until a time of the wall clock, or until somebody resumes it.
 * Kept in the store, so that a restart does not end it. Embedded in the account. */
#include <stdbool.h>
#include <stdint.h>

struct store;

struct pause {
	uint64_t until_usec; /* 0: not paused; PAUSE_ENDLESS */
};

#define PAUSE_ENDLESS UINT64_MAX

/* As the store has it. */
void pause_load(struct pause *pause, struct store *store, const char *account);

/* 0 ends it. 1: written, as a part of the open transaction; 0: it is so already; or negative errno,
 * and nothing has changed. `now_usec` is the wall clock. */
int pause_set(struct pause *pause, struct store *store, const char *account, uint64_t until_usec,
	uint64_t now_usec);

bool pause_is_on(const struct pause *pause);
bool pause_is_over(const struct pause *pause, uint64_t now_usec);
/* When to look again; USEC_NEVER: need not. Not longer than an hour, since the wall clock may be set. */
uint64_t pause_wait(const struct pause *pause, uint64_t now_usec);
/* When it ends, 0 for one without end. */
uint64_t pause_end(const struct pause *pause);
