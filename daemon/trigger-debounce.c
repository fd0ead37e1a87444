#include "daemon/trigger-debounce.h"

#include "base/macros.h"

void trigger_debounce_add(struct trigger_debounce *d, uint64_t now_usec, uint64_t quiet_usec,
	uint64_t max_delay_usec) {
	uint64_t limit = now_usec + max_delay_usec;
	d->limit_usec = d->is_waiting ? MIN(d->limit_usec, limit) : limit;
	d->due_usec = MIN(d->limit_usec, now_usec + quiet_usec);
	d->is_waiting = true;
}
