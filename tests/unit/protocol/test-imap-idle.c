/* How long an IDLE lasts in a session, and what the session learns from it. */
#include "protocol/imap-session-idle.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "imap-driver.h"

/* A plain server's answers to all that is sent. */
struct peer {
	struct imap_session *session;
	char idle[32]; /* tag */
	unsigned n_idles;
	enum reason reason; /* of the session's end */
	bool is_closed;
};

static void drain(struct peer *p) {
	struct imap_event event;
	while (imap_session_next(p->session, &event) > 0) {
		if (event.kind != IMAP_EVENT_CLOSED)
			continue;
		p->is_closed = true;
		p->reason = event.reason;
	}
}

static void say(struct peer *p, const char *text) {
	imap_session_feed(p->session, text, strlen(text));
	drain(p);
}

static void answer(struct peer *p, const char *line) {
	char tag[32] = "", text[64];
	if (sscanf(line, "%31s", tag) != 1)
		return;
	bool is_idle = strstr(line, " IDLE") != NULL;
	if (is_idle) {
		p->n_idles++;
		memcpy(p->idle, tag, sizeof(tag));
	}
	bool is_done = !strncmp(line, "DONE", 4);
	(void)snprintf(text, sizeof(text), is_idle ? "+ idling\r\n" : "%s OK\r\n",
		is_done ? p->idle : tag);
	say(p, text);
}

/* Until it has nothing more to say. */
static void serve(struct peer *p) {
	const uint8_t *bytes;
	size_t n;
	while ((n = imap_session_output(p->session, &bytes)) > 0) {
		char out[1024];
		assert_true(n < sizeof(out));
		memcpy(out, bytes, n);
		out[n] = '\0';
		imap_session_sent(p->session, n);
		for (char *rest = out, *line; (line = strsep(&rest, "\n"));)
			answer(p, line);
	}
}

static const struct imap_renewal_slot any_time;

/* What the next session would begin with. */
static uint64_t interval(const struct peer *p) {
	return imap_renewal_forgive(imap_session_renewal(p->session));
}

/* In IDLE; the time is the result. */
static uint64_t begin(struct peer *p, uint64_t learned, const struct imap_renewal_slot *slot) {
	struct imap_driver d;
	imap_driver_lead(&d, IMAP_DRIVER_IDLE_STARTING);
	*p = (struct peer){ .session = d.session };
	memcpy(p->idle, d.tags[d.n_tags - 1], sizeof(d.tags[0]));
	imap_session_set_renewal(p->session, learned, slot);
	say(p, "+ idling\r\n");
	return d.now_usec;
}

static void test_begins_with_what_was_learned(void **state) {
	static const uint64_t learned[] = { 0, 5 * USEC_PER_MINUTE, 14 * USEC_PER_MINUTE };
	for (size_t i = 0; i < ARRAY_SIZE(learned); i++) {
		struct peer p;
		uint64_t now = begin(&p, learned[i], &any_time);
		uint64_t expected = learned[i] ? learned[i] : IMAP_RENEWAL_START_USEC;
		assert_int_equal(interval(&p), expected);
		assert_int_equal(imap_session_deadline(p.session), now + expected);
		imap_session_free(p.session);
	}
}

static void test_three_clean_renewals(void **state) {
	struct peer p;
	(void)begin(&p, 0, &any_time);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(interval(&p), IMAP_RENEWAL_START_USEC);
		imap_session_tick(p.session, imap_session_deadline(p.session));
		serve(&p);
		assert_int_equal(p.n_idles, i + 1);
	}
	assert_int_equal(interval(&p), IMAP_RENEWAL_START_USEC * 11 / 10);
	imap_session_free(p.session);
}

/* The DONE is sent, and nobody answers. */
static void test_silent_death(void **state) {
	struct peer p;
	uint64_t now = begin(&p, 0, &any_time);
	imap_session_tick(p.session, imap_session_deadline(p.session));
	drain(&p);
	uint64_t deadline = imap_session_deadline(p.session);
	assert_int_equal(deadline, now + IMAP_RENEWAL_START_USEC + IMAP_DONE_USEC);
	assert_true(deadline <= now + 600 * USEC_PER_SEC);
	imap_session_tick(p.session, deadline);
	drain(&p);
	assert_true(p.is_closed);
	assert_int_equal(p.reason, REASON_TIMED_OUT);
	assert_int_equal(interval(&p), IMAP_RENEWAL_START_USEC * 3 / 4);
	imap_session_free(p.session);
}

static void test_end_of_stream(void **state) {
	static const struct {
		uint64_t after, expected; /* minutes */
	} cases[] = { { 2, 12 }, { 10, 12 }, { 11, 9 }, { 12, 9 } };
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct peer p;
		uint64_t now = begin(&p, 12 * USEC_PER_MINUTE, &any_time);
		now += cases[i].after * USEC_PER_MINUTE;
		imap_session_tick(p.session, MIN(now, imap_session_deadline(p.session) - 1));
		imap_session_lost(p.session);
		assert_int_equal(interval(&p), cases[i].expected * USEC_PER_MINUTE);
		imap_session_free(p.session);
	}
}

