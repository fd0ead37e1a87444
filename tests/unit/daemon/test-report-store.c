/* A watch's report becomes rows of one transaction: all of it, or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "../store/helper.h"
#include "base/memory.h"
#include "daemon/account-config.h"
#include "daemon/account-host.h"
#include "daemon/metrics.h"
#include "daemon/report-store.h"
#include "daemon/watch-report.h"

static const struct account_config config = { .id = (char *)"work" };

static struct report_target target_of(struct store *store) {
	/* one test after the other */
	static struct metrics metrics;
	static struct account_host host;
	metrics = (struct metrics){ 0 };
	host = (struct account_host){ .store = store, .metrics = &metrics };
	return (struct report_target){ .host = &host, .config = &config, .now_usec = NOW };
}

static const struct store_cursor cursor = {
	.uidvalidity = 7, .next_uid = 12, .messages = 5, .unseen = 2, .highestmodseq = 99
};

static void expect_cursor(struct store *store, uint32_t next_uid) {
	struct store_cursor found = { 0 };
	assert_int_equal(store_load_cursor(store, "work", "INBOX", &found), next_uid > 0);
	assert_int_equal(found.next_uid, next_uid);
}

static int on_part(const struct store_part *part, void *userdata) {
	char *told = userdata;
	size_t n = strlen(told);
	told[n] = (char)('0' + part->number);
	memcpy(told + n + 1, part->bytes, part->n);
	told[n + 1 + part->n] = '\0';
	return 0;
}

/* "1one2two": the numbers and bytes of all parts. */
static void expect_parts(struct store *store, const char *expected) {
	char told[200] = "";
	assert_true(store_load_parts(store, "work", "INBOX", on_part, told) >= 0);
	assert_string_equal(told, expected);
}

struct events {
	unsigned n;
	uint64_t last;
	struct store_event newest; /* numbers and reason only */
	char reason[32];
};

static int on_event(const struct store_event *event, void *userdata) {
	struct events *events = userdata;
	assert_true(event->seq > events->last);
	assert_string_equal(event->account, "work");
	assert_string_equal(event->mailbox, "INBOX");
	events->n++;
	events->last = event->seq;
	events->newest = *event;
	(void)strncpy(
		events->reason, event->reason ? event->reason : "", sizeof(events->reason) - 1);
	return 0;
}

static struct events read_events(struct store *store) {
	struct events events = { 0 };
	assert_true(store_read_events(store, 0, 100, on_event, &events) >= 0);
	return events;
}

static void test_cursor_with_its_parts(void **state) {
	CLEANUP(store_close) struct store *store = helper_open(*state);
	const struct report_target target = target_of(store);
	const struct store_part parts[] = { { 0, "zero", 4 }, { 1, "one", 3 }, { 2, "two", 3 } };
	struct watch_report report = { .kind = WATCH_COUNTS,
		.mailbox = "INBOX",
		.cursor = cursor,
		.parts = parts,
		.n_parts = ARRAY_SIZE(parts) };
	assert_int_equal(report_store(&target, &report), 1);
	assert_true(store_is_dirty(store));
	assert_int_equal(store_commit(store), 0);
	expect_cursor(store, 12);
	expect_parts(store, "0zero1one2two");
	/* What is cut goes first: a part of that number or above may come anew. */
	const struct store_part again = { 2, "two again", 9 };
	report.parts = &again;
	report.n_parts = 1;
	report.cut_parts_from = 1;
	assert_int_equal(report_store(&target, &report), 1);
	expect_parts(store, "0zero2two again");
	/* 0 cuts nothing. */
	report.n_parts = 0;
	report.cut_parts_from = 0;
	assert_int_equal(report_store(&target, &report), 1);
	expect_parts(store, "0zero2two again");
	assert_int_equal(read_events(store).n, 0);
}

