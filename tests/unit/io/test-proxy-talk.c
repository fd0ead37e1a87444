/* Conversations with proxies: whole, byte by byte, and cut at each place; what follows them belongs to
 * the mail server. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "io/proxy-address.h"
#include "io/proxy-talk.h"

#define BYTES(text) text, sizeof(text) - 1
#define BEHIND "* OK greeting"

struct turn {
	const char *client; /* what we say */
	size_t n_client;
	const char *proxy; /* what is answered */
	size_t n_proxy;
};

static const struct conversation {
	const char *name;
	struct proxy_talk_target target;
	struct turn turns[4];
	enum reason reason;
	const char *text;
} conversations[] = {
	{ "socks5 by name", { PROXY_SOCKS5, NULL, NULL, "imap.example", 993 },
		{ { BYTES("\5\1\0"), BYTES("\5\0") },
			{ BYTES("\5\1\0\3\x0cimap.example\x03\xe1"),
				BYTES("\5\0\0\1\x7f\0\0\1\x1f\x90") } },
		REASON_NONE, NULL },
	{ "socks5 to an address", { PROXY_SOCKS5, NULL, NULL, "192.0.2.1", 143 },
		{ { BYTES("\5\1\0"), BYTES("\5\0") },
			{ BYTES("\5\1\0\1\xc0\0\2\1\0\x8f"), BYTES("\5\0\0\4"
								   "0123456789abcdef"
								   "\0\0") } },
		REASON_NONE, NULL },
	{ "socks5 to an IPv6 address", { PROXY_SOCKS5, NULL, NULL, "2001:db8::1", 1 },
		{ { BYTES("\5\1\0"), BYTES("\5\0") },
			{ BYTES("\5\1\0\4\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0\1"),
				BYTES("\5\0\0\3\4host\0\0") } },
		REASON_NONE, NULL },
	{ "socks5 with a password", { PROXY_SOCKS5, "ada", "s3cret", "h", 1 },
		{ { BYTES("\5\2\0\2"), BYTES("\5\2") }, { BYTES("\1\3ada\6s3cret"), BYTES("\1\0") },
			{ BYTES("\5\1\0\3\1h\0\1"), BYTES("\5\0\0\1\0\0\0\0\0\0") } },
		REASON_NONE, NULL },
	{ "socks5 that wants no password", { PROXY_SOCKS5, "ada", "s3cret", "h", 1 },
		{ { BYTES("\5\2\0\2"), BYTES("\5\0") },
			{ BYTES("\5\1\0\3\1h\0\1"), BYTES("\5\0\0\1\0\0\0\0\0\0") } },
		REASON_NONE, NULL },
	{ "socks5 refuses the password", { PROXY_SOCKS5, "ada", "wrong", "h", 1 },
		{ { BYTES("\5\2\0\2"), BYTES("\5\2") },
			{ BYTES("\1\3ada\5wrong"), BYTES("\1\1") } },
		REASON_PROXY_FAILED, "the proxy refuses the user name or password" },
	{ "socks5 wants a password", { PROXY_SOCKS5, NULL, NULL, "h", 1 },
		{ { BYTES("\5\1\0"), BYTES("\5\xff") } }, REASON_PROXY_FAILED,
		"the proxy wants a user name and a password" },
	{ "socks5 wants something else", { PROXY_SOCKS5, "ada", "x", "h", 1 },
		{ { BYTES("\5\2\0\2"), BYTES("\5\1") } }, REASON_PROXY_FAILED,
		"the proxy knows no login that we know" },
	{ "socks5 takes a way that was not offered", { PROXY_SOCKS5, NULL, NULL, "h", 1 },
		{ { BYTES("\5\1\0"), BYTES("\5\2") } }, REASON_PROXY_FAILED,
		"the proxy knows no login that we know" },
	{ "socks5: refused there", { PROXY_SOCKS5, NULL, NULL, "h", 1 },
		{ { BYTES("\5\1\0"), BYTES("\5\0") },
			{ BYTES("\5\1\0\3\1h\0\1"), BYTES("\5\5\0\1\0\0\0\0\0\0") } },
		REASON_CONNECT_FAILED, "the proxy says: connection refused" },
	{ "socks5: no such host", { PROXY_SOCKS5, NULL, NULL, "h", 1 },
		{ { BYTES("\5\1\0"), BYTES("\5\0") },
			{ BYTES("\5\1\0\3\1h\0\1"), BYTES("\5\4\0\1\0\0\0\0\0\0") } },
		REASON_CONNECT_FAILED, "the proxy says: host unreachable" },
	{ "socks5: its rules", { PROXY_SOCKS5, NULL, NULL, "h", 1 },
		{ { BYTES("\5\1\0"), BYTES("\5\0") },
			{ BYTES("\5\1\0\3\1h\0\1"), BYTES("\5\2\0\1\0\0\0\0\0\0") } },
		REASON_PROXY_FAILED, "the proxy says: not allowed by its rules" },
	{ "socks5: an answer of its own", { PROXY_SOCKS5, NULL, NULL, "h", 1 },
		{ { BYTES("\5\1\0"), BYTES("\5\0") },
			{ BYTES("\5\1\0\3\1h\0\1"), BYTES("\5\x5b\0\1\0\0\0\0\0\0") } },
		REASON_PROXY_FAILED, "the proxy refuses for a reason of its own" },
	{ "socks5: an odd address", { PROXY_SOCKS5, NULL, NULL, "h", 1 },
		{ { BYTES("\5\1\0"), BYTES("\5\0") },
			{ BYTES("\5\1\0\3\1h\0\1"), BYTES("\5\0\0\7\0") } },
		REASON_PROXY_FAILED, "the proxy does not speak SOCKS5" },
	{ "an HTTP proxy is no SOCKS5", { PROXY_SOCKS5, NULL, NULL, "h", 1 },
		{ { BYTES("\5\1\0"), BYTES("HT") } }, REASON_PROXY_FAILED,
		"the proxy does not speak SOCKS5" },
	{ "http", { PROXY_HTTP, NULL, NULL, "imap.example", 993 },
		{ { BYTES("CONNECT imap.example:993 HTTP/1.1\r\nHost: imap.example:993\r\n\r\n"),
			BYTES("HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n") } },
		REASON_NONE, NULL },
	{ "http with a password", { PROXY_HTTP, "ada", "s3cret", "h", 1 },
		{ { BYTES("CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n"
			  "Proxy-Authorization: Basic YWRhOnMzY3JldA==\r\n\r\n"),
			BYTES("HTTP/1.0 200\r\n\r\n") } },
		REASON_NONE, NULL },
	{ "http to an IPv6 address", { PROXY_HTTP, NULL, NULL, "::1", 993 },
		{ { BYTES("CONNECT [::1]:993 HTTP/1.1\r\nHost: [::1]:993\r\n\r\n"),
			BYTES("HTTP/1.1 204 ok\n\n") } },
		REASON_NONE, NULL },
	{ "http, not yet", { PROXY_HTTP, NULL, NULL, "h", 1 },
		{ { BYTES("CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n"),
			BYTES("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 ok\r\n\r\n") } },
		REASON_NONE, NULL },
	{ "http wants a password", { PROXY_HTTP, NULL, NULL, "h", 1 },
		{ { BYTES("CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n"),
			BYTES("HTTP/1.1 407 Proxy Authentication Required\r\n"
			      "Proxy-Authenticate: Basic realm=\"x\"\r\n\r\n") } },
		REASON_PROXY_FAILED, "the proxy wants a user name and a password" },
	{ "http refuses the password", { PROXY_HTTP, "ada", "x", "h", 1 },
		{ { BYTES("CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n"
			  "Proxy-Authorization: Basic YWRhOng=\r\n\r\n"),
			BYTES("HTTP/1.1 407 no\r\n\r\n") } },
		REASON_PROXY_FAILED, "the proxy refuses the user name or password" },
	{ "http refuses it as tinyproxy does", { PROXY_HTTP, "ada", "x", "h", 1 },
		{ { BYTES("CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n"
			  "Proxy-Authorization: Basic YWRhOng=\r\n\r\n"),
			BYTES("HTTP/1.0 401 Unauthorized\r\n\r\n") } },
		REASON_PROXY_FAILED, "the proxy refuses the user name or password" },
	{ "http: its rules", { PROXY_HTTP, NULL, NULL, "h", 1 },
		{ { BYTES("CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n"),
			BYTES("HTTP/1.1 403 Access \x1b[31mviolation\r\n\r\n") } },
		REASON_PROXY_FAILED, "the proxy says: 403 Access \\u{1b}[31mviolation" },
	{ "http: not reached", { PROXY_HTTP, NULL, NULL, "h", 1 },
		{ { BYTES("CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n"),
			BYTES("HTTP/1.1 502 Bad Gateway\r\n\r\n") } },
		REASON_CONNECT_FAILED, "the proxy says: 502 Bad Gateway" },
	{ "a mail server is no HTTP proxy", { PROXY_HTTP, NULL, NULL, "h", 1 },
		{ { BYTES("CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n"), BYTES("*") } },
		REASON_PROXY_FAILED, "the proxy does not speak HTTP" },
	{ "http with a NUL", { PROXY_HTTP, NULL, NULL, "h", 1 },
		{ { BYTES("CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n"), BYTES("HTTP/1.1 2\0") } },
		REASON_PROXY_FAILED, "the proxy does not speak HTTP" },
};

