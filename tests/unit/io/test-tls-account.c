#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "io/tls-identity.h"
#include "io/tls-record.h"
#include "tls-pair.h"

/* What belongs to one account alone: pinned keys, a client certificate, and what binds a login to
 * its connection. */

/* --- pins --- */

/* Owned: the key's digest in base64. */
static char *pin_of(const struct identity *identity) {
	uint8_t *key = NULL, digest[32], text[64];
	int n = i2d_PUBKEY(identity->key, &key);
	assert_true(n > 0);
	assert_int_equal(EVP_Digest(key, (size_t)n, digest, NULL, EVP_sha256(), NULL), 1);
	OPENSSL_free(key);
	(void)EVP_EncodeBlock(text, digest, sizeof(digest));
	return memory_strdup((const char *)text);
}

static struct tls_pins *pins_of(const struct identity *identity) {
	CLEANUP_TEXT char *text = pin_of(identity);
	struct tls_pins *pins = NULL;
	char *problem = NULL;
	assert_int_equal(tls_pins_new(text, &pins, &problem), 0);
	return pins;
}

static void pin_comes_on_top_of_the_chain(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	CLEANUP(tls_pins_free) struct tls_pins *pins = pins_of(w->identity);
	target.wish.pins = pins;
	assert_true(tls_pair_connects(&target, w->server, NULL));

	/* the right chain and name, another key */
	struct identity_wish wish = { .alt_names = "DNS:mail.example" };
	CLEANUP(authority_free_identity)
	struct identity *other = authority_issue(w->authority, &wish);
	SSL_CTX *context = tls_server_context(other);
	tls_pair_assert_refused(&target, context, REASON_TLS_PIN);
	SSL_CTX_free(context);

	/* the right key, another name */
	target.host = "other.example";
	tls_pair_assert_refused(&target, w->server, REASON_TLS_NAME);
}

static void pin_alone_is_enough_when_wished(void **state) {
	const struct tls_world *w = *state;
	struct identity_wish wish = { .alt_names = "DNS:somewhere.example", .self_signed = true };
	CLEANUP(authority_free_identity)
	struct identity *identity = authority_issue(w->authority, &wish);
	SSL_CTX *context = tls_server_context(identity);
	CLEANUP(tls_pins_free) struct tls_pins *pins = pins_of(identity);
	struct tls_target target = tls_world_target(w);
	target.wish.pins = pins;
	tls_pair_assert_refused(&target, context, REASON_TLS_SELF_SIGNED);
	target.wish.pins_only = true;
	assert_true(tls_pair_connects(&target, context, NULL));
	tls_pair_assert_refused(&target, w->server, REASON_TLS_PIN);
	SSL_CTX_free(context);
}

/* Geary CVE-2020-24661: what one account accepts is no business of the next one. */
static void s_65_pin_is_for_one_account(void **state) {
	const struct tls_world *w = *state;
	struct identity_wish wish = { .alt_names = "DNS:mail.example", .self_signed = true };
	CLEANUP(authority_free_identity)
	struct identity *identity = authority_issue(w->authority, &wish);
	SSL_CTX *context = tls_server_context(identity);
	CLEANUP(tls_pins_free) struct tls_pins *pins = pins_of(identity);
	CLEANUP(tls_ticket_free) struct tls_ticket *ticket = tls_ticket_new();
	struct tls_target a = tls_world_target(w), b = tls_world_target(w);
	a.wish = (struct tls_wish){ .pins = pins, .pins_only = true };
	a.ticket = b.ticket = ticket; /* even by mistake */
	assert_true(tls_pair_connects(&a, context, NULL));
	tls_pair_assert_refused(&b, context, REASON_TLS_SELF_SIGNED);
	SSL_CTX_free(context);
}

static void s_69_ticket_does_not_get_round_a_new_pin(void **state) {
	const struct tls_world *w = *state;
	CLEANUP(tls_ticket_free) struct tls_ticket *ticket = tls_ticket_new();
	CLEANUP(tls_pins_free) struct tls_pins *right = pins_of(w->identity);
	struct identity_wish wish = { .alt_names = "DNS:mail.example" };
	CLEANUP(authority_free_identity)
	struct identity *other = authority_issue(w->authority, &wish);
	CLEANUP(tls_pins_free) struct tls_pins *wrong = pins_of(other);
	struct tls_target target = tls_world_target(w);
	target.ticket = ticket;
	bool resumed = false;
	assert_true(tls_pair_connects(&target, w->server, NULL));
	target.wish.pins = right;
	assert_true(tls_pair_connects(&target, w->server, &resumed));
	assert_true(resumed);
	target.wish.pins = wrong;
	tls_pair_assert_refused(&target, w->server, REASON_TLS_PIN);
	target.wish.pins = NULL;
	assert_true(tls_pair_connects(&target, w->server, &resumed));
	assert_false(resumed);
}

