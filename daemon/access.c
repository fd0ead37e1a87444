#include "daemon/access.h"

#include <pwd.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "bus/caller.h"
#include "daemon/account-config.h"
#include "daemon/account.h"
#include "daemon/manager.h"
#include "daemon/readers.h"

/* Of posthorn-metrics@.service. */
#define METRICS_USER "posthorn-metrics"

struct entry {
	char *account; /* its id: the account may be gone before this is */
	struct readers *readers;
	uint64_t last_seq;
};

struct access {
	struct manager *manager;
	struct entry *entries; /* in the order of ids, as the manager has them */
	size_t n;
	bool has_metrics_uid;
	uint32_t metrics_uid;
};

static struct entry *find(const struct access *access, const char *account) {
	size_t low = 0, high = access->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(access->entries[middle].account, account);
		if (order == 0)
			return &access->entries[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static void on_unknown(const char *word, void *userdata) {
	const struct account_config *config = userdata;
	log_write(LOG_LEVEL_WARNING, config->id, "Readers=: there is no %s '%s' on this system",
		*word == '@' ? "group" : "user", word + (*word == '@'));
}

static struct entry *read_entries(struct access *access, size_t *ret_n) {
	size_t n = manager_totals(access->manager).n_accounts;
	struct entry *entries = MEMORY_NEW_ARRAY(struct entry, n + 1);
	for (size_t i = 0; i < n; i++) {
		struct account *account = manager_account_at(access->manager, i);
		const struct account_config *config = account_config(account);
		const struct entry *old = find(access, config->id);
		entries[i] = (struct entry){
			.account = memory_strdup(config->id),
			.readers = readers_new(config->readers, on_unknown, (void *)config),
			.last_seq = old ? old->last_seq : 0,
		};
	}
	*ret_n = n;
	return entries;
}

static void free_entries(struct entry *entries, size_t n) {
	for (size_t i = 0; i < n; i++) {
		free(entries[i].account);
		readers_free(entries[i].readers);
	}
	free(entries);
}

void access_update(struct access *access, access_changed_fn changed, void *userdata) {
	size_t n;
	struct entry *entries = read_entries(access, &n);
	for (size_t i = 0; changed && i < n; i++) {
		const struct entry *old = find(access, entries[i].account);
		if (old)
			changed(manager_account_at(access->manager, i), old->readers,
				entries[i].readers, userdata);
	}
	free_entries(access->entries, access->n);
	access->entries = entries;
	access->n = n;
	const struct passwd *user = getpwnam(METRICS_USER);
	access->has_metrics_uid = user != NULL;
	access->metrics_uid = user ? user->pw_uid : 0;
}

bool access_allows_sums(const struct access *access, const struct caller *caller) {
	bool is_metrics = access->has_metrics_uid && access->metrics_uid == caller->uid;
	return caller->is_privileged || is_metrics;
}

const struct readers *access_readers(const struct access *access, const char *account) {
	const struct entry *entry = find(access, account);
	return entry ? entry->readers : NULL;
}

bool access_allows(const struct access *access, size_t index, const struct caller *caller) {
	return index < access->n && readers_have(access->entries[index].readers, caller);
}

uint64_t access_last_seq(const struct access *access, size_t index) {
	return index < access->n ? access->entries[index].last_seq : 0;
}

void access_note_event(struct access *access, const char *account, uint64_t seq) {
	struct entry *entry = find(access, account);
	if (entry)
		entry->last_seq = MAX(entry->last_seq, seq);
}

static void on_newest(const char *account, uint64_t seq, void *userdata) {
	access_note_event(userdata, account, seq);
}

struct access *access_new(struct manager *manager) {
	struct access *access = MEMORY_NEW(struct access);
	access->manager = manager;
	access_update(access, NULL, NULL);
	(void)manager_list_newest(manager, on_newest, access);
	return access;
}

struct access *access_free(struct access *access) {
	if (!access)
		return NULL;
	free_entries(access->entries, access->n);
	return memory_free(access);
}
