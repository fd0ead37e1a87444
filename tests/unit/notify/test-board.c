#include "notify/board.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct news_mail mail(uint64_t seq, const char *id) {
	return (struct news_mail){ .seq = seq, .id = id, .urgency = NEWS_PERSONAL };
}

static void add(struct board *b, const char *account, uint64_t seq, const char *id) {
	struct news_mail one = mail(seq, id);

	news_add(board_take(b, account, 0)->news, &one, 0);
}

/* One that is not needed any more makes room; beyond the bound there is one place for all. */
static void test_bounded(void **state) {
	struct board *b = MEMORY_NEW(struct board);
	char id[16];

	for (int i = 0; i < 200; i++) {
		snprintf(id, sizeof(id), "a%d", i);
		add(b, id, (uint64_t)i + 1, id);
	}
	assert_int_equal(b->n, BOARD_ACCOUNTS_MAX);
	assert_int_equal(news_n_mails(board_find(b, BOARD_OTHERS)->news), 73);
	CLEANUP(ledger_free) struct ledger *l = ledger_new();
	enum news_state kept;
	board_keep(b, l);
	assert_true(
		ledger_state(l, "a199", 200, &kept)); /* what is told together is kept as well */
	assert_true(news_retire(board_find(b, "a5")->news, "a5", 0));
	board_deinit(b);
	add(b, "a", 1, "x");
	assert_true(news_retire(board_find(b, "a")->news, "x", 0));
	add(b, "b", 2, "y");
	assert_int_equal(b->n, 1);
	board_deinit(b);
	memory_free(b);
}

static void test_keys(void **state) {
	struct board *b = MEMORY_NEW(struct board);
	enum board_kind kind;

	add(b, "work", 1, "x");
	for (unsigned i = 0; i < BOARD_KIND_COUNT_; i++) {
		CLEANUP_TEXT char *key = board_key(board_find(b, "work"), (enum board_kind)i);

		assert_ptr_equal(board_find_key(b, key, &kind), board_find(b, "work"));
		assert_int_equal(kind, i);
	}
	assert_null(board_find_key(b, "trouble home", &kind));
	board_deinit(b);
	memory_free(b);
}

/* What one agent leaves the next one finds: on the screen, put off, and told of trouble. */
static void test_inherited(void **state) {
	struct board *b = MEMORY_NEW(struct board), *next = MEMORY_NEW(struct board);
	CLEANUP(ledger_free) struct ledger *l = ledger_new();
	struct board_entry *entry = board_take(b, "work", 0);
	enum board_kind kind;

	add(b, "work", 1, "a");
	news_take(entry->news);
	news_told(entry->news);
	entry->faces[BOARD_MAIL].number = 17;
	trouble_observe(&entry->trouble, "failed", "auth-failed", 0);
	trouble_take(&entry->trouble);
	trouble_told(&entry->trouble, 5);
	entry->faces[BOARD_TROUBLE].number = 18;
	add(b, "home", 2, "b");
	news_take(board_find(b, "home")->news);
	news_told(board_find(b, "home")->news);
	news_snooze(board_find(b, "home")->news, 1000, 0);
	news_closed(board_find(b, "home")->news);
	board_keep(b, l);
	board_deinit(b);

	board_inherit(next, l, 0);
	entry = board_find_inherited(next, 17, &kind);
	assert_non_null(entry);
	assert_string_equal(board_account(entry), "work");
	assert_int_equal(kind, BOARD_MAIL);
	assert_ptr_equal(board_find_inherited(next, 18, &kind), entry);
	assert_int_equal(kind, BOARD_TROUBLE);
	assert_false(trouble_is_over_but_live(&entry->trouble)); /* nobody has said so yet */
	assert_int_equal(entry->trouble.told, REASON_AUTH_FAILED);
	assert_int_equal(entry->trouble.told_wall_usec, 5);
	add(next, "club", 3, "c"); /* takes nobody's place */
	assert_int_equal(next->n, 3);
	const struct news_mail b_mail = mail(2, "b");
	news_restore(board_find(next, "home")->news, &b_mail, NEWS_SNOOZED, false);
	assert_int_equal(board_wake(next, 0, 999), 1000);
	assert_int_equal(news_n_mails(board_find(next, "home")->news), 0);
	assert_int_equal(board_wake(next, 0, 1000), USEC_NEVER);
	assert_int_equal(news_n_mails(board_find(next, "home")->news), 1);
	board_lose(next, 0);
	assert_null(board_find_inherited(next, 17, &kind));
	board_deinit(next);
	memory_free(b);
	memory_free(next);
}

static void add_many(struct board *b, const char *account, uint64_t n) {
	char id[16];

	for (uint64_t seq = 1; seq <= n; seq++) {
		snprintf(id, sizeof(id), "%d", (int)seq);
		add(b, account, seq, id);
	}
}

/* Those that are only counted are inherited too, told and untold apart. */
static void test_counted_are_inherited(void **state) {
	struct board *b = MEMORY_NEW(struct board), *next = MEMORY_NEW(struct board);
	CLEANUP(ledger_free) struct ledger *l = ledger_new();
	uint64_t told, untold;

	add_many(b, "work", NEWS_MAILS_MAX + 3);
	news_take(board_find(b, "work")->news);
	news_told(board_find(b, "work")->news);
	add_many(b, "home", NEWS_MAILS_MAX + 2);
	board_keep(b, l);
	board_deinit(b);
	board_inherit(next, l, 0);
	news_more(board_find(next, "work")->news, &told, &untold);
	assert_int_equal(told, 3);
	assert_int_equal(untold, 0);
	news_more(board_find(next, "home")->news, &told, &untold);
	assert_int_equal(told, 0);
	assert_int_equal(untold, 2);
	board_deinit(next);
	memory_free(b);
	memory_free(next);
}

/* Nobody has read it before it was shown. */
static void test_a_problem_goes_once_it_was_shown(void **state) {
	struct board *b = MEMORY_NEW(struct board);
	struct board_entry *entry = board_take(b, "work", 0);
	struct board_face *face = &entry->faces[BOARD_MAIL];

	face->problem = memory_strdup("no display");
	board_close(entry, BOARD_MAIL);
	assert_string_equal(face->problem, "no display");
	face->is_problem_shown = true;
	board_close(entry, BOARD_MAIL);
	assert_null(face->problem);
	board_deinit(b);
	memory_free(b);
}

static void test_only_what_is_on_the_screen_is_shown_anew(void **state) {
	struct board *b = MEMORY_NEW(struct board);
	static const char *const accounts[] = { "work", "home" };

	for (uint32_t i = 0; i < 2; i++) {
		struct board_entry *entry = board_take(b, accounts[i], 0);

		add(b, accounts[i], i + 1, "x");
		news_take(entry->news);
		news_told(entry->news);
		entry->faces[BOARD_MAIL].number = i;
		entry->trouble.is_live = i == 1;
	}
	board_touch(b, 7);
	assert_int_equal(news_due(board_find(b, "work")->news), USEC_NEVER);
	assert_false(board_find(b, "work")->trouble.again);
	assert_int_equal(news_due(board_find(b, "home")->news), 7);
	assert_true(board_find(b, "home")->trouble.again);
	board_deinit(b);
	memory_free(b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_inherited),
		cmocka_unit_test(test_counted_are_inherited),
		cmocka_unit_test(test_a_problem_goes_once_it_was_shown),
		cmocka_unit_test(test_only_what_is_on_the_screen_is_shown_anew),
	};

	return cmocka_run_group_tests_name("board", tests, NULL, NULL);
}
