#include "store/store.h"

#include "base/memory.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "helper.h"
#include "scratch.h"

/* The log */

static int compare_event(const struct store_event *event, void *userdata) {
	const struct store_event *expected = userdata;
	assert_int_equal(event->type, expected->type);
	assert_int_equal(event->seq, NOW);
	assert_string_equal(event->id, expected->id);
	assert_string_equal(event->account, expected->account);
	assert_string_equal(event->mailbox, expected->mailbox);
	assert_int_equal(event->uid, expected->uid);
	assert_int_equal(event->uidvalidity, expected->uidvalidity);
	assert_true(event->received_usec == expected->received_usec);
	assert_true(event->date_usec == expected->date_usec);
	assert_true(event->size == expected->size);
	assert_string_equal(event->from_name, expected->from_name);
	assert_string_equal(event->from_address, expected->from_address);
	assert_string_equal(event->subject, expected->subject);
	assert_string_equal(event->message_id, expected->message_id);
	assert_string_equal(event->thread_id, expected->thread_id);
	assert_string_equal(event->list_id, expected->list_id);
	assert_string_equal(event->flags, expected->flags);
	assert_string_equal(event->preview, expected->preview);
	assert_string_equal(event->email_id, expected->email_id);
	assert_string_equal(event->labels, expected->labels);
	assert_string_equal(event->auto_submitted, expected->auto_submitted);
	assert_string_equal(event->precedence, expected->precedence);
	assert_string_equal(event->reason, expected->reason);
	return 0;
}

static void test_event_comes_back_whole(void **state) {
	struct store_event event = {
		.type = STORE_EVENT_RETIRED,
		.id = "imap://user@host/INBOX;UIDVALIDITY=1/;UID=20",
		.account = "work",
		.mailbox = "INBOX/Überflieger",
		.uid = UINT32_MAX,
		.uidvalidity = UINT32_MAX - 1,
		.received_usec = UINT64_MAX,
		.date_usec = 1,
		.from_name = "From name",
		.from_address = "from@example.org",
		.subject = "A subject",
		.message_id = "<id@example.org>",
		.thread_id = "thread",
		.list_id = "list.example.org",
		.flags = "\\Flagged $Forwarded",
		.size = UINT64_MAX - 1,
		.preview = "Preview",
		.email_id = "M1",
		.labels = "\\Inbox\nA label",
		.auto_submitted = "auto-replied",
		.precedence = "bulk",
		.reason = "seen",
	};
	uint64_t seq;
	struct store *store = helper_open(*state);
	assert_int_equal(store_append(store, &event, NOW, &seq), 0);
	assert_true(seq == NOW);
	assert_int_equal(store_commit(store), 0);
	store_close(store);
	store = helper_open(*state);
	assert_int_equal(store_read_events(store, 0, 10, compare_event, &event), 1);
	store_close(store);
}

static int expect_nothing_known(const struct store_event *event, void *userdata) {
	struct store_event expected = { .seq = NOW, .type = STORE_EVENT_RESET };
	assert_memory_equal(event, &expected, sizeof(expected));
	return 0;
}

