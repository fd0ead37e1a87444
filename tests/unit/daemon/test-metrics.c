/* Counters, and how long an event took: which report it belongs to, which bucket it falls into. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "daemon/metrics-families.h"
#include "daemon/metrics.h"

static uint64_t n_observed(const struct metrics *m) {
	uint64_t n = 0;
	for (size_t i = 0; i <= METRICS_N_LATENCY_BOUNDS; i++)
		n += m->latency[i];
	return n;
}

static void test_buckets(void **state) {
	static const struct {
		uint64_t latency_usec;
		size_t bucket;
	} table[] = { { 0, 0 }, { 250, 0 }, { 251, 1 }, { 1000, 2 }, { 99999, 8 }, { 100001, 9 },
		{ 10000000, 11 }, { 10000001, 12 }, { UINT64_C(1) << 40, 12 } };
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct metrics m = { 0 };
		metrics_heard(&m, 7, 7, 1000);
		metrics_signalled(&m, 7, 1000 + table[i].latency_usec);
		assert_int_equal(m.latency[table[i].bucket], 1);
		assert_int_equal(n_observed(&m), 1);
		assert_int_equal(m.latency_sum_usec, table[i].latency_usec);
	}
}

static void test_each_event_by_its_report(void **state) {
	struct metrics m = { 0 };
	metrics_heard(&m, 10, 12, 1000);
	metrics_heard(&m, 13, 13, 0); /* was asked for: not measured */
	metrics_heard(&m, 14, 14, 5000);
	for (uint64_t seq = 9; seq <= 14; seq++)
		metrics_signalled(&m, seq, 6000);
	assert_int_equal(n_observed(&m), 4);
	assert_int_equal(m.latency_sum_usec, 3 * 5000 + 1000);
	assert_int_equal(m.n_heard, 1); /* the last one may still have more */
	metrics_signalled(&m, 15, 7000);
	assert_int_equal(m.n_heard, 0);
}

/* A clock that was set back, and a report that was rolled back: its numbers never come. */
static void test_what_cannot_be_measured(void **state) {
	struct metrics m = { 0 };
	metrics_heard(&m, 3, 3, 1000);
	metrics_signalled(&m, 3, 999);
	assert_int_equal(n_observed(&m), 0);
	metrics_heard(&m, 4, 9, 1000);
	metrics_heard(&m, 20, 20, 2000);
	metrics_signalled(&m, 20, 2001);
	assert_int_equal(n_observed(&m), 1);
	assert_int_equal(m.latency[0], 1);
}

/* While nobody listens reports pile up: the newest so many are kept. */
static void test_the_ring_is_bounded(void **state) {
	struct metrics m = { 0 };
	for (uint64_t seq = 1; seq <= 3 * METRICS_HEARD_MAX; seq++)
		metrics_heard(&m, seq, seq, 100);
	assert_int_equal(m.n_heard, METRICS_HEARD_MAX);
	for (uint64_t seq = 1; seq <= 3 * METRICS_HEARD_MAX; seq++)
		metrics_signalled(&m, seq, 200);
	assert_int_equal(n_observed(&m), METRICS_HEARD_MAX);
	assert_int_equal(m.n_heard, 1);
}

/* Text of all families, for comparison. */
static void print_begin(const struct metrics_family *family, void *userdata) {
	(void)buffer_append_format(
		userdata, "%s %s %s\n", family->name, family->type, family->unit);
}

static void print_sample(const struct metrics_sample *sample, void *userdata) {
	(void)buffer_append_format(userdata, "  %s %s %s %g\n", sample->suffix,
		sample->label ? sample->label : "-", sample->label ? sample->word : "-",
		sample->value);
}

static void print_end(void *userdata) {
	(void)buffer_append_text(userdata, ".\n");
}

static void assert_has(const char *text, const char *part) {
	if (!strstr(text, part))
		fail_msg("there is no '%s' in:\n%s", part, text);
}

