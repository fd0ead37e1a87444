#pragma once
/* What one caller sees of the daemon: everything, or the accounts whose Readers= name it, their events
 * and their numbers, as if there were no others. Behind the Manager object stands the caller's view. */
#include <dbus/dbus.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/manager.h"

struct access;
struct account;
struct caller;
struct object_call;

struct api_view {
	struct manager *manager;
	struct access *access; /* NULL: everybody sees everything */
	const struct caller *caller; /* NULL: everybody */
	uint64_t generation; /* of the accounts below */
	struct account **accounts; /* of a caller who does not see all; by id */
	size_t n_accounts;
	unsigned n_told; /* events, one by one, since all were told */
	/* What was not signalled one by one, and is not told yet; 0: nothing. */
	uint64_t lagged_first;
	uint64_t lagged_last;
};

/* More events than this at once are not told one by one: readers take them from the log. Counted for each
 * reader by itself, since it would tell how many there are for others. */
#define API_VIEW_TOLD_MAX 1000

/* `generation` is what it is now: another one than the view's, and the accounts are found anew. */
void api_view_refresh(struct api_view *view, uint64_t generation);
void api_view_deinit(struct api_view *view);

bool api_view_is_whole(const struct api_view *view);

/* NULL: there is none, or not for this caller. */
struct account *api_view_account(const struct api_view *view, const char *id);
struct account *api_view_at(const struct api_view *view, size_t index);
size_t api_view_n_accounts(const struct api_view *view);
/* The one that follows this id, which need not exist; NULL: the first. */
struct account *api_view_after(const struct api_view *view, const char *id);

/* False also for an account that is not configured any more, unless the view is whole. */
bool api_view_has_events_of(const struct api_view *view, const char *account);
/* Summed up for this call, where the view is not whole. */
struct manager_totals api_view_totals(const struct api_view *view);
uint64_t api_view_last_seq(const struct api_view *view);

/* A burst: behind something that was not told one by one nothing is, until that was told. */
bool api_view_is_late(const struct api_view *view);

/* For methods that change what all readers see: the error, or NULL for who may. */
DBusMessage *api_view_refuse(const struct object_call *call);
