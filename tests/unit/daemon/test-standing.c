/* What goes with a state, and what one leaves behind for the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/log.h"
#include "base/macros.h"
#include "base/memory.h"
#include "daemon/standing.h"

static const struct standing_owner owner = { "work", "imap.example.org" };

static void online_is_counted_from_its_first_moment(void **state) {
	struct standing s;
	standing_init(&s);
	assert_int_equal(s.state, ACCOUNT_STATE_OFFLINE);
	standing_enter(&s, &owner, ACCOUNT_STATE_CONNECTING, 1);
	assert_false(standing_is_online(&s));
	s.strategy = "idle";
	standing_enter(&s, &owner, ACCOUNT_STATE_DEGRADED, 2);
	assert_true(standing_is_online(&s));
	standing_enter(&s, &owner, ACCOUNT_STATE_ONLINE, 3);
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
		standing_enter(&s, &owner, ACCOUNT_STATE_ONLINE, 2);
		standing_enter(&s, &owner, others[i], 3);
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

struct caught {
	enum log_event event;
	enum log_level level;
	char host[32], reason[32];
};

static void catch_line(const struct log_line *line, void *userdata) {
	struct caught *c = userdata;
	c->event = line->fields.event;
	c->level = line->level;
	(void)snprintf(c->host, sizeof(c->host), "%s", line->fields.host);
	(void)snprintf(c->reason, sizeof(c->reason), "%s", line->fields.reason);
}

/* What the journal says of it: the number, and the fields that people search by. */
static void changes_have_their_event(void **state) {
	static const struct {
		enum account_state state;
		enum reason reason;
		enum log_event event;
	} steps[] = {
		{ ACCOUNT_STATE_CONNECTING, REASON_NONE, LOG_EVENT_NONE },
		{ ACCOUNT_STATE_ONLINE, REASON_NONE, LOG_EVENT_NONE },
		{ ACCOUNT_STATE_OFFLINE, REASON_CONNECTION_LOST, LOG_EVENT_ACCOUNT_OFFLINE },
		{ ACCOUNT_STATE_CONNECTING, REASON_CONNECTION_LOST, LOG_EVENT_NONE },
		{ ACCOUNT_STATE_DEGRADED, REASON_PUSH_SILENT, LOG_EVENT_ACCOUNT_RECOVERED },
		{ ACCOUNT_STATE_ONLINE, REASON_NONE, LOG_EVENT_NONE },
		{ ACCOUNT_STATE_OFFLINE, REASON_THROTTLED, LOG_EVENT_THROTTLED },
		{ ACCOUNT_STATE_FAILED, REASON_AUTH_FAILED, LOG_EVENT_LOGIN_REFUSED },
		{ ACCOUNT_STATE_FAILED, REASON_TLS_PIN, LOG_EVENT_CERTIFICATE_REFUSED },
		{ ACCOUNT_STATE_FAILED, REASON_INJECTED_DATA, LOG_EVENT_INJECTED_DATA },
		{ ACCOUNT_STATE_FAILED, REASON_SECRET_FAILED, LOG_EVENT_SECRET_FAILED },
		{ ACCOUNT_STATE_FAILED, REASON_CONFIG_ERROR, LOG_EVENT_ACCOUNT_FAILED },
		{ ACCOUNT_STATE_ONLINE, REASON_NONE, LOG_EVENT_ACCOUNT_RECOVERED },
		{ ACCOUNT_STATE_OFFLINE, REASON_NONE, LOG_EVENT_NONE },
	};
	struct caught c = { 0 };
	struct standing s;
	standing_init(&s);
	log_set_level(LOG_LEVEL_DEBUG);
	log_set_sink(catch_line, &c);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		standing_set_reason(&s, steps[i].reason, "what was said");
		standing_enter(&s, &owner, steps[i].state, 1);
		if (c.event != steps[i].event)
			fail_msg("step %zu: event %d", i, (int)c.event);
		assert_string_equal(c.host, "imap.example.org");
		assert_string_equal(c.reason, reason_to_string(steps[i].reason));
	}
	log_set_sink(NULL, NULL);
	standing_deinit(&s);
}

/* S3: who must act is warned; who would not be any the wiser is spared the line. */
static void changes_have_their_level(void **state) {
	static const enum log_level levels[] = {
		[ACCOUNT_STATE_OFFLINE] = LOG_LEVEL_INFO,
		[ACCOUNT_STATE_CONNECTING] = LOG_LEVEL_DEBUG,
		[ACCOUNT_STATE_ONLINE] = LOG_LEVEL_INFO,
		[ACCOUNT_STATE_DEGRADED] = LOG_LEVEL_INFO,
		[ACCOUNT_STATE_PAUSED] = LOG_LEVEL_INFO,
		[ACCOUNT_STATE_FAILED] = LOG_LEVEL_WARNING,
	};
	struct caught c = { 0 };
	struct standing s;
	standing_init(&s);
	log_set_level(LOG_LEVEL_DEBUG);
	log_set_sink(catch_line, &c);
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		standing_enter(&s, &owner, (enum account_state)i, 1);
		assert_int_equal(c.level, levels[i]);
	}
	log_set_sink(NULL, NULL);
	standing_deinit(&s);
}

int main(void) {
	log_set_level(LOG_LEVEL_ERROR);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_have_their_event),
		cmocka_unit_test(changes_have_their_level),
		cmocka_unit_test(online_is_counted_from_its_first_moment),
		cmocka_unit_test(what_is_not_online_has_no_strategy),
		cmocka_unit_test(a_reason_is_a_sentence_with_what_the_server_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
