#include "store/store.h"

#include "base/memory.h"
#include "scratch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW UINT64_C(1790000000000000) /* a day in 2026 */
#define DAY (24 * USEC_PER_HOUR)

static struct store *open_with(struct scratch *s, uint64_t keep_usec, uint64_t keep_events) {
	struct store_limits limits = { .keep_usec = keep_usec, .keep_events = keep_events };
	struct store *store = NULL;
	enum store_opened opened;
	assert_int_equal(store_open(s->path, &limits, &store, &opened, NULL), 0);
	return store;
}

static struct store *open_store(struct scratch *s) {
	return open_with(s, 0, 0);
}

static uint64_t append_at(struct store *store, const char *subject, uint64_t now_usec) {
	struct store_event event = {
		.type = STORE_EVENT_NEW,
		.account = "work",
		.mailbox = "INBOX",
		.subject = subject,
	};
	uint64_t seq = 0;
	assert_int_equal(store_append(store, &event, now_usec, &seq), 0);
	return seq;
}

static uint64_t append_one(struct store *store, const char *subject, uint64_t now_usec) {
	uint64_t seq = append_at(store, subject, now_usec);
	assert_int_equal(store_commit(store), 0);
	return seq;
}

/* What a read gave: the subjects joined, and the first and last seq. */
struct reading {
	char subjects[4096];
	uint64_t first;
	uint64_t last;
	int stop_at; /* number of the event whose callback answers `answer` */
	int answer;
	int n;
};

static int on_event(const struct store_event *event, void *userdata) {
	struct reading *reading = userdata;
	if (reading->n++ == 0)
		reading->first = event->seq;
	assert_true(event->seq > reading->last);
	reading->last = event->seq;
	if (event->subject &&
		strlen(reading->subjects) + strlen(event->subject) + 1 < sizeof(reading->subjects))
		strcat(reading->subjects, event->subject);
	return reading->n == reading->stop_at ? reading->answer : 0;
}

static int count_after(struct store *store, uint64_t after) {
	struct reading reading = { 0 };
	return store_read_events(store, after, 1000000, on_event, &reading);
}

static void assert_subjects(struct store *store, uint64_t after, const char *expected) {
	struct reading reading = { 0 };
	int n = store_read_events(store, after, 1000, on_event, &reading);
	assert_int_equal(n, reading.n);
	assert_string_equal(reading.subjects, expected);
}

/* Cursors */

static void test_cursor_is_kept(void **state) {
	const struct store_cursor cursor = {
		.uidvalidity = UINT32_MAX,
		.next_uid = 4000000000,
		.messages = 3,
		.unseen = 2,
		.highestmodseq = INT64_MAX,
	};
	struct store_cursor found = { 0 };
	struct store *store = open_store(*state);
	assert_int_equal(store_load_cursor(store, "work", "INBOX", &found), 0);
	assert_int_equal(store_save_cursor(store, "work", "INBOX", &cursor), 0);
	assert_true(store_is_dirty(store));
	assert_int_equal(store_commit(store), 0);
	assert_false(store_is_dirty(store));
	store_close(store);

	store = open_store(*state);
	assert_int_equal(store_load_cursor(store, "work", "INBOX", &found), 1);
	assert_memory_equal(&found, &cursor, sizeof(cursor));
	assert_int_equal(store_load_cursor(store, "home", "INBOX", &found), 0);
	assert_int_equal(store_load_cursor(store, "work", "inbox", &found), 0);
	assert_int_equal(store_load_cursor(store, "INBOX", "work", &found), 0);
	store_close(store);
}

static void test_cursor_is_replaced(void **state) {
	struct store_cursor cursor = { .uidvalidity = 1, .next_uid = 1 };
	struct store *store = open_store(*state);
	for (uint32_t uid = 1; uid < 50; uid++) {
		cursor.next_uid = uid;
		assert_int_equal(store_save_cursor(store, "work", "INBOX", &cursor), 0);
		assert_int_equal(store_commit(store), 0);
	}
	assert_int_equal(store_load_cursor(store, "work", "INBOX", &cursor), 1);
	assert_int_equal(cursor.next_uid, 49);
	store_close(store);
}

