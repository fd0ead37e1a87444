#include "protocol/pop3-capability.h"

#include <string.h>

#include "base/macros.h"
#include "base/number.h"
#include "base/text.h"
#include "protocol/sasl-mechanism.h"

/* A server that wants more is not believed. */
#define LOGIN_DELAY_MAX (24 * USEC_PER_HOUR)

/* Blank-separated words. False at the end. */
static bool next_word(const char **p, const char **ret_word, size_t *ret_n) {
	*p += strspn(*p, " \t");
	*ret_word = *p;
	*ret_n = strcspn(*p, " \t");
	*p += *ret_n;
	return *ret_n > 0;
}

void pop3_capability_init(struct pop3_capabilities *capabilities) {
	*capabilities = (struct pop3_capabilities){ .expire_days = POP3_EXPIRE_NEVER };
}

static bool has_word(const char *arguments, const char *wanted) {
	const char *word;
	size_t n;
	while (next_word(&arguments, &word, &n))
		if (text_equal_nocase_n(word, n, wanted))
			return true;
	return false;
}

/* "LOGIN-DELAY seconds [USER]" (RFC 2449 6.5) */
static void add_login_delay(struct pop3_capabilities *capabilities, const char *arguments) {
	const char *word, *rest = arguments;
	size_t n;
	uint64_t seconds;
	if (!next_word(&rest, &word, &n) || number_parse_u64(word, n, &seconds) < 0)
		return;
	capabilities->login_delay_usec =
		MIN(seconds, LOGIN_DELAY_MAX / USEC_PER_SEC) * USEC_PER_SEC;
	capabilities->is_by_user |= has_word(rest, "USER");
}

/* "EXPIRE days|NEVER [USER]" (RFC 2449 6.7) */
static void add_expire(struct pop3_capabilities *capabilities, const char *arguments) {
	const char *word, *rest = arguments;
	size_t n;
	uint32_t days;
	if (!next_word(&rest, &word, &n))
		return;
	capabilities->expire_days = number_parse_u32(word, n, &days) < 0 ? POP3_EXPIRE_NEVER : days;
	capabilities->is_by_user |= has_word(rest, "USER");
}

/* "SASL mechanism..." (RFC 5034 3) */
static void add_mechanisms(struct pop3_capabilities *capabilities, const char *arguments) {
	const char *word;
	size_t n;
	while (next_word(&arguments, &word, &n)) {
		enum sasl_mechanism mechanism = sasl_mechanism_from_word(word, n);
		if (mechanism != SASL_MECHANISM_NONE)
			capabilities->mechanisms |= sasl_mechanism_bit(mechanism);
	}
}

void pop3_capability_add(struct pop3_capabilities *capabilities, const char *line) {
	static const struct {
		const char *word;
		enum pop3_capability bit;
	} plain[] = {
		{ "TOP", POP3_CAPABILITY_TOP },
		{ "USER", POP3_CAPABILITY_USER },
		{ "PIPELINING", POP3_CAPABILITY_PIPELINING },
		{ "UIDL", POP3_CAPABILITY_UIDL },
	};
	const char *word, *rest = line;
	size_t n;
	if (!next_word(&rest, &word, &n))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (text_equal_nocase_n(word, n, plain[i].word))
			capabilities->set |= plain[i].bit;
	if (text_equal_nocase_n(word, n, "SASL"))
		add_mechanisms(capabilities, rest);
	else if (text_equal_nocase_n(word, n, "LOGIN-DELAY"))
		add_login_delay(capabilities, rest);
	else if (text_equal_nocase_n(word, n, "EXPIRE"))
		add_expire(capabilities, rest);
}
