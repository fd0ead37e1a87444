/* A stranger's header text: what comes out is always valid UTF-8, one line, within its limit, and
 * showing it a second time changes nothing. */
#include "base/memory.h"
#include "base/text.h"
#include "mail/header-text.h"

#include <stdbool.h>
#include <string.h>

#include "fuzz.h"

#define YEAR_10000_USEC UINT64_C(253402300800000000)

static bool starts_with(const char *p, const char *prefix) {
	return strncmp(p, prefix, strlen(prefix)) == 0;
}

static void check_line(const char *text, size_t max) {
	size_t n = strlen(text);
	FUZZ_CHECK(n <= max);
	FUZZ_CHECK(text_is_utf8(text, n));
	FUZZ_CHECK(n == 0 || (text[0] != ' ' && text[n - 1] != ' '));
	FUZZ_CHECK(!strstr(text, "  "));
	for (const char *p = text; *p; p++) {
		FUZZ_CHECK((unsigned char)*p >= 0x20 && *p != 0x7F);
		FUZZ_CHECK(*p != '\xC2' || (unsigned char)p[1] >= 0xA1); /* C1, no-break space */
		FUZZ_CHECK(!starts_with(p, "\xE2\x80\x8E") && !starts_with(p, "\xE2\x80\x8F"));
		if (starts_with(p, "\xE2\x80")) /* separators, bidi controls */
			FUZZ_CHECK((unsigned char)p[2] < 0xA8 || (unsigned char)p[2] > 0xAE);
		if (starts_with(p, "\xE2\x81")) /* isolates */
			FUZZ_CHECK((unsigned char)p[2] < 0xA6 || (unsigned char)p[2] > 0xA9);
	}
	CLEANUP_TEXT char *again = header_text_plain(text);
	FUZZ_CHECK(strcmp(again, text) == 0);
}

static void check_token(const char *text, size_t max) {
	check_line(text, max);
	FUZZ_CHECK(!strchr(text, ' '));
}

static void check_texts(const char *raw) {
	CLEANUP_TEXT char *subject = header_text_decode(raw);
	check_line(subject, HEADER_TEXT_MAX);
	CLEANUP_TEXT char *name = header_text_name(raw);
	check_line(name, HEADER_TEXT_MAX);
	CLEANUP_TEXT char *plain = header_text_plain(raw);
	check_line(plain, HEADER_TEXT_MAX);
}

static void check_identifiers(const char *raw) {
	CLEANUP_TEXT char *list_id = header_text_list_id(raw);
	if (list_id)
		check_token(list_id, HEADER_TEXT_MAX);
	CLEANUP_TEXT char *message_id = header_text_message_id(raw);
	if (message_id) {
		check_token(message_id, HEADER_TEXT_ID_MAX);
		FUZZ_CHECK(message_id[0] == '<' && message_id[strlen(message_id) - 1] == '>');
	}
	CLEANUP_TEXT char *keyword = header_text_keyword(raw);
	if (keyword)
		check_token(keyword, HEADER_TEXT_KEYWORD_MAX);
	FUZZ_CHECK(header_text_date(raw) < YEAR_10000_USEC);
}

static void check_addresses(const char *raw, const char *rest) {
	CLEANUP_TEXT char *address = header_text_address(raw, rest);
	if (address)
		check_token(address, HEADER_TEXT_MAX);
	else
		FUZZ_CHECK(!*raw && !*rest);
	CLEANUP_TEXT char *name = NULL;
	CLEANUP_TEXT char *from = NULL;
	if (header_text_from(raw, &name, &from) > 0) {
		check_line(name, HEADER_TEXT_MAX);
		check_token(from, HEADER_TEXT_MAX);
	}
}

/* A NUL parts two texts; the second one is a host. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
	header_text_init();
	CLEANUP_TEXT char *raw = memory_strndup((const char *)bytes, n);
	size_t n_first = strlen(raw);
	const char *rest = n_first < n ? raw + n_first + 1 : "";
	check_texts(raw);
	check_identifiers(raw);
	check_addresses(raw, rest);
	return 0;
}
