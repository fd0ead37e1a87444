#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "io/dial.h"

#define HANG_USEC (60 * USEC_PER_SEC)

struct dialer {
	sd_event *loop;
	struct dial *dial;
	bool done;
	int fd;
	enum reason reason;
	char *text;
};

static int set_up(void **state) {
	struct dialer *d = MEMORY_NEW(struct dialer);
	assert_return_code(sd_event_new(&d->loop), 0);
	d->fd = -1;
	*state = d;
	return 0;
}

static int tear_down(void **state) {
	struct dialer *d = *state;
	dial_free(d->dial);
	if (d->fd >= 0)
		(void)close(d->fd);
	memory_free(d->text);
	sd_event_unref(d->loop);
	memory_free(d);
	return 0;
}

static void on_done(const struct dial_result *result, void *userdata) {
	struct dialer *d = userdata;
	assert_false(d->done);
	d->done = true;
	d->fd = result->fd;
	d->reason = result->reason;
	d->text = memory_strdup(result->text);
	d->dial = dial_free(d->dial);
}

static int on_hang(sd_event_source *source, uint64_t usec, void *userdata) {
	*(bool *)userdata = true;
	return 0;
}

static void run(struct dialer *d, const struct address *addresses, size_t n, bool loopback_only) {
	struct dial_target target = {
		.addresses = addresses,
		.n = n,
		.loopback_only = loopback_only,
	};
	assert_int_equal(dial_new(d->loop, &target, on_done, d, &d->dial), 0);
	assert_false(d->done);
	bool hangs = false;
	sd_event_source *guard = NULL;
	assert_return_code(sd_event_add_time_relative(
				   d->loop, &guard, CLOCK_MONOTONIC, HANG_USEC, 0, on_hang, &hangs),
		0);
	while (!d->done && !hangs)
		assert_return_code(sd_event_run(d->loop, UINT64_MAX), 0);
	sd_event_source_disable_unref(guard);
	assert_false(hangs);
}

/* A socket that listens, or one that is bound only: then a connection is refused. */
static int bound_socket(const char *literal, bool listens, struct address *ret) {
	struct address wanted;
	assert_int_equal(address_parse(literal, 0, &wanted), 0);
	int fd = socket(wanted.socket.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_return_code(fd, errno);
	if (bind(fd, &wanted.socket.any, wanted.length) < 0) {
		(void)close(fd);
		return -1;
	}
	*ret = wanted;
	assert_int_equal(getsockname(fd, &ret->socket.any, &ret->length), 0);
	if (listens)
		assert_int_equal(listen(fd, 8), 0);
	return fd;
}

/* Its queue is full, so that one more connection is neither taken nor refused. */
static int silent_socket(struct address *ret, int *ret_filler) {
	int fd = bound_socket("127.0.0.1", false, ret);
	assert_int_equal(listen(fd, 0), 0);
	*ret_filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(*ret_filler, &ret->socket.any, ret->length), 0);
	return fd;
}

static int option(int fd, int level, int name) {
	int value = -1;
	socklen_t length = sizeof(value);
	assert_int_equal(getsockopt(fd, level, name, &value, &length), 0);
	return value;
}

