#include "protocol/imap-mailbox-name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/memory.h"
#include "protocol/limits.h"

static const struct {
	const char *utf8;
	const char *wire;
} pairs[] = {
	{ "", "" },
	{ "INBOX", "INBOX" },
	{ "[Gmail]/All Mail", "[Gmail]/All Mail" },
	{ "Entwürfe", "Entw&APw-rfe" },
	{ "~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-" }, /* RFC 3501 5.1.3 */
	{ "A&B", "A&-B" },
	{ "&", "&-" },
	{ "&&ü", "&-&-&APw-" },
	{ "ü", "&APw-" },
	{ "üü", "&APwA,A-" },
	{ "üüü", "&APwA,AD8-" },
	{ "a\tb", "a&AAk-b" },
	{ "a\r\nb", "a&AA0ACg-b" },
	{ "\x7f", "&AH8-" },
	{ "😀", "&2D3eAA-" },
	{ "x😀-y", "x&2D3eAA--y" },
	{ "\xef\xbf\xbf", "&,,8-" },
};

static void test_pairs(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		CLEANUP_TEXT char *wire = imap_mailbox_name_encode(pairs[i].utf8);
		CLEANUP_TEXT char *utf8 =
			imap_mailbox_name_decode(pairs[i].wire, strlen(pairs[i].wire));
		assert_string_equal(wire, pairs[i].wire);
		assert_string_equal(utf8, pairs[i].utf8);
	}
}

/* What comes of names that no client may write. NULL: not a name. */
static const struct {
	const char *wire;
	const char *utf8;
} odd[] = {
	{ "Entwürfe", "Entwürfe" }, /* Dovecot before 2.4.3 pushes UTF-8 */
	{ "&APw", "&APw" }, /* no end: not modified UTF-7, but UTF-8 */
	{ "&AP-", "&AP-" }, /* half a unit */
	{ "&APx-", "&APx-" }, /* padding that is not zero */
	{ "&2D0-", "&2D0-" }, /* half of a pair */
	{ "&3gA-", "&3gA-" },
	{ "&2D3YPQ-", "&2D3YPQ-" }, /* two first halves */
	{ "&AAA-", "&AAA-" }, /* NUL */
	{ "&A/w-", "&A/w-" }, /* the digit of ordinary base64 */
	{ "&AGE-", "a" }, /* a letter that need not be encoded */
	{ "\xff\xfe", NULL },
	{ "&APw-\xff", NULL },
	{ "a\x01", "a\x01" },
};

static void test_odd(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		CLEANUP_TEXT char *utf8 =
			imap_mailbox_name_decode(odd[i].wire, strlen(odd[i].wire));
		if (!odd[i].utf8)
			assert_null(utf8);
		else
			assert_string_equal(utf8, odd[i].utf8);
	}
	assert_null(imap_mailbox_name_encode("\xff"));
	assert_null(imap_mailbox_name_encode("\xed\xa0\x80"));
	assert_null(imap_mailbox_name_decode("a\0b", 3));
}

static void test_long(void **state) {
	char name[9000];
	memset(name, 'x', sizeof(name));
	assert_null(imap_mailbox_name_decode(name, sizeof(name)));
	CLEANUP_TEXT char *kept = imap_mailbox_name_decode(name, 8192);
	assert_int_equal(strlen(kept), 8192);
	/* nothing but control characters: the longest that a name can become */
	memset(name, 1, sizeof(name));
	name[4000] = '\0';
	CLEANUP_TEXT char *wire = imap_mailbox_name_encode(name);
	CLEANUP_TEXT char *back = imap_mailbox_name_decode(wire, 8000);
	assert_non_null(wire);
	assert_non_null(back);
}

/* Every code point, alone and in company, comes back. */
static void test_all(void **state) {
	for (uint32_t c = 1; c < 0x110000; c += c < 0x3000 ? 1 : 97) {
		if (c >= 0xd800 && c < 0xe000)
			continue;
		char utf8[16] = "a&";
		size_t n = 2;
		if (c < 0x80)
			utf8[n++] = (char)c;
		else if (c < 0x800)
			utf8[n++] = (char)(0xc0 | c >> 6);
		else if (c < 0x10000)
			utf8[n++] = (char)(0xe0 | c >> 12);
		else
			utf8[n++] = (char)(0xf0 | c >> 18);
		for (int shift = c >= 0x10000 ? 12
				 : c >= 0x800 ? 6
					      : 0;
			c >= 0x80 && shift >= 0; shift -= 6)
			utf8[n++] = (char)(0x80 | (c >> shift & 0x3f));
		utf8[n++] = 'z';
		CLEANUP_TEXT char *wire = imap_mailbox_name_encode(utf8);
		CLEANUP_TEXT char *back = imap_mailbox_name_decode(wire, strlen(wire));
		assert_string_equal(back, utf8);
	}
}

static const struct {
	const char *wire, *name;
	bool is_canonical;
} wire_cases[] = {
	{ "INBOX", "INBOX", true },
	{ "Entw&APw-rfe", "Entw\xc3\xbcrfe", true },
	{ "a&-b", "a&b", true },
	/* as NOTIFY of Dovecot before 2.4.3, and IMAP4rev2, send it */
	{ "Entw\xc3\xbcrfe", "Entw\xc3\xbcrfe", false },
	/* what decodes to the name of another is shown as it is */
	{ "&AEE-", "&AEE-", false },
	{ "&AP&-", "&AP&-", false },
	{ "a&b", "a&b", false },
	{ "caf\xe9", "caf\\xe9", false },
	{ "caf\xe8", "caf\\xe8", false },
	{ "a\tb", "a\\u{9}b", false },
};

static void test_from_wire(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(wire_cases); i++) {
		bool is_canonical = !wire_cases[i].is_canonical;
		CLEANUP_TEXT char *name =
			imap_mailbox_name_from_wire(wire_cases[i].wire, &is_canonical);
		assert_string_equal(name, wire_cases[i].name);
		assert_int_equal(is_canonical, wire_cases[i].is_canonical);
	}
	char longest[IMAP_MAILBOX_NAME_MAX + 2];
	memset(longest, 'a', sizeof(longest));
	longest[IMAP_MAILBOX_NAME_MAX + 1] = '\0';
	assert_null(imap_mailbox_name_from_wire(longest, NULL));
	longest[IMAP_MAILBOX_NAME_MAX] = '\0';
	CLEANUP_TEXT char *name = imap_mailbox_name_from_wire(longest, NULL);
	assert_string_equal(name, longest);
	assert_null(imap_mailbox_name_from_wire("", NULL));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_from_wire),
	};
	return cmocka_run_group_tests_name("imap-mailbox-name", tests, NULL, NULL);
}
