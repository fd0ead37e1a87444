#include "store/store.h"

#include "base/macros.h"
#include "base/memory.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "helper.h"
#include "scratch.h"

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
	struct store *store = helper_open(*state);
	assert_int_equal(store_load_cursor(store, "work", "INBOX", &found), 0);
	assert_int_equal(store_save_cursor(store, "work", "INBOX", &cursor), 0);
	assert_true(store_is_dirty(store));
	assert_int_equal(store_commit(store), 0);
	assert_false(store_is_dirty(store));
	store_close(store);

	store = helper_open(*state);
	assert_int_equal(store_load_cursor(store, "work", "INBOX", &found), 1);
	assert_memory_equal(&found, &cursor, sizeof(cursor));
	assert_int_equal(store_load_cursor(store, "home", "INBOX", &found), 0);
	assert_int_equal(store_load_cursor(store, "work", "inbox", &found), 0);
	assert_int_equal(store_load_cursor(store, "INBOX", "work", &found), 0);
	store_close(store);
}

static void test_cursor_is_replaced(void **state) {
	struct store_cursor cursor = { .uidvalidity = 1, .next_uid = 1 };
	struct store *store = helper_open(*state);
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
	struct store *store = helper_open(*state);
	assert_int_equal(store_save_cursor(store, "work", "INBOX", &cursor), 0);
	helper_append(store, "a", NOW);
	store_rollback(store);
	assert_false(store_is_dirty(store));
	assert_int_equal(store_load_cursor(store, "work", "INBOX", &cursor), 0);
	assert_int_equal(store_last_seq(store), 0);
	assert_int_equal(store_commit(store), 0);

	assert_int_equal(store_save_cursor(store, "work", "INBOX", &cursor), 0);
	helper_append(store, "b", NOW);
	store_close(store);
	store = helper_open(*state);
	assert_int_equal(store_load_cursor(store, "work", "INBOX", &cursor), 0);
	assert_int_equal(helper_count_after(store, 0), 0);
	store_close(store);
}

static void test_names_are_bytes(void **state) {
	static const char *const names[] = { "", "../../etc/passwd", "`touch x`", "$(x)", "; x",
		"a\nb", "-rf", "%s%n", "'; DROP TABLE cursor; --", "\xff\xfe", "file:x?mode=ro" };
	struct store_cursor cursor = { .uidvalidity = 1 };
	struct store *store = helper_open(*state);
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
	struct store *store = helper_open(*state);
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

	store = helper_open(*state);
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
	struct store *store = helper_open(*state);
	for (const char *name = "abcd"; *name; name++) {
		char account[] = { *name, '\0' };
		assert_int_equal(store_save_cursor(store, account, "INBOX", &cursor), 0);
		assert_int_equal(store_save_part(store, account, "INBOX", &part), 0);
	}
	helper_append_and_commit(store, "event", NOW);

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
	helper_expect_subjects(store, 0, "event");
	store_close(store);
}

