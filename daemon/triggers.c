#include "daemon/triggers.h"

#include <errno.h>
#include <string.h>

#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "bus/connection.h"
#include "bus/deferred.h"
#include "bus/unit-start.h"
#include "daemon/account-config.h"
#include "daemon/account-host.h"
#include "daemon/alarm-clock.h"
#include "daemon/metrics.h"
#include "daemon/trigger-debounce.h"
#include "daemon/trigger-rule.h"
#include "store/store.h"

/* Of the fact that is the cursor. */
#define ABOUT "triggers"
#define READ_PAGE 256
#define BUSY_MIN_USEC USEC_PER_SEC
#define BUSY_MAX_USEC (30 * USEC_PER_SEC)
#define REFUSED_MIN_USEC (30 * USEC_PER_SEC)
#define REFUSED_MAX_USEC (15 * USEC_PER_MINUTE)

/* A unit that is to be started. */
struct waiting {
	struct list link;
	char *unit;
	struct trigger_debounce debounce;
	uint64_t due_usec;
	uint64_t first_seq; /* the oldest event that it is for */
	uint64_t retry_usec; /* the last wait behind an attempt; 0: there was none */
	char *complaint; /* the error that was logged; NULL: none */
};

struct triggers {
	const struct account_host *host;
	struct triggers_source source;
	struct connection *connection; /* made when the first unit is due */
	struct list waiting;
	size_t n_waiting;
	struct waiting *asked; /* not in the list */
	struct unit_start *start; /* for it */
	struct alarm alarm; /* the first of those that wait is due */
	struct deferred read;
	uint64_t seen_seq; /* events up to here have been looked at */
	bool has_rules;
};

static struct waiting *waiting_free(struct waiting *w) {
	if (!w)
		return NULL;
	free(w->unit);
	free(w->complaint);
	return memory_free(w);
}

static struct waiting *waiting_of(struct list *link) {
	return CONTAINER_OF(link, struct waiting, link);
}

static struct waiting *find_waiting(struct triggers *t, const char *unit) {
	LIST_FOREACH (link, &t->waiting)
		if (!strcmp(waiting_of(link)->unit, unit))
			return waiting_of(link);
	return NULL;
}

static void append(struct triggers *t, struct waiting *w) {
	list_append(&t->waiting, &w->link);
	t->n_waiting++;
}

static void take(struct triggers *t, struct waiting *w) {
	list_remove(&w->link);
	t->n_waiting--;
}

/* How far all is done */

static uint64_t done_seq(struct triggers *t) {
	uint64_t done = t->seen_seq;
	if (t->asked)
		done = MIN(done, t->asked->first_seq - 1);
	LIST_FOREACH (link, &t->waiting)
		done = MIN(done, waiting_of(link)->first_seq - 1);
	return done;
}

/* The fact: 0 is none, else 1 + the event up to which all is done. Asked of the store each time: what
 * was written may have been rolled back. */
static uint64_t load(const struct triggers *t) {
	struct store_fact fact = { 0 };
	(void)store_load_fact(t->host->store, ABOUT, STORE_FACT_TRIGGERED, &fact);
	return fact.value;
}

/* Not with each event: what is looked at once more is found to be the same. */
static void save(struct triggers *t) {
	uint64_t now = 0, value = t->has_rules ? 1 + done_seq(t) : 0;
	if (value == load(t))
		return;
	(void)sd_event_now(t->host->loop, CLOCK_REALTIME, &now);
	const struct store_fact fact = { value, now };
	int r = store_save_fact(t->host->store, ABOUT, STORE_FACT_TRIGGERED, &fact);
	t->source.written(t->source.userdata, MIN(r, 0));
}

/* Asking */

static void schedule(struct triggers *t) {
	uint64_t due = USEC_NEVER;
	LIST_FOREACH (link, &t->waiting)
		due = MIN(due, waiting_of(link)->due_usec);
	alarm_clock_set(t->host->clock, &t->alarm, t->asked ? USEC_NEVER : due);
}

