#include "notify/ledger.h"

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
	for (int i = 0; i < 2 * LEDGER_ACCOUNTS_MAX; i++) {
		CLEANUP_TEXT char *id = memory_format("a%d", i);

		(void)ledger_take_account(l, id);
	}
	assert_int_equal(l->n_accounts, LEDGER_ACCOUNTS_MAX);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_nothing_kept_is_nothing_read),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_ids_stay_in_their_brackets),
	};

	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
