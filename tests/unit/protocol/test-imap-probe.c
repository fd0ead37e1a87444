/* A sign of life that is asked for after a sleep, or on another network: in every place where a session can be,
 * it comes in time or the session ends. */
#include "protocol/imap-session-idle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "imap-driver.h"
#include "protocol/limits.h"

#define PATIENCE_USEC (3 * USEC_PER_SEC)

/* REASON_COUNT_: it has not ended. */
static enum reason end_of(struct imap_session *s) {
	struct imap_event event;
	enum reason reason = REASON_COUNT_;
	while (imap_session_next(s, &event) > 0)
		if (event.kind == IMAP_EVENT_CLOSED)
			reason = event.reason;
	return reason;
}

static void test_ends_in_time_everywhere(void **state) {
	for (enum imap_driver_place place = 0; place < IMAP_DRIVER_COUNT_; place++) {
		struct imap_driver d = { 0 };
		imap_driver_lead(&d, place);
		imap_session_probe(d.session, PATIENCE_USEC);
		imap_driver_send(&d);
		uint64_t deadline = imap_session_deadline(d.session);
		if (place == IMAP_DRIVER_CLOSED) {
			assert_true(deadline == USEC_NEVER);
			imap_session_free(d.session);
			continue;
		}
		if (deadline > d.now_usec + PATIENCE_USEC)
			fail_msg("%s: waits for too long", imap_driver_place_name(place));
		assert_int_equal(end_of(d.session), REASON_COUNT_);
		imap_session_tick(d.session, deadline);
		bool is_leaving = place == IMAP_DRIVER_LEAVING;
		assert_int_equal(end_of(d.session), is_leaving ? REASON_NONE : REASON_TIMED_OUT);
		imap_session_free(d.session);
	}
}

/* However much is offered: what is awaited already has no more time than it had, and what is asked now
 * has that of any command. */
static void test_gives_no_time(void **state) {
	for (enum imap_driver_place place = 0; place < IMAP_DRIVER_COUNT_; place++) {
		struct imap_driver d = { 0 };
		imap_driver_lead(&d, place);
		uint64_t most =
			MAX(imap_session_deadline(d.session), d.now_usec + IMAP_COMMAND_USEC);
		imap_session_probe(d.session, USEC_PER_HOUR);
		imap_driver_send(&d);
		if (imap_session_deadline(d.session) > most)
			fail_msg("%s: waits for longer", imap_driver_place_name(place));
		imap_session_free(d.session);
	}
}

/* Between the clear and the encrypted there is nothing to ask: the handshake has its own time. */
static void test_handshake_is_left_alone(void **state) {
	struct imap_driver d = { 0 };
	imap_driver_lead(&d, IMAP_DRIVER_STARTTLS);
	imap_driver_say(&d, "%s OK begin", d.tags[0]);
	struct imap_event event;
	assert_int_equal(imap_session_next(d.session, &event), 1);
	assert_int_equal(event.kind, IMAP_EVENT_WANT_TLS);
	imap_session_probe(d.session, PATIENCE_USEC);
	assert_true(imap_session_deadline(d.session) == USEC_NEVER);
	imap_session_free(d.session);
}

static void test_asks_in_one_write(void **state) {
	struct imap_driver d = { 0 };
	const uint8_t *bytes;
	imap_driver_lead(&d, IMAP_DRIVER_IDLING);
	imap_session_probe(d.session, PATIENCE_USEC);
	size_t n = imap_session_output(d.session, &bytes);
	assert_true(n > 6);
	assert_memory_equal(bytes, "DONE\r\n", 6);
	assert_memory_equal(bytes + n - 7, " NOOP\r\n", 7);
	imap_session_free(d.session);
}

/* What is learned of a session that was silent for `silence_usec` and is then found dead. */
static uint64_t learned_from(uint64_t silence_usec, bool is_probed) {
	static const struct imap_renewal_slot any_time;
	struct imap_driver d = { 0 };
	imap_driver_lead(&d, IMAP_DRIVER_IDLE_STARTING);
	imap_session_set_renewal(d.session, 0, &any_time);
	imap_driver_say(&d, "+ idling");
	assert_int_equal(end_of(d.session), REASON_COUNT_);
	d.now_usec += silence_usec;
	if (is_probed) {
		/* before the deadline that is overdue, as after a sleep */
		imap_session_probe(d.session, PATIENCE_USEC);
	} else {
		imap_session_tick(d.session, d.now_usec);
	}
	imap_session_tick(d.session, d.now_usec + USEC_PER_MINUTE);
	imap_session_lost(d.session);
	uint64_t learned = imap_renewal_forgive(imap_session_renewal(d.session));
	imap_session_free(d.session);
	return learned;
}

static void test_a_sleep_teaches_nothing(void **state) {
	assert_true(learned_from(IMAP_RENEWAL_START_USEC, false) < IMAP_RENEWAL_START_USEC);
	assert_int_equal(learned_from(IMAP_RENEWAL_START_USEC, true), IMAP_RENEWAL_START_USEC);
}

/* It lives: IDLE again, for as long as ever. */
static void test_an_answer_is_enough(void **state) {
	struct imap_driver d = { 0 };
	imap_driver_lead(&d, IMAP_DRIVER_IDLE_STARTING);
	char idle[8];
	memcpy(idle, d.tags[d.n_tags - 1], sizeof(idle));
	imap_driver_say(&d, "+ idling");
	assert_int_equal(end_of(d.session), REASON_COUNT_);
	imap_session_probe(d.session, PATIENCE_USEC);
	imap_driver_send(&d);
	char noop[8];
	memcpy(noop, d.tags[d.n_tags - 1], sizeof(noop));
	imap_driver_say(&d, "%s OK idle ended", idle);
	assert_int_equal(end_of(d.session), REASON_COUNT_);
	imap_driver_say(&d, "%s OK noop done", noop);
	assert_int_equal(end_of(d.session), REASON_COUNT_);
	imap_driver_send(&d);
	imap_driver_say(&d, "+ idling");
	assert_int_equal(end_of(d.session), REASON_COUNT_);
	assert_true(imap_session_deadline(d.session) > d.now_usec + USEC_PER_MINUTE);
	imap_session_free(d.session);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends_in_time_everywhere),
		cmocka_unit_test(test_gives_no_time),
		cmocka_unit_test(test_handshake_is_left_alone),
		cmocka_unit_test(test_asks_in_one_write),
		cmocka_unit_test(test_a_sleep_teaches_nothing),
		cmocka_unit_test(test_an_answer_is_enough),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
