#pragma once
/* How many messages the mailboxes of an account hold, and how many are unseen: the last that was
 * heard of each. Embedded in the account. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account_config;
struct store;
struct store_cursor;

struct mailbox_count {
	char *mailbox;
	uint32_t messages;
	uint32_t unseen;
};

struct mailbox_counts {
	struct mailbox_count *items;
	size_t n;
};

/* What the store remembers, so that a start shows the last known numbers and not none. */
void mailbox_counts_load(
	struct mailbox_counts *counts, struct store *store, const struct account_config *config);
void mailbox_counts_deinit(struct mailbox_counts *counts);

/* True when a number changed. */
bool mailbox_counts_set(
	struct mailbox_counts *counts, const char *mailbox, const struct store_cursor *cursor);

uint32_t mailbox_counts_unseen(const struct mailbox_counts *counts);
uint32_t mailbox_counts_total(const struct mailbox_counts *counts);
