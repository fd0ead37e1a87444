#pragma once
/* At which times the sessions of this process may wake it for what is not urgent. Pure.
 *
 * The few accounts of a desktop share their times, so that five of them wake the machine once a
 * minute at most, and that only when one of them is due. Thousands of accounts are spread by a
 * number of their own over as many seconds as it takes to have few in each, however close together
 * they logged in. */
#include <stddef.h>
#include <stdint.h>

struct wake_slot {
	uint32_t every_usec;
	uint32_t phase_usec; /* on a clock that all sessions share */
};

/* `seed`: any number that is always the same for this account. */
struct wake_slot wake_slot_of(uint64_t seed, size_t n_accounts);
