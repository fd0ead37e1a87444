#include "notify/ledger.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>

#include <cmocka.h>

static const char full[] = "[Agent]\nPosition=90\nService=:1.7\n"
			   "[Account work]\nUntold=80 81\nTold=12 15\nSnoozed=7\n"
			   "SnoozedUntil=1000\nMoreTold=3\nMoreUntold=4\nCard=17\n"
			   "Trouble=auth-failed\nTroubleTold=99\nTroubleCard=18\n"
			   "[Account a b]\nTold=11\n";

static struct ledger *parse(const char *text) {
	struct ledger *l = NULL;

	assert_int_equal(ledger_parse(text, strlen(text), &l), 0);
	return l;
}

static void test_there_and_back(void **state) {
	CLEANUP(ledger_free) struct ledger *l = parse(full);
	CLEANUP_TEXT char *again = ledger_format(l);
	enum news_state found;

	assert_string_equal(again, full);
	assert_int_equal(ledger_read_after(l), 6);
	assert_true(ledger_state(l, "work", 81, &found));
	assert_int_equal(found, NEWS_UNTOLD);
	assert_true(ledger_state(l, "work", 15, &found));
	assert_int_equal(found, NEWS_TOLD);
	assert_true(ledger_state(l, "work", 7, &found));
	assert_int_equal(found, NEWS_SNOOZED);
	assert_false(ledger_state(l, "work", 11, &found));
	assert_false(ledger_state(l, "home", 7, &found));
	assert_int_equal(ledger_find_account(l, "work")->card, 17);
}

static void test_nothing_kept_is_nothing_read(void **state) {
	CLEANUP(ledger_free) struct ledger *l = parse("[Agent]\nPosition=90\n");

	assert_int_equal(ledger_read_after(l), 90);
}

/* A later version may say more; what cannot be true is refused as a whole. */
static void test_strangers(void **state) {
	static const char *const bad[] = { "", "12\n", "[Agent]\n", "[Agent]\nPosition=-1\n",
		"[Agent]\nPosition=1\nrubbish\n", "[Agent]\nPosition=1\n[Account ]\nTold=1\n",
		"[Agent]\nPosition=1\n[Account a]\nTold=2 1\n",
		"[Agent]\nPosition=1\n[Account a]\nTold=x\n",
		"[Agent]\nPosition=1\n[Account a]\nCard=4294967296\n",
		"[Agent]\nPosition=99999999999999999999\n" };
	struct ledger *l = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (ledger_parse(bad[i], strlen(bad[i]), &l) != -EBADMSG)
			fail_msg("'%s' was taken", bad[i]);
	CLEANUP(ledger_free)
	struct ledger *later =
		parse("[Agent]\nPosition=1\nColour=blue\n[Account a]\nShape=round\n[Else]\nX=y\n");
	assert_int_equal(later->position, 1);
}

/* An id comes over the bus: it cannot write lines of its own. */
static void test_ids_stay_in_their_brackets(void **state) {
	CLEANUP(ledger_free) struct ledger *l = ledger_new();

	assert_null(ledger_take_account(l, "a]\nPosition=0"));
	assert_null(ledger_take_account(l, ""));
	assert_null(ledger_take_account(l, "\xff"));
	char longest[130];
	memset(longest, 'a', sizeof(longest));
	longest[129] = '\0';
	assert_null(ledger_take_account(l, longest));
	longest[128] = '\0';
	assert_non_null(ledger_take_account(l, longest));
	for (int i = 0; i < 2 * LEDGER_ACCOUNTS_MAX; i++) {
		CLEANUP_TEXT char *id = memory_format("a%d", i);

		(void)ledger_take_account(l, id);
	}
	assert_int_equal(l->n_accounts, LEDGER_ACCOUNTS_MAX);
}

/* The file may be anybody's: no number in it makes us take more than we ever write. */
static void test_bounded(void **state) {
	struct ledger *l = NULL;
	struct buffer text;

	buffer_init(&text, 64 * 1024);
	(void)buffer_append_text(&text, "[Agent]\nPosition=9999\n[Account a]\nTold=1");
	for (int seq = 2; seq <= NEWS_MAILS_MAX; seq++)
		(void)buffer_append_format(&text, " %d", seq);
	CLEANUP_TEXT char *full_house = memory_strndup((const char *)text.data, text.n);
	(void)buffer_append_format(&text, " %d", NEWS_MAILS_MAX + 1);
	CLEANUP_TEXT char *one_more = buffer_take_text(&text);
	CLEANUP(ledger_free) struct ledger *taken = parse(full_house);
	assert_int_equal(ledger_find_account(taken, "a")->seqs[NEWS_TOLD].n, NEWS_MAILS_MAX);
	assert_int_equal(ledger_parse(one_more, strlen(one_more), &l), -EBADMSG);
}

/* Accounts that had no place of their own; the first word counts. */
static void test_told_together(void **state) {
	CLEANUP(ledger_free)
	struct ledger *l = parse("[Agent]\nPosition=9\nService=:1.7\nService=:1.8\n"
				 "[Account *]\nTold=5\n[Account work]\nUntold=6\n");
	enum news_state found;

	assert_true(ledger_state(l, "work", 5, &found));
	assert_int_equal(found, NEWS_TOLD);
	assert_true(ledger_state(l, "home", 5, &found));
	assert_false(ledger_state(l, "home", 6, &found));
	assert_string_equal(l->service, ":1.7");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_nothing_kept_is_nothing_read),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_ids_stay_in_their_brackets),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_told_together),
	};

	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
