#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "tls-pair.h"

/* Every server that must be refused, and the few that look odd and must not be. */

#define DAY 86400

/* A server with a certificate of `authority`. */
static SSL_CTX *server_with(const struct authority *authority, const struct identity_wish *wish) {
	CLEANUP(authority_free_identity)
	struct identity *identity = authority_issue(authority, wish);
	return tls_server_context(identity);
}

static void assert_wish_refused(
	void **state, const struct identity_wish *wish, enum reason reason) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	SSL_CTX *context = server_with(w->authority, wish);
	tls_pair_assert_refused(&target, context, reason);
	SSL_CTX_free(context);
}

static void s_60_self_signed(void **state) {
	struct identity_wish wish = { .alt_names = "DNS:mail.example", .self_signed = true };
	assert_wish_refused(state, &wish, REASON_TLS_SELF_SIGNED);
}

static void s_60_unknown_root(void **state) {
	const struct tls_world *w = *state;
	CLEANUP(authority_free) struct authority *stranger = authority_new("Test authority");
	struct identity_wish wish = { .alt_names = "DNS:mail.example" };
	SSL_CTX *context = server_with(stranger, &wish);
	struct tls_target target = tls_world_target(w);
	tls_pair_assert_refused(&target, context, REASON_TLS_UNTRUSTED);
	SSL_CTX_free(context);
}

static void s_60_wrong_host(void **state) {
	struct identity_wish wish = { .alt_names = "DNS:other.example" };
	assert_wish_refused(state, &wish, REASON_TLS_NAME);
}

static void s_60_expired(void **state) {
	struct identity_wish wish = {
		.alt_names = "DNS:mail.example",
		.starts_in = -2 * DAY,
		.ends_in = -DAY,
	};
	assert_wish_refused(state, &wish, REASON_TLS_EXPIRED);
}

static void s_60_not_yet_valid(void **state) {
	struct identity_wish wish = {
		.alt_names = "DNS:mail.example",
		.starts_in = DAY,
		.ends_in = 2 * DAY,
	};
	assert_wish_refused(state, &wish, REASON_TLS_NOT_YET_VALID);
}

static void s_60_wrong_purpose(void **state) {
	struct identity_wish wish = {
		.alt_names = "DNS:mail.example",
		.extended_usage = "clientAuth",
	};
	assert_wish_refused(state, &wish, REASON_TLS_PURPOSE);
}

static void s_61_common_name_does_not_help_wrong_alt_names(void **state) {
	struct identity_wish wish = {
		.common_name = "mail.example",
		.alt_names = "DNS:other.example",
	};
	assert_wish_refused(state, &wish, REASON_TLS_NAME);
}

static void s_62_common_name_alone(void **state) {
	struct identity_wish wish = { .common_name = "mail.example" };
	assert_wish_refused(state, &wish, REASON_TLS_NAME);
}

static void s_63_wildcard_covers_one_label(void **state) {
	const struct tls_world *w = *state;
	struct identity_wish wish = { .alt_names = "DNS:*.example.com" };
	SSL_CTX *context = server_with(w->authority, &wish);
	struct tls_target target = tls_world_target(w);
	target.host = "a.example.com";
	assert_true(tls_pair_connects(&target, context, NULL));
	target.host = "a.b.example.com";
	tls_pair_assert_refused(&target, context, REASON_TLS_NAME);
	target.host = "example.com";
	tls_pair_assert_refused(&target, context, REASON_TLS_NAME);
	SSL_CTX_free(context);
}

static void s_63_partial_wildcard(void **state) {
	const struct tls_world *w = *state;
	struct identity_wish wish = { .alt_names = "DNS:m*.example.com" };
	SSL_CTX *context = server_with(w->authority, &wish);
	struct tls_target target = tls_world_target(w);
	target.host = "mail.example.com";
	tls_pair_assert_refused(&target, context, REASON_TLS_NAME);
	SSL_CTX_free(context);
}

static void s_63_address_as_a_name(void **state) {
	const struct tls_world *w = *state;
	struct identity_wish wish = {
		.common_name = "192.0.2.1",
		.alt_names = "DNS:192.0.2.1,DNS:*.0.2.1",
	};
	SSL_CTX *context = server_with(w->authority, &wish);
	struct tls_target target = tls_world_target(w);
	target.host = "192.0.2.1";
	tls_pair_assert_refused(&target, context, REASON_TLS_NAME);
	SSL_CTX_free(context);
}

