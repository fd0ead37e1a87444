#include "protocol/imap-capability.h"

#include "base/macros.h"
#include "base/text.h"

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
	{ "LITERAL+", IMAP_CAPABILITY_LITERAL_PLUS },
	{ "AUTH=PLAIN", IMAP_CAPABILITY_AUTH_PLAIN },
	{ "PREVIEW", IMAP_CAPABILITY_PREVIEW },
	{ "X-GM-EXT-1", IMAP_CAPABILITY_X_GM_EXT_1 },
	{ "LIST-STATUS", IMAP_CAPABILITY_LIST_STATUS },
	/* RFC 9051 made these part of the base */
	{ "IMAP4rev2", IMAP_CAPABILITY_SASL_IR | IMAP_CAPABILITY_IDLE | IMAP_CAPABILITY_ESEARCH |
			       IMAP_CAPABILITY_LIST_STATUS },
};

uint32_t imap_capability_from_word(const char *bytes, size_t n) {
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (text_equal_nocase_n(bytes, n, words[i].word))
			return words[i].bits;
	return 0;
}
