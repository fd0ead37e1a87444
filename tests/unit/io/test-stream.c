#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "client.h"

/* The stream against real sockets, in the clear and over TLS: connecting, talking, ending.
 * STARTTLS: test-stream-starttls.c. */

static const enum stream_security kinds[] = { STREAM_SECURITY_NONE, STREAM_SECURITY_TLS };

static void connects_and_talks(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct client c;
		client_init(&c, *state, kinds[i]);
		assert_int_equal(stream_write(c.stream, "early", 5), -ENOTCONN);
		client_run_until_log(&c, "c");
		assert_int_equal(stream_is_secure(c.stream), kinds[i] == STREAM_SECURITY_TLS);
		peer_write(c.peer, "* OK hello\r\n");
		client_run_until_said(&c, "* OK hello\r\n");
		assert_int_equal(stream_write(c.stream, "a NOOP\r\n", 8), 0);
		client_run_until_received(&c, "a NOOP\r\n");
		assert_int_equal(stream_start_tls(c.stream), -ENOTCONN);
		client_deinit(&c);
	}
}

static void bytes_on_the_wire_are_counted(void **state) {
	struct client c;
	client_init(&c, *state, STREAM_SECURITY_NONE);
	client_run_until_log(&c, "c");
	peer_write(c.peer, "hello");
	client_run_until_said(&c, "hello");
	assert_int_equal(stream_write(c.stream, "me too", 6), 0);
	assert_int_equal(stream_counts(c.stream).bytes_in, 5);
	assert_int_equal(stream_counts(c.stream).bytes_out, 6);
	client_deinit(&c);
}

/* --- ways to end --- */

static void tells_whom_it_is_connected_to(void **state) {
	struct client c;
	client_init(&c, *state, STREAM_SECURITY_NONE);
	assert_null(stream_peer(c.stream));
	assert_int_equal(stream_round_trip_usec(c.stream), 0);
	client_run_until_log(&c, "c");
	CLEANUP_TEXT char *peer = stream_peer(c.stream);
	CLEANUP_TEXT char *port = memory_format(" port %u", c.target.port);
	assert_non_null(peer);
	assert_non_null(strstr(peer, port));
	assert_int_not_equal(stream_round_trip_usec(c.stream), 0);
	client_deinit(&c);
}

static void assert_ends(struct client *c, const char *log, enum reason reason) {
	client_run_until_log(c, log);
	assert_string_equal(reason_to_string(c->reason), reason_to_string(reason));
	struct stream_event e;
	assert_int_equal(stream_next(c->stream, &e), 0);
	assert_int_equal(stream_write(c->stream, "x", 1), -ENOTCONN);
	assert_int_equal(stream_start_tls(c->stream), -ENOTCONN);
	assert_false(stream_is_secure(c->stream));
	client_deinit(c);
}

static void end_in_the_clear_is_clean(void **state) {
	struct client c;
	client_init(&c, *state, STREAM_SECURITY_NONE);
	client_run_until_log(&c, "c");
	peer_write(c.peer, "* BYE\r\n");
	peer_half_close(c.peer);
	assert_ends(&c, "cdx", REASON_NONE);
}

static void close_notify_is_clean(void **state) {
	struct client c;
	client_init(&c, *state, STREAM_SECURITY_TLS);
	peer_write_later(c.peer, "* BYE\r\n");
	client_run_until_said(&c, "* BYE\r\n");
	peer_shut_tls(c.peer);
	assert_ends(&c, "cdx", REASON_NONE);
}

static void s_67_end_without_close_notify_is_truncation(void **state) {
	struct client c;
	client_init(&c, *state, STREAM_SECURITY_TLS);
	peer_write_later(c.peer, "* 1 FETCH (BODY[] {100}\r\n");
	client_run_until_said(&c, "* 1 FETCH (BODY[] {100}\r\n");
	peer_close(c.peer);
	assert_ends(&c, "cdx", REASON_TLS_TRUNCATED);
}

static void reset_is_a_lost_connection(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct client c;
		client_init(&c, *state, kinds[i]);
		peer_write_later(c.peer, "hello");
		client_run_until_said(&c, "hello");
		peer_reset(c.peer);
		assert_ends(&c, "cdx", REASON_CONNECTION_LOST);
	}
}

