#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "authority.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "io/tls-policy.h"
#include "io/tls.h"
#include "tls-server.h"

/* One client and one server that meet in memory. The client is fed in pieces: `piece` bytes, and
 * once a cut at `cut` bytes of all that the server ever said. */
struct pair {
	struct tls *client;
	struct tls_server *server;
	struct buffer wire; /* from the server, not fed yet */
	struct buffer said; /* plaintext at the client */
	struct buffer log; /* the client's events, a letter each */
	enum reason reason;
	const char *text;
	size_t piece;
	size_t cut;
	size_t fed;
};

struct world {
	struct authority *authority;
	struct identity *identity;
	SSL_CTX *server;
	struct tls_policy *policy;
};

static int set_up(void **state) {
	struct world *w = MEMORY_NEW(struct world);
	w->authority = authority_new("Test authority");
	struct identity_wish wish = { .alt_names = "DNS:mail.example,IP:127.0.0.1" };
	w->identity = authority_issue(w->authority, &wish);
	w->server = tls_server_context(w->identity);
	char *problem = NULL;
	assert_int_equal(tls_policy_new(authority_file(w->authority), &w->policy, &problem), 0);
	*state = w;
	return 0;
}

static int tear_down(void **state) {
	struct world *w = *state;
	tls_policy_free(w->policy);
	SSL_CTX_free(w->server);
	authority_free_identity(w->identity);
	authority_free(w->authority);
	memory_free(w);
	return 0;
}

static void pair_init(struct pair *p, const struct tls_target *target, SSL_CTX *context) {
	*p = (struct pair){ .piece = SIZE_MAX, .cut = SIZE_MAX };
	buffer_init(&p->wire, (size_t)8 * 1024 * 1024);
	buffer_init(&p->said, (size_t)8 * 1024 * 1024);
	buffer_init(&p->log, 4096);
	assert_int_equal(tls_new(target, &p->client), 0);
	p->server = tls_server_new(context);
}

static void pair_deinit(struct pair *p) {
	tls_free(p->client);
	tls_server_free(p->server);
	buffer_deinit(&p->wire);
	buffer_deinit(&p->said);
	buffer_deinit(&p->log);
}

static void take_events(struct pair *p) {
	struct tls_event e;
	while (tls_next(p->client, &e) > 0) {
		const char letters[] = "SDCF";
		char last = p->log.n > 0 ? (char)buffer_bytes(&p->log)[p->log.n - 1] : '\0';
		/* how data is cut into events is nobody's business */
		if (letters[e.kind] != 'D' || last != 'D')
			assert_int_equal(buffer_append(&p->log, &letters[e.kind], 1), 0);
		if (e.kind == TLS_EVENT_DATA)
			assert_int_equal(buffer_append(&p->said, e.bytes, e.n), 0);
		p->reason = e.reason;
		p->text = e.text;
	}
}

static void send_to_server(struct pair *p) {
	const uint8_t *bytes;
	size_t n = tls_output(p->client, &bytes);
	tls_server_feed(p->server, bytes, n);
	tls_sent(p->client, n);
}

static void feed_client(struct pair *p) {
	while (p->wire.n > 0) {
		size_t n = MIN(p->wire.n, p->piece);
		if (p->fed < p->cut)
			n = MIN(n, p->cut - p->fed);
		tls_feed(p->client, buffer_bytes(&p->wire), n);
		buffer_consume(&p->wire, n);
		p->fed += n;
		take_events(p);
	}
}

/* Until both are silent. */
static void converse(struct pair *p) {
	const uint8_t *bytes;
	do {
		take_events(p);
		send_to_server(p);
		tls_server_take_output(p->server, &p->wire);
		feed_client(p);
	} while (tls_output(p->client, &bytes) > 0 || p->wire.n > 0);
}

static void assert_log(struct pair *p, const char *expected) {
	assert_int_equal(buffer_append(&p->log, "", 1), 0);
	assert_string_equal((const char *)buffer_bytes(&p->log), expected);
}

static struct tls_target target_of(const struct world *w) {
	return (struct tls_target){ .host = "mail.example", .policy = w->policy };
}

/* The greeting travels in the same flight as the tickets, an answer later, then the end. */
static void play(struct pair *p) {
	converse(p);
	tls_server_write(p->server, "* OK hello\r\n");
	converse(p);
	assert_int_equal(tls_write(p->client, "a NOOP\r\n", 8), 0);
	converse(p);
	assert_int_equal(p->server->plaintext.n, 8);
	assert_memory_equal(buffer_bytes(&p->server->plaintext), "a NOOP\r\n", 8);
	tls_server_write(p->server, "a OK\r\n");
	SSL_shutdown(p->server->ssl);
	converse(p);
	assert_int_equal(p->said.n, 18);
	assert_memory_equal(buffer_bytes(&p->said), "* OK hello\r\na OK\r\n", 18);
	assert_log(p, "SDC");
}

static void conversation_is_whole_in_any_pieces(void **state) {
	struct tls_target target = target_of(*state);
	size_t pieces[] = { SIZE_MAX, 1, 2, 5, 6, 7, 100, 1000 };
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		struct pair p;
		pair_init(&p, &target, ((struct world *)*state)->server);
		p.piece = pieces[i];
		play(&p);
		pair_deinit(&p);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversation_is_whole_in_any_pieces),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
