/* What goes with a state, and what one leaves behind for the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/log.h"
#include "base/macros.h"
#include "base/memory.h"
#include "daemon/standing.h"

static void online_is_counted_from_its_first_moment(void **state) {
	struct standing s;
	standing_init(&s);
	assert_int_equal(s.state, ACCOUNT_STATE_OFFLINE);
	standing_enter(&s, "work", ACCOUNT_STATE_CONNECTING, 1);
	assert_false(standing_is_online(&s));
	s.strategy = "idle";
	standing_enter(&s, "work", ACCOUNT_STATE_DEGRADED, 2);
	assert_true(standing_is_online(&s));
	standing_enter(&s, "work", ACCOUNT_STATE_ONLINE, 3);
	assert_int_equal(s.online_since_usec, 2);
	assert_string_equal(s.strategy, "idle");
	standing_deinit(&s);
}

static void what_is_not_online_has_no_strategy(void **state) {
	static const enum account_state others[] = { ACCOUNT_STATE_OFFLINE,
		ACCOUNT_STATE_CONNECTING, ACCOUNT_STATE_PAUSED, ACCOUNT_STATE_FAILED };
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct standing s;
		standing_init(&s);
		s.strategy = "notify";
		standing_enter(&s, "work", ACCOUNT_STATE_ONLINE, 2);
		standing_enter(&s, "work", others[i], 3);
		assert_false(standing_is_online(&s));
		assert_int_equal(s.online_since_usec, 0);
		assert_string_equal(s.strategy, "");
		standing_deinit(&s);
	}
}

static void a_reason_is_a_sentence_with_what_the_server_said(void **state) {
	struct standing s;
	standing_init(&s);
	standing_set_reason_said(&s, REASON_AUTH_FAILED, "go away");
	assert_int_equal(s.reason, REASON_AUTH_FAILED);
	CLEANUP_TEXT char *expected =
		memory_format("%s: go away", reason_to_sentence(REASON_AUTH_FAILED));
	assert_string_equal(s.reason_text, expected);
	standing_set_reason_said(&s, REASON_AUTH_FAILED, NULL);
	assert_string_equal(s.reason_text, reason_to_sentence(REASON_AUTH_FAILED));
	standing_set_reason(&s, REASON_NONE, NULL);
	assert_string_equal(s.reason_text, "");
	standing_deinit(&s);
}

int main(void) {
	log_set_level(LOG_LEVEL_ERROR);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(online_is_counted_from_its_first_moment),
		cmocka_unit_test(what_is_not_online_has_no_strategy),
		cmocka_unit_test(a_reason_is_a_sentence_with_what_the_server_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
