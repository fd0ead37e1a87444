/* How often an account says the same: time is an argument here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/memory.h"
#include "daemon/log-limit.h"

#define START (1000 * USEC_PER_SEC)

static bool passes(
	struct log_limit *limit, const char *account, const char *reason, uint64_t now_usec) {
	const struct log_line line = { .account = account, .fields.reason = reason };
	return log_limit_passes(limit, &line, now_usec);
}

static void once_a_minute(void **state) {
	static const struct {
		uint64_t after_usec;
		const char *account, *reason;
		bool passes;
	} steps[] = {
		{ 0, "work", "timed-out", true },
		{ 0, "work", "timed-out", false },
		{ 1, "work", "connect-failed", true },
		{ 2, "home", "timed-out", true },
		{ 59 * USEC_PER_SEC, "work", "timed-out", false },
		{ LOG_LIMIT_USEC - 1, "work", "timed-out", false },
		{ LOG_LIMIT_USEC, "work", "timed-out", true },
		{ LOG_LIMIT_USEC + 1, "work", "timed-out", false },
		{ 2 * LOG_LIMIT_USEC, "work", "timed-out", true },
	};
	struct log_limit *limit = MEMORY_NEW(struct log_limit);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		assert_int_equal(passes(limit, steps[i].account, steps[i].reason,
					 START + steps[i].after_usec),
			steps[i].passes);
	memory_free(limit);
}

static void other_lines_always_pass(void **state) {
	struct log_limit *limit = MEMORY_NEW(struct log_limit);
	for (int i = 0; i < 3; i++) {
		assert_true(passes(limit, "work", NULL, START));
		assert_true(passes(limit, "work", "", START));
		assert_true(passes(limit, NULL, "timed-out", START));
	}
	memory_free(limit);
}

/* "a" + "bc" is not "ab" + "c". */
static void names_do_not_run_together(void **state) {
	struct log_limit *limit = MEMORY_NEW(struct log_limit);
	assert_true(passes(limit, "a", "bc", START));
	assert_true(passes(limit, "ab", "c", START));
	memory_free(limit);
}

/* That it connects after a failure, for which it still gives the reason, must not hide the next failure;
 * nor one mailbox another. */
static void other_events_are_other_lines(void **state) {
	static const struct log_line lines[] = {
		{ .account = "work", .fields = { .reason = "timed-out" } },
		{ .account = "work",
			.fields = { .reason = "timed-out", .event = LOG_EVENT_ACCOUNT_OFFLINE } },
		{ .account = "work", .fields = { .reason = "timed-out", .mailbox = "INBOX" } },
		{ .account = "work", .fields = { .reason = "timed-out", .mailbox = "Lists" } },
	};
	struct log_limit *limit = MEMORY_NEW(struct log_limit);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_true(log_limit_passes(limit, &lines[i], START));
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_false(log_limit_passes(limit, &lines[i], START + 1));
	memory_free(limit);
}

/* More accounts than there are slots: nothing is lost, some are said again. */
static void many_accounts(void **state) {
	struct log_limit *limit = MEMORY_NEW(struct log_limit);
	for (unsigned i = 0; i < 10 * LOG_LIMIT_SLOTS; i++) {
		CLEANUP_TEXT char *account = memory_format("account%u", i);
		assert_true(passes(limit, account, "timed-out", START));
		assert_false(passes(limit, account, "timed-out", START));
	}
	memory_free(limit);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(once_a_minute),
		cmocka_unit_test(other_lines_always_pass),
		cmocka_unit_test(names_do_not_run_together),
		cmocka_unit_test(other_events_are_other_lines),
		cmocka_unit_test(many_accounts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
