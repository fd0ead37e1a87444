#include "protocol/imap-proof.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/macros.h"
#include "protocol/limits.h"

#define NOW (5 * USEC_PER_HOUR)
#define DAY (24 * USEC_PER_HOUR)

static bool miss(struct imap_proof *p, enum imap_channel channel, enum imap_rung rung) {
	return imap_proof_on_miss(p, channel, rung, NOW);
}

static void test_three_in_a_row(void **state) {
	struct imap_proof p = { 0 };
	assert_false(miss(&p, IMAP_CHANNEL_SELECTED, IMAP_RUNG_NOTIFY));
	assert_false(miss(&p, IMAP_CHANNEL_SELECTED, IMAP_RUNG_NOTIFY));
	imap_proof_on_push(&p, IMAP_CHANNEL_SELECTED);
	assert_false(miss(&p, IMAP_CHANNEL_SELECTED, IMAP_RUNG_NOTIFY));
	assert_false(miss(&p, IMAP_CHANNEL_SELECTED, IMAP_RUNG_NOTIFY));
	assert_int_equal(p.best, IMAP_RUNG_NOTIFY);
	assert_true(miss(&p, IMAP_CHANNEL_SELECTED, IMAP_RUNG_NOTIFY));
	assert_int_equal(p.best, IMAP_RUNG_IDLE);
	assert_int_equal(p.reason, REASON_PUSH_SILENT);
	for (int i = 1; i < IMAP_MISSES_MAX; i++)
		assert_false(miss(&p, IMAP_CHANNEL_SELECTED, IMAP_RUNG_IDLE));
	assert_true(miss(&p, IMAP_CHANNEL_SELECTED, IMAP_RUNG_IDLE));
	assert_int_equal(p.best, IMAP_RUNG_POLL);
	assert_int_equal(p.n_missed, 5 + IMAP_MISSES_MAX); /* whatever came of it */
}

/* A push in one channel says nothing of the other. */
static void test_channels(void **state) {
	struct imap_proof p = { 0 };
	assert_false(miss(&p, IMAP_CHANNEL_OTHERS, IMAP_RUNG_NOTIFY));
	assert_false(miss(&p, IMAP_CHANNEL_OTHERS, IMAP_RUNG_NOTIFY));
	imap_proof_on_push(&p, IMAP_CHANNEL_SELECTED);
	assert_false(miss(&p, IMAP_CHANNEL_SELECTED, IMAP_RUNG_NOTIFY));
	assert_true(miss(&p, IMAP_CHANNEL_OTHERS, IMAP_RUNG_NOTIFY));
	assert_int_equal(p.best, IMAP_RUNG_IDLE);
}

/* What was not promised is not missed: others in IDLE, anything in a poll, a rung given up before. */
static void test_not_promised(void **state) {
	struct imap_proof p = { 0 };
	for (int i = 0; i < 2 * IMAP_MISSES_MAX; i++) {
		assert_false(miss(&p, IMAP_CHANNEL_OTHERS, IMAP_RUNG_IDLE));
		assert_false(miss(&p, IMAP_CHANNEL_OTHERS, IMAP_RUNG_POLL));
		assert_false(miss(&p, IMAP_CHANNEL_SELECTED, IMAP_RUNG_POLL));
	}
	assert_int_equal(p.best, IMAP_RUNG_NOTIFY);
	p.best = IMAP_RUNG_IDLE;
	for (int i = 0; i < 2 * IMAP_MISSES_MAX; i++)
		assert_false(miss(&p, IMAP_CHANNEL_SELECTED, IMAP_RUNG_NOTIFY));
	assert_int_equal(p.n_missed, 0);
}