#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define BASE64 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static void pins_are_read_in_every_form(void **state) {
	static const struct {
		const char *text;
		bool good;
	} cases[] = {
		{ HEX, true },
		{ BASE64, true },
		{ "sha256//" BASE64, true },
		{ "  " HEX "\t" BASE64 " ", true },
		{ "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:"
		  "1A:"
		  "1B:1C:1D:1E:1F",
			true },
		{ "", false },
		{ " ", false },
		{ "sha256//", false },
		{ HEX "00", false },
		{ "0001", false },
		{ "sha1//" BASE64, false },
		{ "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", false },
		{ "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", false },
		{ "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8!", false },
		{ HEX " nonsense", false },
	};
	uint8_t digest[TLS_PIN_BYTES];
	for (size_t i = 0; i < sizeof(digest); i++)
		digest[i] = (uint8_t)i;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(tls_pins_free) struct tls_pins *pins = NULL;
		CLEANUP_TEXT char *problem = NULL;
		int r = tls_pins_new(cases[i].text, &pins, &problem);
		assert_int_equal(r, cases[i].good ? 0 : -EINVAL);
		assert_int_equal(problem == NULL, cases[i].good);
		if (r < 0)
			continue;
		assert_int_equal(tls_pins_match(pins, digest, 0), TLS_PINS_MATCH);
		assert_int_equal(tls_pins_end(pins), INT64_MAX);
		digest[0] ^= 1;
		assert_int_equal(tls_pins_match(pins, digest, 0), TLS_PINS_NO_MATCH);
		digest[0] ^= 1;
	}
}

/* The day is good until it is over, in UTC; of two pins of one key the later one counts. */
static void pins_have_days(void **state) {
	static const struct {
		const char *text;
		int64_t end; /* 0: refused */
	} cases[] = {
		{ HEX " 1970-01-01", 86400 },
		{ HEX " 2027-06-30", 1814400000 },
		{ HEX " 2028-02-29", 1835481600 },
		{ HEX " 2027-06-30 " HEX " 2027-07-01", 1814486400 },
		{ HEX " 2027-07-01\t" HEX " 2027-06-30", 1814486400 },
		{ HEX " 2027-02-29", 0 },
		{ HEX " 2027-02-31", 0 },
		{ HEX " 2027-13-01", 0 },
		{ HEX " 2027-6-30", 0 },
		{ HEX " 27-06-30", 0 },
		{ HEX " 2027-06-30x", 0 },
		{ HEX " 2027-06-30 2027-06-30", 0 },
		{ "2027-06-30 " HEX, 0 },
	};
	uint8_t digest[TLS_PIN_BYTES];
	for (size_t i = 0; i < sizeof(digest); i++)
		digest[i] = (uint8_t)i;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(tls_pins_free) struct tls_pins *pins = NULL;
		CLEANUP_TEXT char *problem = NULL;
		int r = tls_pins_new(cases[i].text, &pins, &problem);
		assert_int_equal(r, cases[i].end ? 0 : -EINVAL);
		if (r < 0)
			continue;
		int64_t end = cases[i].end;
		assert_int_equal(tls_pins_end(pins), end);
		assert_int_equal(tls_pins_match(pins, digest, end - 1), TLS_PINS_MATCH);
		assert_int_equal(tls_pins_match(pins, digest, end), TLS_PINS_EXPIRED);
	}
}

/* An expired pin refuses, with a word of its own: it neither vanishes nor counts. */
static void s_65_pin_expires(void **state) {
	const struct tls_world *w = *state;
	CLEANUP_TEXT char *pin = pin_of(w->identity);
	CLEANUP_TEXT char *text = memory_format("%s 2020-01-01", pin);
	CLEANUP(tls_pins_free) struct tls_pins *pins = NULL;
	char *problem = NULL;
	assert_int_equal(tls_pins_new(text, &pins, &problem), 0);
	struct tls_target target = tls_world_target(w);
	target.wish.pins = pins;
	tls_pair_assert_refused(&target, w->server, REASON_TLS_PIN_EXPIRED);

	struct identity_wish wish = { .alt_names = "DNS:mail.example" };
	CLEANUP(authority_free_identity)
	struct identity *other = authority_issue(w->authority, &wish);
	SSL_CTX *context = tls_server_context(other);
	tls_pair_assert_refused(&target, context, REASON_TLS_PIN);
	SSL_CTX_free(context);
}

