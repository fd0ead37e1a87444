#include "io/proxy-talk.h"

#include <arpa/inet.h>
#include <assert.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

#define OUTPUT_MAX ((size_t)4096)
#define TEXT_MAX ((size_t)120) /* of what the proxy says */

enum state {
	STATE_METHOD, /* SOCKS5: which of our ways to log in */
	STATE_LOGIN, /* SOCKS5: what became of it */
	STATE_REPLY, /* SOCKS5: what became of the connection */
	STATE_HEAD, /* HTTP */
	STATE_DONE,
};

struct proxy_talk {
	enum state state;
	enum reason reason; /* DONE */
	bool is_told;
	struct buffer input; /* of the answer that is being read */
	struct buffer output;
	char *text;
	char *user; /* NULL: none */
	char *password;
	char *host;
	uint16_t port;
};

static void finish(struct proxy_talk *t, enum reason reason, const char *text) {
	t->state = STATE_DONE;
	t->reason = reason;
	t->text = memory_strdup(text);
	t->password = memory_free_secret(t->password);
	buffer_deinit(&t->input);
}

static void say(struct proxy_talk *t, const void *bytes, size_t n) {
	/* All parts have their limit; together they are far below the buffer's. */
	(void)buffer_append(&t->output, bytes, n);
}

static void say_byte(struct proxy_talk *t, uint8_t byte) {
	say(t, &byte, 1);
}

/* --- SOCKS5 --- */

/* VER NMETHODS METHODS (RFC 1928 3) */
static void greet(struct proxy_talk *t) {
	static const uint8_t alone[] = { 5, 1, 0 };
	static const uint8_t with_user[] = { 5, 2, 0, 2 };
	t->state = STATE_METHOD;
	if (t->user)
		say(t, with_user, sizeof(with_user));
	else
		say(t, alone, sizeof(alone));
}

/* VER CMD RSV ATYP DST.ADDR DST.PORT (RFC 1928 4) */
static void request(struct proxy_talk *t) {
	uint8_t address[sizeof(struct in6_addr)];
	say(t, "\x05\x01\x00", 3);
	if (inet_pton(AF_INET, t->host, address) == 1) {
		say_byte(t, 1);
		say(t, address, 4);
	} else if (inet_pton(AF_INET6, t->host, address) == 1) {
		say_byte(t, 4);
		say(t, address, 16);
	} else {
		say_byte(t, 3);
		say_byte(t, (uint8_t)strlen(t->host));
		say(t, t->host, strlen(t->host));
	}
	say_byte(t, (uint8_t)(t->port >> 8));
	say_byte(t, (uint8_t)(t->port & 0xFF));
	t->state = STATE_REPLY;
}

/* VER ULEN UNAME PLEN PASSWD (RFC 1929 2) */
static void log_in(struct proxy_talk *t) {
	const char *password = t->password ? t->password : "";
	say_byte(t, 1);
	say_byte(t, (uint8_t)strlen(t->user));
	say(t, t->user, strlen(t->user));
	say_byte(t, (uint8_t)strlen(password));
	say(t, password, strlen(password));
	t->password = memory_free_secret(t->password);
	t->state = STATE_LOGIN;
}

static void on_method(struct proxy_talk *t, uint8_t method) {
	if (method == 0)
		request(t);
	else if (method == 2 && t->user)
		log_in(t);
	else if (method == 0xFF && !t->user)
		finish(t, REASON_PROXY_FAILED, "the proxy wants a user name and a password");
	else
		finish(t, REASON_PROXY_FAILED, "the proxy knows no login that we know");
}

/* RFC 1928 6: what the proxy found out about the server, and what it says of itself. */
static void on_reply(struct proxy_talk *t, uint8_t code) {
	static const struct {
		enum reason reason;
		const char *text;
	} replies[] = {
		{ REASON_NONE, NULL },
		{ REASON_CONNECT_FAILED, "the proxy says: general failure" },
		{ REASON_PROXY_FAILED, "the proxy says: not allowed by its rules" },
		{ REASON_CONNECT_FAILED, "the proxy says: network unreachable" },
		{ REASON_CONNECT_FAILED, "the proxy says: host unreachable" },
		{ REASON_CONNECT_FAILED, "the proxy says: connection refused" },
		{ REASON_CONNECT_FAILED, "the proxy says: time to live expired" },
		{ REASON_PROXY_FAILED, "the proxy says: command not supported" },
		{ REASON_PROXY_FAILED, "the proxy says: address type not supported" },
	};
	if (code < ARRAY_SIZE(replies))
		finish(t, replies[code].reason, replies[code].text);
	else
		finish(t, REASON_PROXY_FAILED, "the proxy refuses for a reason of its own");
}

