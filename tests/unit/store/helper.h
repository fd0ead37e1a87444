#pragma once
/* What tests of the store do again and again. */
#include "base/macros.h"
#include "store/store.h"

#include <stdint.h>

#include "scratch.h"

#define NOW UINT64_C(1790000000000000) /* a day in 2026 */
#define DAY (24 * USEC_PER_HOUR)

struct store *helper_open_with(struct scratch *s, uint64_t keep_usec, uint64_t keep_events);
struct store *helper_open(struct scratch *s);

/* Appends one event with this subject; the second one commits too. The new seq. */
uint64_t helper_append(struct store *store, const char *subject, uint64_t now_usec);
uint64_t helper_append_and_commit(struct store *store, const char *subject, uint64_t now_usec);

/* The number of events, or negative errno. */
int helper_count_after(struct store *store, uint64_t after);

/* Asserts that the events after `after` have these subjects, joined. */
void helper_expect_subjects(struct store *store, uint64_t after, const char *expected);

/* What a read gave: the subjects joined, and the first and last seq. */
struct reading {
	char subjects[4096];
	uint64_t first;
	uint64_t last;
	int stop_at; /* number of the event whose callback answers `answer` */
	int answer;
	int n;
};

/* A store_event_fn; the userdata is a struct reading. */
int helper_on_event(const struct store_event *event, void *userdata);
