#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "tls-pair.h"

/* What the TLS engine does with a server that it trusts. The refusals: test-tls-refusals.c. */

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static SSL_CTX *context_of_version(const struct tls_world *w, int version) {
	SSL_CTX *context = tls_server_context(w->identity);
	SSL_CTX_set_min_proto_version(context, version);
	SSL_CTX_set_max_proto_version(context, version);
	return context;
}

/* The greeting travels in the same flight as the tickets, an answer later, then the end. */
static void play(struct tls_pair *p) {
	tls_pair_converse(p);
	tls_server_write(p->server, "* OK hello\r\n");
	tls_pair_converse(p);
	assert_int_equal(tls_write(p->client, "a NOOP\r\n", 8), 0);
	tls_pair_converse(p);
	assert_int_equal(p->server->plaintext.n, 8);
	assert_memory_equal(buffer_bytes(&p->server->plaintext), "a NOOP\r\n", 8);
	tls_server_write(p->server, "a OK\r\n");
	SSL_shutdown(p->server->ssl);
	tls_pair_converse(p);
	tls_pair_assert_said(p, "* OK hello\r\na OK\r\n");
	tls_pair_assert_log(p, "SDC");
}

static void conversation_is_whole_in_any_pieces(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	size_t pieces[] = { SIZE_MAX, 1, 2, 5, 6, 7, 100, 1000 };
	for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
		SSL_CTX *context = context_of_version(w, versions[v]);
		for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
			struct tls_pair p;
			tls_pair_init(&p, &target, context);
			p.piece = pieces[i];
			play(&p);
			tls_pair_deinit(&p);
		}
		SSL_CTX_free(context);
	}
}

static void conversation_is_whole_at_every_cut(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	size_t total = SIZE_MAX;
	for (size_t cut = 1; cut < total; cut++) {
		struct tls_pair p;
		tls_pair_init(&p, &target, w->server);
		p.cut = cut;
		play(&p);
		total = p.fed;
		tls_pair_deinit(&p);
	}
	assert_true(total > 1000);
}

/* Everything up to the last record is given, a whole answer too; what was cut is not. */
static void s_67_end_without_close_notify_is_truncation(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	for (size_t cut = 0; cut <= 64; cut++) {
		struct tls_pair p;
		tls_pair_init(&p, &target, w->server);
		tls_pair_converse(&p);
		tls_server_write(p.server, "* OK hello\r\n");
		tls_pair_converse(&p);
		tls_server_write(p.server, "* 1 FETCH (BODY[] {100}\r\n");
		tls_pair_ask_server(&p);
		bool whole = cut >= p.wire.n;
		tls_feed(p.client, buffer_bytes(&p.wire), MIN(cut, p.wire.n));
		tls_feed_end(p.client);
		tls_pair_take_events(&p);
		assert_int_equal(p.reason, REASON_TLS_TRUNCATED);
		tls_pair_assert_said(
			&p, whole ? "* OK hello\r\n* 1 FETCH (BODY[] {100}\r\n" : "* OK hello\r\n");
		tls_pair_assert_log(&p, "SDF");
		buffer_clear(&p.wire);
		tls_pair_deinit(&p);
	}
}

static void end_during_the_handshake_is_a_failure(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	for (size_t cut = 0; cut < 600; cut += 13) {
		struct tls_pair p;
		tls_pair_init(&p, &target, w->server);
		tls_pair_take_events(&p);
		tls_pair_ask_server(&p);
		assert_true(p.wire.n > cut);
		tls_feed(p.client, buffer_bytes(&p.wire), cut);
		tls_feed_end(p.client);
		tls_pair_take_events(&p);
		assert_int_equal(p.reason, REASON_TLS_FAILED);
		tls_pair_assert_log(&p, "F");
		tls_pair_deinit(&p);
	}
}

static void close_notify_of_ours_reaches_the_server(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	struct tls_pair p;
	tls_pair_init(&p, &target, w->server);
	tls_pair_converse(&p);
	tls_shut(p.client);
	assert_int_equal(tls_write(p.client, "x", 1), -ENOTCONN);
	tls_pair_ask_server(&p);
	assert_true(p.server->closed);
	tls_pair_deinit(&p);
}