/* The write itself never fails; the reading side tells, and not as a clean end. */
static void reset_under_a_write_is_a_lost_connection(void **state) {
	struct client c;
	client_init(&c, *state, STREAM_SECURITY_NONE);
	client_run_until_log(&c, "c");
	peer_reset(c.peer);
	assert_int_equal(stream_write(c.stream, "one", 3), 0);
	assert_int_equal(stream_write(c.stream, "two", 3), 0);
	assert_ends(&c, "cx", REASON_CONNECTION_LOST);
}

/* What the server said before it went is not lost to an error of ours. */
static void last_words_are_read_after_a_failed_write(void **state) {
	struct client c;
	client_init(&c, *state, STREAM_SECURITY_NONE);
	client_run_until_log(&c, "c");
	peer_write(c.peer, "* BYE\r\n");
	peer_close(c.peer);
	assert_int_equal(stream_write(c.stream, "one", 3), 0);
	assert_int_equal(stream_write(c.stream, "two", 3), 0);
	assert_ends(&c, "cdx", REASON_CONNECTION_LOST);
}

static void refused_connection_ends(void **state) {
	struct client c;
	client_prepare(&c, *state, STREAM_SECURITY_TLS);
	peer_stop_listening(c.peer);
	client_start(&c);
	client_run_until_log(&c, "x");
	assert_non_null(strstr(c.text, "Connection refused"));
	assert_ends(&c, "x", REASON_CONNECT_FAILED);
}

static void unknown_name_ends(void **state) {
	struct client c;
	client_prepare(&c, *state, STREAM_SECURITY_TLS);
	c.target.host = "mail.invalid";
	client_start(&c);
	client_run_until_log(&c, "x");
	assert_string_equal(c.text, "no such host name");
	assert_ends(&c, "x", REASON_DNS_FAILED);
}

static void silent_name_server_ends_by_deadline(void **state) {
	struct client c;
	client_prepare(&c, *state, STREAM_SECURITY_TLS);
	c.target.host = "silent.example";
	c.target.connect_usec = 50 * USEC_PER_MSEC;
	client_start(&c);
	assert_ends(&c, "x", REASON_DNS_FAILED);
}

/* The listening queue is full: nothing is taken, nothing refused. */
static void silent_host_ends_by_deadline(void **state) {
	struct client c;
	client_prepare(&c, *state, STREAM_SECURITY_TLS);
	int fillers[2];
	peer_fill_queue(c.peer, fillers, ARRAY_SIZE(fillers));
	c.target.connect_usec = 50 * USEC_PER_MSEC;
	client_start(&c);
	assert_ends(&c, "x", REASON_TIMED_OUT);
	for (size_t i = 0; i < ARRAY_SIZE(fillers); i++)
		(void)close(fillers[i]);
}

static void silent_handshake_ends_by_deadline(void **state) {
	struct client c;
	client_prepare(&c, *state, STREAM_SECURITY_TLS);
	c.peer->tls_at_once = NULL;
	c.target.handshake_usec = 50 * USEC_PER_MSEC;
	client_start(&c);
	assert_ends(&c, "x", REASON_TIMED_OUT);
}

static void end_during_the_handshake_ends(void **state) {
	struct client c;
	client_prepare(&c, *state, STREAM_SECURITY_TLS);
	c.peer->tls_at_once = NULL;
	c.peer->closes_at_once = true;
	client_start(&c);
	client_run_until_log(&c, "x");
	/* FIN or RST, depending on what the kernel had of ours */
	assert_true(c.reason == REASON_TLS_FAILED || c.reason == REASON_CONNECTION_LOST);
	assert_ends(&c, "x", c.reason);
}

static void plaintext_server_on_the_tls_port_ends(void **state) {
	struct client c;
	client_prepare(&c, *state, STREAM_SECURITY_TLS);
	c.peer->tls_at_once = NULL;
	peer_write_later(c.peer, "* OK IMAP4rev1 ready\r\n");
	client_start(&c);
	client_run_until_log(&c, "x");
	assert_string_equal(c.text, "the server does not speak TLS here");
	assert_ends(&c, "x", REASON_TLS_FAILED);
}

