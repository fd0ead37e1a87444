/* What transcripts cannot show of a session. */
#include "protocol/imap-session.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "imap-driver.h"

static unsigned drain(struct imap_driver *d) {
	struct imap_event event;
	unsigned n = 0;
	while (imap_session_next(d->session, &event) > 0)
		n++;
	imap_driver_send(d);
	return n;
}

/* P-29: passed over and counted. */
static void test_skipped(void **state) {
	struct imap_driver d;
	imap_driver_lead(&d, IMAP_DRIVER_IDLING);
	assert_int_equal(imap_session_skipped(d.session), 0);
	imap_driver_say(&d, "* 1 FETCH (UID");
	imap_driver_say(&d, "* 99 EXPUNGE");
	imap_driver_say(&d, "* XYZZY unknown is not malformed");
	imap_driver_say(&d, "what is this?");
	assert_int_equal(drain(&d), 0);
	assert_int_equal(imap_session_skipped(d.session), 3);
	imap_session_free(d.session);
}

/* An announced message that never comes is counted too. */
static void test_given_up(void **state) {
	struct imap_driver d;
	imap_driver_lead(&d, IMAP_DRIVER_RETRYING);
	for (int i = 0; i < IMAP_FETCH_RETRIES; i++) {
		assert_int_equal(imap_session_skipped(d.session), 0);
		d.now_usec = imap_session_deadline(d.session);
		imap_session_tick(d.session, d.now_usec);
		(void)drain(&d);
		assert_int_equal(d.n_tags, 2);
		char fetch[8];
		memcpy(fetch, d.tags[1], sizeof(fetch));
		imap_driver_say(&d, "%s OK", d.tags[0]);
		imap_driver_say(&d, "%s OK", fetch);
		(void)drain(&d);
	}
	assert_int_equal(imap_session_skipped(d.session), 1);
	imap_session_free(d.session);
}

static void test_partial(void **state) {
	struct imap_driver d;
	imap_driver_lead(&d, IMAP_DRIVER_IDLING);
	assert_false(imap_session_is_partial(d.session));
	imap_session_feed(d.session, "* OK Still", 10);
	assert_true(imap_session_is_partial(d.session));
	assert_int_equal(drain(&d), 0);
	assert_true(imap_session_is_partial(d.session));
	imap_session_feed(d.session, " here\r\n", 7);
	assert_int_equal(drain(&d), 0);
	assert_false(imap_session_is_partial(d.session));
	imap_session_free(d.session);
}

/* P4: the engine is dead once, and then deaf and dumb. */
static void test_closed(void **state) {
	struct imap_driver d;
	const uint8_t *bytes;
	imap_driver_lead(&d, IMAP_DRIVER_IDLING);
	imap_driver_say(&d, "* BYE");
	imap_driver_say(&d, "* 5 EXISTS");
	assert_int_equal(drain(&d), 1);
	imap_driver_say(&d, "* 6 EXISTS");
	imap_session_check(d.session);
	imap_session_logout(d.session);
	imap_session_secured(d.session);
	imap_session_tick(d.session, d.now_usec + USEC_PER_HOUR);
	assert_int_equal(drain(&d), 0);
	assert_int_equal(imap_session_output(d.session, &bytes), 0);
	assert_true(imap_session_deadline(d.session) == USEC_NEVER);
	imap_session_free(d.session);
	assert_null(imap_session_free(NULL));
}

/* A command that is partly out has not been answered by anybody (CVE-2026-42246). */
static void test_half_sent(void **state) {
	struct imap_driver d;
	struct imap_event event;
	const uint8_t *bytes;
	imap_driver_lead(&d, IMAP_DRIVER_GREETING);
	imap_driver_say(&d, "* OK ready");
	assert_int_equal(imap_session_next(d.session, &event), 0);
	size_t n = imap_session_output(d.session, &bytes);
	char tag[8] = "";
	memcpy(tag, bytes, 6);
	imap_session_sent(d.session, n - 1);
	imap_driver_say(&d, "%s OK", tag);
	assert_int_equal(imap_session_next(d.session, &event), 1);
	assert_int_equal(event.kind, IMAP_EVENT_CLOSED);
	assert_int_equal(event.reason, REASON_UNEXPECTED_TAG);
	imap_session_free(d.session);
}

/* Which of the events that come say that a message was retired. */
static unsigned retired_after(bool is_disowned) {
	struct imap_driver d;
	struct imap_event event;
	unsigned n = 0;
	imap_driver_lead(&d, IMAP_DRIVER_ENDING_IDLE);
	imap_driver_say(&d, "* 5 FETCH (UID 5 FLAGS () RFC822.SIZE 1)");
	assert_int_equal(imap_session_next(d.session, &event), 1);
	assert_int_equal(event.kind, IMAP_EVENT_MESSAGE);
	if (is_disowned)
		imap_session_disown(d.session);
	imap_driver_say(&d, "* 5 FETCH (UID 5 FLAGS (\\Seen))");
	while (imap_session_next(d.session, &event) > 0)
		n += event.kind == IMAP_EVENT_RETIRED;
	imap_session_free(d.session);
	return n;
}

/* A copy of a message that was announced elsewhere is nobody's to retire. */
static void test_disowned(void **state) {
	assert_int_equal(retired_after(false), 1);
	assert_int_equal(retired_after(true), 0);
}