static void socket_is_set_up(void **state) {
	struct dialer *d = *state;
	struct address address;
	int listener = bound_socket("127.0.0.1", true, &address);
	run(d, &address, 1, false);
	assert_return_code(d->fd, 0);
	assert_true(fcntl(d->fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(d->fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(option(d->fd, IPPROTO_TCP, TCP_NODELAY), 1);
	assert_int_equal(option(d->fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	assert_int_equal(option(d->fd, IPPROTO_TCP, TCP_KEEPIDLE), 100);
	assert_int_equal(option(d->fd, IPPROTO_TCP, TCP_KEEPINTVL), 15);
	assert_int_equal(option(d->fd, IPPROTO_TCP, TCP_KEEPCNT), 3);
	assert_int_equal(option(d->fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 60000);
	(void)close(listener);
}

static void refusal_names_the_address(void **state) {
	struct dialer *d = *state;
	struct address address;
	int bound = bound_socket("127.0.0.1", false, &address);
	run(d, &address, 1, false);
	assert_int_equal(d->fd, -1);
	assert_int_equal(d->reason, REASON_CONNECT_FAILED);
	CLEANUP_TEXT char *where = address_format(&address);
	CLEANUP_TEXT char *expected = memory_format("%s: Connection refused", where);
	assert_string_equal(d->text, expected);
	(void)close(bound);
}

static void next_address_follows_a_refusal(void **state) {
	struct dialer *d = *state;
	struct address addresses[2];
	int bound = bound_socket("127.0.0.1", false, &addresses[0]);
	int listener = bound_socket("127.0.0.1", true, &addresses[1]);
	run(d, addresses, 2, false);
	assert_return_code(d->fd, 0);
	(void)close(bound);
	(void)close(listener);
}

static void next_address_follows_silence(void **state) {
	struct dialer *d = *state;
	struct address addresses[2];
	int filler;
	int silent = silent_socket(&addresses[0], &filler);
	int listener = bound_socket("127.0.0.1", true, &addresses[1]);
	run(d, addresses, 2, false);
	assert_return_code(d->fd, 0);
	struct sockaddr_in peer;
	socklen_t length = sizeof(peer);
	assert_int_equal(getpeername(d->fd, (struct sockaddr *)&peer, &length), 0);
	assert_int_equal(peer.sin_port, addresses[1].socket.v4.sin_port);
	(void)close(silent);
	(void)close(filler);
	(void)close(listener);
}

/* Three refused IPv4 addresses come before the IPv6 one; alternating finds it anyway, and the text
 * is of a refusal when all fail. */
static void both_families_are_tried(void **state) {
	struct dialer *d = *state;
	struct address addresses[4];
	int bound = bound_socket("127.0.0.1", false, &addresses[0]);
	addresses[1] = addresses[2] = addresses[0];
	int listener = bound_socket("::1", true, &addresses[3]);
	if (listener < 0) {
		(void)close(bound);
		skip(); /* a machine without IPv6 */
	}
	run(d, addresses, 4, false);
	assert_return_code(d->fd, 0);
	(void)close(bound);
	(void)close(listener);
}

static void all_fail_in_the_end(void **state) {
	struct dialer *d = *state;
	struct address addresses[20];
	int bound = bound_socket("127.0.0.1", false, &addresses[0]);
	for (size_t i = 1; i < ARRAY_SIZE(addresses); i++)
		addresses[i] = addresses[0];
	run(d, addresses, ARRAY_SIZE(addresses), false);
	assert_int_equal(d->fd, -1);
	assert_int_equal(d->reason, REASON_CONNECT_FAILED);
	(void)close(bound);
}

/* Decided by the address alone: nothing is sent there. */
static void cleartext_to_another_machine_is_refused(void **state) {
	struct dialer *d = *state;
	static const char *const literals[] = { "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1",
		"0.0.0.0" };
	struct address addresses[ARRAY_SIZE(literals)];
	for (size_t i = 0; i < ARRAY_SIZE(literals); i++)
		assert_int_equal(address_parse(literals[i], 143, &addresses[i]), 0);
	run(d, addresses, ARRAY_SIZE(addresses), true);
	assert_int_equal(d->fd, -1);
	assert_int_equal(d->reason, REASON_CLEARTEXT_REFUSED);
	assert_non_null(d->text);
}

static void cleartext_takes_the_loopback_address_of_a_name(void **state) {
	struct dialer *d = *state;
	struct address addresses[2];
	assert_int_equal(address_parse("192.0.2.1", 143, &addresses[0]), 0);
	int listener = bound_socket("127.0.0.1", true, &addresses[1]);
	run(d, addresses, 2, true);
	assert_return_code(d->fd, 0);
	(void)close(listener);
}

static void freed_dial_closes_its_sockets(void **state) {
	struct dialer *d = *state;
	struct address address;
	int filler, silent = silent_socket(&address, &filler);
	struct dial_target target = { .addresses = &address, .n = 1 };
	int before = dup(0);
	(void)close(before);
	assert_int_equal(dial_new(d->loop, &target, on_done, d, &d->dial), 0);
	assert_return_code(sd_event_run(d->loop, UINT64_MAX), 0);
	d->dial = dial_free(d->dial);
	assert_return_code(sd_event_run(d->loop, 0), 0);
	assert_false(d->done);
	/* the loop keeps one descriptor for its timers; the attempt's own came before it */
	int after = dup(0);
	(void)close(after);
	assert_true(after <= before + 1);
	(void)close(silent);
	(void)close(filler);
}

static void loopback_is_known_in_all_its_forms(void **state) {
	static const struct {
		const char *literal;
		bool loopback;
	} cases[] = {
		{ "127.0.0.1", true },
		{ "127.255.255.254", true },
		{ "::1", true },
		{ "::ffff:127.0.0.1", true },
		{ "128.0.0.1", false },
		{ "0.0.0.0", false },
		{ "::", false },
		{ "::ffff:10.0.0.1", false },
		{ "fe80::1%lo", false },
		{ "10.0.0.127", false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct address a;
		assert_int_equal(address_parse(cases[i].literal, 1, &a), 0);
		assert_int_equal(address_is_loopback(&a), cases[i].loopback);
	}
	static const char *const names[] = { "", "localhost", "127.0.0.1 ", "127.1", "::1%none",
		"[::1]", "1.2.3.4.5", "fe80::1%" };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct address a;
		assert_int_equal(address_parse(names[i], 1, &a), -EINVAL);
	}
}

static void network_of_an_address(void **state) {
	static const struct {
		const char *literal, *network;
	} cases[] = {
		{ "192.0.2.130", "192.0.2.0/24" },
		{ "192.0.2.1", "192.0.2.0/24" },
		{ "127.0.0.1", "127.0.0.0/24" },
		{ "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64" },
		{ "::1", "::/64" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct address a;
		assert_int_equal(address_parse(cases[i].literal, 1, &a), 0);
		CLEANUP_TEXT char *network = address_network(&a);
		assert_string_equal(network, cases[i].network);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(socket_is_set_up),
		TEST(refusal_names_the_address),
		TEST(next_address_follows_a_refusal),
		TEST(next_address_follows_silence),
		TEST(both_families_are_tried),
		TEST(all_fail_in_the_end),
		TEST(cleartext_to_another_machine_is_refused),
		TEST(cleartext_takes_the_loopback_address_of_a_name),
		TEST(freed_dial_closes_its_sockets),
		cmocka_unit_test(loopback_is_known_in_all_its_forms),
		cmocka_unit_test(network_of_an_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
