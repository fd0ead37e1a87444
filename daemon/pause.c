#include "daemon/pause.h"

#include "base/macros.h"
#include "store/store.h"

void pause_load(struct pause *pause, struct store *store, const char *account) {
	struct store_fact fact = { 0 };
	int r = store_load_fact(store, account, STORE_FACT_PAUSE, &fact);
	pause->until_usec = r > 0 ? fact.value : 0;
}

int pause_set(struct pause *pause, struct store *store, const char *account, uint64_t until_usec,
	uint64_t now_usec) {
	const struct store_fact fact = { until_usec, now_usec };
	if (pause->until_usec == until_usec)
		return 0;
	int r = store_save_fact(store, account, STORE_FACT_PAUSE, &fact);
	if (r < 0)
		return r;
	pause->until_usec = until_usec;
	return 1;
}

bool pause_is_on(const struct pause *pause) {
	return pause->until_usec != 0;
}

bool pause_is_over(const struct pause *pause, uint64_t now_usec) {
	return pause->until_usec != PAUSE_ENDLESS && pause->until_usec <= now_usec;
}

uint64_t pause_wait(const struct pause *pause, uint64_t now_usec) {
	if (pause->until_usec == PAUSE_ENDLESS)
		return USEC_NEVER;
	if (pause->until_usec <= now_usec)
		return 0;
	return MIN(pause->until_usec - now_usec, USEC_PER_HOUR);
}

uint64_t pause_end(const struct pause *pause) {
	return pause->until_usec == PAUSE_ENDLESS ? 0 : pause->until_usec;
}