static void other_name_in_the_certificate_ends(void **state) {
	struct client c;
	client_prepare(&c, *state, STREAM_SECURITY_TLS);
	c.target.host = "other.example"; /* the name server knows 127.0.0.1 for it */
	client_start(&c);
	client_run_until_log(&c, "x");
	assert_int_equal(peer_received(c.peer)->n, 0);
	assert_ends(&c, "x", REASON_TLS_NAME);
}

static void cleartext_to_another_machine_ends(void **state) {
	struct client c;
	client_prepare(&c, *state, STREAM_SECURITY_NONE);
	c.target.host = "192.0.2.1";
	client_start(&c);
	assert_ends(&c, "x", REASON_CLEARTEXT_REFUSED);
	client_prepare(&c, *state, STREAM_SECURITY_NONE);
	c.target.host = "far.example"; /* 192.0.2.1 as well */
	client_start(&c);
	assert_ends(&c, "x", REASON_CLEARTEXT_REFUSED);
}

static void cleartext_to_a_loopback_name_connects(void **state) {
	struct client c;
	client_prepare(&c, *state, STREAM_SECURITY_NONE);
	c.target.host = "other.example";
	client_start(&c);
	client_run_until_log(&c, "c");
	client_deinit(&c);
	client_init(&c, *state, STREAM_SECURITY_NONE_ANYWHERE);
	client_run_until_log(&c, "c");
	client_deinit(&c);
}

/* --- much data --- */

static void fill(char *text, size_t n) {
	for (size_t i = 0; i < n; i++)
		text[i] = (char)('a' + i % 23);
	text[n] = '\0';
}

/* A peer that does not read for a while: the queue has its limit, and what was taken arrives. */
static void slow_reader_gets_everything(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct client c;
		client_init(&c, *state, kinds[i]);
		client_run_until_log(&c, "c");
		peer_write(c.peer, "go");
		client_run_until_said(&c, "go");
		peer_set_deaf(c.peer, true);
		size_t size = 23 * 4096, n = 0;
		CLEANUP_TEXT char *block = memory_zalloc(size + 1, 1);
		fill(block, size);
		assert_int_equal(stream_write(c.stream, block, 2 * STREAM_OUTPUT_MAX), -ENOBUFS);
		int r;
		while ((r = stream_write(c.stream, block, size)) == 0)
			n++;
		assert_int_equal(r, -ENOBUFS);
		CLEANUP_TEXT char *all = memory_zalloc(n * size + 1, 1);
		fill(all, n * size);
		peer_set_deaf(c.peer, false);
		client_run_until_received(&c, all);
		assert_int_equal(stream_write(c.stream, "", 0), 0);
		client_deinit(&c);
	}
}

/* One turn brings no more than its share, whatever waits in the kernel. */
static void flood_is_read_in_turns(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct client c;
		client_init(&c, *state, kinds[i]);
		size_t n = (size_t)400 * 1024;
		CLEANUP_TEXT char *text = memory_zalloc(n + 1, 1);
		fill(text, n);
		peer_write_later(c.peer, text);
		client_run_until_said(&c, text);
		assert_true(c.turn_bytes <= STREAM_TURN_BYTES);
		client_deinit(&c);
	}
}

/* --- the owner may go at any time --- */

static void free_it(struct client *c, const struct stream_event *e) {
	c->stream = stream_free(c->stream);
}

static bool is_freed(struct client *c, const char *text) {
	return !c->stream;
}

static bool end_is_seen(struct client *c, const char *text) {
	return c->peer->end_seen;
}

static void callback_may_free_the_stream(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct client c;
		client_prepare(&c, *state, kinds[i]);
		c.on_event = free_it;
		client_start(&c);
		client_run_until(&c, is_freed, NULL);
		client_run_until(&c, end_is_seen, NULL);
		client_deinit(&c);
		client_prepare(&c, *state, kinds[i]);
		c.on_event = free_it;
		peer_stop_listening(c.peer);
		client_start(&c);
		client_run_until(&c, is_freed, NULL);
		client_deinit(&c);
	}
}

