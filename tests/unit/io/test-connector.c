/* The way to a server, by name and through a proxy: who is asked for which name, and whose bytes are
 * whose. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "io/connector.h"
#include "io/resolver.h"
#include "name-server.h"

#define GREETING "* OK ready\r\n"
#define HANG_USEC (60 * USEC_PER_SEC)

static const struct name_entry names[] = {
	{ "proxy.example", NAME_ADDRESSES, "127.0.0.1", NULL },
	{ "imap.example", NAME_ADDRESSES, "127.0.0.1", NULL },
	{ NULL, NAME_UNKNOWN, NULL, NULL },
};

struct world {
	sd_event *loop;
	struct name_server *server;
	struct resolver *resolver;
	struct connector *connector;
	int listener;
	uint16_t port;
	sd_event_source *accepts, *reads;
	int peer; /* the proxy's end; -1: none yet */
	char heard[256];
	size_t n_heard;
	unsigned n_answers;
	bool is_silent;
	bool is_done;
	int fd;
	enum reason reason;
	char *text;
};

/* A SOCKS5 proxy whose last word and the server's first one are one segment. */
static void answer(struct world *w) {
	static const char method[] = "\5\0", reply[] = "\5\0\0\1\0\0\0\0\0\0" GREETING;
	const char *bytes = w->n_answers == 0 ? method : reply;
	size_t n = w->n_answers == 0 ? sizeof(method) - 1 : sizeof(reply) - 1;
	w->n_answers++;
	if (!w->is_silent)
		assert_int_equal(send(w->peer, bytes, n, MSG_NOSIGNAL), n);
}

static int on_bytes(sd_event_source *source, int fd, uint32_t events, void *userdata) {
	struct world *w = userdata;
	ssize_t n = recv(fd, w->heard + w->n_heard, sizeof(w->heard) - w->n_heard, MSG_DONTWAIT);
	if (n > 0) {
		w->n_heard += (size_t)n;
		answer(w);
	} else
		w->reads = sd_event_source_disable_unref(w->reads);
	return 0;
}

static int on_accept(sd_event_source *source, int fd, uint32_t events, void *userdata) {
	struct world *w = userdata;
	w->peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	assert_return_code(w->peer, errno);
	assert_return_code(sd_event_add_io(w->loop, &w->reads, w->peer, EPOLLIN, on_bytes, w), 0);
	return 0;
}

static int set_up(void **state) {
	struct world *w = MEMORY_NEW(struct world);
	assert_return_code(sd_event_new(&w->loop), 0);
	w->server = name_server_new(w->loop, names);
	assert_int_equal(resolver_new(w->loop, w->server->address, &w->resolver), 0);
	w->fd = w->peer = -1;
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	w->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(w->listener, (struct sockaddr *)&address, length), 0);
	assert_int_equal(getsockname(w->listener, (struct sockaddr *)&address, &length), 0);
	assert_int_equal(listen(w->listener, 4), 0);
	w->port = ntohs(address.sin_port);
	assert_return_code(
		sd_event_add_io(w->loop, &w->accepts, w->listener, EPOLLIN, on_accept, w), 0);
	*state = w;
	return 0;
}

static int tear_down(void **state) {
	struct world *w = *state;
	connector_free(w->connector);
	resolver_free(w->resolver);
	name_server_free(w->server);
	sd_event_source_disable_unref(w->accepts);
	sd_event_source_disable_unref(w->reads);
	(void)close(w->listener);
	if (w->peer >= 0)
		(void)close(w->peer);
	if (w->fd >= 0)
		(void)close(w->fd);
	sd_event_unref(w->loop);
	memory_free(w->text);
	memory_free(w);
	return 0;
}

static void on_done(const struct connector_result *result, void *userdata) {
	struct world *w = userdata;
	w->is_done = true;
	w->fd = result->fd;
	w->reason = result->reason;
	w->text = memory_strdup(result->text);
	w->connector = connector_free(w->connector);
}

static void run(struct world *w, const struct connector_target *target) {
	struct connector_target whole = *target;
	whole.resolver = w->resolver;
	if (whole.timeout_usec == 0)
		whole.timeout_usec = HANG_USEC;
	assert_int_equal(connector_new(w->loop, &whole, on_done, w, &w->connector), 0);
	while (!w->is_done)
		assert_return_code(sd_event_run(w->loop, HANG_USEC), 0);
}

