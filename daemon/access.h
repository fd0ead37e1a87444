#pragma once
/* Who may see which account of a system service: Readers= of each, resolved, and the newest event of
 * each, since the number of somebody else's would tell of it. Indices are those of the manager's
 * accounts, as they were at the last access_update(). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct access;
struct account;
struct caller;
struct manager;
struct readers;

struct access *access_new(struct manager *manager);
struct access *access_free(struct access *access);

/* The configuration was read again. `changed` is called for each account that was there before. */
typedef void (*access_changed_fn)(struct account *account, const struct readers *before,
	const struct readers *after, void *userdata);
void access_update(struct access *access, access_changed_fn changed, void *userdata);

/* By its id; NULL: nobody but who sees everything. */
const struct readers *access_readers(const struct access *access, const char *account);

bool access_allows(const struct access *access, size_t index, const struct caller *caller);
/* What is summed over all accounts: for who sees them all, and for the user that serves metrics. */
bool access_allows_sums(const struct access *access, const struct caller *caller);
/* 0: none that is known. */
uint64_t access_last_seq(const struct access *access, size_t index);
void access_note_event(struct access *access, const char *account, uint64_t seq);
