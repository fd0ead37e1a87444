#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "client.h"

#include "base/memory.h"

#define HANG_USEC (30 * USEC_PER_SEC)

static const struct name_entry names[] = {
	{ "mail.example", NAME_ADDRESSES, "127.0.0.1", NULL },
	{ "other.example", NAME_ADDRESSES, "127.0.0.1", NULL },
	{ "far.example", NAME_ADDRESSES, "192.0.2.1", NULL },
	{ "silent.example", NAME_SILENCE, NULL, NULL },
	{ NULL, NAME_UNKNOWN, NULL, NULL },
};

int client_set_up(void **state) {
	struct world *w = MEMORY_NEW(struct world);
	assert_return_code(sd_event_new(&w->loop), 0);
	w->authority = authority_new("Test authority");
	struct identity_wish wish = { .alt_names = "DNS:mail.example,IP:127.0.0.1" };
	w->identity = authority_issue(w->authority, &wish);
	w->server = tls_server_context(w->identity);
	char *problem = NULL;
	assert_int_equal(tls_policy_new(authority_file(w->authority), &w->policy, &problem), 0);
	w->names = name_server_new(w->loop, names);
	assert_int_equal(resolver_new(w->loop, w->names->address, &w->resolver), 0);
	*state = w;
	return 0;
}

int client_tear_down(void **state) {
	struct world *w = *state;
	resolver_free(w->resolver);
	name_server_free(w->names);
	tls_policy_free(w->policy);
	SSL_CTX_free(w->server);
	authority_free_identity(w->identity);
	authority_free(w->authority);
	sd_event_unref(w->loop);
	memory_free(w);
	return 0;
}

static void keep(struct client *c, const struct stream_event *e) {
	const char letters[] = "csdx";
	char last = c->log.n > 0 ? (char)buffer_bytes(&c->log)[c->log.n - 1] : '\0';
	if (letters[e->kind] != 'd' || last != 'd')
		assert_int_equal(buffer_append(&c->log, &letters[e->kind], 1), 0);
	if (e->kind == STREAM_EVENT_DATA)
		assert_int_equal(buffer_append(&c->said, e->bytes, e->n), 0);
	if (e->kind == STREAM_EVENT_CLOSED) {
		c->reason = e->reason;
		c->text = memory_strdup(e->text);
	}
}

void client_pull(struct client *c) {
	struct stream_event e;
	size_t before = c->said.n;
	while (c->stream && stream_next(c->stream, &e) > 0) {
		keep(c, &e);
		if (c->on_event)
			c->on_event(c, &e);
	}
	c->turn_bytes = MAX(c->turn_bytes, c->said.n - before);
}

static void on_ready(struct stream *stream, void *userdata) {
	client_pull(userdata);
}

void client_prepare(struct client *c, struct world *world, enum stream_security security) {
	*c = (struct client){ .world = world };
	buffer_init(&c->log, 4096);
	buffer_init(&c->said, (size_t)64 * 1024 * 1024);
	c->peer = peer_new(world->loop, security == STREAM_SECURITY_TLS ? world->server : NULL);
	c->target = (struct stream_target){
		.host = "127.0.0.1",
		.port = c->peer->port,
		.security = security,
		.policy = security < STREAM_SECURITY_NONE ? world->policy : NULL,
		.resolver = world->resolver,
	};
}

void client_start(struct client *c) {
	assert_int_equal(stream_new(c->world->loop, &c->target, on_ready, c, &c->stream), 0);
}

void client_init(struct client *c, struct world *world, enum stream_security security) {
	client_prepare(c, world, security);
	client_start(c);
}

void client_deinit(struct client *c) {
	stream_free(c->stream);
	peer_free(c->peer);
	buffer_deinit(&c->log);
	buffer_deinit(&c->said);
	memory_free(c->text);
}

static int on_hang(sd_event_source *source, uint64_t usec, void *userdata) {
	*(bool *)userdata = true;
	return 0;
}

void client_run_until(struct client *c, client_condition_fn is_over, const char *text) {
	bool hangs = false;
	sd_event_source *guard = NULL;
	assert_return_code(sd_event_add_time_relative(c->world->loop, &guard, CLOCK_MONOTONIC,
				   HANG_USEC, 0, on_hang, &hangs),
		0);
	while (!is_over(c, text) && !hangs)
		assert_return_code(sd_event_run(c->world->loop, UINT64_MAX), 0);
	sd_event_source_disable_unref(guard);
	assert_false(hangs);
}

static bool equals(const struct buffer *b, const char *text) {
	return b->n == strlen(text) && memcmp(buffer_bytes(b), text, b->n) == 0;
}

static bool log_is(struct client *c, const char *text) {
	return equals(&c->log, text);
}

static bool said_is(struct client *c, const char *text) {
	return equals(&c->said, text);
}

static bool received_is(struct client *c, const char *text) {
	return equals(peer_received(c->peer), text);
}

void client_run_until_log(struct client *c, const char *log) {
	client_run_until(c, log_is, log);
}

void client_run_until_said(struct client *c, const char *said) {
	client_run_until(c, said_is, said);
}

void client_run_until_received(struct client *c, const char *received) {
	client_run_until(c, received_is, received);
}