static char *long_text(size_t n) {
	char *text = memory_zalloc(n + 1, 1);
	for (size_t i = 0; i < n; i++)
		text[i] = (char)('a' + i % 26);
	return text;
}

static void big_data_passes_in_both_directions(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	size_t n = (size_t)200 * 1024;
	CLEANUP_TEXT char *text = long_text(n);
	for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
		SSL_CTX *context = context_of_version(w, versions[v]);
		struct tls_pair p;
		tls_pair_init(&p, &target, context);
		tls_pair_converse(&p);
		tls_server_write(p.server, text);
		assert_int_equal(tls_write(p.client, text, n), 0);
		tls_pair_converse(&p);
		tls_pair_assert_said(&p, text);
		assert_int_equal(p.server->plaintext.n, n);
		assert_memory_equal(buffer_bytes(&p.server->plaintext), text, n);
		tls_pair_deinit(&p);
		SSL_CTX_free(context);
	}
}

/* Nothing of a write that does not fit is sent, and nothing is damaged. */
static void output_has_a_limit(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	struct tls_pair p;
	tls_pair_init(&p, &target, w->server);
	tls_pair_converse(&p);
	const uint8_t *bytes;
	size_t n = TLS_OUTPUT_MAX, taken = 0;
	CLEANUP_TEXT char *text = long_text(n);
	assert_int_equal(tls_write(p.client, text, n), -ENOBUFS);
	assert_int_equal(tls_output(p.client, &bytes), 0);
	while (tls_write(p.client, text, 1000) == 0)
		taken += 1000;
	assert_true(taken > n / 10 * 9);
	assert_true(tls_output(p.client, &bytes) <= TLS_OUTPUT_MAX);
	tls_pair_converse(&p);
	assert_int_equal(p.server->plaintext.n, taken);
	assert_int_equal(tls_write(p.client, text, 1000), 0);
	tls_pair_deinit(&p);
}

/* --- what a server may do later, when session and certificates were dropped --- */

static void settled_pair_init(
	struct tls_pair *p, const struct tls_target *target, SSL_CTX *context) {
	tls_pair_init(p, target, context);
	tls_pair_converse(p);
	tls_server_write(p->server, "hello ");
	tls_pair_converse(p);
	/* the record with the data was read dry: this is when the engine settles */
	tls_pair_assert_said(p, "hello ");
}

static void assert_still_talks(struct tls_pair *p) {
	tls_server_write(p->server, "again");
	assert_int_equal(tls_write(p->client, "me too", 6), 0);
	tls_pair_converse(p);
	tls_pair_assert_said(p, "hello again");
	assert_int_equal(p->server->plaintext.n, 6);
	tls_pair_assert_log(p, "SD");
}

static void s_68_renegotiation_is_refused(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	SSL_CTX *context = context_of_version(w, TLS1_2_VERSION);
	struct tls_pair p;
	settled_pair_init(&p, &target, context);
	assert_int_equal(SSL_renegotiate(p.server->ssl), 1);
	(void)SSL_do_handshake(p.server->ssl);
	tls_pair_converse(&p);
	/* our warning (no_renegotiation) is all that it gets, and ends the server's attempt */
	assert_true(p.server->failed);
	tls_pair_assert_log(&p, "SDF");
	assert_int_equal(p.reason, REASON_TLS_FAILED);
	tls_pair_deinit(&p);
	SSL_CTX_free(context);
}

static void s_68_key_updates_are_bounded(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	struct tls_pair p;
	settled_pair_init(&p, &target, w->server);
	for (size_t i = 0; i < 1000; i++) {
		assert_int_equal(SSL_key_update(p.server->ssl, SSL_KEY_UPDATE_REQUESTED), 1);
		assert_int_equal(SSL_do_handshake(p.server->ssl), 1);
	}
	tls_server_take_output(p.server, &p.wire);
	tls_pair_feed_client(&p);
	const uint8_t *bytes;
	assert_true(tls_output(p.client, &bytes) < 64 * 1024);
	tls_pair_converse(&p);
	assert_still_talks(&p);
	tls_pair_deinit(&p);
}