static void test_first_sight_is_silent(void **state) {
	CLEANUP(store_close) struct store *store = helper_open(*state);
	const struct report_target target = target_of(store);
	const struct watch_report report = {
		.kind = WATCH_BASELINE, .mailbox = "INBOX", .cursor = cursor
	};
	assert_int_equal(report_store(&target, &report), 1);
	assert_int_equal(store_commit(store), 0);
	expect_cursor(store, 12);
	assert_int_equal(read_events(store).n, 0);
}

static void test_reset_says_why(void **state) {
	CLEANUP(store_close) struct store *store = helper_open(*state);
	const struct report_target target = target_of(store);
	const struct watch_report report = { .kind = WATCH_BASELINE,
		.mailbox = "INBOX",
		.cursor = cursor,
		.reset_reason = "uidvalidity" };
	assert_int_equal(report_store(&target, &report), 1);
	assert_int_equal(store_commit(store), 0);
	expect_cursor(store, 12);
	const struct events events = read_events(store);
	assert_int_equal(events.n, 1);
	assert_int_equal(events.newest.type, STORE_EVENT_RESET);
	assert_int_equal(events.newest.uidvalidity, 7);
	assert_string_equal(events.reason, "uidvalidity");
	assert_true(events.last == NOW);
}

/* The state file was set aside: what is seen for the first time may have been known, and is told of. */
static void test_a_lost_state_is_a_reset(void **state) {
	CLEANUP(store_close) struct store *store = helper_open(*state);
	const struct report_target known = target_of(store);
	struct account_host host = *known.host;
	host.state_lost = true;
	const struct report_target target = { &host, known.config, known.now_usec };
	struct watch_report report = {
		.kind = WATCH_BASELINE, .mailbox = "INBOX", .cursor = cursor
	};
	assert_int_equal(report_store(&target, &report), 1);
	assert_int_equal(store_commit(store), 0);
	struct events events = read_events(store);
	assert_int_equal(events.n, 1);
	assert_int_equal(events.newest.type, STORE_EVENT_RESET);
	assert_string_equal(events.reason, "state-lost");
	/* What the server says of it comes first. */
	report.reset_reason = "uidvalidity";
	assert_int_equal(report_store(&target, &report), 1);
	assert_int_equal(store_commit(store), 0);
	events = read_events(store);
	assert_int_equal(events.n, 2);
	assert_string_equal(events.reason, "uidvalidity");
}

static void test_messages_in_their_order(void **state) {
	CLEANUP(store_close) struct store *store = helper_open(*state);
	const struct report_target target = target_of(store);
	const struct store_event messages[] = {
		{ .type = STORE_EVENT_NEW, .account = "work", .mailbox = "INBOX", .uid = 10 },
		{ .type = STORE_EVENT_NEW, .account = "work", .mailbox = "INBOX", .uid = 11 },
		{ .type = STORE_EVENT_RETIRED,
			.account = "work",
			.mailbox = "INBOX",
			.uid = 3,
			.reason = "seen" },
	};
	const struct watch_report report = { .kind = WATCH_MESSAGES,
		.mailbox = "INBOX",
		.cursor = cursor,
		.events = messages,
		.n_events = ARRAY_SIZE(messages),
		.heard_usec = 4711 };
	assert_int_equal(report_store(&target, &report), 1);
	/* Nobody sees them before they are kept. */
	assert_int_equal(read_events(store).n, 0);
	assert_int_equal(store_commit(store), 0);
	const struct events events = read_events(store);
	assert_int_equal(events.n, 3);
	assert_int_equal(events.newest.uid, 3);
	assert_true(events.last == NOW + 2);
	expect_cursor(store, 12);
	/* From the server's word on; what was asked for has none. */
	const struct metrics *metrics = target.host->metrics;
	assert_int_equal(metrics->n_events[STORE_EVENT_NEW], 2);
	assert_int_equal(metrics->n_events[STORE_EVENT_RETIRED], 1);
	assert_int_equal(metrics->n_heard, 1);
	assert_true(metrics->heard[0].first_seq == NOW && metrics->heard[0].last_seq == NOW + 2);
	assert_int_equal(metrics->heard[0].usec, 4711);
}

