#include "io/tls-pins.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/memory.h"

#define BLANKS " \t"
#define PREFIX "sha256//"
#define BASE64_CHARACTERS 44 /* of 32 bytes, "=" at the end */
#define WORD_MAX 128

struct tls_pins {
	size_t n;
	uint8_t digests[TLS_PINS_MAX][TLS_PIN_BYTES];
};

static int parse_base64(const char *word, uint8_t digest[TLS_PIN_BYTES]) {
	uint8_t decoded[BASE64_CHARACTERS / 4 * 3];
	if (strlen(word) != BASE64_CHARACTERS || word[BASE64_CHARACTERS - 1] != '=' ||
		word[BASE64_CHARACTERS - 2] == '=')
		return -EINVAL;
	if (EVP_DecodeBlock(decoded, (const uint8_t *)word, BASE64_CHARACTERS) != sizeof(decoded))
		return -EINVAL;
	memcpy(digest, decoded, TLS_PIN_BYTES);
	return 0;
}

static int parse_word(const char *word, uint8_t digest[TLS_PIN_BYTES]) {
	if (strncmp(word, PREFIX, strlen(PREFIX)) == 0)
		word += strlen(PREFIX);
	uint8_t bytes[WORD_MAX];
	size_t n = 0;
	bool is_hex = OPENSSL_hexstr2buf_ex(bytes, sizeof(bytes), &n, word, ':') == 1;
	ERR_clear_error();
	if (!is_hex || n != TLS_PIN_BYTES)
		return parse_base64(word, digest);
	memcpy(digest, bytes, TLS_PIN_BYTES);
	return 0;
}

int tls_pins_new(const char *text, struct tls_pins **ret, char **ret_problem) {
	assert(text && ret && ret_problem);
	CLEANUP(tls_pins_free) struct tls_pins *pins = MEMORY_NEW(struct tls_pins);
	for (text += strspn(text, BLANKS); *text; text += strspn(text, BLANKS)) {
		size_t n = strcspn(text, BLANKS);
		CLEANUP_TEXT char *word = memory_strndup(text, n);
		text += n;
		if (pins->n == TLS_PINS_MAX) {
			*ret_problem = memory_format("more than %d pins", TLS_PINS_MAX);
			return -EINVAL;
		}
		if (n > WORD_MAX || parse_word(word, pins->digests[pins->n]) < 0) {
			*ret_problem = memory_format(
				"\"%.*s\" is no SHA-256 digest in base64 or hexadecimal digits",
				WORD_MAX, word);
			return -EINVAL;
		}
		pins->n++;
	}
	if (pins->n == 0) {
		*ret_problem = memory_strdup("there is no pin");
		return -EINVAL;
	}
	*ret = TAKE_PTR(pins);
	return 0;
}

struct tls_pins *tls_pins_free(struct tls_pins *pins) {
	return memory_free(pins);
}

bool tls_pins_have(const struct tls_pins *pins, const uint8_t digest[TLS_PIN_BYTES]) {
	for (size_t i = 0; i < pins->n; i++)
		if (memcmp(pins->digests[i], digest, TLS_PIN_BYTES) == 0)
			return true;
	return false;
}
