#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "client.h"

/* The one step from the clear to TLS, and what a server or somebody on the way may do there. */

#define OK "a OK begin\r\n"

/* The server's OK is read in the turn that starts TLS, as an engine does it. */
static void start_tls(struct client *c, const struct stream_event *e) {
	if (e->kind == STREAM_EVENT_DATA && !stream_is_secure(c->stream))
		c->start_result = stream_start_tls(c->stream);
}

static void connect_in_the_clear(struct client *c, struct world *w) {
	client_prepare(c, w, STREAM_SECURITY_STARTTLS);
	c->on_event = start_tls;
	c->start_result = 1; /* not called */
	client_start(c);
	client_run_until_log(c, "c");
	assert_false(stream_is_secure(c->stream));
}

static bool has_started(struct client *c, const char *text) {
	return c->start_result <= 0;
}

static void becomes_secure(void **state) {
	struct client c;
	connect_in_the_clear(&c, *state);
	assert_int_equal(stream_write(c.stream, "a STARTTLS\r\n", 12), 0);
	client_run_until_received(&c, "a STARTTLS\r\n");
	peer_write(c.peer, OK);
	peer_start_tls(c.peer, c.world->server);
	client_run_until(&c, has_started, NULL);
	assert_int_equal(c.start_result, 0);
	assert_int_equal(stream_write(c.stream, "secret", 6), -ENOTCONN);
	client_run_until_log(&c, "cds");
	assert_true(stream_is_secure(c.stream));
	peer_write(c.peer, "inside");
	client_run_until_said(&c, OK "inside");
	assert_int_equal(stream_start_tls(c.stream), -ENOTCONN);
	assert_int_equal(stream_write(c.stream, "me too", 6), 0);
	client_run_until_received(&c, "me too");
	client_deinit(&c);
}

static void assert_injected(struct client *c) {
	assert_int_equal(c->start_result, -EPROTO);
	client_run_until_log(c, "cdx");
	assert_int_equal(c->reason, REASON_INJECTED_DATA);
	assert_int_equal(stream_start_tls(c->stream), -ENOTCONN);
	assert_false(stream_is_secure(c->stream));
	client_deinit(c);
}

/* Bytes that came with the OK but wait in the kernel, since the stream reads 4096 at a time. */
static void s_16_injected_byte_in_the_same_segment(void **state) {
	struct client c;
	connect_in_the_clear(&c, *state);
	CLEANUP_TEXT char *text = memory_zalloc(4096 + 1 + 1, 1);
	memset(text, 'x', 4096 + 1);
	peer_write(c.peer, text);
	client_run_until(&c, has_started, NULL);
	assert_injected(&c);
}

/* Called from a later turn, when more has arrived: refused all the same. */
static void s_16_injected_byte_in_the_next_segment(void **state) {
	struct client c;
	connect_in_the_clear(&c, *state);
	c.on_event = NULL;
	peer_write(c.peer, OK);
	client_run_until_said(&c, OK);
	peer_write(c.peer, "x");
	/* loopback: what was sent has arrived */
	c.start_result = stream_start_tls(c.stream);
	client_pull(&c);
	assert_injected(&c);
}

/* Behind our ClientHello it is a handshake error, and never a line. */
static void s_16_injected_line_in_the_handshake(void **state) {
	struct client c;
	connect_in_the_clear(&c, *state);
	peer_write(c.peer, OK);
	client_run_until(&c, has_started, NULL);
	assert_int_equal(c.start_result, 0);
	peer_write(c.peer, "b OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] Accepted\r\n");
	client_run_until_log(&c, "cdx");
	assert_int_equal(c.reason, REASON_TLS_FAILED);
	assert_int_equal(c.said.n, strlen(OK));
	client_deinit(&c);
}

static void answer_before_the_question_is_refused(void **state) {
	struct client c;
	connect_in_the_clear(&c, *state);
	peer_set_deaf(c.peer, true);
	CLEANUP_TEXT char *text = memory_zalloc(STREAM_OUTPUT_MAX / 4 + 1, 1);
	memset(text, 'x', STREAM_OUTPUT_MAX / 4);
	while (stream_write(c.stream, text, strlen(text)) == 0) {
	}
	peer_write(c.peer, OK);
	client_run_until(&c, has_started, NULL);
	assert_injected(&c);
}

static void s_41_silence_after_the_ok_ends_by_deadline(void **state) {
	struct client c;
	client_prepare(&c, *state, STREAM_SECURITY_STARTTLS);
	c.on_event = start_tls;
	c.target.handshake_usec = 50 * USEC_PER_MSEC;
	client_start(&c);
	client_run_until_log(&c, "c");
	peer_write(c.peer, OK);
	client_run_until_log(&c, "cdx");
	assert_int_equal(c.reason, REASON_TIMED_OUT);
	client_deinit(&c);
}

static void end_after_the_ok_ends(void **state) {
	struct client c;
	connect_in_the_clear(&c, *state);
	peer_write(c.peer, OK);
	peer_half_close(c.peer);
	client_run_until_log(&c, "cdx");
	assert_int_equal(c.reason, REASON_TLS_FAILED);
	client_deinit(&c);
}

static void refused_certificate_ends(void **state) {
	struct client c;
	client_prepare(&c, *state, STREAM_SECURITY_STARTTLS);
	c.on_event = start_tls;
	c.target.host = "other.example";
	client_start(&c);
	client_run_until_log(&c, "c");
	peer_write(c.peer, OK);
	peer_start_tls(c.peer, c.world->server);
	client_run_until_log(&c, "cdx");
	assert_int_equal(c.reason, REASON_TLS_NAME);
	assert_int_equal(c.peer->tls->plaintext.n, 0);
	client_deinit(&c);
}

static void starttls_before_connected_is_an_error(void **state) {
	struct client c;
	client_init(&c, *state, STREAM_SECURITY_STARTTLS);
	assert_int_equal(stream_start_tls(c.stream), -ENOTCONN);
	client_deinit(&c);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(becomes_secure),
		cmocka_unit_test(s_16_injected_byte_in_the_same_segment),
		cmocka_unit_test(s_16_injected_byte_in_the_next_segment),
		cmocka_unit_test(s_16_injected_line_in_the_handshake),
		cmocka_unit_test(answer_before_the_question_is_refused),
		cmocka_unit_test(s_41_silence_after_the_ok_ends_by_deadline),
		cmocka_unit_test(end_after_the_ok_ends),
		cmocka_unit_test(refused_certificate_ends),
		cmocka_unit_test(starttls_before_connected_is_an_error),
	};
	return cmocka_run_group_tests(tests, client_set_up, client_tear_down);
}
