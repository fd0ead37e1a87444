#pragma once
/* One connection of a watch: an engine joined to a stream, bytes over here, events over there, one
 * alarm for the engine's deadline. Embedded in its owner, who makes the engine and says what is to
 * be done with its events. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/reason.h"
#include "daemon/alarm-queue.h"

struct link;
struct sasl_bindings;
struct stream;
struct watch_context;

/* The verbs of an engine, whatever it speaks. */
struct link_engine {
	void (*feed)(void *session, const void *bytes, size_t n);
	size_t (*output)(void *session, const uint8_t **ret_bytes);
	void (*sent)(void *session, size_t n);
	uint64_t (*deadline)(const void *session);
	void (*tick)(void *session, uint64_t now_usec);
	bool (*is_partial)(const void *session);
	void (*bind)(void *session, const struct sasl_bindings *bindings);
	void (*secured)(void *session);
};

/* LINK_ENGINE(imap_session) is the verbs of `struct imap_session`. */
#define LINK_ENGINE(name)                                                               \
	static void link_##name##_feed(void *s, const void *bytes, size_t n) {          \
		name##_feed(s, bytes, n);                                               \
	}                                                                               \
	static size_t link_##name##_output(void *s, const uint8_t **ret_bytes) {        \
		return name##_output(s, ret_bytes);                                     \
	}                                                                               \
	static void link_##name##_sent(void *s, size_t n) {                             \
		name##_sent(s, n);                                                      \
	}                                                                               \
	static uint64_t link_##name##_deadline(const void *s) {                         \
		return name##_deadline(s);                                              \
	}                                                                               \
	static void link_##name##_tick(void *s, uint64_t now_usec) {                    \
		name##_tick(s, now_usec);                                               \
	}                                                                               \
	static bool link_##name##_is_partial(const void *s) {                           \
		return name##_is_partial(s);                                            \
	}                                                                               \
	static void link_##name##_bind(void *s, const struct sasl_bindings *bindings) { \
		name##_bind(s, bindings);                                               \
	}                                                                               \
	static void link_##name##_secured(void *s) {                                    \
		name##_secured(s);                                                      \
	}                                                                               \
	static const struct link_engine name##_engine = {                               \
		link_##name##_feed,                                                     \
		link_##name##_output,                                                   \
		link_##name##_sent,                                                     \
		link_##name##_deadline,                                                 \
		link_##name##_tick,                                                     \
		link_##name##_is_partial,                                               \
		link_##name##_bind,                                                     \
		link_##name##_secured,                                                  \
	}

struct link_kind {
	const struct link_engine *engine;
	const char *alpn; /* a constant */
	/* The connection is there (encrypted already, where it is from the start). May be NULL. */
	void (*connected)(struct link *link);
	/* Bytes have come, and are about to be fed. May be NULL. */
	void (*heard)(struct link *link);
	/* Hands on all events of the engine. 1: the link has ended in it, and may be gone. */
	int (*pull)(struct link *link);
	/* The end of the stream, or a failure of this machine; the link may be gone afterwards.
	 * The text is borrowed until the stream goes. */
	void (*ended)(struct link *link, enum reason reason, const char *text);
};

struct link {
	const struct link_kind *kind;
	const struct watch_context *context; /* its owner's */
	void *session; /* the owner's; NULL: none is under way */
	struct stream *stream;
	struct alarm alarm;
	bool is_asking; /* something was sent, and nothing has come since */
};

void link_init(
	struct link *link, const struct link_kind *kind, const struct watch_context *context);
/* Not the session. */
void link_deinit(struct link *link);

/* Connects `link->session`, which has just been made. Negative errno when this machine fails. */
int link_open(struct link *link);
/* Closes the connection: nothing can be said over it any more. */
void link_shut(struct link *link);

/* False: it is not connected yet, or by an address that this machine has no more; it was ended for that,
 * and may be gone. */
bool link_is_tenable(struct link *link);

/* For an engine that wants TLS. 1: refused, `ended` was called. */
int link_start_tls(struct link *link);

/* The time, for an engine that is about to be told something. */
void link_tick(struct link *link);
/* Afterwards: everything that it has to say, then what it wants sent, then its deadline. 1: the
 * link has ended in it, and may be gone. */
int link_pump(struct link *link);