/* How long the answer is, as far as is known. */
static size_t answer_length(const struct proxy_talk *t) {
	const uint8_t *bytes = buffer_bytes(&t->input);
	if (t->state != STATE_REPLY)
		return 2;
	if (t->input.n < 5)
		return 5;
	switch (bytes[3]) { /* ATYP of BND.ADDR */
	case 1:
		return 4 + 4 + 2;
	case 3:
		return 4 + 1 + (size_t)bytes[4] + 2;
	case 4:
		return 4 + 16 + 2;
	}
	return 5; /* refused by its reader */
}

static void on_answer(struct proxy_talk *t, const uint8_t *answer) {
	uint8_t first = answer[0], second = answer[1];
	if (first != (t->state == STATE_LOGIN ? 1 : 5)) {
		finish(t, REASON_PROXY_FAILED, "the proxy does not speak SOCKS5");
		return;
	}
	bool is_reply = t->state == STATE_REPLY;
	bool is_odd = is_reply && answer[3] != 1 && answer[3] != 3 && answer[3] != 4;
	if (t->state == STATE_METHOD)
		on_method(t, second);
	else if (is_reply && second == 0 && is_odd)
		finish(t, REASON_PROXY_FAILED, "the proxy does not speak SOCKS5");
	else if (is_reply)
		on_reply(t, second);
	else if (second == 0)
		request(t);
	else
		finish(t, REASON_PROXY_FAILED, "the proxy refuses the user name or password");
}

static size_t feed_socks(struct proxy_talk *t, const uint8_t *bytes, size_t n) {
	size_t used = 0;
	while (t->state != STATE_DONE && used < n) {
		size_t wanted = answer_length(t) - t->input.n;
		size_t taken = MIN(wanted, n - used);
		(void)buffer_append(&t->input, bytes + used, taken);
		used += taken;
		if (t->input.n < answer_length(t))
			continue;
		uint8_t answer[5] = { 0 };
		memcpy(answer, buffer_bytes(&t->input), MIN(t->input.n, sizeof(answer)));
		buffer_clear(&t->input);
		on_answer(t, answer);
	}
	return used;
}

/* --- HTTP --- */

static void say_text(struct proxy_talk *t, const char *text) {
	say(t, text, strlen(text));
}

/* RFC 7617: a user name has no colon in it, as proxy-address.c holds. */
static void say_authorization(struct proxy_talk *t) {
	CLEANUP_SECRET char *both = memory_format("%s:%s", t->user, t->password ? t->password : "");
	size_t n = strlen(both);
	CLEANUP_SECRET char *encoded = (char *)memory_zalloc(n / 3 * 4 + 5, 1);
	(void)EVP_EncodeBlock((unsigned char *)encoded, (const unsigned char *)both, (int)n);
	say_text(t, "Proxy-Authorization: Basic ");
	say_text(t, encoded);
	say_text(t, "\r\n");
}

static void connect_to(struct proxy_talk *t) {
	bool is_v6 = strchr(t->host, ':');
	CLEANUP_TEXT char *authority = memory_format(is_v6 ? "[%s]:%u" : "%s:%u", t->host, t->port);
	CLEANUP_TEXT char *head =
		memory_format("CONNECT %s HTTP/1.1\r\nHost: %s\r\n", authority, authority);
	t->state = STATE_HEAD;
	say_text(t, head);
	if (t->user)
		say_authorization(t);
	say_text(t, "\r\n");
	t->password = memory_free_secret(t->password);
}

static bool is_digit(char c) {
	return c >= '0' && c <= '9';
}

/* status-line = HTTP-version SP status-code SP [ reason-phrase ] (RFC 9112 4); 0: it is none */
static unsigned parse_status(const char *line) {
	if (strncmp(line, "HTTP/1.", 7) != 0 || !is_digit(line[7]) || line[8] != ' ')
		return 0;
	uint32_t status;
	const char *p = line + 9;
	if (number_parse_u32(p, 3, &status) < 0 || (p[3] && p[3] != ' '))
		return 0;
	return status;
}

