#include "daemon/wake-slot.h"

#include "base/macros.h"

/* So many renewals in a second take a hundredth of it. */
#define ACCOUNTS_A_SECOND 32
/* Half of the nine minutes that an IDLE lasts at first: more would be renewed far too early. */
#define SECONDS_MAX ((size_t)270)

struct wake_slot wake_slot_of(uint64_t seed, size_t n_accounts) {
	size_t n_seconds = MIN(MAX(n_accounts / ACCOUNTS_A_SECOND, (size_t)1), SECONDS_MAX);
	return (struct wake_slot){
		.every_usec = (uint32_t)MAX(n_seconds * USEC_PER_SEC, USEC_PER_MINUTE),
		.phase_usec = (uint32_t)(seed % n_seconds * USEC_PER_SEC),
	};
}