static void test_rollback_and_close_forget(void **state) {
	struct store_cursor cursor = { .uidvalidity = 1, .next_uid = 7 };
	struct store *store = open_store(*state);
	assert_int_equal(store_save_cursor(store, "work", "INBOX", &cursor), 0);
	append_at(store, "a", NOW);
	store_rollback(store);
	assert_false(store_is_dirty(store));
	assert_int_equal(store_load_cursor(store, "work", "INBOX", &cursor), 0);
	assert_int_equal(store_last_seq(store), 0);
	assert_int_equal(store_commit(store), 0);

	assert_int_equal(store_save_cursor(store, "work", "INBOX", &cursor), 0);
	append_at(store, "b", NOW);
	store_close(store);
	store = open_store(*state);
	assert_int_equal(store_load_cursor(store, "work", "INBOX", &cursor), 0);
	assert_int_equal(count_after(store, 0), 0);
	store_close(store);
}

static void test_names_are_bytes(void **state) {
	static const char *const names[] = { "", "../../etc/passwd", "`touch x`", "$(x)", "; x",
		"a\nb", "-rf", "%s%n", "'; DROP TABLE cursor; --", "\xff\xfe", "file:x?mode=ro" };
	struct store_cursor cursor = { .uidvalidity = 1 };
	struct store *store = open_store(*state);
	for (uint32_t i = 0; i < ARRAY_SIZE(names); i++) {
		cursor.next_uid = i + 1;
		assert_int_equal(store_save_cursor(store, names[i], "INBOX", &cursor), 0);
		assert_int_equal(store_save_cursor(store, "work", names[i], &cursor), 0);
	}
	assert_int_equal(store_commit(store), 0);
	for (uint32_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(store_load_cursor(store, names[i], "INBOX", &cursor), 1);
		assert_int_equal(cursor.next_uid, i + 1);
		assert_int_equal(store_load_cursor(store, "work", names[i], &cursor), 1);
		assert_int_equal(cursor.next_uid, i + 1);
	}
	store_close(store);
}

/* Parts */

struct parts {
	uint32_t numbers[16];
	size_t sizes[16];
	char first[16];
	int n;
	int answer;
};

static int on_part(const struct store_part *part, void *userdata) {
	struct parts *parts = userdata;
	parts->numbers[parts->n] = part->number;
	parts->sizes[parts->n] = part->n;
	parts->first[parts->n] = part->n > 0 ? *(const char *)part->bytes : '-';
	parts->n++;
	return parts->answer;
}

static void test_parts_are_kept_and_cut(void **state) {
	static char bytes[STORE_PART_MAX + 1];
	struct store *store = open_store(*state);
	for (uint32_t i = 4; i-- > 0;) {
		memset(bytes, 'a' + (int)i, sizeof(bytes));
		struct store_part part = { .number = i, .bytes = bytes, .n = i * 1000 };
		assert_int_equal(store_save_part(store, "pop", "INBOX", &part), 0);
	}
	struct store_part largest = { .number = UINT32_MAX, .bytes = bytes, .n = STORE_PART_MAX };
	assert_int_equal(store_save_part(store, "pop", "INBOX", &largest), 0);
	struct store_part beyond = { .number = 1, .bytes = bytes, .n = STORE_PART_MAX + 1 };
	assert_int_equal(store_save_part(store, "pop", "INBOX", &beyond), -E2BIG);
	assert_int_equal(store_commit(store), 0);
	store_close(store);

	store = open_store(*state);
	struct parts parts = { 0 };
	assert_int_equal(store_load_parts(store, "pop", "INBOX", on_part, &parts), 5);
	assert_memory_equal(parts.first, "-bcda", 5);
	assert_int_equal(parts.sizes[3], 3000);
	assert_int_equal(parts.numbers[4], UINT32_MAX);
	assert_int_equal(parts.sizes[4], STORE_PART_MAX);

	assert_int_equal(store_cut_parts(store, "pop", "INBOX", 2), 0);
	parts = (struct parts){ 0 };
	assert_int_equal(store_load_parts(store, "pop", "INBOX", on_part, &parts), 2);
	assert_int_equal(parts.numbers[1], 1);
	parts = (struct parts){ .answer = -ECANCELED };
	assert_int_equal(store_load_parts(store, "pop", "INBOX", on_part, &parts), -ECANCELED);
	assert_int_equal(store_load_parts(store, "pop", "Other", on_part, &parts), 0);
	store_close(store);
}

/* Forgetting */

