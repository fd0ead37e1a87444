#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tls-pair.h"

/* What OpenSSL holds for one idle session of ours, to the byte: the daemon has ten thousand. A
 * buffer that comes back (16 KiB), or a chain of certificates (5 KiB with one of ours, 11 with one
 * that people pay for), is seen at once. */

/* OpenSSL 3.0.22 takes 11.6 (TLS 1.2) to 13.1 KiB (TLS 1.3, resumed: it keeps the transcript) */
#define IDLE_BYTES_MAX ((size_t)14 * 1024)

struct account {
	bool is_open; /* what is allocated now is the client's */
	size_t live;
};

/* OpenSSL's hooks have no argument of their own. */
static struct account account;

struct header {
	size_t n;
	bool counted;
	max_align_t data[];
};

static void *count_in(struct header *header, size_t n) {
	if (!header)
		return NULL;
	header->n = n;
	header->counted = account.is_open;
	if (header->counted)
		account.live += n;
	return header->data;
}

static void count_out(const struct header *header) {
	if (header->counted)
		account.live -= header->n;
}

static struct header *header_of(void *p) {
	return CONTAINER_OF(p, struct header, data);
}

static void *on_malloc(size_t n, const char *file, int line) {
	return n == 0 ? NULL : count_in(malloc(sizeof(struct header) + n), n);
}

static void on_free(void *p, const char *file, int line) {
	if (!p)
		return;
	count_out(header_of(p));
	free(header_of(p));
}

static void *on_realloc(void *p, size_t n, const char *file, int line) {
	void *copy = on_malloc(n, file, line);
	if (p && copy)
		memcpy(copy, p, MIN(n, header_of(p)->n));
	if (p && (copy || n == 0))
		on_free(p, file, line);
	return copy;
}

/* As tls_pair_converse(), with the client's part counted. */
static void converse(struct tls_pair *p) {
	const uint8_t *bytes;
	do {
		account.is_open = true;
		tls_pair_take_events(p);
		account.is_open = false;
		tls_pair_ask_server(p);
		account.is_open = true;
		tls_pair_feed_client(p);
		account.is_open = false;
	} while (tls_output(p->client, &bytes) > 0 || p->wire.n > 0);
}

static void connect_and_talk(
	struct tls_pair *p, const struct tls_target *target, SSL_CTX *context) {
	struct tls_target plain = *target;
	plain.ticket = NULL; /* an unfinished handshake would take it along */
	tls_pair_init(p, &plain, context);
	tls_free(p->client);
	account.is_open = true;
	account.live = 0;
	assert_int_equal(tls_new(target, &p->client), 0);
	converse(p);
	tls_server_write(p->server, "* OK hello\r\n");
	converse(p);
	account.is_open = true;
	assert_int_equal(tls_write(p->client, "a IDLE\r\n", 8), 0);
	converse(p);
	tls_server_write(p->server, "+ idling\r\n");
	converse(p);
	tls_pair_assert_said(p, "* OK hello\r\n+ idling\r\n");
}

static void idle_session_holds_neither_buffers_nor_certificates(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	target.alpn = "imap";
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
		CLEANUP(tls_ticket_free) struct tls_ticket *ticket = tls_ticket_new();
		SSL_CTX *context = tls_server_context(w->identity);
		SSL_CTX_set_max_proto_version(context, versions[v]);
		/* OpenSSL and the policy make some things once and for all */
		target.ticket = NULL;
		assert_true(tls_pair_connects(&target, context, NULL));
		for (size_t round = 0; round < 4; round++) {
			struct tls_pair p;
			target.ticket = round == 0 ? NULL : ticket; /* from round 2 on: resumed */
			connect_and_talk(&p, &target, context);
			assert_int_equal(tls_is_resumed(p.client), round >= 2);
			assert_in_range(account.live, 1, IDLE_BYTES_MAX);
			account.is_open = true;
			p.client = tls_free(p.client);
			account.is_open = false;
			/* a cache of found algorithms may have grown by the way */
			assert_in_range(account.live, 0, 512);
			tls_pair_deinit(&p);
		}
		SSL_CTX_free(context);
	}
}

int main(void) {
	if (CRYPTO_set_mem_functions(on_malloc, on_realloc, on_free) != 1)
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(idle_session_holds_neither_buffers_nor_certificates),
	};
	return cmocka_run_group_tests(tests, tls_world_set_up, tls_world_tear_down);
}