/* CVE-2009-2666: "mail.example", a NUL, and the domain that the certificate was really issued for */
static void s_63_nul_in_a_name(void **state) {
	static const char name[] = "mail.example\0.evil.example";
	struct identity_wish wish = { .raw_dns = name, .n_raw_dns = sizeof(name) - 1 };
	assert_wish_refused(state, &wish, REASON_TLS_NAME);
}

static void other_names_are_told(void **state) {
	static const struct {
		struct identity_wish wish;
		const char *text;
	} cases[] = {
		{ { .alt_names = "DNS:other.example" }, "the certificate is for other.example" },
		{ { .alt_names = "DNS:other.example,DNS:www.example,IP:192.0.2.1" },
			"the certificate is for other.example and 2 more" },
		{ { .alt_names = "IP:2001:db8::1" }, "the certificate is for 2001:db8::1" },
		{ { .alt_names = "email:postmaster@example" }, "the certificate names no host" },
		{ { .common_name = "mail.example" }, "the certificate names no host" },
		{ { .raw_dns = "a\x1b[2J\xff", .n_raw_dns = 6 },
			"the certificate is for a\\u{1b}[2J\xEF\xBF\xBD" },
	};
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SSL_CTX *context = server_with(w->authority, &cases[i].wish);
		struct tls_pair p;
		tls_pair_init(&p, &target, context);
		tls_pair_converse(&p);
		assert_int_equal(p.reason, REASON_TLS_NAME);
		assert_string_equal(p.text, cases[i].text);
		tls_pair_deinit(&p);
		SSL_CTX_free(context);
	}
}

static void s_64_address_with_its_alt_name(void **state) {
	const struct tls_world *w = *state;
	struct identity_wish wish = { .alt_names = "IP:192.0.2.1,IP:2001:db8::1,IP:fe80::1" };
	SSL_CTX *context = server_with(w->authority, &wish);
	static const char *const hosts[] = { "192.0.2.1", "2001:db8::1", "2001:DB8:0::1",
		"fe80::1%lo" };
	struct tls_target target = tls_world_target(w);
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		target.host = hosts[i];
		assert_true(tls_pair_connects(&target, context, NULL));
	}
	target.host = "192.0.2.2";
	tls_pair_assert_refused(&target, context, REASON_TLS_NAME);
	SSL_CTX_free(context);
}

/* RFC 1034 section 3.1: the same name, written to its end */
static void absolute_name_is_the_name(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	target.host = "mail.example.";
	assert_true(tls_pair_connects(&target, w->server, NULL));
	target.host = "MAIL.Example";
	assert_true(tls_pair_connects(&target, w->server, NULL));
}

static int on_server_name(SSL *ssl, int *alert, void *userdata) {
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	*(char **)userdata = memory_strdup(name ? name : "none");
	return SSL_TLSEXT_ERR_OK;
}

static void server_is_told_a_name_but_no_address(void **state) {
	const struct tls_world *w = *state;
	static const char *const cases[][2] = {
		{ "mail.example.", "mail.example" },
		{ "127.0.0.1", "none" },
	};
	SSL_CTX *context = tls_server_context(w->identity);
	SSL_CTX_set_tlsext_servername_callback(context, on_server_name);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_TEXT char *name = NULL;
		SSL_CTX_set_tlsext_servername_arg(context, &name);
		struct tls_target target = tls_world_target(w);
		target.host = cases[i][0];
		assert_true(tls_pair_connects(&target, context, NULL));
		assert_string_equal(name, cases[i][1]);
	}
	SSL_CTX_free(context);
}

static void s_66_old_version(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	static const int versions[] = { TLS1_1_VERSION, TLS1_VERSION };
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		SSL_CTX *context = tls_server_context(w->identity);
		SSL_CTX_set_security_level(context, 0);
		SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
		SSL_CTX_set_max_proto_version(context, versions[i]);
		tls_pair_assert_refused(&target, context, REASON_TLS_VERSION);
		SSL_CTX_free(context);
	}
}

