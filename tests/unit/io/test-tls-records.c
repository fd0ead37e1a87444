#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tls-pair.h"

/* Records that a well-behaved library never writes, under the server's own TLS 1.3 keys: they are
 * made from the secret that the server's OpenSSL logs (RFC 8446 sections 5.2 and 7.3). */

#define KEY_BYTES 16
#define IV_BYTES 12
#define TAG_BYTES 16

enum content {
	CONTENT_ALERT = 21,
	CONTENT_DATA = 23,
};

struct forger {
	uint8_t secret[32];
	uint8_t key[KEY_BYTES];
	uint8_t iv[IV_BYTES];
	uint64_t sequence;
	bool has_secret;
};

static struct forger *forger_of(const SSL *ssl) {
	return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

/* "SERVER_TRAFFIC_SECRET_0 <client random> <secret>" */
static void on_key_log(const SSL *ssl, const char *line) {
	static const char label[] = "SERVER_TRAFFIC_SECRET_0 ";
	struct forger *f = forger_of(ssl);
	if (strncmp(line, label, sizeof(label) - 1) != 0)
		return;
	size_t n;
	const char *secret = strrchr(line, ' ') + 1;
	f->has_secret = OPENSSL_hexstr2buf_ex(f->secret, sizeof(f->secret), &n, secret, '\0') == 1;
}

/* HKDF-Expand-Label(secret, label, "", n) */
static void derive(const struct forger *f, const char *label, uint8_t *ret, size_t n) {
	uint8_t info[32] = { 0, (uint8_t)n, (uint8_t)(6 + strlen(label)) };
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, strlen(label));
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
	assert_int_equal(EVP_PKEY_derive_init(context), 1);
	assert_int_equal(EVP_PKEY_CTX_set_hkdf_mode(context, EVP_PKEY_HKDEF_MODE_EXPAND_ONLY), 1);
	assert_int_equal(EVP_PKEY_CTX_set_hkdf_md(context, EVP_sha256()), 1);
	assert_int_equal(EVP_PKEY_CTX_set1_hkdf_key(context, f->secret, sizeof(f->secret)), 1);
	assert_int_equal(EVP_PKEY_CTX_add1_hkdf_info(context, info, (int)(10 + strlen(label))), 1);
	assert_int_equal(EVP_PKEY_derive(context, ret, &n), 1);
	EVP_PKEY_CTX_free(context);
}

/* One record on the wire: the content, then its true type. */
static void forge_bytes(struct tls_pair *p, struct forger *f, enum content type,
	const void *content, size_t n_content) {
	size_t n = n_content + 1;
	uint8_t record[5 + 64 + TAG_BYTES] = { CONTENT_DATA, 3, 3, 0, (uint8_t)(n + TAG_BYTES) };
	uint8_t iv[IV_BYTES];
	memcpy(iv, f->iv, sizeof(iv));
	for (size_t i = 0; i < 8; i++)
		iv[IV_BYTES - 1 - i] ^= (uint8_t)(f->sequence >> 8 * i);
	f->sequence++;
	memcpy(record + 5, content, n_content);
	record[5 + n_content] = (uint8_t)type;

	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int m;
	assert_int_equal(EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), NULL, f->key, iv), 1);
	assert_int_equal(EVP_EncryptUpdate(context, NULL, &m, record, 5), 1);
	assert_int_equal(EVP_EncryptUpdate(context, record + 5, &m, record + 5, (int)n), 1);
	assert_int_equal(EVP_EncryptFinal_ex(context, record + 5 + n, &m), 1);
	assert_int_equal(
		EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, record + 5 + n), 1);
	EVP_CIPHER_CTX_free(context);
	assert_int_equal(buffer_append(&p->wire, record, 5 + n + TAG_BYTES), 0);
}

static void forge(struct tls_pair *p, struct forger *f, enum content type, const char *content) {
	forge_bytes(p, f, type, content, strlen(content));
}