static void test_retest(void **state) {
	struct imap_proof p = { 0 };
	imap_proof_tick(&p, NOW);
	assert_int_equal(p.best, IMAP_RUNG_NOTIFY);
	imap_proof_on_refusal(&p, IMAP_RUNG_IDLE, NOW);
	assert_int_equal(p.best, IMAP_RUNG_POLL);
	imap_proof_tick(&p, NOW + DAY - 1);
	assert_int_equal(p.best, IMAP_RUNG_POLL);
	imap_proof_tick(&p, NOW + DAY);
	assert_int_equal(p.best, IMAP_RUNG_IDLE);
	/* one chance, not three */
	assert_true(miss(&p, IMAP_CHANNEL_SELECTED, IMAP_RUNG_IDLE));
	assert_int_equal(p.best, IMAP_RUNG_POLL);
	imap_proof_tick(&p, NOW + DAY);
	imap_proof_on_push(&p, IMAP_CHANNEL_SELECTED);
	assert_false(miss(&p, IMAP_CHANNEL_SELECTED, IMAP_RUNG_IDLE));
	imap_proof_tick(&p, NOW + 2 * DAY);
	assert_int_equal(p.best, IMAP_RUNG_NOTIFY);
	assert_int_equal(p.reason, REASON_NONE);
	assert_true(p.retest_usec == 0);
	imap_proof_tick(&p, NOW + 9 * DAY);
	assert_int_equal(p.best, IMAP_RUNG_NOTIFY);
}

static void test_refuse(void **state) {
	struct imap_proof p = { 0 };
	imap_proof_on_refusal(&p, IMAP_RUNG_POLL, NOW);
	assert_int_equal(p.best, IMAP_RUNG_NOTIFY);
	imap_proof_on_refusal(&p, IMAP_RUNG_IDLE, NOW);
	imap_proof_on_refusal(&p, IMAP_RUNG_NOTIFY, NOW);
	assert_int_equal(p.best, IMAP_RUNG_POLL);
	assert_int_equal(p.reason, REASON_PUSH_REFUSED);
}

static void test_words(void **state) {
	assert_string_equal(imap_proof_rung_to_string(IMAP_RUNG_NOTIFY), "notify");
	assert_string_equal(imap_proof_rung_to_string(IMAP_RUNG_IDLE), "idle");
	assert_string_equal(imap_proof_rung_to_string(IMAP_RUNG_POLL), "poll");
}

/* One broken line says nothing of the server. */
static void test_losses(void **state) {
	struct imap_proof p = { 0 };
	for (unsigned i = 1; i < IMAP_LOSSES_MAX; i++)
		imap_proof_on_loss(&p, IMAP_RUNG_IDLE, 1);
	assert_int_equal(p.best, IMAP_RUNG_NOTIFY);
	imap_proof_on_answer(&p, IMAP_RUNG_IDLE);
	for (unsigned i = 1; i < IMAP_LOSSES_MAX; i++)
		imap_proof_on_loss(&p, IMAP_RUNG_IDLE, 1);
	imap_proof_on_answer(&p, IMAP_RUNG_NOTIFY);
	assert_int_equal(p.best, IMAP_RUNG_NOTIFY);
	imap_proof_on_loss(&p, IMAP_RUNG_IDLE, 1);
	assert_int_equal(p.best, IMAP_RUNG_POLL);
	assert_int_equal(p.reason, REASON_PUSH_REFUSED);
}

#define WALL UINT64_C(1790000000000000)

/* The machine has restarted `down` later: its other clock began again. */
static struct imap_proof restart(const struct imap_proof *p, uint64_t down) {
	return imap_proof_unpack(imap_proof_pack(p, NOW, WALL), 1, WALL + down);
}

/* All but the time of the retest, which is another clock's. */
static void assert_kept(const struct imap_proof *p, uint64_t down) {
	struct imap_proof kept = restart(p, down);
	assert_int_equal(kept.retest_usec > 0, p->retest_usec > 0);
	kept.retest_usec = p->retest_usec;
	assert_true(imap_proof_is_same(&kept, p));
}