static void test_families(void **state) {
	struct metrics m = { .n_logins = 3, .n_push_misses = 2, .traffic = { 1000, 300 } };
	m.n_events[STORE_EVENT_RETIRED] = 5;
	m.n_reconnects[REASON_TLS_PIN] = 4;
	m.latency[0] = 1;
	m.latency[2] = 2;
	m.latency[METRICS_N_LATENCY_BOUNDS] = 1;
	m.latency_sum_usec = 1500000;
	struct metrics_view view = { .metrics = &m, .version = "1.2", .n_unseen = 9 };
	view.n_accounts[ACCOUNT_STATE_FAILED] = 6;
	view.n_watched[IMAP_RUNG_POLL] = 7;
	struct buffer out;
	buffer_init(&out, 64 * 1024);
	const struct metrics_sink sink = { print_begin, print_sample, print_end, &out };
	metrics_families_write(&view, &sink);
	CLEANUP_TEXT char *text = buffer_take_text(&out);
	assert_has(text, "posthorn_build info \n  _info version 1.2 1\n.\n");
	assert_has(text, " state paused 0\n");
	assert_has(text, " state failed 6\n");
	assert_has(text, " strategy poll 7\n");
	assert_has(text, "posthorn_unseen_messages gauge messages\n   - - 9\n");
	assert_has(
		text, "  _total type new 0\n  _total type retired 5\n  _total type reset 0\n.\n");
	assert_has(text, "  _total reason tls-pin 4\n");
	assert_has(text, "  _bucket le 0.00025 1\n  _bucket le 0.0005 1\n  _bucket le 0.001 3\n");
	assert_has(
		text, "  _bucket le 10.0 3\n  _bucket le +Inf 4\n  _count - - 4\n  _sum - - 1.5\n");
	assert_has(text, "posthorn_received_bytes counter bytes\n  _total - - 1000\n.\n");
	assert_has(text, "posthorn_sent_bytes counter bytes\n  _total - - 300\n.\n");
	buffer_deinit(&out);
}

struct bounds {
	double seconds[METRICS_N_LATENCY_BOUNDS];
	size_t n;
};

static void no_begin(const struct metrics_family *family, void *userdata) {
}

static void no_end(void *userdata) {
}

static void collect_bound(const struct metrics_sample *sample, void *userdata) {
	struct bounds *bounds = userdata;
	if (!sample->label || strcmp(sample->label, "le") != 0 || !strcmp(sample->word, "+Inf"))
		return;
	assert_true(bounds->n < METRICS_N_LATENCY_BOUNDS);
	bounds->seconds[bounds->n++] = strtod(sample->word, NULL);
}

/* The words that are written are the bounds that are counted by. */
static void test_each_bucket_by_its_word(void **state) {
	struct metrics none = { 0 };
	struct bounds bounds = { .n = 0 };
	const struct metrics_view view = { .metrics = &none, .version = "1.2" };
	const struct metrics_sink sink = { no_begin, collect_bound, no_end, &bounds };
	metrics_families_write(&view, &sink);
	assert_int_equal(bounds.n, METRICS_N_LATENCY_BOUNDS);
	for (size_t i = 0; i < bounds.n; i++) {
		struct metrics m = { 0 };
		uint64_t usec = (uint64_t)(bounds.seconds[i] * 1e6 + 0.5);
		metrics_heard(&m, 7, 8, 1000);
		metrics_signalled(&m, 7, 1000 + usec);
		metrics_signalled(&m, 8, 1001 + usec);
		assert_int_equal(m.latency[i], 1);
		assert_int_equal(m.latency[i + 1], 1);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_each_bucket_by_its_word),
		cmocka_unit_test(test_each_event_by_its_report),
		cmocka_unit_test(test_what_cannot_be_measured),
		cmocka_unit_test(test_the_ring_is_bounded),
		cmocka_unit_test(test_families),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