static void tls_1_3_alone_when_wished(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	target.wish.needs_tls_1_3 = true;
	assert_true(tls_pair_connects(&target, w->server, NULL));
	SSL_CTX *context = tls_server_context(w->identity);
	assert_int_equal(SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION), 1);
	tls_pair_assert_refused(&target, context, REASON_TLS_VERSION);
	target.wish.needs_tls_1_3 = false;
	assert_true(tls_pair_connects(&target, context, NULL));
	SSL_CTX_free(context);
}

static void pins_have_a_limit(void **state) {
	struct buffer text;
	buffer_init(&text, 4096);
	for (size_t i = 0; i <= TLS_PINS_MAX; i++)
		assert_int_equal(buffer_append_text(&text, HEX " "), 0);
	CLEANUP_TEXT char *all = buffer_take_text(&text);
	struct tls_pins *pins = NULL;
	CLEANUP_TEXT char *problem = NULL;
	assert_int_equal(tls_pins_new(all, &pins, &problem), -EINVAL);
	assert_string_equal(problem, "more than 16 pins");
}

/* --- our own certificate --- */

static SSL_CTX *server_that_asks(const struct tls_world *w) {
	SSL_CTX *context = tls_server_context(w->identity);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	assert_int_equal(SSL_CTX_load_verify_file(context, authority_file(w->authority)), 1);
	return context;
}

static struct tls_identity *client_identity(const struct tls_world *w, const char *name) {
	struct identity_wish wish = { .common_name = name, .extended_usage = "clientAuth" };
	CLEANUP(authority_free_identity)
	struct identity *made = authority_issue(w->authority, &wish);
	const char *path = authority_path(w->authority, name);
	authority_write_identity(path, made);
	struct tls_identity *identity = NULL;
	char *problem = NULL;
	assert_int_equal(tls_identity_new(path, NULL, &identity, &problem), 0);
	return identity;
}

static void server_that_asks_gets_our_certificate(void **state) {
	const struct tls_world *w = *state;
	SSL_CTX *context = server_that_asks(w);
	CLEANUP(tls_identity_free) struct tls_identity *identity = client_identity(w, "first");
	struct tls_target target = tls_world_target(w);
	assert_false(tls_pair_connects(&target, context, NULL));
	target.identity = identity;
	assert_true(tls_pair_connects(&target, context, NULL));
	assert_true(tls_pair_connects(&target, w->server, NULL));
	SSL_CTX_free(context);
}

static void s_69_ticket_is_for_one_identity(void **state) {
	const struct tls_world *w = *state;
	SSL_CTX *context = server_that_asks(w);
	CLEANUP(tls_identity_free) struct tls_identity *one = client_identity(w, "one");
	CLEANUP(tls_identity_free) struct tls_identity *two = client_identity(w, "two");
	CLEANUP(tls_ticket_free) struct tls_ticket *ticket = tls_ticket_new();
	struct tls_target target = tls_world_target(w);
	target.ticket = ticket;
	target.identity = one;
	bool resumed = true;
	assert_true(tls_pair_connects(&target, context, &resumed));
	assert_true(tls_pair_connects(&target, context, &resumed));
	assert_true(resumed);
	target.identity = two;
	assert_true(tls_pair_connects(&target, context, &resumed));
	assert_false(resumed);
	target.identity = NULL;
	assert_false(tls_pair_connects(&target, context, &resumed));
	SSL_CTX_free(context);
}

static void assert_identity_refused(const char *path, int error, const char *problem) {
	struct tls_identity *identity = NULL;
	CLEANUP_TEXT char *text = NULL;
	assert_int_equal(tls_identity_new(path, NULL, &identity, &text), error);
	assert_null(identity);
	assert_non_null(strstr(text, problem));
}