static void test_kept_over_a_restart(void **state) {
	struct imap_proof p = { 0 };
	assert_true(imap_proof_pack(&p, NOW, WALL) == 0);
	assert_kept(&p, 0);
	(void)miss(&p, IMAP_CHANNEL_SELECTED, IMAP_RUNG_NOTIFY);
	(void)miss(&p, IMAP_CHANNEL_OTHERS, IMAP_RUNG_NOTIFY);
	(void)miss(&p, IMAP_CHANNEL_OTHERS, IMAP_RUNG_NOTIFY);
	imap_proof_on_loss(&p, IMAP_RUNG_NOTIFY, NOW);
	imap_proof_on_loss(&p, IMAP_RUNG_IDLE, NOW);
	imap_proof_on_loss(&p, IMAP_RUNG_IDLE, NOW);
	assert_kept(&p, 9 * DAY);
	/* What counted before counts on. */
	struct imap_proof kept = restart(&p, DAY);
	assert_true(miss(&kept, IMAP_CHANNEL_OTHERS, IMAP_RUNG_NOTIFY));
	assert_kept(&kept, DAY);
	imap_proof_on_refusal(&p, IMAP_RUNG_IDLE, NOW);
	assert_kept(&p, 0);
	assert_int_equal(restart(&p, 0).reason, REASON_PUSH_REFUSED);
}

static void test_retest_after_a_restart(void **state) {
	struct imap_proof p = { 0 };
	imap_proof_on_refusal(&p, IMAP_RUNG_NOTIFY, NOW);
	static const struct {
		uint64_t down, left; /* to the minute */
	} cases[] = {
		{ 0, DAY },
		{ 6 * USEC_PER_HOUR, 18 * USEC_PER_HOUR },
		{ DAY - USEC_PER_MINUTE, USEC_PER_MINUTE },
		{ 2 * DAY, 0 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct imap_proof kept = restart(&p, cases[i].down);
		assert_in_range(kept.retest_usec, MAX(cases[i].left, UINT64_C(1)),
			cases[i].left + USEC_PER_MINUTE);
		imap_proof_tick(&kept, kept.retest_usec - 1);
		assert_int_equal(kept.best, IMAP_RUNG_IDLE);
		imap_proof_tick(&kept, kept.retest_usec);
		assert_int_equal(kept.best, IMAP_RUNG_NOTIFY);
	}
	/* The wall clock was a year ahead: a day is the most. */
	struct imap_proof kept =
		imap_proof_unpack(imap_proof_pack(&p, NOW, WALL + 365 * DAY), 1, WALL);
	assert_true(kept.retest_usec == 1 + DAY);
}

/* Of a damaged file: no number leads anywhere but to a proof that a server can have. */
static void test_any_number(void **state) {
	uint64_t packed = 1;
	for (unsigned i = 0; i < 1000; i++) {
		packed = packed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		struct imap_proof p = imap_proof_unpack(packed, NOW, WALL);
		assert_in_range(p.best, IMAP_RUNG_NOTIFY, IMAP_RUNG_POLL);
		assert_int_equal(p.best == IMAP_RUNG_NOTIFY, p.retest_usec == 0);
		assert_int_equal(p.best == IMAP_RUNG_NOTIFY, p.reason == REASON_NONE);
		assert_true(p.retest_usec <= NOW + DAY);
		imap_proof_tick(&p, NOW + DAY);
		imap_proof_tick(&p, NOW + 2 * DAY);
		assert_int_equal(p.best, IMAP_RUNG_NOTIFY);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_in_a_row),
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_not_promised),
		cmocka_unit_test(test_retest),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_losses),
		cmocka_unit_test(test_kept_over_a_restart),
		cmocka_unit_test(test_retest_after_a_restart),
		cmocka_unit_test(test_any_number),
	};
	return cmocka_run_group_tests_name("imap-proof", tests, NULL, NULL);
}
