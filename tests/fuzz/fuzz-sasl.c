/* Any challenges to any mechanism: bounded, base64 or nothing, and a refusal is the end. The first
 * byte chooses the mechanism, each line is a challenge, in base64 already where it begins with "=",
 * else encoded here, so that the mechanism and not the decoder is what is looked at. */
#include <gsasl.h>
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"
#include "protocol/limits.h"
#include "protocol/sasl.h"

#define STEPS_MAX 16

static struct sasl *begin(uint8_t choice) {
	static const struct sasl_binding binding = { "thirty-two bytes of a connection", 32 };
	static const enum sasl_mechanism mechanisms[] = { SASL_MECHANISM_SCRAM_SHA_256,
		SASL_MECHANISM_SCRAM_SHA_1_PLUS, SASL_MECHANISM_XOAUTH2, SASL_MECHANISM_OAUTHBEARER,
		SASL_MECHANISM_PLAIN, SASL_MECHANISM_LOGIN, SASL_MECHANISM_EXTERNAL };
	const struct sasl_login login = {
		.mechanism = mechanisms[choice % ARRAY_SIZE(mechanisms)],
		.service = "imap",
		.host = "imap.example.org",
		.port = 993,
		.user = "user",
		.authorization = choice & 0x80 ? "another,one" : NULL,
		.secret = "pencil",
		.nonce = "rOprNGfwEbeRWgbNEkqO",
		.binding_kind = choice >> 4 & 1,
		.binding = &binding,
	};
	struct sasl *s = NULL;
	FUZZ_CHECK(sasl_new(&login, &s) == 0);
	return s;
}

static char *encode(const char *line, size_t n) {
	if (n > 0 && line[0] == '=')
		return memory_strndup(line + 1, n - 1);
	char *encoded = NULL;
	size_t n_encoded;
	FUZZ_CHECK(gsasl_base64_to(line, n, &encoded, &n_encoded) == GSASL_OK);
	char *copy = memory_strndup(encoded, n_encoded);
	gsasl_free(encoded);
	return copy;
}

static void check_response(const char *response) {
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
	size_t n = strlen(response);
	FUZZ_CHECK(n % 4 == 0 && strspn(response, alphabet) == n);
	FUZZ_CHECK(n < 2 * SASL_CHALLENGE_MAX);
}

/* False: refused. */
static bool step(struct sasl *s, const char *challenge) {
	CLEANUP_SECRET char *response = NULL;
	int r = sasl_step(s, challenge, &response);
	FUZZ_CHECK((r == 0) == (response != NULL));
	if (response)
		check_response(response);
	else
		FUZZ_CHECK(!sasl_is_done(s));
	const char *said = sasl_said(s);
	FUZZ_CHECK(!said || strlen(said) < 1000);
	return r == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
	if (n == 0 || n > 4 * SASL_CHALLENGE_MAX)
		return 0;
	CLEANUP(sasl_free) struct sasl *s = begin(bytes[0]);
	const char *p = (const char *)bytes + 1, *end = (const char *)bytes + n;
	(void)step(s, NULL);
	for (unsigned i = 0; i < STEPS_MAX && p < end; i++) {
		const char *line_end = memchr(p, '\n', (size_t)(end - p));
		size_t n_line = (size_t)((line_end ? line_end : end) - p);
		CLEANUP_TEXT char *challenge = encode(p, n_line);
		if (!step(s, challenge)) {
			FUZZ_CHECK(!step(s, "djE=") && !step(s, "") && !step(s, NULL));
			break;
		}
		p += n_line + (line_end ? 1 : 0);
	}
	return 0;
}
