#include "daemon/learned.h"

#include <limits.h>
#include <stdbool.h>

#include "base/macros.h"
#include "base/memory.h"
#include "daemon/account-config.h"
#include "protocol/imap-renewal.h"

#define DAY_USEC (24 * USEC_PER_HOUR)

char *learned_about_network(const char *host, const char *network) {
	return memory_format("%s %s", host, network ? network : "-");
}

char *learned_about_login(const struct account_config *config) {
	return memory_format("%s@%s", config->user ? config->user : "", config->host);
}

static bool is_old(const struct store_fact *fact, uint64_t now_usec) {
	return now_usec > fact->learned_usec && now_usec - fact->learned_usec > DAY_USEC;
}

uint64_t learned_renewal(struct store *store, const char *about, uint64_t now_usec) {
	struct store_fact fact = { 0 };
	if (store_load_fact(store, about, STORE_FACT_RENEWAL, &fact) <= 0)
		return 0;
	return is_old(&fact, now_usec) ? imap_renewal_forgive(fact.value) : fact.value;
}

unsigned learned_connections(struct store *store, const char *about, uint64_t now_usec) {
	struct store_fact fact = { 0 };
	int r = store_load_fact(store, about, STORE_FACT_CONNECTIONS, &fact);
	return r > 0 && !is_old(&fact, now_usec) ? (unsigned)MIN(fact.value, (uint64_t)UINT_MAX)
						 : 0;
}

uint64_t learned_push(struct store *store, const char *about) {
	struct store_fact fact = { 0 };
	int r = store_load_fact(store, about, STORE_FACT_PUSH, &fact);
	return r > 0 ? fact.value : 0;
}

int learned_save(struct store *store, const char *about, enum store_fact_kind kind,
	const struct store_fact *fact) {
	struct store_fact known = { 0 };
	int r = store_load_fact(store, about, kind, &known);
	if (r > 0 && known.value == fact->value && !is_old(&known, fact->learned_usec))
		return 0;
	if (r >= 0)
		r = store_save_fact(store, about, kind, fact);
	return r < 0 ? r : 1;
}
