#pragma once
/* The numbers of metrics.h as families of OpenMetrics: each with its type, its unit and a sentence,
 * and its samples. Labels are words of fixed lists. */
#include <stdint.h>

#include "daemon/account-state.h"
#include "protocol/imap-proof.h"

#define METRICS_N_STATES (ACCOUNT_STATE_FAILED + 1)
#define METRICS_N_RUNGS (IMAP_RUNG_POLL + 1)

struct metrics;

/* What is counted, and not by metrics.h: how things are now. */
struct metrics_view {
	const struct metrics *metrics;
	const char *version;
	uint64_t n_accounts[METRICS_N_STATES]; /* by their state */
	uint64_t n_watched[METRICS_N_RUNGS]; /* by their strategy */
	uint64_t n_unseen;
};

/* All constants. */
struct metrics_family {
	const char *name; /* ends in the unit, where there is one */
	const char *type; /* "counter", "gauge", "histogram", "info" */
	const char *unit; /* "" for a mere number */
	const char *help;
};

struct metrics_sample {
	const char *suffix; /* behind the family's name: "_total", "_bucket" ... */
	const char *label; /* NULL: none */
	const char *word; /* of the label */
	double value;
};

/* Who writes them: a family, then its samples. */
struct metrics_sink {
	void (*begin)(const struct metrics_family *family, void *userdata);
	void (*sample)(const struct metrics_sample *sample, void *userdata);
	void (*end)(void *userdata);
	void *userdata;
};

void metrics_families_write(const struct metrics_view *view, const struct metrics_sink *sink);
