#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "client.h"

/* The stream in the clear and over TLS, against a real socket. */

static void connects_in_the_clear_and_talks(void **state) {
	struct client c;
	client_init(&c, *state, STREAM_SECURITY_NONE);
	client_run_until_log(&c, "c");
	peer_write(c.peer, "* OK hello\r\n");
	client_run_until_said(&c, "* OK hello\r\n");
	assert_int_equal(stream_write(c.stream, "a NOOP\r\n", 8), 0);
	client_run_until_received(&c, "a NOOP\r\n");
	assert_false(stream_is_secure(c.stream));
	peer_close(c.peer);
	client_run_until_log(&c, "cdx");
	assert_int_equal(c.reason, REASON_NONE);
	assert_int_equal(stream_write(c.stream, "x", 1), -ENOTCONN);
	assert_int_equal(stream_counts(c.stream).bytes_in, 12);
	assert_int_equal(stream_counts(c.stream).bytes_out, 8);
	client_deinit(&c);
}

static void talks_over_tls_from_the_start(void **state) {
	struct client c;
	client_init(&c, *state, STREAM_SECURITY_TLS);
	client_run_until_log(&c, "c");
	assert_true(stream_is_secure(c.stream));
	peer_write(c.peer, "* OK hello\r\n");
	client_run_until_said(&c, "* OK hello\r\n");
	assert_int_equal(stream_write(c.stream, "a NOOP\r\n", 8), 0);
	client_run_until_received(&c, "a NOOP\r\n");
	peer_shut_tls(c.peer);
	client_run_until_log(&c, "cdx");
	assert_int_equal(c.reason, REASON_NONE);
	client_deinit(&c);
}

static void becomes_secure_by_starttls(void **state) {
	struct client c;
	client_init(&c, *state, STREAM_SECURITY_STARTTLS);
	client_run_until_log(&c, "c");
	assert_false(stream_is_secure(c.stream));
	peer_write(c.peer, "OK begin\r\n");
	client_run_until_said(&c, "OK begin\r\n");
	peer_start_tls(c.peer, c.world->server);
	assert_int_equal(stream_start_tls(c.stream), 0);
	assert_int_equal(stream_write(c.stream, "secret", 6), -ENOTCONN);
	client_run_until_log(&c, "cds");
	assert_true(stream_is_secure(c.stream));
	peer_write(c.peer, "inside");
	client_run_until_said(&c, "OK begin\r\ninside");
	assert_int_equal(stream_start_tls(c.stream), -ENOTCONN);
	client_deinit(&c);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connects_in_the_clear_and_talks),
		cmocka_unit_test(talks_over_tls_from_the_start),
		cmocka_unit_test(becomes_secure_by_starttls),
	};
	return cmocka_run_group_tests(tests, client_set_up, client_tear_down);
}