static void test_unknown_fields_stay_unknown(void **state) {
	struct store_event event = { .type = STORE_EVENT_RESET };
	uint64_t seq;
	struct store *store = helper_open(*state);
	assert_int_equal(store_append(store, &event, NOW, &seq), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(store_read_events(store, 0, 10, expect_nothing_known, NULL), 1);
	store_close(store);
}

static void test_too_long_text_is_refused_alone(void **state) {
	CLEANUP_TEXT char *text = memory_zalloc(STORE_TEXT_MAX + 2, 1);
	memset(text, 'x', STORE_TEXT_MAX);
	struct store_event event = { .type = STORE_EVENT_NEW, .account = "a", .preview = text };
	struct store_cursor cursor = { .uidvalidity = 1 };
	uint64_t seq;
	struct store *store = helper_open(*state);
	assert_int_equal(store_append(store, &event, NOW, &seq), 0);
	text[STORE_TEXT_MAX] = 'x';
	assert_int_equal(store_append(store, &event, NOW, &seq), -E2BIG);
	assert_int_equal(store_save_cursor(store, text, "INBOX", &cursor), -E2BIG);
	assert_int_equal(store_save_cursor(store, "work", text, &cursor), -E2BIG);
	assert_int_equal(store_save_cursor(store, "work", "INBOX", &cursor), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(helper_count_after(store, 0), 1);
	assert_int_equal(store_load_cursor(store, "work", "INBOX", &cursor), 1);
	store_close(store);
}

static void test_seq_only_grows(void **state) {
	struct store *store = helper_open(*state);
	assert_int_equal(store_last_seq(store), 0);
	assert_true(helper_append_and_commit(store, "a", NOW) == NOW);
	assert_true(helper_append_and_commit(store, "b", NOW) == NOW + 1);
	assert_true(helper_append_and_commit(store, "c", NOW - DAY) == NOW + 2);
	assert_true(helper_append_and_commit(store, "d", 0) == NOW + 3);
	store_close(store);

	store = helper_open(*state);
	assert_true(store_last_seq(store) == NOW + 3);
	assert_true(helper_append_and_commit(store, "e", NOW - DAY) == NOW + 4);
	assert_true(helper_append_and_commit(store, "f", NOW + DAY) == NOW + DAY);
	helper_expect_subjects(store, 0, "abcdef");
	store_close(store);
}

static void test_seq_survives_a_mad_clock(void **state) {
	struct store *store = helper_open(*state);
	uint64_t first = helper_append_and_commit(store, "a", UINT64_MAX);
	assert_true(first < INT64_MAX / 2);
	assert_true(helper_append_and_commit(store, "b", UINT64_MAX) == first + 1);
	assert_true(helper_append_and_commit(store, "c", NOW) == first + 2);
	assert_int_equal(store_trim(store, UINT64_MAX), 0);
	helper_expect_subjects(store, 0, "abc");
	store_close(store);
}

static void test_seq_survives_retention(void **state) {
	struct store *store = helper_open_with(*state, DAY, 0);
	helper_append_and_commit(store, "a", NOW);
	uint64_t last = helper_append_and_commit(store, "b", NOW + 1);
	assert_int_equal(store_trim(store, NOW + 3 * DAY), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(helper_count_after(store, 0), 0);
	assert_true(store_last_seq(store) == last);
	store_close(store);

	store = helper_open_with(*state, DAY, 0);
	assert_true(store_last_seq(store) == last);
	assert_true(helper_append_and_commit(store, "c", NOW - DAY) == last + 1);
	store_close(store);
}

static void test_rolled_back_seq_is_given_again(void **state) {
	struct store *store = helper_open(*state);
	helper_append_and_commit(store, "a", NOW);
	helper_append(store, "b", NOW);
	store_rollback(store);
	assert_true(store_last_seq(store) == NOW);
	assert_true(helper_append_and_commit(store, "c", NOW) == NOW + 1);
	helper_expect_subjects(store, 0, "ac");
	store_close(store);
}

/* Reading */

static void test_read_after_every_bound(void **state) {
	struct store *store = helper_open(*state);
	assert_int_equal(helper_count_after(store, 0), 0);
	assert_int_equal(helper_count_after(store, UINT64_MAX), 0);
	uint64_t first = helper_append_and_commit(store, "a", NOW);
	helper_append_and_commit(store, "b", NOW);
	uint64_t last = helper_append_and_commit(store, "c", NOW + 10);
	helper_expect_subjects(store, 0, "abc");
	helper_expect_subjects(store, 1, "abc");
	helper_expect_subjects(store, first - 1, "abc");
	helper_expect_subjects(store, first, "bc");
	helper_expect_subjects(store, last - 1, "c");
	assert_int_equal(helper_count_after(store, last), 0);
	assert_int_equal(helper_count_after(store, last + 1), 0);
	assert_int_equal(helper_count_after(store, INT64_MAX), 0);
	assert_int_equal(helper_count_after(store, (uint64_t)INT64_MAX + 1), 0);
	assert_int_equal(helper_count_after(store, UINT64_MAX), 0);
	store_close(store);
}

static void test_read_limit_and_answers(void **state) {
	struct store *store = helper_open(*state);
	for (char c = 'a'; c < 'f'; c++)
		helper_append(store, (char[]){ c, '\0' }, NOW);
	assert_int_equal(store_commit(store), 0);

	struct reading reading = { 0 };
	assert_int_equal(store_read_events(store, 0, 0, helper_on_event, &reading), 0);
	assert_int_equal(store_read_events(store, 0, 2, helper_on_event, &reading), 2);
	assert_string_equal(reading.subjects, "ab");
	assert_int_equal(
		store_read_events(store, reading.last, UINT32_MAX, helper_on_event, &reading), 3);
	assert_string_equal(reading.subjects, "abcde");

	reading = (struct reading){ .stop_at = 3, .answer = 1 };
	assert_int_equal(store_read_events(store, 0, 10, helper_on_event, &reading), 3);
	assert_string_equal(reading.subjects, "abc");
	reading = (struct reading){ .stop_at = 2, .answer = -ECANCELED };
	assert_int_equal(store_read_events(store, 0, 10, helper_on_event, &reading), -ECANCELED);
	assert_int_equal(helper_count_after(store, 0), 5);
	store_close(store);
}

static void test_read_sees_committed_only(void **state) {
	struct store *store = helper_open(*state);
	helper_append_and_commit(store, "a", NOW);
	helper_append(store, "b", NOW);
	assert_true(store_last_seq(store) == NOW);
	helper_expect_subjects(store, 0, "a");
	assert_int_equal(helper_count_after(store, NOW), 0);
	assert_int_equal(store_commit(store), 0);
	helper_expect_subjects(store, 0, "ab");
	store_close(store);
}

/* Retention */

static void test_trim_by_age(void **state) {
	struct store *store = helper_open_with(*state, DAY, 0);
	uint64_t a = helper_append_and_commit(store, "a", NOW);
	uint64_t b = helper_append_and_commit(store, "b", NOW + DAY / 2);
	helper_append_and_commit(store, "c", NOW + DAY);
	assert_int_equal(store_trim(store, NOW + DAY), 0);
	assert_false(store_is_dirty(store));
	helper_expect_subjects(store, 0, "abc");
	assert_int_equal(store_trim(store, NOW + DAY + 1), 0);
	assert_true(store_is_dirty(store));
	assert_int_equal(store_commit(store), 0);
	helper_expect_subjects(store, 0, "bc");
	helper_expect_subjects(store, a, "bc");
	assert_int_equal(helper_count_after(store, a - 1), -ESTALE);
	assert_int_equal(helper_count_after(store, 1), -ESTALE);
	helper_expect_subjects(store, b, "c");
	store_close(store);
	store = helper_open_with(*state, DAY, 0);
	assert_int_equal(helper_count_after(store, a - 1), -ESTALE);
	helper_expect_subjects(store, a, "bc");
	store_close(store);
}

static void test_trim_by_count(void **state) {
	struct store *store = helper_open_with(*state, 0, 3);
	for (char c = 'a'; c < 'i'; c++)
		helper_append(store, (char[]){ c, '\0' }, NOW);
	assert_int_equal(store_trim(store, NOW), 0);
	assert_int_equal(store_commit(store), 0);
	helper_expect_subjects(store, 0, "fgh");
	helper_expect_subjects(store, NOW + 4, "fgh");
	assert_int_equal(helper_count_after(store, NOW + 3), -ESTALE);
	store_close(store);
	store = helper_open_with(*state, 0, 2);
	assert_int_equal(store_trim(store, NOW), 0);
	assert_int_equal(store_commit(store), 0);
	helper_expect_subjects(store, 0, "gh");
	store_close(store);
}

static void test_limits_may_change(void **state) {
	struct store *store = helper_open_with(*state, 0, 100);
	for (char c = 'a'; c < 'f'; c++)
		helper_append(store, (char[]){ c, '\0' }, NOW);
	assert_int_equal(store_trim(store, NOW), 0);
	assert_int_equal(store_commit(store), 0);
	helper_expect_subjects(store, 0, "abcde");
	store_set_limits(store, &(struct store_limits){ .keep_events = 2 });
	assert_int_equal(store_trim(store, NOW), 0);
	assert_int_equal(store_commit(store), 0);
	helper_expect_subjects(store, 0, "de");
	store_close(store);
}

static void test_trim_is_rolled_back(void **state) {
	struct store *store = helper_open_with(*state, 0, 1);
	helper_append_and_commit(store, "a", NOW);
	helper_append_and_commit(store, "b", NOW);
	assert_int_equal(store_trim(store, NOW), 0);
	store_rollback(store);
	helper_expect_subjects(store, 0, "ab");
	helper_expect_subjects(store, 1, "ab");
	store_close(store);
}

static void test_a_storm_is_held_at_the_count(void **state) {
	struct store *store = helper_open_with(*state, 0, 100);
	for (unsigned i = 0; i < 5000; i++)
		helper_append(store, "x", NOW);
	assert_int_equal(store_commit(store), 0);
	assert_in_range(helper_count_after(store, 0), 100, 1200);
	assert_int_equal(store_trim(store, NOW), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(helper_count_after(store, 0), 100);
	store_close(store);
}

static void test_trim_is_bounded_in_a_call(void **state) {
	struct store *store = helper_open_with(*state, DAY, 0);
	for (unsigned i = 0; i < 25000; i++)
		helper_append(store, "x", NOW);
	assert_int_equal(store_commit(store), 0);
	unsigned n_calls = 1;
	while (store_trim(store, NOW + 2 * DAY) == 1) {
		assert_int_equal(store_commit(store), 0);
		n_calls++;
	}
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(n_calls, 3);
	assert_int_equal(helper_count_after(store, 0), 0);
	store_close(store);
}

/* Published */

static void test_published_goes_with_the_next_commit(void **state) {
	struct store *store = helper_open(*state);
	assert_int_equal(store_published(store), 0);
	uint64_t seq = helper_append_and_commit(store, "a", NOW);
	store_set_published(store, seq);
	assert_true(store_published(store) == seq);
	assert_false(store_is_dirty(store));
	helper_append(store, "b", NOW);
	store_rollback(store);
	assert_true(store_published(store) == seq);
	store_close(store);
	store = helper_open(*state);
	assert_true(store_published(store) == seq);
	helper_expect_subjects(store, store_published(store), "");
	helper_append_and_commit(store, "c", NOW);
	helper_expect_subjects(store, store_published(store), "c");
	store_close(store);
}

static void die_before_the_signal(struct scratch *s) {
	struct store *store = helper_open(s);
	store_set_published(store, helper_append_and_commit(store, "a", NOW));
	helper_append_and_commit(store, "b", NOW);
}

/* D-09: what was committed and not signalled is found again, under the same number. */
static void test_death_between_commit_and_signal(void **state) {
	helper_kill_child_after(*state, die_before_the_signal);
	struct store *store = helper_open(*state);
	assert_true(store_published(store) == NOW);
	assert_true(store_last_seq(store) == NOW + 1);
	helper_expect_subjects(store, store_published(store), "b");
	store_close(store);
}

static void die_after_a_cursor(struct scratch *s) {
	const struct store_cursor cursor = { .next_uid = 2 };
	struct store *store = helper_open(s);
	store_set_published(store, helper_append_and_commit(store, "a", NOW));
	(void)store_save_cursor(store, "work", "INBOX", &cursor);
	(void)store_commit(store);
}

/* An event carries what was signalled before it; any other commit says it for itself. */
static void test_any_commit_keeps_what_was_signalled(void **state) {
	helper_kill_child_after(*state, die_after_a_cursor);
	struct store *store = helper_open(*state);
	assert_true(store_published(store) == NOW);
	helper_expect_subjects(store, store_published(store), "");
	store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(test_event_comes_back_whole),
		TEST(test_unknown_fields_stay_unknown),
		TEST(test_too_long_text_is_refused_alone),
		TEST(test_seq_only_grows),
		TEST(test_seq_survives_a_mad_clock),
		TEST(test_seq_survives_retention),
		TEST(test_rolled_back_seq_is_given_again),
		TEST(test_read_after_every_bound),
		TEST(test_read_limit_and_answers),
		TEST(test_read_sees_committed_only),
		TEST(test_trim_by_age),
		TEST(test_trim_by_count),
		TEST(test_limits_may_change),
		TEST(test_trim_is_rolled_back),
		TEST(test_a_storm_is_held_at_the_count),
		TEST(test_trim_is_bounded_in_a_call),
		TEST(test_published_goes_with_the_next_commit),
		TEST(test_death_between_commit_and_signal),
		TEST(test_any_commit_keeps_what_was_signalled),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
