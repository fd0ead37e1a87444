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

/* What an opening with the default limits said. */
struct opening {
	struct store *store;
	enum store_opened opened;
	char *problem;
	int r;
};

struct opening helper_open_path(const char *path);
/* Closes, and frees the problem. */
void helper_end(struct opening *o);
/* Asserts the outcome, and that there is a problem only when one is due. */
void helper_expect_opened(struct opening *o, enum store_opened opened);

/* Acts in a child that ends by SIGKILL and closes nothing, so that the log stays behind. */
void helper_kill_child_after(struct scratch *s, void (*act)(struct scratch *s));
/* Such an act: opens, and commits the subjects a, b and c one by one. */
void helper_append_three(struct scratch *s);

/* As another program would do it. */
void helper_exec_sql(const char *path, const char *sql);

/* The state file and its log; both owned, the log NULL when there is none. */
struct bytes {
	char *file;
	size_t n_file;
	char *log;
	size_t n_log;
};

struct bytes helper_take_bytes(struct scratch *s);