/* A server that does not ask what we support: only the record's version tells. */
static void s_66_server_hello_of_tls_1_0(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	uint8_t hello[4 + 2 + 32 + 1 + 2 + 1] = { 0x02, 0, 0, sizeof(hello) - 4, 0x03, 0x01 };
	uint8_t record[5 + sizeof(hello)] = { 0x16, 0x03, 0x01, 0, sizeof(hello) };
	hello[4 + 2 + 32 + 2] = 0x2F; /* TLS_RSA_WITH_AES_128_CBC_SHA */
	memcpy(record + 5, hello, sizeof(hello));
	struct tls_pair p;
	tls_pair_init(&p, &target, w->server);
	tls_pair_take_events(&p);
	tls_feed(p.client, record, sizeof(record));
	tls_pair_take_events(&p);
	tls_pair_assert_log(&p, "F");
	assert_int_equal(p.reason, REASON_TLS_VERSION);
	tls_pair_deinit(&p);
}

static void s_66_no_common_cipher(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	SSL_CTX *context = tls_server_context(w->identity);
	SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
	assert_int_equal(SSL_CTX_set_cipher_list(context, "ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0"), 1);
	tls_pair_assert_refused(&target, context, REASON_TLS_VERSION);
	SSL_CTX_free(context);
}

static EVP_PKEY *small_group(void) {
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "DHX", NULL);
	EVP_PKEY *group = NULL;
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string("group", (char *)"dh_1024_160", 0),
		OSSL_PARAM_construct_end(),
	};
	assert_int_equal(EVP_PKEY_paramgen_init(context), 1);
	assert_int_equal(EVP_PKEY_CTX_set_params(context, parameters), 1);
	assert_int_equal(EVP_PKEY_paramgen(context, &group), 1);
	EVP_PKEY_CTX_free(context);
	return group;
}

static void s_66_small_diffie_hellman_group(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	EVP_PKEY *key = EVP_RSA_gen(2048);
	struct identity_wish wish = { .alt_names = "DNS:mail.example", .key = key };
	SSL_CTX *context = server_with(w->authority, &wish);
	SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
	assert_int_equal(
		SSL_CTX_set_cipher_list(context, "DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0"), 1);
	assert_int_equal(SSL_CTX_set0_tmp_dh_pkey(context, small_group()), 1);
	tls_pair_assert_refused(&target, context, REASON_TLS_VERSION);
	SSL_CTX_free(context);
	EVP_PKEY_free(key);
}

static void plaintext_where_tls_is_expected(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	static const char *const greetings[] = { "* OK IMAP4rev1 ready\r\n", "+OK POP3\r\n",
		"HTTP/1.1 400 Bad Request\r\n\r\n" };
	for (size_t i = 0; i < ARRAY_SIZE(greetings); i++) {
		struct tls_pair p;
		tls_pair_init(&p, &target, w->server);
		tls_pair_take_events(&p);
		tls_feed(p.client, (const uint8_t *)greetings[i], strlen(greetings[i]));
		tls_pair_take_events(&p);
		tls_pair_assert_log(&p, "F");
		assert_int_equal(p.reason, REASON_TLS_FAILED);
		assert_string_equal(p.text, "the server does not speak TLS here");
		tls_pair_deinit(&p);
	}
}

/* --- ALPN --- */

static int on_select_protocol(SSL *ssl, const uint8_t **ret, uint8_t *ret_n, const uint8_t *offered,
	unsigned n, void *userdata) {
	const char *selected = userdata;
	if (!selected)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*ret = (const uint8_t *)selected;
	*ret_n = (uint8_t)strlen(selected);
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *server_of_protocol(const struct tls_world *w, const char *protocol) {
	SSL_CTX *context = tls_server_context(w->identity);
	SSL_CTX_set_alpn_select_cb(context, on_select_protocol, (void *)protocol);
	return context;
}

static void s_71_other_protocol_is_selected(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	target.alpn = "imap";
	static const char *const others[] = { "h2", "imap4", "ima" };
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		SSL_CTX *context = server_of_protocol(w, others[i]);
		tls_pair_assert_refused(&target, context, REASON_TLS_ALPN);
		SSL_CTX_free(context);
	}
}

static void s_71_server_says_no_such_protocol(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	target.alpn = "imap";
	SSL_CTX *context = server_of_protocol(w, NULL);
	tls_pair_assert_refused(&target, context, REASON_TLS_ALPN);
	SSL_CTX_free(context);
}

static void s_71_our_protocol_or_none_is_fine(void **state) {
	const struct tls_world *w = *state;
	struct tls_target target = tls_world_target(w);
	target.alpn = "imap";
	assert_true(tls_pair_connects(&target, w->server, NULL));
	SSL_CTX *context = server_of_protocol(w, "imap");
	assert_true(tls_pair_connects(&target, context, NULL));
	target.alpn = NULL;
	assert_true(tls_pair_connects(&target, context, NULL));
	SSL_CTX_free(context);
}