static void test_forget_mailbox(void **state) {
	struct store_cursor cursor = { .uidvalidity = 1 };
	struct store_part part = { .bytes = "x", .n = 1 };
	struct parts parts = { 0 };
	struct store *store = helper_open(*state);
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

static void on_mailbox(const char *mailbox, void *userdata) {
	char *names = userdata;
	strcat(strcat(names, mailbox), " ");
}

/* Cursor and parts go with the name, in the place of what the new one had. */
static void test_rename_mailbox(void **state) {
	struct store_cursor cursor = { .uidvalidity = 1, .next_uid = 5 };
	struct store_cursor other = { .uidvalidity = 2 };
	struct store_part part = { .bytes = "x", .n = 1 };
	struct parts parts = { 0 };
	char names[64] = "";
	struct store *store = helper_open(*state);
	assert_int_equal(store_save_cursor(store, "work", "Lists", &cursor), 0);
	assert_int_equal(store_save_part(store, "work", "Lists", &part), 0);
	assert_int_equal(store_save_cursor(store, "work", "New", &other), 0);
	assert_int_equal(store_save_cursor(store, "home", "Lists", &other), 0);
	assert_int_equal(store_rename_mailbox(store, "work", "Lists", "Lists"), 0);
	assert_int_equal(store_rename_mailbox(store, "work", "Lists", "New"), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(store_list_mailboxes(store, "work", on_mailbox, names), 1);
	assert_string_equal(names, "New ");
	assert_int_equal(store_load_cursor(store, "work", "New", &other), 1);
	assert_int_equal(other.next_uid, 5);
	assert_int_equal(store_load_parts(store, "work", "New", on_part, &parts), 1);
	assert_int_equal(store_load_cursor(store, "home", "Lists", &other), 1);
	assert_int_equal(store_list_mailboxes(store, "nobody", on_mailbox, names), 0);
	store_close(store);
}

/* Names do not pile up when a server renames its mailboxes for ever. */
static void test_loose_names_are_swept(void **state) {
	struct scratch *s = *state;
	struct store_cursor cursor = { .uidvalidity = 1 };
	struct store *store = helper_open_with(s, DAY, 0);
	assert_int_equal(store_save_cursor(store, "work", "INBOX", &cursor), 0);
	helper_append_and_commit(store, "kept", NOW);
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
	helper_expect_subjects(store, 0, "kept");
	store_close(store);
	size_t n;
	CLEANUP_TEXT char *bytes = scratch_read(s->path, &n);
	assert_in_range(n, 1, 400 * 1024);
}

/* Facts */

static void save_fact(struct store *store, const char *about, enum store_fact_kind kind,
	const struct store_fact *fact) {
	assert_int_equal(store_save_fact(store, about, kind, fact), 0);
}

/* A user's word does not age, nor does a cursor, as what was learned does. */
static void test_pause_and_cursor_are_not_forgotten(void **state) {
	struct store *store = helper_open(*state);
	const struct store_fact pause = { UINT64_MAX, NOW }, old = { 540, NOW };
	const struct store_fact cursor = { 7, NOW }, later = { 3, NOW + 365 * DAY };
	struct store_fact found = { 0 };
	save_fact(store, "work", STORE_FACT_PAUSE, &pause);
	save_fact(store, "triggers", STORE_FACT_TRIGGERED, &cursor);
	save_fact(store, "host", STORE_FACT_RENEWAL, &old);
	save_fact(store, "host", STORE_FACT_CONNECTIONS, &later);
	assert_int_equal(store_load_fact(store, "host", STORE_FACT_RENEWAL, &found), 0);
	assert_int_equal(store_load_fact(store, "triggers", STORE_FACT_TRIGGERED, &found), 1);
	assert_true(found.value == 7);
	assert_int_equal(store_load_fact(store, "work", STORE_FACT_PAUSE, &found), 1);
	assert_true(found.value == UINT64_MAX);
	store_close(store);
}

static void test_fact_is_kept_and_replaced(void **state) {
	const struct store_fact first = { 540, NOW }, second = { 600, NOW + 1 }, cap = { 3, NOW };
	struct store_fact found = { 0 };
	struct store *store = helper_open(*state);
	assert_int_equal(store_load_fact(store, "mail 10.", STORE_FACT_RENEWAL, &found), 0);
	save_fact(store, "mail 10.", STORE_FACT_RENEWAL, &first);
	save_fact(store, "mail 10.", STORE_FACT_CONNECTIONS, &cap);
	save_fact(store, "mail 10.", STORE_FACT_RENEWAL, &second);
	assert_int_equal(store_commit(store), 0);
	store_close(store);
	store = helper_open(*state);
	assert_int_equal(store_load_fact(store, "mail 10.", STORE_FACT_RENEWAL, &found), 1);
	assert_memory_equal(&found, &second, sizeof(found));
	assert_int_equal(store_load_fact(store, "mail 10.", STORE_FACT_CONNECTIONS, &found), 1);
	assert_memory_equal(&found, &cap, sizeof(found));
	assert_int_equal(store_load_fact(store, "mail 192.", STORE_FACT_RENEWAL, &found), 0);
	/* as the other writes */
	save_fact(store, "mail 192.", STORE_FACT_RENEWAL, &first);
	store_rollback(store);
	assert_int_equal(store_load_fact(store, "mail 192.", STORE_FACT_RENEWAL, &found), 0);
	store_close(store);
}

static void test_fact_is_forgotten_after_half_a_year(void **state) {
	const struct store_fact old = { 1, NOW }, later = { 2, NOW + DAY };
	const struct store_fact before = { 3, NOW + 180 * DAY }, after = { 3, NOW + 180 * DAY + 1 };
	struct store_fact found;
	struct store *store = helper_open(*state);
	save_fact(store, "old", STORE_FACT_RENEWAL, &old);
	save_fact(store, "later", STORE_FACT_RENEWAL, &later);
	save_fact(store, "new", STORE_FACT_RENEWAL, &before);
	assert_int_equal(store_load_fact(store, "old", STORE_FACT_RENEWAL, &found), 1);
	save_fact(store, "new", STORE_FACT_RENEWAL, &after);
	assert_int_equal(store_load_fact(store, "old", STORE_FACT_RENEWAL, &found), 0);
	assert_int_equal(store_load_fact(store, "later", STORE_FACT_RENEWAL, &found), 1);
	store_close(store);
}

/* One message in many mailboxes */

static const struct store_event labelled = {
	.type = STORE_EVENT_NEW,
	.account = "work",
	.mailbox = "INBOX",
	.message_id = "<1@x>",
	.email_id = "E1",
};

static const struct {
	const char *account, *mailbox, *email_id, *message_id;
	int found;
} copies[] = {
	{ "work", "All Mail", "E1", "<1@x>", 1 },
	{ "work", "Never Seen", "E1", "<1@x>", 1 },
	/* twice in one mailbox is two messages */
	{ "work", "INBOX", "E1", "<1@x>", 0 },
	{ "work", "All Mail", "E2", "<1@x>", 0 },
	/* a server that says the same of every message is not believed */
	{ "work", "All Mail", "E1", "<2@x>", 0 },
	{ "work", "All Mail", "E1", NULL, 0 },
	{ "work", "All Mail", NULL, "<1@x>", 0 },
	{ "home", "All Mail", "E1", "<1@x>", 0 },
};

static void expect_copies(struct store *store) {
	for (size_t i = 0; i < ARRAY_SIZE(copies); i++) {
		struct store_event event = {
			.type = STORE_EVENT_NEW,
			.account = copies[i].account,
			.mailbox = copies[i].mailbox,
			.email_id = copies[i].email_id,
			.message_id = copies[i].message_id,
		};
		assert_int_equal(store_has_copy(store, &event), copies[i].found);
	}
}

static void test_copies_are_known(void **state) {
	struct store_event event = labelled, elsewhere = labelled;
	uint64_t seq;
	elsewhere.mailbox = "All Mail";
	struct store *store = helper_open(*state);
	assert_int_equal(store_has_copy(store, &elsewhere), 0);
	assert_int_equal(store_append(store, &event, NOW, &seq), 0);
	expect_copies(store); /* before the commit too */
	store_rollback(store);
	assert_int_equal(store_has_copy(store, &elsewhere), 0);
	assert_int_equal(store_append(store, &event, NOW, &seq), 0);
	assert_int_equal(store_commit(store), 0);
	store_close(store);
	store = helper_open(*state);
	expect_copies(store); /* and after a restart */
	store_close(store);
}

static void test_what_is_no_copy(void **state) {
	struct store_event event = labelled, elsewhere = labelled;
	uint64_t seq;
	elsewhere.mailbox = "All Mail";
	struct store *store = helper_open(*state);
	event.type = STORE_EVENT_RETIRED;
	assert_int_equal(store_append(store, &event, NOW, &seq), 0);
	assert_int_equal(store_has_copy(store, &elsewhere), 0);
	event.type = STORE_EVENT_NEW;
	event.message_id = elsewhere.message_id = NULL;
	assert_int_equal(store_append(store, &event, NOW, &seq), 0);
	assert_int_equal(store_has_copy(store, &elsewhere), 1); /* neither has one */
	store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(test_cursor_is_kept),
		TEST(test_cursor_is_replaced),
		TEST(test_rollback_and_close_forget),
		TEST(test_pause_and_cursor_are_not_forgotten),
		TEST(test_fact_is_kept_and_replaced),
		TEST(test_fact_is_forgotten_after_half_a_year),
		TEST(test_names_are_bytes),
		TEST(test_parts_are_kept_and_cut),
		TEST(test_forget_accounts_keeps_events),
		TEST(test_forget_mailbox),
		TEST(test_rename_mailbox),
		TEST(test_loose_names_are_swept),
		TEST(test_copies_are_known),
		TEST(test_what_is_no_copy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
