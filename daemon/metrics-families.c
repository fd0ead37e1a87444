#include "daemon/metrics-families.h"

#include "base/macros.h"
#include "daemon/metrics.h"

#define USEC 1e-6

static void begin(const struct metrics_sink *sink, const struct metrics_family *family) {
	sink->begin(family, sink->userdata);
}

static void sample(const struct metrics_sink *sink, const char *suffix, const char *label,
	const char *word, double value) {
	const struct metrics_sample one = { suffix, label, word, value };
	sink->sample(&one, sink->userdata);
}

static void end(const struct metrics_sink *sink) {
	sink->end(sink->userdata);
}

static void write_version(const struct metrics_view *view, const struct metrics_sink *sink) {
	begin(sink, &(struct metrics_family){
			    "posthorn_build", "info", "", "The daemon that these numbers are of" });
	sample(sink, "_info", "version", view->version, 1);
	end(sink);
}

static void write_accounts(const struct metrics_view *view, const struct metrics_sink *sink) {
	begin(sink, &(struct metrics_family){
			    "posthorn_accounts", "gauge", "", "Accounts, by their state" });
	for (size_t i = 0; i < METRICS_N_STATES; i++)
		sample(sink, "", "state", account_state_to_string((enum account_state)i),
			(double)view->n_accounts[i]);
	end(sink);
	begin(sink, &(struct metrics_family){ "posthorn_accounts_watched", "gauge", "",
			    "Accounts that are connected, by how they are watched" });
	for (size_t i = 0; i < METRICS_N_RUNGS; i++)
		sample(sink, "", "strategy", imap_proof_rung_to_string((enum imap_rung)i),
			(double)view->n_watched[i]);
	end(sink);
	begin(sink, &(struct metrics_family){ "posthorn_unseen_messages", "gauge", "messages",
			    "Unseen messages in all watched mailboxes" });
	sample(sink, "", NULL, NULL, (double)view->n_unseen);
	end(sink);
}

static void write_events(const struct metrics *m, const struct metrics_sink *sink) {
	static const char *const words[] = {
		[STORE_EVENT_NEW] = "new",
		[STORE_EVENT_RETIRED] = "retired",
		[STORE_EVENT_RESET] = "reset",
	};
	begin(sink, &(struct metrics_family){
			    "posthorn_events", "counter", "", "Events that went into the log" });
	for (size_t i = STORE_EVENT_NEW; i < ARRAY_SIZE(words); i++)
		sample(sink, "_total", "type", words[i], (double)m->n_events[i]);
	end(sink);
}

/* The buckets of OpenMetrics hold what the smaller ones do, too. */
static void write_latency(const struct metrics *m, const struct metrics_sink *sink) {
	static const char *const words[METRICS_N_LATENCY_BOUNDS] = { "0.00025", "0.0005", "0.001",
		"0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "1.0", "10.0" };
	uint64_t n = 0;
	begin(sink,
		&(struct metrics_family){ "posthorn_event_latency_seconds", "histogram", "seconds",
			"From the server's word, where it spoke first, to the event's signal" });
	for (size_t i = 0; i < METRICS_N_LATENCY_BOUNDS; i++) {
		n += m->latency[i];
		sample(sink, "_bucket", "le", words[i], (double)n);
	}
	n += m->latency[METRICS_N_LATENCY_BOUNDS];
	sample(sink, "_bucket", "le", "+Inf", (double)n);
	sample(sink, "_count", NULL, NULL, (double)n);
	sample(sink, "_sum", NULL, NULL, (double)m->latency_sum_usec * USEC);
	end(sink);
}

static void write_reconnects(const struct metrics *m, const struct metrics_sink *sink) {
	begin(sink,
		&(struct metrics_family){ "posthorn_reconnects", "counter", "",
			"Connections and attempts that ended against our will, by the reason" });
	for (size_t i = REASON_NONE + 1; i < REASON_COUNT_; i++)
		sample(sink, "_total", "reason", reason_to_string((enum reason)i),
			(double)m->n_reconnects[i]);
	end(sink);
}

static void write_triggers(const struct metrics *m, const struct metrics_sink *sink) {
	static const char *const words[] = {
		[UNIT_START_QUEUED] = "started",
		[UNIT_START_BUSY] = "busy",
		[UNIT_START_REFUSED] = "refused",
	};
	begin(sink, &(struct metrics_family){ "posthorn_triggers", "counter", "",
			    "Units that systemd was asked to start, by what came of it" });
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		sample(sink, "_total", "outcome", words[i], (double)m->n_triggers[i]);
	end(sink);
}

static void write_totals(const struct metrics *m, const struct metrics_sink *sink) {
	const struct {
		struct metrics_family family;
		uint64_t value;
	} totals[] = {
		{ { "posthorn_logins", "counter", "", "Logins that servers accepted" },
			m->n_logins },
		{ { "posthorn_push_misses", "counter", "",
			  "News that were found by asking, where the server should have told" },
			m->n_push_misses },
		{ { "posthorn_round_trips", "counter", "",
			  "Answers of servers that were waited for" },
			m->n_round_trips },
		{ { "posthorn_received_bytes", "counter", "bytes",
			  "Received from mail servers, as on the wire" },
			m->traffic.bytes_in },
		{ { "posthorn_sent_bytes", "counter", "bytes",
			  "Sent to mail servers, as on the wire" },
			m->traffic.bytes_out },
		{ { "posthorn_store_commits", "counter", "", "Transactions of the state file" },
			m->n_commits },
		{ { "posthorn_store_failures", "counter", "",
			  "Transactions of the state file that failed" },
			m->n_store_failures },
		{ { "posthorn_bus_calls", "counter", "", "Calls of methods over D-Bus" },
			m->n_calls },
	};
	for (size_t i = 0; i < ARRAY_SIZE(totals); i++) {
		begin(sink, &totals[i].family);
		sample(sink, "_total", NULL, NULL, (double)totals[i].value);
		end(sink);
	}
}

void metrics_families_write(const struct metrics_view *view, const struct metrics_sink *sink) {
	write_version(view, sink);
	write_accounts(view, sink);
	write_events(view->metrics, sink);
	write_latency(view->metrics, sink);
	write_reconnects(view->metrics, sink);
	write_totals(view->metrics, sink);
	write_triggers(view->metrics, sink);
}
