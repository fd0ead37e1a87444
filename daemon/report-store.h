#pragma once
/* What a watch reports, as rows of the store: a cursor and what it makes old, in one transaction. */
#include <stdint.h>

struct store;
struct watch_report;

/* Borrowed. */
struct report_target {
	struct store *store;
	const char *account; /* its id */
	uint64_t now_usec; /* wall clock */
};

/* 0, or negative errno as store.h has it. The cursor, and the parts that go with it. */
int report_store_cursor(const struct report_target *target, const struct watch_report *report);
/* The same for a mailbox that is seen anew, and an event that says why, unless that is NULL. */
int report_store_baseline(
	const struct report_target *target, const struct watch_report *report, const char *why);
/* The same, and the report's events. */
int report_store_messages(const struct report_target *target, const struct watch_report *report);