/* Events that came while it was asked for have made it wait anew. */
static void put_back(struct triggers *t, struct waiting *w) {
	struct waiting *newer = find_waiting(t, w->unit);
	if (newer) {
		take(t, newer);
		waiting_free(newer);
	}
	append(t, w);
}

static void try_again(struct triggers *t, struct waiting *w, uint64_t min_usec, uint64_t max_usec) {
	w->retry_usec = w->retry_usec < min_usec ? min_usec : MIN(2 * w->retry_usec, max_usec);
	w->due_usec = alarm_clock_now(t->host->clock) + w->retry_usec;
	put_back(t, w);
}

static const char *advice(const char *error, bool is_system) {
	static const char systemd[] = "org.freedesktop.systemd1.";
	if (!strcmp(error, "org.freedesktop.DBus.Error.ServiceUnknown") ||
		!strcmp(error, "org.freedesktop.DBus.Error.NameHasNoOwner"))
		return "there is no systemd on this bus";
	if (!strcmp(error, "org.freedesktop.DBus.Error.AccessDenied") ||
		!strcmp(error, "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"))
		return "a rule of polkit must allow it, see posthorn-triggers(7)";
	if (!strncmp(error, systemd, strlen(systemd)))
		return is_system ? "look at it by 'systemctl cat'"
				 : "look at it by 'systemctl --user cat'";
	return "it is tried again";
}

/* Once for each kind of refusal, however often it is tried. */
static void complain(struct triggers *t, struct waiting *w, const char *error, const char *text) {
	if (text_equal(w->complaint, error))
		return;
	free(w->complaint);
	w->complaint = memory_strdup(error);
	CLEANUP_TEXT char *printable = text_printable(text);
	const struct log_fields fields = { .event = LOG_EVENT_UNIT_REFUSED };
	log_write_fields(LOG_LEVEL_WARNING, NULL, &fields, "the unit %s cannot be started: %s; %s",
		w->unit, printable, advice(error, !t->host->desktop));
}

static void on_started(
	enum unit_start_result result, const char *error, const char *text, void *userdata) {
	struct triggers *t = userdata;
	struct waiting *w = TAKE_PTR(t->asked);
	switch (result) {
	case UNIT_START_QUEUED:
		log_debug("the unit %s was started", w->unit);
		waiting_free(w);
		save(t);
		break;
	case UNIT_START_BUSY:
		log_debug("the unit %s runs already: it is started when it has ended", w->unit);
		try_again(t, w, BUSY_MIN_USEC, BUSY_MAX_USEC);
		break;
	case UNIT_START_REFUSED:
		complain(t, w, error, text);
		try_again(t, w, REFUSED_MIN_USEC, REFUSED_MAX_USEC);
		break;
	}
	t->host->metrics->n_triggers[result]++;
	schedule(t);
	/* There may be room for more. */
	deferred_arm(&t->read);
	t->start = unit_start_free(t->start);
}

static int ask(struct triggers *t) {
	const struct connection_options options = { .system = !t->host->desktop };
	const struct connection_callbacks callbacks = { 0 };
	int r = t->connection ? 0
			      : connection_new(t->host->loop, &options, &callbacks, &t->connection);
	return r < 0 ? r : unit_start_new(t->connection, t->asked->unit, on_started, t, &t->start);
}

static void on_alarm(struct alarm *alarm) {
	struct triggers *t = CONTAINER_OF(alarm, struct triggers, alarm);
	uint64_t now = alarm_clock_now(t->host->clock);
	LIST_FOREACH (link, &t->waiting)
		if (waiting_of(link)->due_usec <= now) {
			t->asked = waiting_of(link);
			break;
		}
	if (!t->asked) {
		schedule(t);
		return;
	}
	take(t, t->asked);
	int r = ask(t);
	if (r < 0)
		on_started(UNIT_START_REFUSED, "", strerror(-r), t);
}

/* Reading */

static void add(
	struct triggers *t, const struct account_config *config, const char *unit, uint64_t seq) {
	struct waiting *w = find_waiting(t, unit);
	if (!w) {
		w = MEMORY_NEW(struct waiting);
		w->unit = memory_strdup(unit);
		w->first_seq = seq;
		append(t, w);
	}
	trigger_debounce_add(&w->debounce, alarm_clock_now(t->host->clock), config->debounce_usec,
		config->max_delay_usec);
	/* What runs, or was refused, has its own time. */
	if (w->retry_usec == 0)
		w->due_usec = w->debounce.due_usec;
}

