#pragma once
/* The TLS engine under test and a real server that meet in memory. The client is fed in pieces of
 * `piece` bytes, with one more cut behind the first `cut` bytes of all that the server ever said. */
#include "base/buffer.h"
#include "io/tls-policy.h"
#include "io/tls.h"
#include "tls-server.h"

struct tls_world {
	struct authority *authority;
	struct identity *identity; /* mail.example, 127.0.0.1 */
	SSL_CTX *server;
	struct tls_policy *policy;
};

struct tls_pair {
	struct tls *client;
	struct tls_server *server;
	struct buffer wire; /* from the server, not fed yet */
	struct buffer said; /* plaintext at the client */
	struct buffer log; /* the client's events: S secured, D data, C closed, F failed */
	enum reason reason;
	const char *text; /* the last event's, borrowed from the client */
	size_t piece;
	size_t cut;
	size_t fed;
};

int tls_world_set_up(void **state);
int tls_world_tear_down(void **state);
struct tls_target tls_world_target(const struct tls_world *w);

void tls_pair_init(struct tls_pair *p, const struct tls_target *target, SSL_CTX *context);
void tls_pair_deinit(struct tls_pair *p);

/* Until both are silent. */
void tls_pair_converse(struct tls_pair *p);
/* What the client wrote goes to the server, what it says stays on the wire. */
void tls_pair_ask_server(struct tls_pair *p);
/* The client reads the wire, in pieces. */
void tls_pair_feed_client(struct tls_pair *p);
void tls_pair_take_events(struct tls_pair *p);
void tls_pair_assert_log(struct tls_pair *p, const char *expected);
void tls_pair_assert_said(struct tls_pair *p, const char *expected);

/* A handshake with that server is refused with that reason, and the server saw no byte of ours. */
void tls_pair_assert_refused(const struct tls_target *target, SSL_CTX *context, enum reason reason);
/* A handshake with that server, a line of it, and whether it was resumed. */
bool tls_pair_connects(const struct tls_target *target, SSL_CTX *context, bool *ret_resumed);