/* An event that does not fit is reported as such, and none behind it is stored in its place; the caller
 * rolls back, and the cursor with it. */
static void test_what_fails_leaves_nothing(void **state) {
	CLEANUP(store_close) struct store *store = helper_open(*state);
	const struct report_target target = target_of(store);
	CLEANUP_TEXT char *huge = memory_zalloc(STORE_TEXT_MAX + 2, 1);
	memset(huge, 'x', STORE_TEXT_MAX + 1);
	const struct store_event messages[] = {
		{ .type = STORE_EVENT_NEW, .account = "work", .mailbox = "INBOX", .uid = 10 },
		{ .type = STORE_EVENT_NEW, .account = "work", .mailbox = "INBOX", .subject = huge },
		{ .type = STORE_EVENT_NEW, .account = "work", .mailbox = "INBOX", .uid = 11 },
	};
	const struct watch_report report = { .kind = WATCH_MESSAGES,
		.mailbox = "INBOX",
		.cursor = cursor,
		.events = messages,
		.n_events = ARRAY_SIZE(messages) };
	assert_int_equal(report_store(&target, &report), -E2BIG);
	store_rollback(store);
	assert_int_equal(read_events(store).n, 0);
	expect_cursor(store, 0);

	const struct store_part part = { 0, huge, STORE_PART_MAX + 1 };
	const struct watch_report parted = { .kind = WATCH_BASELINE,
		.mailbox = "INBOX",
		.cursor = cursor,
		.parts = &part,
		.n_parts = 1 };
	assert_int_equal(report_store(&target, &parted), -E2BIG);
	store_rollback(store);
	assert_int_equal(read_events(store).n, 0);
	expect_cursor(store, 0);
}

static void test_another_name(void **state) {
	CLEANUP(store_close) struct store *store = helper_open(*state);
	const struct report_target target = target_of(store);
	const struct watch_report report = {
		.kind = WATCH_COUNTS, .mailbox = "Old", .cursor = cursor
	};
	assert_int_equal(report_store(&target, &report), 1);
	struct watch_report renamed = { .kind = WATCH_MAILBOX, .mailbox = "INBOX" };
	assert_int_equal(report_store(&target, &renamed), 0);
	expect_cursor(store, 0);
	renamed.old_mailbox = "Old";
	assert_int_equal(report_store(&target, &renamed), 1);
	expect_cursor(store, 12);
}

static void test_what_is_learned(void **state) {
	CLEANUP(store_close) struct store *store = helper_open(*state);
	const struct report_target target = target_of(store);
	const struct watch_report report = { .kind = WATCH_LEARNED,
		.about = "imap.example.org",
		.fact = STORE_FACT_RENEWAL,
		.value = 9 * USEC_PER_MINUTE };
	struct store_fact fact;
	assert_int_equal(report_store(&target, &report), 1);
	assert_int_equal(store_load_fact(store, "imap.example.org", STORE_FACT_RENEWAL, &fact), 1);
	assert_true(fact.value == 9 * USEC_PER_MINUTE && fact.learned_usec == NOW);
}

/* What changes nothing opens no transaction. */
static void test_nothing_to_write(void **state) {
	static const enum watch_report_kind kinds[] = { WATCH_ONLINE, WATCH_SWEPT, WATCH_ALERT,
		WATCH_CONTACT, WATCH_SCHEDULED, WATCH_MARKED, WATCH_CLOSED };
	CLEANUP(store_close) struct store *store = helper_open(*state);
	const struct report_target target = target_of(store);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct watch_report report = { .kind = kinds[i], .mailbox = "INBOX" };
		assert_int_equal(report_store(&target, &report), 0);
		assert_false(store_is_dirty(store));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(test_cursor_with_its_parts),
		TEST(test_first_sight_is_silent),
		TEST(test_reset_says_why),
		TEST(test_a_lost_state_is_a_reset),
		TEST(test_messages_in_their_order),
		TEST(test_what_fails_leaves_nothing),
		TEST(test_another_name),
		TEST(test_what_is_learned),
		TEST(test_nothing_to_write),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
