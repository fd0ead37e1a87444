#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "tls-pair.h"

#include "base/memory.h"

int tls_world_set_up(void **state) {
	struct tls_world *w = MEMORY_NEW(struct tls_world);
	w->authority = authority_new("Test authority");
	struct identity_wish wish = { .alt_names = "DNS:mail.example,IP:127.0.0.1" };
	w->identity = authority_issue(w->authority, &wish);
	w->server = tls_server_context(w->identity);
	char *problem = NULL;
	assert_int_equal(tls_policy_new(authority_file(w->authority), &w->policy, &problem), 0);
	*state = w;
	return 0;
}

int tls_world_tear_down(void **state) {
	struct tls_world *w = *state;
	tls_policy_free(w->policy);
	SSL_CTX_free(w->server);
	authority_free_identity(w->identity);
	authority_free(w->authority);
	memory_free(w);
	return 0;
}

void tls_pair_init(struct tls_pair *p, const struct tls_target *target, SSL_CTX *context) {
	*p = (struct tls_pair){ .piece = SIZE_MAX, .cut = SIZE_MAX };
	buffer_init(&p->wire, (size_t)8 * 1024 * 1024);
	buffer_init(&p->said, (size_t)8 * 1024 * 1024);
	buffer_init(&p->log, 4096);
	assert_int_equal(tls_new(target, &p->client), 0);
	p->server = tls_server_new(context);
}

void tls_pair_deinit(struct tls_pair *p) {
	tls_free(p->client);
	tls_server_free(p->server);
	buffer_deinit(&p->wire);
	buffer_deinit(&p->said);
	buffer_deinit(&p->log);
}

void tls_pair_take_events(struct tls_pair *p) {
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

void tls_pair_ask_server(struct tls_pair *p) {
	const uint8_t *bytes;
	size_t n = tls_output(p->client, &bytes);
	tls_server_feed(p->server, bytes, n);
	tls_sent(p->client, n);
	tls_server_take_output(p->server, &p->wire);
}

void tls_pair_feed_client(struct tls_pair *p) {
	while (p->wire.n > 0) {
		size_t n = MIN(p->wire.n, p->piece);
		if (p->fed < p->cut)
			n = MIN(n, p->cut - p->fed);
		tls_feed(p->client, buffer_bytes(&p->wire), n);
		buffer_consume(&p->wire, n);
		p->fed += n;
		tls_pair_take_events(p);
	}
}

/* Until both are silent. */
void tls_pair_converse(struct tls_pair *p) {
	const uint8_t *bytes;
	do {
		tls_pair_take_events(p);
		tls_pair_ask_server(p);
		tls_pair_feed_client(p);
	} while (tls_output(p->client, &bytes) > 0 || p->wire.n > 0);
}

void tls_pair_assert_log(struct tls_pair *p, const char *expected) {
	assert_int_equal(buffer_append(&p->log, "", 1), 0);
	assert_string_equal((const char *)buffer_bytes(&p->log), expected);
}

struct tls_target tls_world_target(const struct tls_world *w) {
	return (struct tls_target){ .host = "mail.example", .policy = w->policy };
}

void tls_pair_assert_said(struct tls_pair *p, const char *expected) {
	assert_int_equal(p->said.n, strlen(expected));
	assert_memory_equal(buffer_bytes(&p->said), expected, p->said.n);
}

void tls_pair_assert_refused(
	const struct tls_target *target, SSL_CTX *context, enum reason reason) {
	struct tls_pair p;
	tls_pair_init(&p, target, context);
	tls_pair_converse(&p);
	tls_pair_assert_log(&p, "F");
	assert_string_equal(reason_to_string(p.reason), reason_to_string(reason));
	assert_non_null(p.text);
	assert_int_equal(tls_write(p.client, "secret", 6), -ENOTCONN);
	assert_int_equal(p.server->plaintext.n, 0);
	tls_pair_deinit(&p);
}

bool tls_pair_connects(const struct tls_target *target, SSL_CTX *context, bool *ret_resumed) {
	struct tls_pair p;
	tls_pair_init(&p, target, context);
	tls_pair_converse(&p);
	tls_server_write(p.server, "* OK\r\n");
	tls_pair_converse(&p);
	bool connects = p.log.n == 2 && memcmp(buffer_bytes(&p.log), "SD", 2) == 0;
	if (ret_resumed)
		*ret_resumed = tls_is_resumed(p.client);
	tls_pair_deinit(&p);
	return connects;
}
