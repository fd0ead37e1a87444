#include "daemon/mailbox-counts.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "daemon/account-config.h"
#include "store/store.h"

void mailbox_counts_load(
	struct mailbox_counts *counts, struct store *store, const struct account_config *config) {
	for (size_t i = 0; i < config->n_watch; i++) {
		struct store_cursor cursor;
		if (store_load_cursor(store, config->id, config->watch[i], &cursor) > 0)
			(void)mailbox_counts_set(counts, config->watch[i], &cursor);
	}
}

void mailbox_counts_deinit(struct mailbox_counts *counts) {
	for (size_t i = 0; i < counts->n; i++)
		free(counts->items[i].mailbox);
	free(counts->items);
	*counts = (struct mailbox_counts){ 0 };
}

static struct mailbox_count *mailbox_counts_find(
	struct mailbox_counts *counts, const char *mailbox) {
	for (size_t i = 0; i < counts->n; i++)
		if (!strcmp(counts->items[i].mailbox, mailbox))
			return &counts->items[i];
	counts->items = memory_resize(counts->items, counts->n + 1, sizeof(*counts->items));
	struct mailbox_count *item = &counts->items[counts->n++];
	*item = (struct mailbox_count){ .mailbox = memory_strdup(mailbox) };
	return item;
}

bool mailbox_counts_set(
	struct mailbox_counts *counts, const char *mailbox, const struct store_cursor *cursor) {
	struct mailbox_count *item = mailbox_counts_find(counts, mailbox);
	bool changed = item->messages != cursor->messages || item->unseen != cursor->unseen;
	item->messages = cursor->messages;
	item->unseen = cursor->unseen;
	return changed;
}

uint32_t mailbox_counts_unseen(const struct mailbox_counts *counts) {
	uint32_t sum = 0;
	for (size_t i = 0; i < counts->n; i++)
		sum += counts->items[i].unseen;
	return sum;
}

uint32_t mailbox_counts_total(const struct mailbox_counts *counts) {
	uint32_t sum = 0;
	for (size_t i = 0; i < counts->n; i++)
		sum += counts->items[i].messages;
	return sum;
}
