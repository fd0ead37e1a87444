#pragma once
/* A stream under test with its peer and its loop: runs the loop until something has happened, and
 * keeps what the stream told: its events as letters (c connected, s secured, d data, x closed) and
 * the data. */
#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/buffer.h"
#include "io/resolver.h"
#include "io/stream.h"
#include "io/tls-policy.h"
#include "peer.h"

struct world {
	sd_event *loop;
	struct authority *authority;
	struct identity *identity;
	SSL_CTX *server;
	struct tls_policy *policy;
	struct resolver *resolver; /* asks a loopback port where nobody listens */
};

struct client {
	struct world *world;
	struct peer *peer;
	struct stream *stream;
	struct stream_target target;
	struct buffer log;
	struct buffer said;
	enum reason reason;
	char *text;
	bool frees_when_closed; /* in the ready callback */
};

int client_set_up(void **state);
int client_tear_down(void **state);

/* A peer that listens, and a stream that connects to it. */
void client_init(struct client *c, struct world *world, enum stream_security security);
/* The same in two steps, for what goes into `target` or the peer between them. */
void client_prepare(struct client *c, struct world *world, enum stream_security security);
void client_start(struct client *c);
void client_deinit(struct client *c);

typedef bool (*client_condition_fn)(struct client *c, const char *text);

/* Runs the loop while `is_over` says no; fails the test if that takes half a minute. */
void client_run_until(struct client *c, client_condition_fn is_over, const char *text);
void client_run_until_log(struct client *c, const char *log);
void client_run_until_said(struct client *c, const char *said);
void client_run_until_received(struct client *c, const char *received);
