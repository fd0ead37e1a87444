#include "protocol/imap-capability.h"

#include "base/buffer.h"
#include "base/macros.h"
#include "base/text.h"
#include "protocol/sasl-mechanism.h"

#define WORDS_MAX ((size_t)1024)

static const struct {
	const char *word;
	uint32_t bits;
} words[] = {
	{ "SASL-IR", IMAP_CAPABILITY_SASL_IR },
	{ "LOGINDISABLED", IMAP_CAPABILITY_LOGINDISABLED },
	{ "ID", IMAP_CAPABILITY_ID },
	{ "IDLE", IMAP_CAPABILITY_IDLE },
	{ "ESEARCH", IMAP_CAPABILITY_ESEARCH },
	{ "OBJECTID", IMAP_CAPABILITY_OBJECTID },
	{ "NOTIFY", IMAP_CAPABILITY_NOTIFY },
	{ "LITERAL+", IMAP_CAPABILITY_LITERAL_PLUS },
	{ "LIST-EXTENDED", IMAP_CAPABILITY_LIST_EXTENDED },
	{ "SPECIAL-USE", IMAP_CAPABILITY_SPECIAL_USE },
	{ "NAMESPACE", IMAP_CAPABILITY_NAMESPACE },
	{ "PREVIEW", IMAP_CAPABILITY_PREVIEW },
	{ "X-GM-EXT-1", IMAP_CAPABILITY_X_GM_EXT_1 },
	{ "LIST-STATUS", IMAP_CAPABILITY_LIST_STATUS },
	{ "ENABLE", IMAP_CAPABILITY_ENABLE },
	{ "CONDSTORE", IMAP_CAPABILITY_CONDSTORE },
	{ "QRESYNC", IMAP_CAPABILITY_QRESYNC | IMAP_CAPABILITY_CONDSTORE | IMAP_CAPABILITY_ENABLE },
	/* RFC 9051 made these part of the base */
	{ "IMAP4rev2", IMAP_CAPABILITY_SASL_IR | IMAP_CAPABILITY_IDLE | IMAP_CAPABILITY_ESEARCH |
			       IMAP_CAPABILITY_LIST_STATUS | IMAP_CAPABILITY_LIST_EXTENDED |
			       IMAP_CAPABILITY_SPECIAL_USE | IMAP_CAPABILITY_NAMESPACE },
};

uint32_t imap_capability_from_word(const char *bytes, size_t n) {
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (text_equal_nocase_n(bytes, n, words[i].word))
			return words[i].bits;
	return 0;
}

char *imap_capability_words(uint64_t set) {
	struct buffer text;
	buffer_init(&text, WORDS_MAX);
	/* the last row has no bit of its own */
	for (size_t i = 0; i + 1 < ARRAY_SIZE(words); i++)
		if ((set & words[i].bits) == words[i].bits)
			(void)buffer_append_format(&text, "%s%s", text.n ? " " : "", words[i].word);
	char *taken = buffer_take_text(&text);
	buffer_deinit(&text);
	return taken;
}

/* capability = "AUTH=" auth-type */
uint32_t imap_capability_mechanism_from_word(const char *bytes, size_t n) {
	static const char before[] = "AUTH=";
	size_t n_before = sizeof(before) - 1;
	if (n <= n_before || !text_equal_nocase_n(bytes, n_before, before))
		return 0;
	enum sasl_mechanism mechanism = sasl_mechanism_from_word(bytes + n_before, n - n_before);
	return mechanism == SASL_MECHANISM_NONE ? 0 : sasl_mechanism_bit(mechanism);
}
