/* How a secret crosses the bus: both halves here, and what a bad half may say. */
#include "bus/secret-cipher.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

struct pair {
	struct secret_cipher *here, *there;
};

static int set_up(void **state) {
	static struct pair pair;
	assert_int_equal(secret_cipher_new(&pair.here), 0);
	assert_int_equal(secret_cipher_new(&pair.there), 0);
	assert_int_equal(secret_cipher_agree(pair.here, secret_cipher_public(pair.there),
				 SECRET_CIPHER_PUBLIC_BYTES),
		0);
	assert_int_equal(secret_cipher_agree(pair.there, secret_cipher_public(pair.here),
				 SECRET_CIPHER_PUBLIC_BYTES),
		0);
	*state = &pair;
	return 0;
}

static int tear_down(void **state) {
	struct pair *pair = *state;
	secret_cipher_free(pair->here);
	secret_cipher_free(pair->there);
	return 0;
}

static void test_what_one_encrypts_the_other_reads(void **state) {
	struct pair *pair = *state;
	static const char text[] = "correct horse battery staple, of more than two blocks";
	for (size_t n = 1; n < sizeof(text); n++) {
		struct buffer wire, read;
		uint8_t iv[SECRET_CIPHER_IV_BYTES];
		buffer_init(&wire, 256);
		buffer_init_secret(&read, 256);
		assert_int_equal(secret_cipher_encrypt(pair->here, text, n, iv, &wire), 0);
		assert_int_equal(wire.n % SECRET_CIPHER_IV_BYTES, 0);
		assert_true(n < 4 || !memmem(buffer_bytes(&wire), wire.n, text, n));
		const struct secret_wire secret = { iv, sizeof(iv), buffer_bytes(&wire), wire.n };
		assert_int_equal(secret_cipher_decrypt(pair->there, &secret, &read), 0);
		assert_int_equal(read.n, n);
		assert_memory_equal(buffer_bytes(&read), text, n);
		buffer_deinit(&wire);
		buffer_deinit(&read);
	}
}

static void test_damaged(void **state) {
	struct pair *pair = *state;
	struct buffer read;
	uint8_t bytes[48] = { 1, 2, 3 }, iv[SECRET_CIPHER_IV_BYTES] = { 0 };
	const struct secret_wire damaged[] = {
		{ iv, 15, bytes, 32 },
		{ iv, 0, bytes, 32 },
		{ iv, 16, bytes, 0 },
		{ iv, 16, bytes, 31 },
	};
	buffer_init_secret(&read, 256);
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++)
		assert_int_equal(secret_cipher_decrypt(pair->here, &damaged[i], &read), -EBADMSG);
	assert_int_equal(read.n, 0);
	buffer_deinit(&read);
	/* Beyond the cap of the reader. */
	const struct secret_wire large = { iv, 16, bytes, 48 };
	buffer_init_secret(&read, 32);
	assert_int_equal(secret_cipher_decrypt(pair->here, &large, &read), -ENOBUFS);
	buffer_deinit(&read);
}

/* RFC 2409, section 6.2: p - 1, which makes a key that everybody knows, as 0 and 1 do. */
static const uint8_t last[SECRET_CIPHER_PUBLIC_BYTES] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
	0xFF, 0xC9, 0x0F, 0xDA, 0xA2, 0x21, 0x68, 0xC2, 0x34, 0xC4, 0xC6, 0x62, 0x8B, 0x80, 0xDC,
	0x1C, 0xD1, 0x29, 0x02, 0x4E, 0x08, 0x8A, 0x67, 0xCC, 0x74, 0x02, 0x0B, 0xBE, 0xA6, 0x3B,
	0x13, 0x9B, 0x22, 0x51, 0x4A, 0x08, 0x79, 0x8E, 0x34, 0x04, 0xDD, 0xEF, 0x95, 0x19, 0xB3,
	0xCD, 0x3A, 0x43, 0x1B, 0x30, 0x2B, 0x0A, 0x6D, 0xF2, 0x5F, 0x14, 0x37, 0x4F, 0xE1, 0x35,
	0x6D, 0x6D, 0x51, 0xC2, 0x45, 0xE4, 0x85, 0xB5, 0x76, 0x62, 0x5E, 0x7E, 0xC6, 0xF4, 0x4C,
	0x42, 0xE9, 0xA6, 0x37, 0xED, 0x6B, 0x0B, 0xFF, 0x5C, 0xB6, 0xF4, 0x06, 0xB7, 0xED, 0xEE,
	0x38, 0x6B, 0xFB, 0x5A, 0x89, 0x9F, 0xA5, 0xAE, 0x9F, 0x24, 0x11, 0x7C, 0x4B, 0x1F, 0xE6,
	0x49, 0x28, 0x66, 0x51, 0xEC, 0xE6, 0x53, 0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
	0xFE };

static void test_numbers_that_are_no_key(void **state) {
	struct secret_cipher *cipher = NULL;
	uint8_t beyond[SECRET_CIPHER_PUBLIC_BYTES + 1] = { 2 };
	uint8_t all[SECRET_CIPHER_PUBLIC_BYTES];
	memset(all, 0xFF, sizeof(all));
	assert_int_equal(secret_cipher_new(&cipher), 0);
	assert_int_equal(secret_cipher_agree(cipher, beyond, 0), -EBADMSG);
	assert_int_equal(secret_cipher_agree(cipher, (const uint8_t *)"", 1), -EBADMSG);
	assert_int_equal(secret_cipher_agree(cipher, (const uint8_t *)"\1", 1), -EBADMSG);
	assert_int_equal(secret_cipher_agree(cipher, last, sizeof(last)), -EBADMSG);
	assert_int_equal(secret_cipher_agree(cipher, all, sizeof(all)), -EBADMSG);
	assert_int_equal(secret_cipher_agree(cipher, beyond, sizeof(beyond)), -EBADMSG);
	assert_int_equal(secret_cipher_agree(cipher, (const uint8_t *)"\2", 1), 0);
	secret_cipher_free(cipher);
}

static void test_md5(void **state) {
	CLEANUP_TEXT char *digest = secret_cipher_md5("abc"); /* RFC 1321 A.5 */
	assert_string_equal(digest, "900150983cd24fb0d6963f7d28e17f72");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_md5),
		cmocka_unit_test_setup_teardown(
			test_what_one_encrypts_the_other_reads, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damaged, set_up, tear_down),
		cmocka_unit_test(test_numbers_that_are_no_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
