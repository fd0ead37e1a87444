#include "daemon/report-store.h"

#include "daemon/watch.h"
#include "store/store.h"

int report_store_cursor(const struct report_target *target, const struct watch_report *report) {
	struct store *store = target->store;
	const char *account = target->account;
	int r = store_save_cursor(store, account, report->mailbox, &report->cursor);
	if (r >= 0 && report->cut_parts_from > 0)
		r = store_cut_parts(store, account, report->mailbox, report->cut_parts_from);
	for (size_t i = 0; r >= 0 && i < report->n_parts; i++)
		r = store_save_part(store, account, report->mailbox, &report->parts[i]);
	return r;
}

int report_store_baseline(
	const struct report_target *target, const struct watch_report *report, const char *why) {
	const struct store_event event = {
		.type = STORE_EVENT_RESET,
		.account = target->account,
		.mailbox = report->mailbox,
		.uidvalidity = report->cursor.uidvalidity,
		.reason = why,
	};
	uint64_t seq;
	int r = report_store_cursor(target, report);
	if (r < 0 || !why)
		return r;
	return store_append(target->store, &event, target->now_usec, &seq);
}

int report_store_messages(const struct report_target *target, const struct watch_report *report) {
	int r = report_store_cursor(target, report);
	for (size_t i = 0; r >= 0 && i < report->n_events; i++) {
		uint64_t seq;
		r = store_append(target->store, &report->events[i], target->now_usec, &seq);
	}
	return r;
}
