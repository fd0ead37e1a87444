#pragma once
/* What a server says it can do (RFC 3501 7.2.1), as bits; words that change nothing for us are not
 * kept at all. */
#include <stddef.h>
#include <stdint.h>

enum imap_capability {
	IMAP_CAPABILITY_SASL_IR = 1 << 0, /* RFC 4959 */
	IMAP_CAPABILITY_LOGINDISABLED = 1 << 1,
	IMAP_CAPABILITY_ID = 1 << 2, /* RFC 2971 */
	IMAP_CAPABILITY_IDLE = 1 << 3, /* RFC 2177 */
	IMAP_CAPABILITY_ESEARCH = 1 << 4, /* RFC 4731 */
	IMAP_CAPABILITY_OBJECTID = 1 << 5, /* RFC 8474 */
	IMAP_CAPABILITY_LITERAL_PLUS = 1 << 6, /* RFC 7888 */
	IMAP_CAPABILITY_PREVIEW = 1 << 7, /* RFC 8970 */
	IMAP_CAPABILITY_X_GM_EXT_1 = 1 << 8, /* Gmail's message, thread, labels */
	IMAP_CAPABILITY_LIST_STATUS = 1 << 9, /* RFC 5819 */
	IMAP_CAPABILITY_ENABLE = 1 << 10, /* RFC 5161 */
	IMAP_CAPABILITY_CONDSTORE = 1 << 11, /* RFC 7162 */
	IMAP_CAPABILITY_QRESYNC = 1 << 12, /* RFC 7162; it implies the two */
	IMAP_CAPABILITY_NOTIFY = 1 << 13, /* RFC 5465 */
	IMAP_CAPABILITY_LIST_EXTENDED = 1 << 14, /* RFC 5258 */
	IMAP_CAPABILITY_SPECIAL_USE = 1 << 15, /* RFC 6154 */
	IMAP_CAPABILITY_NAMESPACE = 1 << 16, /* RFC 2342 */
};

/* The bits of one word, in any case; 0 for a word that we have no use for. */
uint32_t imap_capability_from_word(const char *bytes, size_t n);
/* The words of a set, with blanks between them; those that we have a use for. Owned. */
char *imap_capability_words(uint64_t set);
/* The bit (enum sasl_mechanism) of an AUTH= word; 0 for any other. */
uint32_t imap_capability_mechanism_from_word(const char *bytes, size_t n);
