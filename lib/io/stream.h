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

struct stream;
struct tls_policy;
struct tls_ticket;

enum stream_security {
	STREAM_SECURITY_TLS, /* handshake right after the connection */
	STREAM_SECURITY_STARTTLS, /* clear until stream_start_tls() */
	STREAM_SECURITY_NONE, /* clear; the peer must be a loopback address ... */
	STREAM_SECURITY_NONE_ANYWHERE, /* ... unless the user insists (AllowCleartext=yes) */
};

/* All borrowed until stream_new() returns, but for the policy and the ticket, which must outlive
 * the stream. */
struct stream_target {
	const char *host; /* name or address literal; also the name in the certificate */
	uint16_t port;
	enum stream_security security;
	struct tls_policy *policy; /* trust: NULL only for the clear kinds */
	struct tls_ticket *ticket; /* resumption, never shared between accounts; may be NULL */
	const char *alpn; /* "imap", "pop3"; NULL: none offered */
};

enum stream_event_kind {
	STREAM_EVENT_CONNECTED, /* for TLS: the handshake is done and the peer is verified */
	STREAM_EVENT_SECURED, /* after stream_start_tls() */
	STREAM_EVENT_DATA, /* plaintext of the peer */
	STREAM_EVENT_CLOSED, /* the last event; `reason` and `text`; NONE: a clean end of the peer */
};

struct stream_event {
	enum stream_event_kind kind;
	const uint8_t *bytes; /* DATA: borrowed until the next call */
	size_t n;
	enum reason reason; /* CLOSED */
	const char *text; /* CLOSED: our words, printable; or NULL */
};

struct stream_counts {
	uint64_t bytes_in; /* on the wire */
	uint64_t bytes_out;
};

typedef void (*stream_ready_fn)(struct stream *stream, void *userdata);

/* Starts at once. 0, or negative errno when this machine fails (no descriptors). What the network
 * or the peer does is a CLOSED event. Deadlines: 30 s to connect, 15 s for a handshake. */
int stream_new(sd_event *loop, const struct stream_target *target, stream_ready_fn ready,
	void *userdata, struct stream **ret);
/* Closes the socket before anything else (mutt CVE-2020-28896). */
struct stream *stream_free(struct stream *stream);
DEFINE_CLEANUP(struct stream, stream_free);

/* 1: an event; 0: nothing until the next ready callback. */
int stream_next(struct stream *stream, struct stream_event *ret);

/* Copies, encrypts, sends what the socket takes; the rest follows by itself. Limit 1 MiB queued,
 * beyond it -ENOBUFS. -ENOTCONN before CONNECTED and after CLOSED. */
int stream_write(struct stream *stream, const void *bytes, size_t n);

/* STARTTLS: -EPROTO when bytes of the peer are buffered (injected data): close the stream then. */
int stream_start_tls(struct stream *stream);

bool stream_is_secure(const struct stream *stream);
struct stream_counts stream_counts(const struct stream *stream);