static void expect_output(struct proxy_talk *t, const struct turn *turn, const char *name) {
	const uint8_t *bytes;
	size_t n = proxy_talk_output(t, &bytes);
	if (n != turn->n_client || memcmp(bytes, turn->client, n) != 0)
		fail_msg("%s: said %.*s", name, (int)n, (const char *)bytes);
	/* sent in two pieces: what is left is what was not sent */
	proxy_talk_sent(t, n / 2);
	assert_int_equal(proxy_talk_output(t, &bytes), n - n / 2);
	proxy_talk_sent(t, n - n / 2);
}

/* Feeds an answer in pieces of `size`, the first one of `first` bytes. Returns what was not taken. */
static size_t feed(struct proxy_talk *t, const char *bytes, size_t n, size_t first, size_t size) {
	size_t at = 0;
	while (at < n) {
		size_t piece = MIN(at == 0 && first > 0 ? first : size, n - at);
		size_t used = proxy_talk_feed(t, bytes + at, piece);
		at += used;
		if (used < piece)
			break;
	}
	return n - at;
}

static void play(const struct conversation *c, size_t first, size_t size) {
	CLEANUP(proxy_talk_free) struct proxy_talk *t = proxy_talk_new(&c->target);
	struct proxy_talk_event event;
	for (const struct turn *turn = c->turns; turn->client; turn++) {
		bool is_last = !turn[1].client;
		char answer[256];
		size_t n = turn->n_proxy;
		expect_output(t, turn, c->name);
		assert_int_equal(proxy_talk_next(t, &event), 0);
		memcpy(answer, turn->proxy, n);
		if (is_last && c->reason == REASON_NONE) {
			memcpy(answer + n, BEHIND, strlen(BEHIND));
			n += strlen(BEHIND);
			assert_int_equal(feed(t, answer, n, first, size), strlen(BEHIND));
		} else {
			size_t left = feed(t, answer, n, first, size);
			assert_true(left == 0 || is_last);
		}
	}
	if (!proxy_talk_next(t, &event))
		fail_msg("%s: no end, cut at %zu", c->name, first);
	if (event.reason != c->reason)
		fail_msg("%s: %s", c->name, reason_to_string(event.reason));
	if (c->text)
		assert_string_equal(event.text, c->text);
	else
		assert_null(event.text);
	assert_int_equal(proxy_talk_next(t, &event), 0);
	assert_int_equal(proxy_talk_feed(t, "x", 1), 0);
}

