#pragma once
/* What is said to a proxy before the mail server is behind it: SOCKS5 (RFC 1928, with a password by
 * RFC 1929) or CONNECT of HTTP (RFC 9110 9.3.6). The name of the server goes to the proxy as it is:
 * nobody else is asked for it. An engine: bytes in, bytes and one event out, no socket.
 *
 * It takes what the proxy says and not a byte more: mail servers speak first. */
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/reason.h"

/* The head of an HTTP answer; of SOCKS5 none is that long. */
#define PROXY_TALK_ANSWER_MAX ((size_t)16 * 1024)
/* RFC 1929 2: each has one byte of length. */
#define PROXY_TALK_SECRET_MAX ((size_t)255)

enum proxy_kind {
	PROXY_NONE,
	PROXY_SOCKS5,
	PROXY_HTTP,
};

/* All borrowed for the call. */
struct proxy_talk_target {
	enum proxy_kind kind; /* not NONE */
	const char *user; /* NULL: the proxy asks for nobody */
	const char *password;
	const char *host; /* the mail server: a name in ASCII, or an address literal */
	uint16_t port;
};

struct proxy_talk_event {
	enum reason reason; /* NONE: the server is behind it now; PROXY_FAILED, CONNECT_FAILED */
	const char *text; /* a sentence, printable; NULL with NONE; until the talk is freed */
};

struct proxy_talk;

struct proxy_talk *proxy_talk_new(const struct proxy_talk_target *target);
struct proxy_talk *proxy_talk_free(struct proxy_talk *t);
DEFINE_CLEANUP(struct proxy_talk, proxy_talk_free);

/* From the proxy. Returns how many of the bytes are its own: fewer than `n` only at the end, and
 * what is behind them belongs to whoever goes on with the connection. */
size_t proxy_talk_feed(struct proxy_talk *t, const void *bytes, size_t n);
/* 1: the event, once; 0: feed more. */
int proxy_talk_next(struct proxy_talk *t, struct proxy_talk_event *ret);
/* What to send; borrowed until the next call. */
size_t proxy_talk_output(struct proxy_talk *t, const uint8_t **ret_bytes);
void proxy_talk_sent(struct proxy_talk *t, size_t n);
