#pragma once
/* What a watch reports, as rows of the store: a cursor and what it makes old, in one transaction; and
 * what is learned of a server. */
#include <stdint.h>

struct account_config;
struct account_host;
struct watch_report;

/* Borrowed. */
struct report_target {
	const struct account_host *host;
	const struct account_config *config;
	uint64_t now_usec; /* wall clock */
};

/* 1: written, as a part of the open transaction; 0: there was nothing to write; or negative errno as
 * store.h has it. */
int report_store(const struct report_target *target, const struct watch_report *report);
