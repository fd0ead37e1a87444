#pragma once
/* One connection: name lookup, socket, TLS and buffers in one object, since the bugs of STARTTLS
 * live in the gap between a line reader's buffer and the TLS layer. Trust moves one way:
 * CLEAR -> HANDSHAKE -> SECURE. Holds no buffer while nothing is in flight. Never blocks.
 *
 * Pulled: the ready callback says that stream_next() has something; it is the last thing that the
 * stream does in a turn, so the callee may free the stream. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/macros.h"
#include "base/reason.h"
#include "io/connector.h"
#include "io/tls.h"

struct resolver;
struct stream;
struct tls_policy;
struct tls_record;
struct tls_ticket;

struct stream_counts {
	uint64_t bytes_in; /* on the wire */
	uint64_t bytes_out;
};

enum stream_security {
	STREAM_SECURITY_TLS, /* handshake right after the connection */
	STREAM_SECURITY_STARTTLS, /* clear until stream_start_tls() */
	STREAM_SECURITY_NONE, /* clear; the peer must be a loopback address ... */
	STREAM_SECURITY_NONE_ANYWHERE, /* ... unless the user insists (AllowCleartext=yes) */
};

#define STREAM_OUTPUT_MAX ((size_t)1024 * 1024)
/* What is read in one turn of the loop, so that one peer cannot starve the others. */
#define STREAM_TURN_BYTES ((size_t)64 * 1024)
#define STREAM_CONNECT_USEC (30 * USEC_PER_SEC)
#define STREAM_HANDSHAKE_USEC (15 * USEC_PER_SEC)

/* All borrowed until stream_new() returns, but for the policy, the ticket, the identity, the pins,
 * the record, the totals and the resolver, which must outlive the stream. */
struct stream_target {
	/* Name, in any letters, or address literal; also the name in the certificate. */
	const char *host;
	uint16_t port;
	enum stream_security security;
	struct tls_policy *policy; /* trust: NULL only for the clear kinds */
	struct tls_ticket *ticket; /* resumption, never shared between accounts; may be NULL */
	struct tls_identity *identity; /* our certificate; may be NULL */
	struct tls_wish wish; /* pinned keys */
	struct tls_record *record; /* filled in on the way; may be NULL */
	struct stream_counts *totals; /* of many streams: this one adds to it; may be NULL */
	struct connector_proxy proxy; /* on the way there; borrowed for stream_new() too */
	const char *alpn; /* "imap", "pop3"; constant; NULL: none offered */
	struct resolver *resolver; /* of the loop; NULL: an own one, 75 KiB while it asks */
	uint64_t connect_usec; /* deadlines; 0: as above */
	uint64_t handshake_usec;
};

enum stream_event_kind {
	STREAM_EVENT_CONNECTED, /* for TLS: the handshake is done and the peer is verified */
	STREAM_EVENT_SECURED, /* after stream_start_tls() */
	STREAM_EVENT_DATA, /* plaintext of the peer */
	/* The last event; `reason` and `text`. NONE: the peer's clean end (close_notify; in the
	 * clear: FIN). TLS_TRUNCATED: FIN without close_notify. Many servers end so (Cyrus always,
	 * Dovecot when killed): for the account it is a lost connection, as long as nothing was cut
	 * off in the middle. */
	STREAM_EVENT_CLOSED,
};

struct stream_event {
	enum stream_event_kind kind;
	const uint8_t *bytes; /* DATA: borrowed until the next call of any kind */
	size_t n;
	enum reason reason; /* CLOSED */
	const char *text; /* CLOSED: for people, printable; or NULL; until stream_free() */
};

typedef void (*stream_ready_fn)(struct stream *stream, void *userdata);

/* Starts at once. 0, or negative errno when this machine fails (no descriptors). What the network
 * or the peer does is a CLOSED event. Deadlines: 30 s to connect, 15 s for a handshake. */
int stream_new(sd_event *loop, const struct stream_target *target, stream_ready_fn ready,
	void *userdata, struct stream **ret);
/* Says close_notify if the socket takes it at once; then closes. */
struct stream *stream_free(struct stream *stream);
DEFINE_CLEANUP(struct stream, stream_free);

/* 1: an event; 0: nothing until the next ready callback. To be called until it says 0: what was
 * decrypted and not taken wakes nobody. The first call after a wake-up may say 0, too (a record
 * without data). */
int stream_next(struct stream *stream, struct stream_event *ret);

/* Copies, encrypts, sends what the socket takes; the rest follows by itself. All or nothing: -ENOBUFS
 * when more than STREAM_OUTPUT_MAX would wait. -ENOTCONN before CONNECTED, during a handshake and
 * after CLOSED. That the peer has gone is a CLOSED event, never an error here. */
int stream_write(struct stream *stream, const void *bytes, size_t n);

/* STARTTLS: -EPROTO when bytes of the peer have come already (injected data), or when it answered
 * before our command was sent. The stream is closed then, and its CLOSED event says so. -ENOTCONN
 * unless clear and connected. Must be called from the turn in which the server's OK was read, and
 * only when the engine has nothing left behind that OK: the stream knows of no byte that it has
 * handed out. */
int stream_start_tls(struct stream *stream);

/* The network of our own end, owned ("192.0.2.0/24"); NULL: not connected. */
char *stream_network(const struct stream *stream);

/* Whether it is connected, by an address that this machine still has. Without one nothing comes or
 * goes any more, and nobody says so. */
bool stream_has_address(const struct stream *stream);

bool stream_is_secure(const struct stream *stream);
/* For SASL mechanisms with -PLUS; 0 bytes: not secure, or no such binding. */
size_t stream_bind(
	const struct stream *stream, enum tls_binding kind, uint8_t ret_bytes[TLS_BINDING_MAX]);
struct stream_counts stream_counts(const struct stream *stream);
/* "192.0.2.1 port 993": where it is connected to; owned. NULL: nowhere. */
char *stream_peer(const struct stream *stream);
/* The round trip as the kernel has measured it, smoothed; 0: not known. */
uint64_t stream_round_trip_usec(const struct stream *stream);
