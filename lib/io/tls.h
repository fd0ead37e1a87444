#pragma once
/* A TLS client without a socket: ciphertext and plaintext go in, ciphertext and events come out.
 * Made and owned by stream.c. The peer is always verified: TLS 1.2 at least, chain, validity, use as
 * a server, and the name in subjectAltName alone (RFC 9525). No buffer is held while the engine
 * was read dry. Its only clock is the one that OpenSSL judges certificates by; deadlines are the
 * stream's. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/reason.h"
#include "io/tls-certificate.h"

/* Ciphertext that waits for the socket. */
#define TLS_OUTPUT_MAX ((size_t)1024 * 1024)
/* Ciphertext fed and not yet read by tls_next(). */
#define TLS_INPUT_MAX ((size_t)256 * 1024)

struct tls;
struct tls_identity;
struct tls_policy;
struct tls_record;
struct tls_ticket;

enum tls_event_kind {
	TLS_EVENT_SECURED, /* the handshake is done and the peer is verified */
	TLS_EVENT_DATA,
	TLS_EVENT_CLOSED, /* the peer said close_notify; the last event */
	TLS_EVENT_FAILED, /* `reason` and `text`; the last event */
};

struct tls_event {
	enum tls_event_kind kind;
	const uint8_t *bytes; /* DATA: borrowed until the next call of any kind */
	size_t n;
	enum reason reason;
	const char *text; /* for people, printable; or NULL; borrowed until tls_free() */
};

struct tls_target {
	const char *host; /* name or address literal; borrowed for the call */
	const char *alpn; /* constant; NULL: none offered */
	struct tls_policy *policy; /* must outlive the engine, as all that follows */
	struct tls_ticket *ticket; /* may be NULL */
	struct tls_identity *identity; /* ours, for a server that asks; may be NULL */
	struct tls_wish wish;
	struct tls_record *record; /* what is to be told of the connection; may be NULL */
};

/* 0; -EINVAL when the host cannot be the name of a certificate. */
int tls_new(const struct tls_target *target, struct tls **ret);
/* A handshake that is not over takes the ticket with it. */
struct tls *tls_free(struct tls *t);
DEFINE_CLEANUP(struct tls, tls_free);

/* Copies. At most TLS_INPUT_MAX between two times that tls_next() has returned 0. */
void tls_feed(struct tls *t, const uint8_t *bytes, size_t n);
/* The peer will send no more: without its close_notify that is REASON_TLS_TRUNCATED, always. */
void tls_feed_end(struct tls *t);

/* 1: an event; 0: feed more. Writes output too. */
int tls_next(struct tls *t, struct tls_event *ret);

size_t tls_output(const struct tls *t, const uint8_t **ret_bytes);
void tls_sent(struct tls *t, size_t n);

/* -ENOBUFS when the output would pass TLS_OUTPUT_MAX, nothing is taken then; -ENOTCONN outside of
 * the time between SECURED and the last event. */
int tls_write(struct tls *t, const void *bytes, size_t n);
/* Says close_notify, if that has a meaning. */
void tls_shut(struct tls *t);

bool tls_is_resumed(const struct tls *t);

/* What binds a SASL mechanism to this connection. */
enum tls_binding {
	TLS_BINDING_EXPORTER, /* "tls-exporter", RFC 9266; TLS 1.3 only */
	TLS_BINDING_SERVER_END_POINT, /* "tls-server-end-point", RFC 5929 */
	/* "tls-unique", RFC 5929: the first Finished message. With TLS 1.2 only where the extended
	 * master secret makes it unique (RFC 7627). RFC 9266 defines none for TLS 1.3, but there is
	 * a server that takes no other (Cyrus), and there the message authenticates the whole
	 * handshake. */
	TLS_BINDING_UNIQUE,
};
#define TLS_BINDING_MAX 64

/* The number of bytes; 0: this connection has no such binding. */
size_t tls_bind(const struct tls *t, enum tls_binding kind, uint8_t ret_bytes[TLS_BINDING_MAX]);
