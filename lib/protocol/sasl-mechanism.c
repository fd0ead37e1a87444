#include "protocol/sasl-mechanism.h"

#include <assert.h>

#include "base/macros.h"
#include "base/text.h"

/* The order of strengths is that of RFC 8600 section 4: a bound SHA-1 before an unbound SHA-256. */
static const struct sasl_facts facts[SASL_MECHANISM_COUNT_] = {
	[SASL_MECHANISM_NONE] = { "", SASL_SECRET_PASSWORD, 0, false, true },
	[SASL_MECHANISM_PLAIN] = { "PLAIN", SASL_SECRET_PASSWORD, 0, false, true },
	[SASL_MECHANISM_LOGIN] = { "LOGIN", SASL_SECRET_PASSWORD, 0, false, true },
	[SASL_MECHANISM_EXTERNAL] = { "EXTERNAL", SASL_SECRET_NONE, 0, false, false },
	[SASL_MECHANISM_SCRAM_SHA_1] = { "SCRAM-SHA-1", SASL_SECRET_PASSWORD, 1, false, false },
	[SASL_MECHANISM_SCRAM_SHA_256] = { "SCRAM-SHA-256", SASL_SECRET_PASSWORD, 2, false, false },
	[SASL_MECHANISM_SCRAM_SHA_1_PLUS] = { "SCRAM-SHA-1-PLUS", SASL_SECRET_PASSWORD, 3, true,
		false },
	[SASL_MECHANISM_SCRAM_SHA_256_PLUS] = { "SCRAM-SHA-256-PLUS", SASL_SECRET_PASSWORD, 4, true,
		false },
	[SASL_MECHANISM_GSSAPI] = { "GSSAPI", SASL_SECRET_NONE, 0, false, false },
	[SASL_MECHANISM_XOAUTH2] = { "XOAUTH2", SASL_SECRET_TOKEN, 0, false, true },
	[SASL_MECHANISM_OAUTHBEARER] = { "OAUTHBEARER", SASL_SECRET_TOKEN, 0, false, true },
};

const struct sasl_facts *sasl_mechanism_facts(enum sasl_mechanism mechanism) {
	assert(mechanism < SASL_MECHANISM_COUNT_);
	return &facts[mechanism];
}

enum sasl_mechanism sasl_mechanism_from_word(const char *bytes, size_t n) {
	for (size_t i = SASL_MECHANISM_NONE + 1; i < ARRAY_SIZE(facts); i++)
		if (text_equal_nocase_n(bytes, n, facts[i].name))
			return (enum sasl_mechanism)i;
	return SASL_MECHANISM_NONE;
}