static void late_tickets_do_no_harm(void **state) {
	const struct tls_world *w = *state;
	CLEANUP(tls_ticket_free) struct tls_ticket *ticket = tls_ticket_new();
	struct tls_target target = tls_world_target(w);
	target.ticket = ticket;
	struct tls_pair p;
	settled_pair_init(&p, &target, w->server);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(SSL_new_session_ticket(p.server->ssl), 1);
		assert_int_equal(SSL_do_handshake(p.server->ssl), 1);
		tls_server_take_output(p.server, &p.wire);
		tls_pair_feed_client(&p);
	}
	assert_still_talks(&p);
	tls_pair_deinit(&p);
	bool resumed = false;
	assert_true(tls_pair_connects(&target, w->server, &resumed));
	assert_true(resumed);
}

static void every_cipher_lives_on_when_settled(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	static const char *const ciphers[] = {
		"ECDHE-ECDSA-AES128-GCM-SHA256",
		"ECDHE-ECDSA-AES256-SHA384",
		"ECDHE-ECDSA-AES128-SHA",
		"ECDHE-ECDSA-CHACHA20-POLY1305",
	};
	for (size_t i = 0; i < ARRAY_SIZE(ciphers); i++) {
		SSL_CTX *context = context_of_version(w, TLS1_2_VERSION);
		assert_int_equal(SSL_CTX_set_cipher_list(context, ciphers[i]), 1);
		struct tls_pair p;
		settled_pair_init(&p, &target, context);
		assert_string_equal(SSL_get_cipher_name(p.server->ssl), ciphers[i]);
		assert_still_talks(&p);
		tls_pair_deinit(&p);
		SSL_CTX_free(context);
	}
}

/* --- resumption --- */

static void s_69_resumption_needs_the_own_ticket(void **state) {
	const struct tls_world *w = *state;
	for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
		SSL_CTX *context = context_of_version(w, versions[v]);
		CLEANUP(tls_ticket_free) struct tls_ticket *mine = tls_ticket_new();
		CLEANUP(tls_ticket_free) struct tls_ticket *others = tls_ticket_new();
		struct tls_target target = tls_world_target(w);
		bool resumed = true;
		target.ticket = mine;
		assert_true(tls_pair_connects(&target, context, &resumed));
		assert_false(resumed);
		/* again and again: no user of a ticket spoils it for the next one */
		for (size_t i = 0; i < 3; i++) {
			assert_true(tls_pair_connects(&target, context, &resumed));
			assert_true(resumed);
		}
		target.ticket = others;
		assert_true(tls_pair_connects(&target, context, &resumed));
		assert_false(resumed);
		target.ticket = NULL;
		assert_true(tls_pair_connects(&target, context, &resumed));
		assert_false(resumed);
		SSL_CTX_free(context);
	}
}

static void s_69_ticket_is_for_one_policy_and_host(void **state) {
	const struct tls_world *w = *state;
	CLEANUP(tls_ticket_free) struct tls_ticket *ticket = tls_ticket_new();
	CLEANUP(tls_policy_free) struct tls_policy *other = NULL;
	char *problem = NULL;
	assert_int_equal(tls_policy_new(authority_file(w->authority), &other, &problem), 0);
	struct tls_target target = tls_world_target(w);
	target.ticket = ticket;
	bool resumed = true;
	assert_true(tls_pair_connects(&target, w->server, &resumed));
	assert_false(resumed);
	target.policy = other;
	assert_true(tls_pair_connects(&target, w->server, &resumed));
	assert_false(resumed);
	target.host = "127.0.0.1";
	assert_true(tls_pair_connects(&target, w->server, &resumed));
	assert_false(resumed);
	assert_true(tls_pair_connects(&target, w->server, &resumed));
	assert_true(resumed);
}