static void test_dismissal(void **state) {
	static const struct {
		const char *line;
		uint64_t expected; /* minutes */
	} cases[] = {
		{ "* BYE Disconnected for inactivity.\r\n", 9 },
		{ "* BYE Autologout; idle for too long\r\n", 9 },
		{ "* BYE IDLE timed out.\r\n", 9 },
		{ "* BYE Session expired, please login again.\r\n", 24 },
		{ "* BYE Server shutting down.\r\n", 24 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct peer p;
		uint64_t now = begin(&p, IMAP_RENEWAL_MAX_USEC, &any_time);
		imap_session_tick(p.session, now + 12 * USEC_PER_MINUTE);
		say(&p, cases[i].line);
		assert_true(p.is_closed);
		assert_int_equal(interval(&p), cases[i].expected * USEC_PER_MINUTE);
		imap_session_free(p.session);
	}
}

/* Only the sweep ends an IDLE with a heartbeat. */
static void test_heartbeats(void **state) {
	struct peer p;
	uint64_t now = begin(&p, 0, &any_time);
	for (unsigned i = 2; i <= 14; i += 2) {
		imap_session_tick(p.session, now + i * USEC_PER_MINUTE);
		say(&p, "* OK Still here\r\n");
		assert_int_equal(p.n_idles, 0);
	}
	assert_int_equal(imap_session_deadline(p.session), now + IMAP_SWEEP_USEC);
	imap_session_free(p.session);
}

static void test_slots(void **state) {
	static const struct imap_renewal_slot slot = { USEC_PER_MINUTE, 11 * USEC_PER_SEC };
	struct peer p;
	uint64_t now = begin(&p, 0, &slot), due = imap_session_deadline(p.session);
	assert_int_equal(due % USEC_PER_MINUTE, 11 * USEC_PER_SEC);
	assert_in_range(due, now + IMAP_RENEWAL_START_USEC - USEC_PER_MINUTE,
		now + IMAP_RENEWAL_START_USEC);
	imap_session_free(p.session);
}

/* The wait between two polls, where nothing else waits and where something does. */
static void test_another_poll_time(void **state) {
	struct imap_driver d = { 0 };
	imap_driver_lead(&d, IMAP_DRIVER_POLLING);
	imap_session_set_poll(d.session, USEC_PER_HOUR);
	assert_true(imap_session_deadline(d.session) > d.now_usec + USEC_PER_HOUR / 2);
	imap_session_set_poll(d.session, USEC_PER_MINUTE);
	assert_true(imap_session_deadline(d.session) <= d.now_usec + USEC_PER_MINUTE);
	imap_session_free(d.session);

	for (enum imap_driver_place place = 0; place < IMAP_DRIVER_COUNT_; place++) {
		struct imap_driver other = { 0 };
		imap_driver_lead(&other, place);
		uint64_t before = imap_session_deadline(other.session);
		imap_session_set_poll(other.session, USEC_PER_HOUR);
		if (place != IMAP_DRIVER_POLLING)
			assert_true(imap_session_deadline(other.session) == before);
		imap_session_free(other.session);
	}
}

/* A gateway forgets a line that was silent for `forgets_usec`: neither end is told, and DONE goes nowhere. */
struct gateway {
	uint64_t forgets_usec;
	unsigned n_dead; /* lines */
	uint64_t blind_usec; /* the longest time from the last word to the end of the session */
	uint64_t learned;
};

/* The life of one line; the time of its end is the result. */
static uint64_t live(struct gateway *g, uint64_t offset_usec, uint64_t until_usec) {
	struct peer p;
	uint64_t begun = begin(&p, g->learned, &any_time), heard = begun, now = begun;
	while (!p.is_closed && offset_usec + now - begun < until_usec) {
		now = imap_session_deadline(p.session);
		imap_session_tick(p.session, now);
		drain(&p);
		bool is_forgotten = now - heard >= g->forgets_usec;
		if (!is_forgotten && !p.is_closed) {
			serve(&p);
			heard = now;
		}
	}
	if (p.is_closed) {
		assert_int_equal(p.reason, REASON_TIMED_OUT);
		g->n_dead++;
		g->blind_usec = MAX(g->blind_usec, now - heard);
	}
	g->learned = imap_session_renewal(p.session);
	imap_session_free(p.session);
	return offset_usec + now - begun;
}

/* A day behind each kind of gateway, which the keepalive of the kernel does not keep awake. A dead line is
 * found by the next renewal, the first one within the 600 s that are promised, and later ones by the
 * sweep at the latest; then the interval is one that the gateway keeps, and it is not left again. */
static void test_a_gateway_that_forgets(void **state) {
	static const struct {
		unsigned forgets; /* minutes */
		unsigned n_dead; /* at most */
		unsigned blind; /* seconds, at most */
	} cases[] = {
		{ 3, 24 * 60 / 4, 600 }, /* less than the shortest interval */
		{ 5, 3, 600 },
		{ 8, 2, 600 },
		{ 10, 1, 10 * 66 + 15 },
		{ 15, 1, 15 * 60 + 15 },
		{ 30, 0, 0 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct gateway g = { .forgets_usec = cases[i].forgets * USEC_PER_MINUTE };
		for (uint64_t now = 0; now < 24 * USEC_PER_HOUR;)
			now = live(&g, now, 24 * USEC_PER_HOUR);
		if (g.n_dead > cases[i].n_dead || g.blind_usec > cases[i].blind * USEC_PER_SEC)
			fail_msg("%u min: %u dead lines, blind for %" PRIu64 " s", cases[i].forgets,
				g.n_dead, g.blind_usec / USEC_PER_SEC);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_another_poll_time),
		cmocka_unit_test(test_begins_with_what_was_learned),
		cmocka_unit_test(test_three_clean_renewals),
		cmocka_unit_test(test_silent_death),
		cmocka_unit_test(test_end_of_stream),
		cmocka_unit_test(test_dismissal),
		cmocka_unit_test(test_heartbeats),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_a_gateway_that_forgets),
	};
	return cmocka_run_group_tests_name("imap-idle", tests, NULL, NULL);
}