/* What the stream would read first. */
static void expect_greeting(struct world *w) {
	char bytes[64] = "";
	assert_return_code(w->fd, 0);
	assert_int_equal(recv(w->fd, bytes, sizeof(bytes) - 1, 0), strlen(GREETING));
	assert_string_equal(bytes, GREETING);
}

static void no_name_is_asked_for_but_the_proxys(void **state) {
	struct world *w = *state;
	const struct connector_target target = {
		.host = "imap.secret.example",
		.port = 993,
		.proxy = { PROXY_SOCKS5, "127.0.0.1", w->port, NULL, NULL },
	};
	run(w, &target);
	expect_greeting(w);
	assert_int_equal(w->server->n_asked, 0);
	assert_non_null(memmem(w->heard, w->n_heard, "imap.secret.example", 19));
}

static void the_proxys_name_is(void **state) {
	struct world *w = *state;
	const struct connector_target target = {
		.host = "imap.secret.example",
		.port = 993,
		.proxy = { PROXY_SOCKS5, "proxy.example", w->port, NULL, NULL },
	};
	run(w, &target);
	expect_greeting(w);
	assert_in_range(w->server->n_asked, 1, 2); /* A and AAAA */
}

static void without_a_proxy_the_hosts_is(void **state) {
	struct world *w = *state;
	const struct connector_target target = { .host = "imap.example", .port = w->port };
	run(w, &target);
	assert_return_code(w->fd, 0);
	assert_true(w->server->n_asked > 0);
}

static void a_proxy_without_a_name(void **state) {
	struct world *w = *state;
	const struct connector_target target = {
		.host = "imap.secret.example",
		.port = 993,
		.proxy = { PROXY_HTTP, "unknown.example", w->port, NULL, NULL },
	};
	run(w, &target);
	assert_int_equal(w->reason, REASON_DNS_FAILED);
	assert_string_equal(w->text, "the proxy: no such host name");
}

static void a_silent_proxy(void **state) {
	struct world *w = *state;
	w->is_silent = true;
	const struct connector_target target = {
		.host = "imap.secret.example",
		.port = 993,
		.proxy = { PROXY_SOCKS5, "127.0.0.1", w->port, NULL, NULL },
		.timeout_usec = 500 * USEC_PER_MSEC, /* and connected before that */
	};
	run(w, &target);
	assert_int_equal(w->fd, -1);
	assert_int_equal(w->reason, REASON_TIMED_OUT);
	assert_string_equal(w->text, "the proxy did not answer in time");
}

/* Whether the host is this one cannot be known behind a proxy. */
static void cleartext_goes_through_no_proxy(void **state) {
	struct world *w = *state;
	const struct connector_target target = {
		.host = "localhost",
		.port = 143,
		.loopback_only = true,
		.proxy = { PROXY_SOCKS5, "127.0.0.1", w->port, NULL, NULL },
	};
	run(w, &target);
	assert_int_equal(w->reason, REASON_CLEARTEXT_REFUSED);
	assert_int_equal(w->n_heard, 0);
}

static void freed_on_the_way(void **state) {
	struct world *w = *state;
	w->is_silent = true;
	const struct connector_target target = {
		.host = "h",
		.port = 1,
		.proxy = { PROXY_SOCKS5, "127.0.0.1", w->port, "ada", "secret" },
		.timeout_usec = HANG_USEC,
		.resolver = w->resolver,
	};
	assert_int_equal(connector_new(w->loop, &target, on_done, w, &w->connector), 0);
	while (w->n_heard == 0)
		assert_return_code(sd_event_run(w->loop, HANG_USEC), 0);
	w->connector = connector_free(w->connector);
	while (w->reads)
		assert_return_code(sd_event_run(w->loop, HANG_USEC), 0);
	assert_false(w->is_done);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(no_name_is_asked_for_but_the_proxys),
		TEST(the_proxys_name_is),
		TEST(without_a_proxy_the_hosts_is),
		TEST(a_proxy_without_a_name),
		TEST(a_silent_proxy),
		TEST(cleartext_goes_through_no_proxy),
		TEST(freed_on_the_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