static void s_70_ticket_ends_with_the_certificate(void **state) {
	const struct tls_world *w = *state;
	CLEANUP(tls_ticket_free) struct tls_ticket *ticket = tls_ticket_new();
	struct tls_target target = tls_world_target(w);
	struct tls_pair p;
	tls_pair_init(&p, &target, w->server);
	tls_pair_converse(&p);
	time_t now = time(NULL);
	for (int late = 0; late <= 1; late++) {
		struct tls_ticket_scope scope = {
			.policy_id = 1,
			.host = "mail.example",
			.certificate = { .expires = now + (late ? -1 : 3600) },
		};
		tls_ticket_keep(ticket, SSL_get_session(p.server->ssl), &scope);
		struct tls_ticket_scope now_scope = { .policy_id = 1, .host = "mail.example" };
		SSL_SESSION *session = tls_ticket_take(ticket, &now_scope);
		assert_int_equal(session == NULL, late);
		SSL_SESSION_free(session);
	}
	tls_pair_deinit(&p);
}

static void s_70_ticket_is_dropped_with_a_refused_certificate(void **state) {
	const struct tls_world *w = *state;
	CLEANUP(tls_ticket_free) struct tls_ticket *ticket = tls_ticket_new();
	struct tls_target target = tls_world_target(w);
	target.ticket = ticket;
	bool resumed = false;
	assert_true(tls_pair_connects(&target, w->server, NULL));
	assert_true(tls_pair_connects(&target, w->server, &resumed));
	assert_true(resumed);

	CLEANUP(authority_free) struct authority *stranger = authority_new("Stranger");
	struct identity_wish wish = { .alt_names = "DNS:mail.example" };
	struct identity *identity = authority_issue(stranger, &wish);
	SSL_CTX *context = tls_server_context(identity);
	tls_pair_assert_refused(&target, context, REASON_TLS_UNTRUSTED);
	SSL_CTX_free(context);
	authority_free_identity(identity);

	assert_true(tls_pair_connects(&target, w->server, &resumed));
	assert_false(resumed);
}

static void unfinished_handshake_takes_the_ticket_with_it(void **state) {
	const struct tls_world *w = *state;
	CLEANUP(tls_ticket_free) struct tls_ticket *ticket = tls_ticket_new();
	struct tls_target target = tls_world_target(w);
	target.ticket = ticket;
	assert_true(tls_pair_connects(&target, w->server, NULL));
	struct tls_pair p;
	tls_pair_init(&p, &target, w->server);
	tls_pair_take_events(&p);
	tls_pair_deinit(&p);
	bool resumed = true;
	assert_true(tls_pair_connects(&target, w->server, &resumed));
	assert_false(resumed);
}

static void host_that_no_certificate_can_name_is_an_error(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	static const char *const hosts[] = { "", ".", ".example" };
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		struct tls *t = NULL;
		target.host = hosts[i];
		assert_int_equal(tls_new(&target, &t), -EINVAL);
		assert_null(t);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversation_is_whole_in_any_pieces),
		cmocka_unit_test(conversation_is_whole_at_every_cut),
		cmocka_unit_test(s_67_end_without_close_notify_is_truncation),
		cmocka_unit_test(end_during_the_handshake_is_a_failure),
		cmocka_unit_test(close_notify_of_ours_reaches_the_server),
		cmocka_unit_test(big_data_passes_in_both_directions),
		cmocka_unit_test(output_has_a_limit),
		cmocka_unit_test(s_68_renegotiation_is_refused),
		cmocka_unit_test(s_68_key_updates_are_bounded),
		cmocka_unit_test(late_tickets_do_no_harm),
		cmocka_unit_test(every_cipher_lives_on_when_settled),
		cmocka_unit_test(s_69_resumption_needs_the_own_ticket),
		cmocka_unit_test(s_69_ticket_is_for_one_policy_and_host),
		cmocka_unit_test(s_70_ticket_ends_with_the_certificate),
		cmocka_unit_test(s_70_ticket_is_dropped_with_a_refused_certificate),
		cmocka_unit_test(unfinished_handshake_takes_the_ticket_with_it),
		cmocka_unit_test(host_that_no_certificate_can_name_is_an_error),
	};
	return cmocka_run_group_tests(tests, tls_world_set_up, tls_world_tear_down);
}
