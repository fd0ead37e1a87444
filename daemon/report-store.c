#include "daemon/report-store.h"

#include "base/log.h"
#include "daemon/account-config.h"
#include "daemon/account-host.h"
#include "daemon/learned.h"
#include "daemon/login-memory.h"
#include "daemon/metrics.h"
#include "daemon/watch-report.h"
#include "store/store.h"

/* The cursor, and the parts that go with it. */
static int write_cursor(const struct report_target *target, const struct watch_report *report) {
	struct store *store = target->host->store;
	const char *account = target->config->id;
	int r = store_save_cursor(store, account, report->mailbox, &report->cursor);
	if (r >= 0 && report->cut_parts_from > 0)
		r = store_cut_parts(store, account, report->mailbox, report->cut_parts_from);
	for (size_t i = 0; r >= 0 && i < report->n_parts; i++)
		r = store_save_part(store, account, report->mailbox, &report->parts[i]);
	return r;
}

static int append(
	const struct report_target *target, const struct store_event *event, uint64_t *ret_seq) {
	target->host->metrics->n_events[event->type]++;
	return store_append(target->host->store, event, target->now_usec, ret_seq);
}

/* Why a mailbox that is seen anew is told of; NULL: it is not. */
static const char *reset_reason(
	const struct report_target *target, const struct watch_report *report) {
	if (report->reset_reason)
		return report->reset_reason;
	return target->host->state_lost ? "state-lost" : NULL;
}

static int write_baseline(const struct report_target *target, const struct watch_report *report) {
	const struct store_event event = {
		.type = STORE_EVENT_RESET,
		.account = target->config->id,
		.mailbox = report->mailbox,
		.uidvalidity = report->cursor.uidvalidity,
		.reason = reset_reason(target, report),
	};
	uint64_t seq;
	int r = write_cursor(target, report);
	if (r < 0 || !event.reason)
		return r;
	r = append(target, &event, &seq);
	const struct log_fields fields = {
		.event = LOG_EVENT_MAILBOX_RESET,
		.mailbox = event.mailbox,
		.reason = event.reason,
		.host = target->config->host,
		.seq = r < 0 ? 0 : seq,
	};
	log_write_fields(LOG_LEVEL_INFO, event.account, &fields, "mailbox reset: %s", event.reason);
	return r;
}

static int write_messages(const struct report_target *target, const struct watch_report *report) {
	uint64_t first = 0, seq = 0;
	int r = write_cursor(target, report);
	for (size_t i = 0; r >= 0 && i < report->n_events; i++) {
		r = append(target, &report->events[i], &seq);
		first = i == 0 ? seq : first;
	}
	if (r >= 0 && report->n_events > 0)
		metrics_heard(target->host->metrics, first, seq, report->heard_usec);
	return r;
}

static int write_name(const struct report_target *target, const struct watch_report *report) {
	if (!report->old_mailbox)
		return 0;
	int r = store_rename_mailbox(
		target->host->store, target->config->id, report->old_mailbox, report->mailbox);
	return r < 0 ? r : 1;
}

static int write_learned(const struct report_target *target, const struct watch_report *report) {
	const struct store_fact fact = { report->value, target->now_usec };
	return learned_save(target->host->store, report->about, report->fact, &fact);
}

int report_store(const struct report_target *target, const struct watch_report *report) {
	int r;
	switch (report->kind) {
	case WATCH_LOGIN:
		/* A floor that is not stored would be none the next time: a failure as of any other. */
		return login_memory_save(target->host->store, target->config, &report->login);
	case WATCH_BASELINE:
		r = write_baseline(target, report);
		return r < 0 ? r : 1;
	case WATCH_MESSAGES:
		r = write_messages(target, report);
		return r < 0 ? r : 1;
	case WATCH_COUNTS:
		r = write_cursor(target, report);
		return r < 0 ? r : 1;
	case WATCH_MAILBOX:
		return write_name(target, report);
	case WATCH_LEARNED:
		return write_learned(target, report);
	case WATCH_ONLINE:
	case WATCH_SWEPT:
	case WATCH_ALERT:
	case WATCH_CONTACT:
	case WATCH_SCHEDULED:
	case WATCH_MARKED:
	case WATCH_CLOSED:
		return 0;
	}
	return 0;
}