/* a challenge beyond all measure is answered with "*", once, and not kept. */
static void a_12_a_challenge_of_64_kib(void **state) {
	static const char greeting[] = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] hi\r\n";
	struct imap_event event;
	const uint8_t *bytes;
	struct imap_session *s = imap_session_new(&(struct imap_login){
		.login = { .host = "h", .user = "u", .secret = "t", .is_token = true } });
	imap_session_watch(s, "INBOX");
	imap_session_tick(s, USEC_PER_SEC);
	imap_session_feed(s, greeting, strlen(greeting));
	assert_int_equal(imap_session_next(s, &event), 0);
	imap_session_sent(s, imap_session_output(s, &bytes));
	char challenge[65536 + 4] = "+ ";
	memset(challenge + 2, 'A', 65536);
	memcpy(challenge + 2 + 65536, "\r\n", 2);
	imap_session_feed(s, challenge, sizeof(challenge));
	assert_int_equal(imap_session_next(s, &event), 0);
	assert_int_equal(imap_session_output(s, &bytes), 3);
	assert_memory_equal(bytes, "*\r\n", 3);
	imap_session_free(s);
}

/* A server that is lost over a command time and again is not asked for that any more. */
static void test_proof(void **state) {
	static const struct {
		enum imap_driver_place place;
		unsigned over_notify, over_idle;
	} cases[] = {
		{ IMAP_DRIVER_OPENING, 0, 0 },
		{ IMAP_DRIVER_NOTIFYING, 1, 0 },
		{ IMAP_DRIVER_TOLD, 0, 0 },
		{ IMAP_DRIVER_IDLE_STARTING, 0, 1 },
		{ IMAP_DRIVER_IDLING, 0, 0 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct imap_driver d;
		imap_driver_lead(&d, cases[i].place);
		struct imap_proof proof = imap_session_proof(d.session);
		assert_int_equal(proof.best, IMAP_RUNG_NOTIFY);
		assert_int_equal(proof.losses[IMAP_RUNG_NOTIFY], cases[i].over_notify);
		assert_int_equal(proof.losses[IMAP_RUNG_IDLE], cases[i].over_idle);
		/* also when it is the deadline that ends it, and once only */
		d.now_usec = imap_session_deadline(d.session);
		imap_session_tick(d.session, d.now_usec);
		(void)drain(&d);
		proof = imap_session_proof(d.session);
		assert_int_equal(proof.losses[IMAP_RUNG_NOTIFY], cases[i].over_notify);
		assert_int_equal(proof.losses[IMAP_RUNG_IDLE], cases[i].over_idle);
		imap_session_free(d.session);
	}
}

/* What is to be stored with the cursor, and when nothing of it has changed. */
static void test_announced(void **state) {
	struct imap_driver d;
	struct imap_event event;
	char idle[8];
	imap_driver_lead(&d, IMAP_DRIVER_IDLING);
	memcpy(idle, d.tags[0], sizeof(idle));
	imap_driver_say(&d, "* 5 EXISTS");
	(void)drain(&d);
	imap_driver_say(&d, "%s OK", idle);
	imap_driver_say(&d, "* 5 FETCH (UID 5 FLAGS () RFC822.SIZE 1)");
	imap_driver_say(&d, "%s OK", d.tags[0]);
	assert_int_equal(imap_session_next(d.session, &event), 1);
	assert_int_equal(event.kind, IMAP_EVENT_MESSAGE);
	assert_null(event.announced);
	assert_int_equal(imap_session_next(d.session, &event), 1);
	assert_int_equal(event.kind, IMAP_EVENT_CURSOR);
	assert_true(event.announced && imap_announced_has(event.announced, 5));
	(void)drain(&d);

	imap_driver_say(&d, "* 5 FETCH (UID 5 FLAGS (\\Seen))");
	assert_int_equal(imap_session_next(d.session, &event), 1);
	assert_int_equal(event.kind, IMAP_EVENT_RETIRED);
	assert_int_equal(imap_session_next(d.session, &event), 1);
	assert_int_equal(event.kind, IMAP_EVENT_CURSOR);
	assert_true(event.announced && event.announced->n == 0);
	imap_session_free(d.session);
}

/* What may be asked to be marked, and how much at once. */
static void test_marks(void **state) {
	struct imap_driver d;
	imap_driver_lead(&d, IMAP_DRIVER_IDLING);
	assert_int_equal(imap_session_mark_seen(d.session, "Elsewhere", 7, 1), -ENOENT);
	assert_int_equal(imap_session_mark_seen(d.session, "INBOX", 8, 1), -ENOENT);
	assert_int_equal(imap_session_mark_seen(d.session, "INBOX", 0, 1), -ENOENT);
	assert_int_equal(drain(&d), 0);
	for (uint32_t uid = 1; uid <= IMAP_ANNOUNCED_MAX; uid++)
		assert_int_equal(imap_session_mark_seen(d.session, "INBOX", 7, uid), 0);
	assert_int_equal(
		imap_session_mark_seen(d.session, "INBOX", 7, IMAP_ANNOUNCED_MAX + 1), -ENOBUFS);
	imap_session_free(d.session);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_announced),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_skipped),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_partial),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_half_sent),
		cmocka_unit_test(test_proof),
		cmocka_unit_test(test_disowned),
		cmocka_unit_test(a_12_a_challenge_of_64_kib),
	};
	return cmocka_run_group_tests_name("imap-session", tests, NULL, NULL);
}
