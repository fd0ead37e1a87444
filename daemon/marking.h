#pragma once
/* Messages that somebody wants marked as seen, until it is known what became of them. A list of
 * calls, owned by the account; knows neither D-Bus nor mail. */
#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"

/* Messages of one call. */
#define MARKING_MAX 500

enum marking_outcome {
	MARKING_WAITING,
	MARKING_SEEN, /* it bears \Seen now */
	MARKING_GONE, /* there is no such message any more */
	MARKING_REFUSED, /* the server did not do it */
};

struct marking_item {
	char *id;
	enum marking_outcome outcome;
};

/* `error` 0: every outcome is known. Else negative errno: those that are still waiting may have been
 * done or not. Called once, and the marking is freed behind it. */
struct marking;
typedef void (*marking_done_fn)(void *userdata, const struct marking *marking, int error);

struct marking_caller {
	marking_done_fn done;
	void *userdata;
};

struct marking {
	struct list link;
	struct marking_item *items; /* each id once */
	size_t n;
	size_t n_waiting;
	char *text; /* what the server said when it refused; or NULL */
	struct marking_caller caller;
};

/* `ids` are copied; at least one. To be settled, or ended by marking_end_all(), or cancelled, which
 * tells nobody. */
struct marking *marking_begin(struct list *markings, const char *const *ids, size_t n,
	const struct marking_caller *caller);
void marking_cancel(struct marking *marking);
/* What became of one message, for everybody who waits for it. */
void marking_settle(
	struct list *markings, const char *id, enum marking_outcome outcome, const char *text);
void marking_end_all(struct list *markings, int error);

/* "seen", "gone", "refused", "unknown" */
const char *marking_outcome_to_string(enum marking_outcome outcome);