static void apply_rule(struct triggers *t, const struct account_config *config, const char *text,
	const struct store_event *event) {
	struct trigger_rule rule;
	trigger_rule_init(&rule, text);
	if (trigger_rule_matches(&rule, event->mailbox)) {
		CLEANUP_TEXT char *unit = trigger_rule_unit(&rule, config->id, event->mailbox);
		if (unit)
			add(t, config, unit, event->seq);
		else
			log_write(LOG_LEVEL_WARNING, config->id,
				"a mailbox' name is too long for the unit %s", rule.words[0]);
	}
	trigger_rule_deinit(&rule);
}

static int on_event(const struct store_event *event, void *userdata) {
	struct triggers *t = userdata;
	t->seen_seq = event->seq;
	const struct account_config *config =
		event->type == STORE_EVENT_NEW
			? t->source.config_of(t->source.userdata, event->account)
			: NULL;
	for (size_t i = 0; config && config->start_units && config->start_units[i]; i++)
		apply_rule(t, config, config->start_units[i], event);
	return t->n_waiting >= TRIGGERS_MAX ? 1 : 0;
}

static void on_read(void *userdata) {
	struct triggers *t = userdata;
	if (!t->has_rules || t->n_waiting >= TRIGGERS_MAX)
		return;
	int r = store_read_events(t->host->store, t->seen_seq, READ_PAGE, on_event, t);
	if (r == -ESTALE) /* retention was faster: from the log's floor on */
		r = store_read_events(t->host->store, 0, READ_PAGE, on_event, t);
	if (r < 0)
		log_error("events cannot be read back: %s", strerror(-r));
	else if (r == READ_PAGE)
		deferred_arm(&t->read);
	schedule(t);
}

void triggers_wake(struct triggers *t) {
	if (t && t->has_rules)
		deferred_arm(&t->read);
	else if (t)
		t->seen_seq = store_last_seq(t->host->store);
}

/* Of the first StartUnit= in a configuration only what comes from now on counts. */
static void begin(struct triggers *t) {
	uint64_t saved = load(t), last = store_last_seq(t->host->store);
	t->seen_seq = saved > 0 ? MIN(saved - 1, last) : last;
}

static void drop_all(struct triggers *t) {
	t->start = unit_start_free(t->start);
	t->asked = waiting_free(t->asked);
	LIST_FOREACH_SAFE (link, &t->waiting) {
		struct waiting *w = waiting_of(link);
		take(t, w);
		waiting_free(w);
	}
}

void triggers_reconsider(struct triggers *t, bool has_rules) {
	if (!t)
		return;
	if (has_rules && !t->has_rules)
		begin(t);
	if (!has_rules)
		drop_all(t);
	t->has_rules = has_rules;
	t->start = unit_start_free(t->start);
	if (t->asked)
		put_back(t, TAKE_PTR(t->asked));
	LIST_FOREACH (link, &t->waiting) {
		struct waiting *w = waiting_of(link);
		w->due_usec = w->retry_usec > 0 ? 0 : w->due_usec;
		w->retry_usec = 0;
		w->complaint = memory_free(w->complaint);
	}
	save(t);
	schedule(t);
	triggers_wake(t);
}

void triggers_stop(struct triggers *t) {
	if (t)
		save(t);
}

struct triggers *triggers_new(
	const struct account_host *host, const struct triggers_source *source) {
	struct triggers *t = MEMORY_NEW(struct triggers);
	t->host = host;
	t->source = *source;
	t->alarm.ring = on_alarm;
	list_init(&t->waiting);
	deferred_init(&t->read, host->loop, on_read, t);
	return t;
}

struct triggers *triggers_free(struct triggers *t) {
	if (!t)
		return NULL;
	drop_all(t);
	alarm_clock_remove(t->host->clock, &t->alarm);
	deferred_deinit(&t->read);
	connection_free(t->connection);
	return memory_free(t);
}
