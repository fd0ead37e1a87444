#include "cli/unread-list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

struct row {
	enum event_type type;
	const char *mailbox, *id;
};

static void feed_of(
	struct unread_list *l, const char *account, uint64_t seq, const struct row *row) {
	struct record *keys = record_new();
	record_set_text(keys, "account", account);
	record_set_text(keys, "mailbox", row->mailbox);
	if (row->id)
		record_set_text(keys, "id", row->id);
	unread_list_feed(l, &(struct event){ .type = row->type, .seq = seq }, keys);
}

static void feed(struct unread_list *l, uint64_t seq, const struct row *row) {
	feed_of(l, "work", seq, row);
}

/* "a b c": the ids from the oldest. */
static void assert_list(const struct unread_list *l, const char *expected) {
	const struct event *event = NULL;
	char text[256] = "";
	size_t n = 0;
	for (; (event = unread_list_next(l, event)); n++) {
		strcat(text, n > 0 ? " " : "");
		strcat(text, record_text(event->keys, "id"));
		assert_true(unread_list_next(l, event) || event == unread_list_newest(l));
	}
	assert_string_equal(text, expected);
	assert_int_equal(unread_list_count(l), n);
}

static void test_what_is_left(void **state) {
	static const struct row rows[] = {
		{ EVENT_NEW, "INBOX", "a" },
		{ EVENT_NEW, "INBOX", "b" },
		{ EVENT_NEW, "Lists", "c" },
		{ EVENT_RETIRED, "INBOX", "b" },
		{ EVENT_RETIRED, "INBOX", "unknown" },
		{ EVENT_RETIRED, "INBOX", NULL },
		{ EVENT_NEW, "INBOX", NULL },
		{ EVENT_NEW, "Lists", "d" },
	};
	CLEANUP(unread_list_free) struct unread_list *l = unread_list_new();
	assert_null(unread_list_newest(l));
	assert_null(unread_list_next(l, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		feed(l, i + 1, &rows[i]);
	assert_list(l, "a c d");
	assert_int_equal(unread_list_find(l, "c")->seq, 3);
	assert_int_equal(unread_list_find(l, "8")->seq, 8);
	assert_null(unread_list_find(l, "2"));
	assert_null(unread_list_find(l, "b"));
	assert_null(unread_list_find(l, ""));
	/* numbered anew: what was told of that mailbox is not found there any more */
	feed(l, 9, &(struct row){ EVENT_RESET, "Lists", NULL });
	assert_list(l, "a");
	/* another account has a mailbox of the same name */
	feed_of(l, "home", 10, &(struct row){ EVENT_RESET, "INBOX", NULL });
	assert_list(l, "a");
}

/* A repeat of an event bears the same identity. */
static void test_told_twice(void **state) {
	CLEANUP(unread_list_free) struct unread_list *l = unread_list_new();
	feed(l, 1, &(struct row){ EVENT_NEW, "INBOX", "a" });
	feed(l, 2, &(struct row){ EVENT_NEW, "INBOX", "b" });
	feed(l, 3, &(struct row){ EVENT_NEW, "INBOX", "a" });
	assert_list(l, "b a");
	assert_int_equal(unread_list_find(l, "a")->seq, 3);
}

static void test_limit(void **state) {
	CLEANUP(unread_list_free) struct unread_list *l = unread_list_new();
	for (unsigned i = 1; i <= UNREAD_LIST_MAX + 2; i++) {
		char id[16];
		(void)snprintf(id, sizeof(id), "m%u", i);
		feed(l, i, &(struct row){ EVENT_NEW, "INBOX", id });
	}
	assert_int_equal(unread_list_count(l), UNREAD_LIST_MAX);
	assert_int_equal(unread_list_n_dropped(l), 2);
	assert_int_equal(unread_list_next(l, NULL)->seq, 3);
	assert_null(unread_list_find(l, "m2"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_left),
		cmocka_unit_test(test_told_twice),
		cmocka_unit_test(test_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