/* close_notify goes out before the socket is closed */
static void free_says_goodbye(void **state) {
	struct client c;
	client_init(&c, *state, STREAM_SECURITY_TLS);
	peer_write_later(c.peer, "hello");
	client_run_until_said(&c, "hello");
	c.stream = stream_free(c.stream);
	client_run_until(&c, end_is_seen, NULL);
	assert_true(c.peer->tls->closed);
	client_deinit(&c);
}

static size_t count_descriptors(void) {
	DIR *directory = opendir("/proc/self/fd");
	assert_non_null(directory);
	size_t n = 0;
	while (readdir(directory))
		n++;
	(void)closedir(directory);
	return n;
}

/* Freed after any number of turns: nothing is called back, no descriptor stays. */
static void stream_may_be_freed_after_every_turn(void **state) {
	struct world *w = *state;
	size_t before = count_descriptors();
	for (unsigned turns = 0; turns < 20; turns++) {
		struct client c;
		client_prepare(&c, w, STREAM_SECURITY_TLS);
		c.target.host = "mail.example";
		client_start(&c);
		for (unsigned i = 0; i < turns; i++)
			assert_return_code(sd_event_run(w->loop, 0), 0);
		client_deinit(&c);
		for (unsigned i = 0; i < 5; i++)
			assert_return_code(sd_event_run(w->loop, 0), 0);
	}
	assert_int_equal(count_descriptors(), before);
}

static void s_69_ticket_resumes_the_next_stream(void **state) {
	CLEANUP(tls_ticket_free) struct tls_ticket *ticket = tls_ticket_new();
	for (int again = 0; again <= 2; again++) {
		struct client c;
		client_prepare(&c, *state, STREAM_SECURITY_TLS);
		c.target.ticket = ticket;
		client_start(&c);
		peer_write_later(c.peer, "hello");
		client_run_until_said(&c, "hello");
		assert_int_equal(SSL_session_reused(c.peer->tls->ssl), again > 0);
		client_deinit(&c);
	}
}

static void stream_may_have_a_resolver_of_its_own(void **state) {
	struct client c;
	client_prepare(&c, *state, STREAM_SECURITY_TLS);
	c.target.resolver = NULL; /* the host is a literal: nobody is asked */
	client_start(&c);
	client_run_until_log(&c, "c");
	client_deinit(&c);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connects_and_talks),
		cmocka_unit_test(bytes_on_the_wire_are_counted),
		cmocka_unit_test(tells_whom_it_is_connected_to),
		cmocka_unit_test(end_in_the_clear_is_clean),
		cmocka_unit_test(close_notify_is_clean),
		cmocka_unit_test(s_67_end_without_close_notify_is_truncation),
		cmocka_unit_test(reset_is_a_lost_connection),
		cmocka_unit_test(reset_under_a_write_is_a_lost_connection),
		cmocka_unit_test(last_words_are_read_after_a_failed_write),
		cmocka_unit_test(refused_connection_ends),
		cmocka_unit_test(unknown_name_ends),
		cmocka_unit_test(silent_name_server_ends_by_deadline),
		cmocka_unit_test(silent_host_ends_by_deadline),
		cmocka_unit_test(silent_handshake_ends_by_deadline),
		cmocka_unit_test(end_during_the_handshake_ends),
		cmocka_unit_test(plaintext_server_on_the_tls_port_ends),
		cmocka_unit_test(other_name_in_the_certificate_ends),
		cmocka_unit_test(cleartext_to_another_machine_ends),
		cmocka_unit_test(cleartext_to_a_loopback_name_connects),
		cmocka_unit_test(slow_reader_gets_everything),
		cmocka_unit_test(flood_is_read_in_turns),
		cmocka_unit_test(callback_may_free_the_stream),
		cmocka_unit_test(free_says_goodbye),
		cmocka_unit_test(stream_may_be_freed_after_every_turn),
		cmocka_unit_test(s_69_ticket_resumes_the_next_stream),
		cmocka_unit_test(stream_may_have_a_resolver_of_its_own),
	};
	return cmocka_run_group_tests(tests, client_set_up, client_tear_down);
}