static void whole(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(conversations); i++)
		play(&conversations[i], 0, SIZE_MAX);
}

static void byte_by_byte(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(conversations); i++)
		play(&conversations[i], 1, 1);
}

static void cut_everywhere(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(conversations); i++)
		for (size_t cut = 1; cut < 120; cut++)
			play(&conversations[i], cut, SIZE_MAX);
}

static void an_endless_head(void **state) {
	const struct proxy_talk_target target = { PROXY_HTTP, NULL, NULL, "h", 1 };
	CLEANUP(proxy_talk_free) struct proxy_talk *t = proxy_talk_new(&target);
	struct proxy_talk_event event;
	size_t n = 0;
	assert_int_equal(proxy_talk_feed(t, BYTES("HTTP/1.1 200 ok\r\n")), 17);
	while (proxy_talk_feed(t, "X: y\r\n", 6) == 6)
		n += 6;
	assert_true(n <= PROXY_TALK_ANSWER_MAX);
	assert_int_equal(proxy_talk_next(t, &event), 1);
	assert_int_equal(event.reason, REASON_PROXY_FAILED);
}

/* Nothing that is too long for the protocol is said at all. */
static void too_long(void **state) {
	char text[300];
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	const struct proxy_talk_target targets[] = {
		{ PROXY_SOCKS5, text, "p", "h", 1 },
		{ PROXY_SOCKS5, "u", text, "h", 1 },
		{ PROXY_SOCKS5, NULL, NULL, text, 1 },
		{ PROXY_HTTP, NULL, NULL, "h\r\nX: y", 1 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		CLEANUP(proxy_talk_free) struct proxy_talk *t = proxy_talk_new(&targets[i]);
		struct proxy_talk_event event;
		const uint8_t *bytes;
		assert_int_equal(proxy_talk_output(t, &bytes), 0);
		assert_int_equal(proxy_talk_next(t, &event), 1);
		assert_int_equal(event.reason, REASON_PROXY_FAILED);
	}
}

static void addresses(void **state) {
	static const struct {
		const char *text;
		enum proxy_kind kind;
		const char *user, *host;
		unsigned port;
		const char *problem; /* a part of it */
	} cases[] = {
		{ "none", PROXY_NONE, NULL, NULL, 0, NULL },
		{ "socks5://localhost:1080", PROXY_SOCKS5, NULL, "localhost", 1080, NULL },
		{ "SOCKS5h://localhost:9050/", PROXY_SOCKS5, NULL, "localhost", 9050, NULL },
		{ "http://proxy.example:3128", PROXY_HTTP, NULL, "proxy.example", 3128, NULL },
		{ "http://ada@[::1]:8080", PROXY_HTTP, "ada", "::1", 8080, NULL },
		{ "http://a%40b@192.0.2.1:1", PROXY_HTTP, "a@b", "192.0.2.1", 1, NULL },
		{ "http://a@b@h:1", PROXY_HTTP, "a@b", "h", 1, NULL },
		{ "", PROXY_NONE, NULL, NULL, 0, "is no proxy" },
		{ "localhost:1080", PROXY_NONE, NULL, NULL, 0, "is no proxy" },
		{ "socks4://localhost:1080", PROXY_NONE, NULL, NULL, 0, "is no proxy" },
		{ "https://localhost:1080", PROXY_NONE, NULL, NULL, 0, "is no proxy" },
		{ "socks5://localhost", PROXY_NONE, NULL, NULL, 0, "with its port" },
		{ "socks5://[::1]", PROXY_NONE, NULL, NULL, 0, "with its port" },
		{ "socks5://[::1", PROXY_NONE, NULL, NULL, 0, "with its port" },
		{ "socks5://::1:1080", PROXY_NONE, NULL, NULL, 0, "is no host name" },
		{ "socks5://h:0", PROXY_NONE, NULL, NULL, 0, "is no port" },
		{ "socks5://h:1080/x", PROXY_NONE, NULL, NULL, 0, "is no port" },
		{ "socks5://:1080", PROXY_NONE, NULL, NULL, 0, "is no host name" },
		{ "socks5://a b:1080", PROXY_NONE, NULL, NULL, 0, "is no host name" },
		{ "http://ada:secret@h:1", PROXY_NONE, NULL, NULL, 0, "ProxyPasswordFile=" },
		{ "http://ada%3Asecret@h:1", PROXY_NONE, NULL, NULL, 0,
			"is no user name for a proxy" },
		{ "http://@h:1", PROXY_NONE, NULL, NULL, 0, "is no user name for a proxy" },
		{ "http://a%4@h:1", PROXY_NONE, NULL, NULL, 0, "is no user name for a proxy" },
		{ "http://a%0D%0Ab@h:1", PROXY_NONE, NULL, NULL, 0, "is no user name for a proxy" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct proxy_address a;
		CLEANUP_TEXT char *problem = proxy_address_parse(cases[i].text, &a);
		if (!problem != !cases[i].problem ||
			(problem && !strstr(problem, cases[i].problem)))
			fail_msg("%s: %s", cases[i].text, problem ? problem : "taken");
		if (problem && strstr(problem, "secret"))
			fail_msg("%s: the password is told", cases[i].text);
		assert_int_equal(a.kind, cases[i].kind);
		assert_int_equal(a.port * !problem, cases[i].port);
		assert_string_equal(a.user ? a.user : "-", cases[i].user ? cases[i].user : "-");
		assert_string_equal(a.host ? a.host : "-", cases[i].host ? cases[i].host : "-");
		proxy_address_deinit(&a);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(byte_by_byte),
		cmocka_unit_test(cut_everywhere),
		cmocka_unit_test(an_endless_head),
		cmocka_unit_test(too_long),
		cmocka_unit_test(addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