static void test_forget_accounts_keeps_events(void **state) {
	static const char *const kept[] = { "c", "a", NULL };
	static const char *const none[] = { NULL };
	struct store_cursor cursor = { .uidvalidity = 1 };
	struct store_part part = { .bytes = "x", .n = 1 };
	struct parts parts = { 0 };
	struct store *store = open_store(*state);
	for (const char *name = "abcd"; *name; name++) {
		char account[] = { *name, '\0' };
		assert_int_equal(store_save_cursor(store, account, "INBOX", &cursor), 0);
		assert_int_equal(store_save_part(store, account, "INBOX", &part), 0);
	}
	append_one(store, "event", NOW);

	assert_int_equal(store_forget_accounts(store, kept), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(store_load_cursor(store, "a", "INBOX", &cursor), 1);
	assert_int_equal(store_load_cursor(store, "b", "INBOX", &cursor), 0);
	assert_int_equal(store_load_cursor(store, "c", "INBOX", &cursor), 1);
	assert_int_equal(store_load_cursor(store, "d", "INBOX", &cursor), 0);
	assert_int_equal(store_load_parts(store, "d", "INBOX", on_part, &parts), 0);
	assert_int_equal(store_load_parts(store, "c", "INBOX", on_part, &parts), 1);

	assert_int_equal(store_forget_accounts(store, none), 0);
	assert_true(store_is_dirty(store));
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(store_load_cursor(store, "a", "INBOX", &cursor), 0);
	assert_int_equal(store_forget_accounts(store, none), 0);
	assert_false(store_is_dirty(store));
	assert_subjects(store, 0, "event");
	store_close(store);
}

static void test_forget_mailbox(void **state) {
	struct store_cursor cursor = { .uidvalidity = 1 };
	struct store_part part = { .bytes = "x", .n = 1 };
	struct parts parts = { 0 };
	struct store *store = open_store(*state);
	assert_int_equal(store_save_cursor(store, "work", "INBOX", &cursor), 0);
	assert_int_equal(store_save_cursor(store, "work", "Lists", &cursor), 0);
	assert_int_equal(store_save_part(store, "work", "Lists", &part), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(store_forget_mailbox(store, "work", "Lists"), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(store_load_cursor(store, "work", "Lists", &cursor), 0);
	assert_int_equal(store_load_parts(store, "work", "Lists", on_part, &parts), 0);
	assert_int_equal(store_load_cursor(store, "work", "INBOX", &cursor), 1);
	store_close(store);
}

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
		.reason = "seen",
	};
	uint64_t seq;
	struct store *store = open_store(*state);
	assert_int_equal(store_append(store, &event, NOW, &seq), 0);
	assert_true(seq == NOW);
	assert_int_equal(store_commit(store), 0);
	store_close(store);
	store = open_store(*state);
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
	struct store *store = open_store(*state);
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
	struct store *store = open_store(*state);
	assert_int_equal(store_append(store, &event, NOW, &seq), 0);
	text[STORE_TEXT_MAX] = 'x';
	assert_int_equal(store_append(store, &event, NOW, &seq), -E2BIG);
	assert_int_equal(store_save_cursor(store, text, "INBOX", &cursor), -E2BIG);
	assert_int_equal(store_save_cursor(store, "work", text, &cursor), -E2BIG);
	assert_int_equal(store_save_cursor(store, "work", "INBOX", &cursor), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(count_after(store, 0), 1);
	assert_int_equal(store_load_cursor(store, "work", "INBOX", &cursor), 1);
	store_close(store);
}

static void test_seq_only_grows(void **state) {
	struct store *store = open_store(*state);
	assert_int_equal(store_last_seq(store), 0);
	assert_true(append_one(store, "a", NOW) == NOW);
	assert_true(append_one(store, "b", NOW) == NOW + 1);
	assert_true(append_one(store, "c", NOW - DAY) == NOW + 2);
	assert_true(append_one(store, "d", 0) == NOW + 3);
	store_close(store);

	store = open_store(*state);
	assert_true(store_last_seq(store) == NOW + 3);
	assert_true(append_one(store, "e", NOW - DAY) == NOW + 4);
	assert_true(append_one(store, "f", NOW + DAY) == NOW + DAY);
	assert_subjects(store, 0, "abcdef");
	store_close(store);
}

static void test_seq_survives_a_mad_clock(void **state) {
	struct store *store = open_store(*state);
	uint64_t first = append_one(store, "a", UINT64_MAX);
	assert_true(first < INT64_MAX / 2);
	assert_true(append_one(store, "b", UINT64_MAX) == first + 1);
	assert_true(append_one(store, "c", NOW) == first + 2);
	assert_int_equal(store_trim(store, UINT64_MAX), 0);
	assert_subjects(store, 0, "abc");
	store_close(store);
}

static void test_seq_survives_retention(void **state) {
	struct store *store = open_with(*state, DAY, 0);
	append_one(store, "a", NOW);
	uint64_t last = append_one(store, "b", NOW + 1);
	assert_int_equal(store_trim(store, NOW + 3 * DAY), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(count_after(store, 0), 0);
	assert_true(store_last_seq(store) == last);
	store_close(store);

	store = open_with(*state, DAY, 0);
	assert_true(store_last_seq(store) == last);
	assert_true(append_one(store, "c", NOW - DAY) == last + 1);
	store_close(store);
}

static void test_rolled_back_seq_is_given_again(void **state) {
	struct store *store = open_store(*state);
	append_one(store, "a", NOW);
	append_at(store, "b", NOW);
	store_rollback(store);
	assert_true(store_last_seq(store) == NOW);
	assert_true(append_one(store, "c", NOW) == NOW + 1);
	assert_subjects(store, 0, "ac");
	store_close(store);
}

/* Reading */

static void test_read_after_every_bound(void **state) {
	struct store *store = open_store(*state);
	assert_int_equal(count_after(store, 0), 0);
	assert_int_equal(count_after(store, UINT64_MAX), 0);
	uint64_t first = append_one(store, "a", NOW);
	append_one(store, "b", NOW);
	uint64_t last = append_one(store, "c", NOW + 10);
	assert_subjects(store, 0, "abc");
	assert_subjects(store, 1, "abc");
	assert_subjects(store, first - 1, "abc");
	assert_subjects(store, first, "bc");
	assert_subjects(store, last - 1, "c");
	assert_int_equal(count_after(store, last), 0);
	assert_int_equal(count_after(store, last + 1), 0);
	assert_int_equal(count_after(store, INT64_MAX), 0);
	assert_int_equal(count_after(store, (uint64_t)INT64_MAX + 1), 0);
	assert_int_equal(count_after(store, UINT64_MAX), 0);
	store_close(store);
}

static void test_read_limit_and_answers(void **state) {
	struct store *store = open_store(*state);
	for (char c = 'a'; c < 'f'; c++)
		append_at(store, (char[]){ c, '\0' }, NOW);
	assert_int_equal(store_commit(store), 0);

	struct reading reading = { 0 };
	assert_int_equal(store_read_events(store, 0, 0, on_event, &reading), 0);
	assert_int_equal(store_read_events(store, 0, 2, on_event, &reading), 2);
	assert_string_equal(reading.subjects, "ab");
	assert_int_equal(store_read_events(store, reading.last, UINT32_MAX, on_event, &reading), 3);
	assert_string_equal(reading.subjects, "abcde");

	reading = (struct reading){ .stop_at = 3, .answer = 1 };
	assert_int_equal(store_read_events(store, 0, 10, on_event, &reading), 3);
	assert_string_equal(reading.subjects, "abc");
	reading = (struct reading){ .stop_at = 2, .answer = -ECANCELED };
	assert_int_equal(store_read_events(store, 0, 10, on_event, &reading), -ECANCELED);
	assert_int_equal(count_after(store, 0), 5);
	store_close(store);
}

static void test_read_sees_committed_only(void **state) {
	struct store *store = open_store(*state);
	append_one(store, "a", NOW);
	append_at(store, "b", NOW);
	assert_true(store_last_seq(store) == NOW);
	assert_subjects(store, 0, "a");
	assert_int_equal(count_after(store, NOW), 0);
	assert_int_equal(store_commit(store), 0);
	assert_subjects(store, 0, "ab");
	store_close(store);
}

/* Retention */

static void test_trim_by_age(void **state) {
	struct store *store = open_with(*state, DAY, 0);
	uint64_t a = append_one(store, "a", NOW);
	uint64_t b = append_one(store, "b", NOW + DAY / 2);
	append_one(store, "c", NOW + DAY);
	assert_int_equal(store_trim(store, NOW + DAY), 0);
	assert_false(store_is_dirty(store));
	assert_subjects(store, 0, "abc");
	assert_int_equal(store_trim(store, NOW + DAY + 1), 0);
	assert_true(store_is_dirty(store));
	assert_int_equal(store_commit(store), 0);
	assert_subjects(store, 0, "bc");
	assert_subjects(store, a, "bc");
	assert_int_equal(count_after(store, a - 1), -ESTALE);
	assert_int_equal(count_after(store, 1), -ESTALE);
	assert_subjects(store, b, "c");
	store_close(store);
	store = open_with(*state, DAY, 0);
	assert_int_equal(count_after(store, a - 1), -ESTALE);
	assert_subjects(store, a, "bc");
	store_close(store);
}

static void test_trim_by_count(void **state) {
	struct store *store = open_with(*state, 0, 3);
	for (char c = 'a'; c < 'i'; c++)
		append_at(store, (char[]){ c, '\0' }, NOW);
	assert_int_equal(store_trim(store, NOW), 0);
	assert_int_equal(store_commit(store), 0);
	assert_subjects(store, 0, "fgh");
	assert_subjects(store, NOW + 4, "fgh");
	assert_int_equal(count_after(store, NOW + 3), -ESTALE);
	store_close(store);
	store = open_with(*state, 0, 2);
	assert_int_equal(store_trim(store, NOW), 0);
	assert_int_equal(store_commit(store), 0);
	assert_subjects(store, 0, "gh");
	store_close(store);
}

static void test_trim_is_rolled_back(void **state) {
	struct store *store = open_with(*state, 0, 1);
	append_one(store, "a", NOW);
	append_one(store, "b", NOW);
	assert_int_equal(store_trim(store, NOW), 0);
	store_rollback(store);
	assert_subjects(store, 0, "ab");
	assert_subjects(store, 1, "ab");
	store_close(store);
}

static void test_a_storm_is_held_at_the_count(void **state) {
	struct store *store = open_with(*state, 0, 100);
	for (unsigned i = 0; i < 5000; i++)
		append_at(store, "x", NOW);
	assert_int_equal(store_commit(store), 0);
	assert_in_range(count_after(store, 0), 100, 1200);
	assert_int_equal(store_trim(store, NOW), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(count_after(store, 0), 100);
	store_close(store);
}

static void test_trim_is_bounded_in_a_call(void **state) {
	struct store *store = open_with(*state, DAY, 0);
	for (unsigned i = 0; i < 25000; i++)
		append_at(store, "x", NOW);
	assert_int_equal(store_commit(store), 0);
	unsigned n_calls = 1;
	while (store_trim(store, NOW + 2 * DAY) == 1) {
		assert_int_equal(store_commit(store), 0);
		n_calls++;
	}
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(n_calls, 3);
	assert_int_equal(count_after(store, 0), 0);
	store_close(store);
}

/* Published */

static void test_published_goes_with_the_next_commit(void **state) {
	struct store *store = open_store(*state);
	assert_int_equal(store_published(store), 0);
	uint64_t seq = append_one(store, "a", NOW);
	store_set_published(store, seq);
	assert_true(store_published(store) == seq);
	assert_false(store_is_dirty(store));
	append_at(store, "b", NOW);
	store_rollback(store);
	assert_true(store_published(store) == seq);
	store_close(store);
	store = open_store(*state);
	assert_true(store_published(store) == seq);
	assert_subjects(store, store_published(store), "");
	append_one(store, "c", NOW);
	assert_subjects(store, store_published(store), "c");
	store_close(store);
}

/* Names do not pile up when a server renames its mailboxes for ever. */
static void test_loose_names_are_swept(void **state) {
	struct scratch *s = *state;
	struct store_cursor cursor = { .uidvalidity = 1 };
	struct store *store = open_with(s, DAY, 0);
	assert_int_equal(store_save_cursor(store, "work", "INBOX", &cursor), 0);
	append_one(store, "kept", NOW);
	for (unsigned i = 0; i < 20000; i++) {
		CLEANUP_TEXT char *name = memory_format("a mailbox with the number %u", i);
		assert_int_equal(store_save_cursor(store, "work", name, &cursor), 0);
		assert_int_equal(store_forget_mailbox(store, "work", name), 0);
		if (i % 1000 != 999)
			continue;
		assert_int_equal(store_trim(store, NOW), 0);
		assert_int_equal(store_commit(store), 0);
	}
	assert_int_equal(store_load_cursor(store, "work", "INBOX", &cursor), 1);
	assert_subjects(store, 0, "kept");
	store_close(store);
	size_t n;
	CLEANUP_TEXT char *bytes = scratch_read(s->path, &n);
	assert_in_range(n, 1, 400 * 1024);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(test_cursor_is_kept),
		TEST(test_cursor_is_replaced),
		TEST(test_rollback_and_close_forget),
		TEST(test_names_are_bytes),
		TEST(test_parts_are_kept_and_cut),
		TEST(test_forget_accounts_keeps_events),
		TEST(test_forget_mailbox),
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
		TEST(test_trim_is_rolled_back),
		TEST(test_a_storm_is_held_at_the_count),
		TEST(test_trim_is_bounded_in_a_call),
		TEST(test_published_goes_with_the_next_commit),
		TEST(test_loose_names_are_swept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