static void bad_identity_files_are_named(void **state) {
	const struct tls_world *w = *state;
	assert_identity_refused("/nonexistent/me.pem", -ENOENT,
		"client certificate /nonexistent/me.pem cannot be read: No such file or directory");
	assert_identity_refused(authority_file(w->authority), -EINVAL,
		"ca.pem holds no key in PEM form, or one with a passphrase");
	assert_identity_refused("/dev/null", -EINVAL, "holds no certificate in PEM form");

	struct identity_wish wish = { .common_name = "mixed" };
	CLEANUP(authority_free_identity)
	struct identity *one = authority_issue(w->authority, &wish);
	CLEANUP(authority_free_identity)
	struct identity *two = authority_issue(w->authority, &wish);
	struct identity mixed = { .certificate = one->certificate, .key = two->key };
	const char *path = authority_path(w->authority, "mixed");
	authority_write_identity(path, &mixed);
	assert_identity_refused(path, -EINVAL, "holds a key that is not the first certificate's");

	const char *open_to_all = authority_path(w->authority, "open");
	authority_write_identity(open_to_all, one);
	assert_int_equal(chmod(open_to_all, 0604), 0);
	assert_identity_refused(open_to_all, -EINVAL, "holds a key that everybody can read");
}

static void key_may_have_a_file_of_its_own(void **state) {
	const struct tls_world *w = *state;
	struct identity_wish wish = { .common_name = "apart", .extended_usage = "clientAuth" };
	CLEANUP(authority_free_identity)
	struct identity *made = authority_issue(w->authority, &wish);
	const char *both = authority_path(w->authority, "both");
	CLEANUP_TEXT char *certificate = memory_format("%s.cert", both);
	authority_write_identity(both, made);
	authority_write(certificate, made->certificate);
	SSL_CTX *context = server_that_asks(w);
	struct tls_target target = tls_world_target(w);
	CLEANUP(tls_identity_free) struct tls_identity *identity = NULL;
	CLEANUP_TEXT char *problem = NULL;
	assert_int_equal(tls_identity_new(certificate, both, &identity, &problem), 0);
	target.identity = identity;
	assert_true(tls_pair_connects(&target, context, NULL));
	SSL_CTX_free(context);

	struct tls_identity *none = NULL;
	CLEANUP_TEXT char *why = NULL;
	assert_int_equal(tls_identity_new(certificate, certificate, &none, &why), -EINVAL);
	assert_int_equal(unlink(certificate), 0);
}

/* --- channel binding --- */

static void connect_pair(struct tls_pair *p, const struct tls_target *target, SSL_CTX *context) {
	tls_pair_init(p, target, context);
	tls_pair_converse(p);
	tls_server_write(p->server, "hello");
	tls_pair_converse(p);
	tls_pair_assert_said(p, "hello"); /* settled: its session is gone */
}

static void a_26_exporter_is_the_same_on_both_ends(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	struct tls_pair p;
	uint8_t ours[TLS_BINDING_MAX], theirs[32];
	tls_pair_init(&p, &target, w->server);
	assert_int_equal(tls_bind(p.client, TLS_BINDING_EXPORTER, ours), 0);
	tls_pair_deinit(&p);
	connect_pair(&p, &target, w->server);
	assert_int_equal(tls_bind(p.client, TLS_BINDING_EXPORTER, ours), sizeof(theirs));
	assert_int_equal(SSL_export_keying_material(p.server->ssl, theirs, sizeof(theirs),
				 "EXPORTER-Channel-Binding", 24, NULL, 0, 0),
		1);
	assert_memory_equal(ours, theirs, sizeof(theirs));
	tls_pair_deinit(&p);
}

static void end_point_is_the_certificates_digest(void **state) {
	const struct tls_world *w = *state;
	uint8_t expected[EVP_MAX_MD_SIZE], ours[TLS_BINDING_MAX];
	unsigned n;
	assert_int_equal(X509_digest(w->identity->certificate, EVP_sha256(), expected, &n), 1);
	CLEANUP(tls_ticket_free) struct tls_ticket *ticket = tls_ticket_new();
	struct tls_target target = tls_world_target(w);
	target.ticket = ticket;
	SSL_CTX *context = tls_server_context(w->identity);
	SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
	/* the second time without a certificate on the wire */
	for (int again = 0; again <= 1; again++) {
		struct tls_pair p;
		connect_pair(&p, &target, context);
		assert_int_equal(tls_is_resumed(p.client), again);
		assert_int_equal(tls_bind(p.client, TLS_BINDING_SERVER_END_POINT, ours), n);
		assert_memory_equal(ours, expected, n);
		assert_int_equal(tls_bind(p.client, TLS_BINDING_EXPORTER, ours), 0);
		tls_pair_deinit(&p);
	}
	SSL_CTX_free(context);
}

