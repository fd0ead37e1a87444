#include "daemon/api-view.h"

#include <string.h>

#include "base/memory.h"
#include "bus/object.h"
#include "daemon/access.h"
#include "daemon/account-config.h"
#include "daemon/account.h"

bool api_view_is_whole(const struct api_view *view) {
	return !view->caller || view->caller->is_privileged;
}

void api_view_refresh(struct api_view *view, uint64_t generation) {
	if (view->generation == generation || api_view_is_whole(view))
		return;
	size_t n = manager_totals(view->manager).n_accounts;
	view->generation = generation;
	view->n_accounts = 0;
	for (size_t i = 0; i < n; i++) {
		if (!access_allows(view->access, i, view->caller))
			continue;
		view->accounts = memory_resize(
			view->accounts, view->n_accounts + 1, sizeof(struct account *));
		view->accounts[view->n_accounts++] = manager_account_at(view->manager, i);
	}
}

void api_view_deinit(struct api_view *view) {
	view->accounts = memory_free(view->accounts);
}

struct account *api_view_at(const struct api_view *view, size_t index) {
	if (api_view_is_whole(view))
		return manager_account_at(view->manager, index);
	return index < view->n_accounts ? view->accounts[index] : NULL;
}

size_t api_view_n_accounts(const struct api_view *view) {
	return api_view_is_whole(view) ? manager_totals(view->manager).n_accounts
				       : view->n_accounts;
}

/* Of the first one whose id is not before this one. */
static size_t lower_bound(const struct api_view *view, const char *id) {
	size_t low = 0, high = api_view_n_accounts(view);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(account_config(api_view_at(view, middle))->id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct account *api_view_account(const struct api_view *view, const char *id) {
	struct account *account = api_view_at(view, lower_bound(view, id));
	return account && strcmp(account_config(account)->id, id) == 0 ? account : NULL;
}

struct account *api_view_after(const struct api_view *view, const char *id) {
	if (!id)
		return api_view_at(view, 0);
	size_t index = lower_bound(view, id);
	struct account *account = api_view_at(view, index);
	bool is_itself = account && strcmp(account_config(account)->id, id) == 0;
	return is_itself ? api_view_at(view, index + 1) : account;
}

bool api_view_has_events_of(const struct api_view *view, const char *account) {
	return api_view_is_whole(view) || (account && api_view_account(view, account));
}

static void add_to_totals(struct manager_totals *totals, struct account *account) {
	struct account_status status = account_status(account);
	totals->unseen += status.unseen;
	totals->n_online += account_state_is_online(status.state);
	totals->n_failed += status.state == ACCOUNT_STATE_FAILED;
}

struct manager_totals api_view_totals(const struct api_view *view) {
	if (api_view_is_whole(view))
		return manager_totals(view->manager);
	struct manager_totals totals = { .n_accounts = view->n_accounts };
	for (size_t i = 0; i < view->n_accounts; i++)
		add_to_totals(&totals, view->accounts[i]);
	return totals;
}

uint64_t api_view_last_seq(const struct api_view *view) {
	if (api_view_is_whole(view))
		return manager_last_seq(view->manager);
	uint64_t last = 0;
	for (size_t i = 0; i < view->n_accounts; i++) {
		uint64_t seq = access_last_seq(view->access, account_index(view->accounts[i]));
		last = MAX(last, seq);
	}
	return last;
}

bool api_view_is_late(const struct api_view *view) {
	return view->lagged_last != 0 || view->n_told >= API_VIEW_TOLD_MAX;
}

DBusMessage *api_view_refuse(const struct object_call *call) {
	if (!call->caller || call->caller->is_privileged)
		return NULL;
	return message_new_error(call->message, DBUS_ERROR_ACCESS_DENIED,
		"only root and the user of the service may do this");
}