static SSL_CTX *context_of(const struct tls_world *w, struct forger *f) {
	*f = (struct forger){ .sequence = 0 };
	SSL_CTX *context = tls_server_context(w->identity);
	SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
	assert_int_equal(SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256"), 1);
	/* so that the server's own records begin and end with the handshake */
	SSL_CTX_set_num_tickets(context, 0);
	SSL_CTX_set_keylog_callback(context, on_key_log);
	SSL_CTX_set_app_data(context, f);
	return context;
}

static void connect_pair(
	struct tls_pair *p, struct forger *f, const struct tls_world *w, SSL_CTX *context) {
	struct tls_target target = tls_world_target(w);
	tls_pair_init(p, &target, context);
	tls_pair_converse(p);
	assert_true(f->has_secret);
	derive(f, "key", f->key, sizeof(f->key));
	derive(f, "iv", f->iv, sizeof(f->iv));
}

static void s_68_empty_records_are_bounded(void **state) {
	struct forger f;
	struct tls_pair p;
	SSL_CTX *context = context_of(*state, &f);
	connect_pair(&p, &f, *state, context);
	for (size_t i = 0; i < 10; i++)
		forge(&p, &f, CONTENT_DATA, "");
	forge(&p, &f, CONTENT_DATA, "hello");
	tls_pair_feed_client(&p);
	tls_pair_assert_said(&p, "hello");

	for (size_t i = 0; i < 20000; i++)
		forge(&p, &f, CONTENT_DATA, "");
	while (p.wire.n > 0 && p.reason == REASON_NONE) {
		size_t n = MIN(p.wire.n, (size_t)1000);
		tls_feed(p.client, buffer_bytes(&p.wire), n);
		buffer_consume(&p.wire, n);
		tls_pair_take_events(&p);
	}
	assert_int_equal(p.reason, REASON_TLS_FAILED);
	/* given up early: most was never looked at */
	assert_true(p.wire.n > 400000);
	tls_pair_assert_log(&p, "SDF");
	tls_pair_deinit(&p);
	SSL_CTX_free(context);
}

static void data_behind_close_notify_is_not_given(void **state) {
	struct forger f;
	struct tls_pair p;
	SSL_CTX *context = context_of(*state, &f);
	connect_pair(&p, &f, *state, context);
	static const uint8_t close_notify[] = { 1, 0 };
	forge(&p, &f, CONTENT_DATA, "hello");
	forge_bytes(&p, &f, CONTENT_ALERT, close_notify, sizeof(close_notify));
	forge(&p, &f, CONTENT_DATA, "again");
	tls_pair_feed_client(&p);
	tls_pair_assert_said(&p, "hello");
	tls_pair_assert_log(&p, "SDC");
	tls_pair_deinit(&p);
	SSL_CTX_free(context);
}

static void record_under_a_wrong_key_ends(void **state) {
	struct forger f;
	struct tls_pair p;
	SSL_CTX *context = context_of(*state, &f);
	connect_pair(&p, &f, *state, context);
	forge(&p, &f, CONTENT_DATA, "hello");
	f.sequence++; /* one is missing */
	forge(&p, &f, CONTENT_DATA, "again");
	tls_pair_feed_client(&p);
	tls_pair_assert_said(&p, "hello");
	assert_int_equal(p.reason, REASON_TLS_FAILED);
	tls_pair_assert_log(&p, "SDF");
	tls_pair_deinit(&p);
	SSL_CTX_free(context);
}

static void unknown_content_ends(void **state) {
	struct forger f;
	struct tls_pair p;
	SSL_CTX *context = context_of(*state, &f);
	connect_pair(&p, &f, *state, context);
	forge(&p, &f, (enum content)99, "hello");
	tls_pair_feed_client(&p);
	tls_pair_assert_log(&p, "SF");
	assert_int_equal(p.reason, REASON_TLS_FAILED);
	tls_pair_deinit(&p);
	SSL_CTX_free(context);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(s_68_empty_records_are_bounded),
		cmocka_unit_test(data_behind_close_notify_is_not_given),
		cmocka_unit_test(record_under_a_wrong_key_ends),
		cmocka_unit_test(unknown_content_ends),
	};
	return cmocka_run_group_tests(tests, tls_world_set_up, tls_world_tear_down);
}
