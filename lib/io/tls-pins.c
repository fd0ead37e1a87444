#include "io/tls-pins.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"

#define BLANKS " \t"
#define PREFIX "sha256//"
#define BASE64_CHARACTERS 44 /* of 32 bytes, "=" at the end */
#define WORD_MAX 128

struct pin {
	uint8_t digest[TLS_PIN_BYTES];
	int64_t end; /* the first second in which it is not good any more; INT64_MAX: never */
};

struct tls_pins {
	size_t n;
	struct pin pins[TLS_PINS_MAX];
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

/* "2027-06-30" into the first second behind that day. */
static bool parse_day(const char *word, int64_t *ret_end) {
	struct tm day = { 0 };
	const char *end = strptime(word, "%Y-%m-%d", &day);
	if (!end || *end || strlen(word) != strlen("2027-06-30"))
		return false;
	int month = day.tm_mon;
	day.tm_mday++;
	time_t time = timegm(&day);
	/* strptime() takes a 31 February; of timegm() it is a day in March. */
	time_t last = time - 1;
	struct tm normal;
	if (!gmtime_r(&last, &normal) || normal.tm_mon != month)
		return false;
	*ret_end = time;
	return true;
}

static char *add_word(struct tls_pins *pins, const char *word, bool may_be_day) {
	struct pin *last = pins->n > 0 ? &pins->pins[pins->n - 1] : NULL;
	if (last && may_be_day && parse_day(word, &last->end))
		return NULL;
	if (pins->n == TLS_PINS_MAX)
		return memory_format("more than %d pins", TLS_PINS_MAX);
	struct pin pin = { .end = INT64_MAX };
	if (strlen(word) > WORD_MAX || parse_word(word, pin.digest) < 0)
		return memory_format(
			"\"%.*s\" is no SHA-256 digest in base64 or hexadecimal digits, "
			"and no day like 2027-06-30 behind one",
			WORD_MAX, word);
	pins->pins[pins->n++] = pin;
	return NULL;
}

int tls_pins_new(const char *text, struct tls_pins **ret, char **ret_problem) {
	assert(text && ret && ret_problem);
	CLEANUP(tls_pins_free) struct tls_pins *pins = MEMORY_NEW(struct tls_pins);
	bool may_be_day = false;
	for (text += strspn(text, BLANKS); *text; text += strspn(text, BLANKS)) {
		size_t n = strcspn(text, BLANKS), n_before = pins->n;
		CLEANUP_TEXT char *word = memory_strndup(text, n);
		text += n;
		char *problem = add_word(pins, word, may_be_day);
		if (problem) {
			*ret_problem = problem;
			return -EINVAL;
		}
		may_be_day = pins->n > n_before;
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

enum tls_pins_match tls_pins_match(
	const struct tls_pins *pins, const uint8_t digest[TLS_PIN_BYTES], int64_t now) {
	enum tls_pins_match match = TLS_PINS_NO_MATCH;
	for (size_t i = 0; i < pins->n; i++) {
		if (memcmp(pins->pins[i].digest, digest, TLS_PIN_BYTES) != 0)
			continue;
		if (now < pins->pins[i].end)
			return TLS_PINS_MATCH;
		match = TLS_PINS_EXPIRED;
	}
	return match;
}

int64_t tls_pins_end(const struct tls_pins *pins) {
	int64_t end = 0;
	for (size_t i = 0; i < pins->n; i++)
		end = MAX(end, pins->pins[i].end);
	return end;
}