/* --- the policy --- */

static void missing_authority_file_is_named(void **state) {
	struct tls_policy *policy = NULL;
	char *problem = NULL;
	assert_int_equal(tls_policy_new("/nonexistent/ca.pem", &policy, &problem), -ENOENT);
	assert_string_equal(
		problem, "CA file /nonexistent/ca.pem cannot be read: No such file or directory");
	assert_null(policy);
	memory_free(problem);
}

static void file_without_certificates_is_refused(void **state) {
	const struct tls_world *w = *state;
	const char *path = authority_path(w->authority, "empty.pem");
	FILE *file = fopen(path, "wx");
	assert_non_null(file);
	(void)fprintf(file, "no certificate\n");
	(void)fclose(file);
	struct tls_policy *policy = NULL;
	CLEANUP_TEXT char *problem = NULL;
	assert_int_equal(tls_policy_new(path, &policy, &problem), -EINVAL);
	assert_non_null(strstr(problem, "empty.pem holds no certificate in PEM form"));
	assert_null(policy);
}

/* CAFile= may name the server's own certificate. */
static void leaf_as_authority_is_trusted_alone(void **state) {
	const struct tls_world *w = *state;
	struct identity_wish wish = { .alt_names = "DNS:mail.example", .self_signed = true };
	struct identity *identity = authority_issue(w->authority, &wish);
	SSL_CTX *context = tls_server_context(identity);
	const char *path = authority_path(w->authority, "leaf.pem");
	authority_write(path, identity->certificate);
	CLEANUP(tls_policy_free) struct tls_policy *policy = NULL;
	char *problem = NULL;
	assert_int_equal(tls_policy_new(path, &policy, &problem), 0);
	struct tls_target target = tls_world_target(w);
	target.policy = policy;
	assert_true(tls_pair_connects(&target, context, NULL));
	tls_pair_assert_refused(&target, w->server, REASON_TLS_UNTRUSTED);
	target.host = "other.example";
	tls_pair_assert_refused(&target, context, REASON_TLS_NAME);
	SSL_CTX_free(context);
	authority_free_identity(identity);
}

static void system_store_does_not_trust_the_test(void **state) {
	const struct tls_world *w = *state;
	CLEANUP(tls_policy_free) struct tls_policy *policy = NULL;
	char *problem = NULL;
	assert_int_equal(tls_policy_new(NULL, &policy, &problem), 0);
	struct tls_target target = tls_world_target(w);
	target.policy = policy;
	tls_pair_assert_refused(&target, w->server, REASON_TLS_UNTRUSTED);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(s_60_self_signed),
		cmocka_unit_test(s_60_unknown_root),
		cmocka_unit_test(s_60_wrong_host),
		cmocka_unit_test(s_60_expired),
		cmocka_unit_test(s_60_not_yet_valid),
		cmocka_unit_test(s_60_wrong_purpose),
		cmocka_unit_test(s_61_common_name_does_not_help_wrong_alt_names),
		cmocka_unit_test(s_62_common_name_alone),
		cmocka_unit_test(s_63_wildcard_covers_one_label),
		cmocka_unit_test(s_63_partial_wildcard),
		cmocka_unit_test(s_63_address_as_a_name),
		cmocka_unit_test(s_63_nul_in_a_name),
		cmocka_unit_test(other_names_are_told),
		cmocka_unit_test(s_64_address_with_its_alt_name),
		cmocka_unit_test(absolute_name_is_the_name),
		cmocka_unit_test(server_is_told_a_name_but_no_address),
		cmocka_unit_test(s_66_old_version),
		cmocka_unit_test(s_66_server_hello_of_tls_1_0),
		cmocka_unit_test(s_66_no_common_cipher),
		cmocka_unit_test(s_66_small_diffie_hellman_group),
		cmocka_unit_test(plaintext_where_tls_is_expected),
		cmocka_unit_test(s_71_other_protocol_is_selected),
		cmocka_unit_test(s_71_server_says_no_such_protocol),
		cmocka_unit_test(s_71_our_protocol_or_none_is_fine),
		cmocka_unit_test(missing_authority_file_is_named),
		cmocka_unit_test(file_without_certificates_is_refused),
		cmocka_unit_test(leaf_as_authority_is_trusted_alone),
		cmocka_unit_test(system_store_does_not_trust_the_test),
	};
	return cmocka_run_group_tests(tests, tls_world_set_up, tls_world_tear_down);
}
