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
#include "name-server.h"
#include "peer.h"

struct world {
	sd_event *loop;
	struct authority *authority;
	struct identity *identity;
	SSL_CTX *server;
	struct tls_policy *policy;
	struct name_server *names; /* mail. and other.example are here, far.example is not */
	struct resolver *resolver;
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
	size_t turn_bytes; /* the most that one ready callback brought */
	int start_result; /* of stream_start_tls(), for the test's own use */
	/* What the test does when an event comes, before the next one is taken. It may free the
	 * stream: then it sets it to NULL. */
	void (*on_event)(struct client *c, const struct stream_event *e);
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

/* Takes all events that there are, as an owner does at the end of each of its own steps. */
void client_pull(struct client *c);

/* Runs the loop while `is_over` says no; fails the test if that takes half a minute. */
void client_run_until(struct client *c, client_condition_fn is_over, const char *text);
void client_run_until_log(struct client *c, const char *log);
void client_run_until_said(struct client *c, const char *said);
void client_run_until_received(struct client *c, const char *received);