/* The first Finished: ours, and the server's when the session is resumed. */
static void unique_is_the_first_finished(void **state) {
	const struct tls_world *w = *state;
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		uint8_t ours[TLS_BINDING_MAX], theirs[TLS_BINDING_MAX];
		CLEANUP(tls_ticket_free) struct tls_ticket *ticket = tls_ticket_new();
		struct tls_target target = tls_world_target(w);
		target.ticket = ticket;
		SSL_CTX *context = tls_server_context(w->identity);
		SSL_CTX_set_max_proto_version(context, versions[i]);
		for (int again = 0; again <= 1; again++) {
			struct tls_pair p;
			connect_pair(&p, &target, context);
			assert_int_equal(tls_is_resumed(p.client), again);
			size_t n = again ? SSL_get_finished(p.server->ssl, theirs, sizeof(theirs))
					 : SSL_get_peer_finished(
						   p.server->ssl, theirs, sizeof(theirs));
			assert_int_equal(tls_bind(p.client, TLS_BINDING_UNIQUE, ours), n);
			assert_true(n > 0);
			assert_memory_equal(ours, theirs, n);
			tls_pair_deinit(&p);
		}
		SSL_CTX_free(context);
	}
}

/* RFC 7627: without it, two connections can be made to have the same one. */
static void unique_needs_the_extended_master_secret(void **state) {
	const struct tls_world *w = *state;
	uint8_t ours[TLS_BINDING_MAX];
	struct tls_target target = tls_world_target(w);
	SSL_CTX *context = tls_server_context(w->identity);
	SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_options(context, SSL_OP_NO_EXTENDED_MASTER_SECRET);
	struct tls_pair p;
	connect_pair(&p, &target, context);
	assert_int_equal(tls_bind(p.client, TLS_BINDING_UNIQUE, ours), 0);
	tls_pair_deinit(&p);
	SSL_CTX_free(context);
}

/* --- what is told of a connection --- */

static void record_tells_of_the_connection(void **state) {
	const struct tls_world *w = *state;
	struct tls_record record = { 0 };
	struct tls_target target = tls_world_target(w);
	target.record = &record;
	assert_true(tls_pair_connects(&target, w->server, NULL));
	assert_string_equal(record.version, "TLSv1.3");
	assert_string_equal(record.cipher, "TLS_AES_256_GCM_SHA384");
	assert_int_equal(record.n_chain, 1);
	assert_non_null(strstr(record.chain[0], ", valid until 2"));
	tls_record_deinit(&record);
}

/* What a refusal is about must be seen, and cannot do harm to who looks. */
static void record_holds_what_was_refused(void **state) {
	const struct tls_world *w = *state;
	struct identity_wish wish = {
		.common_name = "bad\x1b]52;c\a.example",
		.alt_names = "DNS:mail.example",
		.self_signed = true,
	};
	CLEANUP(authority_free_identity)
	struct identity *identity = authority_issue(w->authority, &wish);
	SSL_CTX *context = tls_server_context(identity);
	struct tls_record record = { 0 };
	struct tls_target target = tls_world_target(w);
	target.record = &record;
	tls_pair_assert_refused(&target, context, REASON_TLS_SELF_SIGNED);
	assert_null(record.version);
	assert_int_equal(record.n_chain, 1);
	assert_non_null(strstr(record.chain[0], "issued by bad\\u{1b}]52;c\\u{7}.example"));
	tls_record_deinit(&record);
	SSL_CTX_free(context);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pin_comes_on_top_of_the_chain),
		cmocka_unit_test(pin_alone_is_enough_when_wished),
		cmocka_unit_test(s_65_pin_is_for_one_account),
		cmocka_unit_test(s_69_ticket_does_not_get_round_a_new_pin),
		cmocka_unit_test(pins_are_read_in_every_form),
		cmocka_unit_test(pins_have_days),
		cmocka_unit_test(s_65_pin_expires),
		cmocka_unit_test(tls_1_3_alone_when_wished),
		cmocka_unit_test(pins_have_a_limit),
		cmocka_unit_test(server_that_asks_gets_our_certificate),
		cmocka_unit_test(s_69_ticket_is_for_one_identity),
		cmocka_unit_test(bad_identity_files_are_named),
		cmocka_unit_test(key_may_have_a_file_of_its_own),
		cmocka_unit_test(a_26_exporter_is_the_same_on_both_ends),
		cmocka_unit_test(end_point_is_the_certificates_digest),
		cmocka_unit_test(unique_is_the_first_finished),
		cmocka_unit_test(unique_needs_the_extended_master_secret),
		cmocka_unit_test(record_tells_of_the_connection),
		cmocka_unit_test(record_holds_what_was_refused),
	};
	return cmocka_run_group_tests(tests, tls_world_set_up, tls_world_tear_down);
}