static void on_status(struct proxy_talk *t, unsigned status, const char *line) {
	CLEANUP_TEXT char *printable = text_printable(line + strlen("HTTP/1.1 "));
	CLEANUP_TEXT char *text = memory_format(
		"the proxy says: %.*s", (int)text_fit(printable, TEXT_MAX), printable);
	if (status >= 200 && status < 300)
		finish(t, REASON_NONE, NULL);
	else if (status == 407 || status == 401) /* tinyproxy says 401 */
		finish(t, REASON_PROXY_FAILED,
			t->user ? "the proxy refuses the user name or password"
				: "the proxy wants a user name and a password");
	else if (status >= 500)
		finish(t, REASON_CONNECT_FAILED, text);
	else
		finish(t, REASON_PROXY_FAILED, text);
}

/* The head is complete: its first line decides. 1xx is not the answer yet (RFC 9110 15.2). */
static void on_head(struct proxy_talk *t) {
	CLEANUP_TEXT char *head = buffer_take_text(&t->input);
	head[strcspn(head, "\r\n")] = '\0';
	unsigned status = parse_status(head);
	if (status == 0)
		finish(t, REASON_PROXY_FAILED, "the proxy does not speak HTTP");
	else if (status >= 200)
		on_status(t, status, head);
}

static bool ends_head(const struct buffer *b) {
	const uint8_t *bytes = buffer_bytes(b);
	size_t n = b->n;
	if (n < 2 || bytes[n - 1] != '\n')
		return false;
	return bytes[n - 2] == '\n' || (n >= 3 && bytes[n - 2] == '\r' && bytes[n - 3] == '\n');
}

/* Who speaks first, or something else, need not be waited for. */
static bool may_be_head(const struct buffer *b) {
	static const char begin[] = "HTTP/1.";
	return memcmp(buffer_bytes(b), begin, MIN(b->n, sizeof(begin) - 1)) == 0;
}

static size_t feed_http(struct proxy_talk *t, const uint8_t *bytes, size_t n) {
	size_t used = 0;
	while (t->state != STATE_DONE && used < n) {
		/* a NUL would hide what is behind it */
		if (bytes[used] == '\0' || buffer_append(&t->input, bytes + used, 1) < 0 ||
			!may_be_head(&t->input)) {
			finish(t, REASON_PROXY_FAILED, "the proxy does not speak HTTP");
			break;
		}
		used++;
		if (ends_head(&t->input))
			on_head(t);
	}
	return used;
}

/* --- the engine --- */

static bool fits(const char *text) {
	return strlen(text) <= PROXY_TALK_SECRET_MAX;
}

struct proxy_talk *proxy_talk_new(const struct proxy_talk_target *target) {
	assert(target->kind != PROXY_NONE && target->host);
	struct proxy_talk *t = MEMORY_NEW(struct proxy_talk);
	buffer_init(&t->input, PROXY_TALK_ANSWER_MAX);
	buffer_init_secret(&t->output, OUTPUT_MAX);
	t->user = memory_strdup(target->user);
	t->password = memory_strdup(target->password);
	t->host = memory_strdup(target->host);
	t->port = target->port;
	bool is_long = (t->user && !fits(t->user)) || (t->password && !fits(t->password));
	if (is_long || !fits(t->host) || strpbrk(t->host, "\r\n\t "))
		finish(t, REASON_PROXY_FAILED, "the request for the proxy is too long");
	else if (target->kind == PROXY_SOCKS5)
		greet(t);
	else
		connect_to(t);
	return t;
}

struct proxy_talk *proxy_talk_free(struct proxy_talk *t) {
	if (!t)
		return NULL;
	buffer_deinit(&t->input);
	buffer_deinit(&t->output);
	memory_free(t->text);
	memory_free(t->user);
	memory_free_secret(t->password);
	memory_free(t->host);
	return memory_free(t);
}

size_t proxy_talk_feed(struct proxy_talk *t, const void *bytes, size_t n) {
	if (t->state == STATE_DONE)
		return 0;
	return t->state == STATE_HEAD ? feed_http(t, bytes, n) : feed_socks(t, bytes, n);
}

int proxy_talk_next(struct proxy_talk *t, struct proxy_talk_event *ret) {
	if (t->state != STATE_DONE || t->is_told)
		return 0;
	t->is_told = true;
	*ret = (struct proxy_talk_event){ .reason = t->reason, .text = t->text };
	return 1;
}

size_t proxy_talk_output(struct proxy_talk *t, const uint8_t **ret_bytes) {
	*ret_bytes = buffer_bytes(&t->output);
	return t->output.n;
}

void proxy_talk_sent(struct proxy_talk *t, size_t n) {
	buffer_consume(&t->output, n);
	buffer_release(&t->output);
}
