/* Header text that is sent to deceive, to break, or by broken programs: beyond what one mail in a
 * million has. What comes out is valid, bounded UTF-8, and says what can be said. */
#include "mail/header-text.h"

#include "base/macros.h"
#include "base/memory.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
	const char *raw;
	const char *expected;
};

#define FFFD "\357\277\275"

/* Bytes above 0x7F are octal. */
/* clang-format off */
static const struct row subjects[] = {
	/* words */
	{ "=?UTF-8?Q?=c3=BC?=", "\303\274" },
	{ "=?utf-8?Q?=3?=", "=3" },
	{ "=?utf-8?Q?a=?=", "a=" },
	{ "=?utf-8?Q?a=C3?=", "a" FFFD },
	{ "=?utf-8?q?=E2=82?= =?utf-8?q?=AC?=", "\342\202\254" },
	{ "=?utf-8?q?=E2?= =?utf-8?b?gg==?= =?utf-8?q?=AC?=", "\342\202\254" },
	{ "=?utf-8?q?=E2=82?= =?iso-8859-1?q?=AC?=", FFFD "\302\254" },
	{ "=?utf-8?B?4oKs", "\342\202\254" },
	{ "=?utf-8?B?4oKs?", "\342\202\254" },
	{ "=?utf-8?B?4oKs= ?=", "\342\202\254" },
	{ "=?utf-8?B? 4 o K s ?=", "\342\202\254" },
	{ "=?utf-8?Q? a ?=", "a" },
	{ "=?\"utf-8\"?Q?=C3=BC?=", "\303\274" },
	{ "=?utf-8*?Q?=C3=BC?=", "\303\274" },
	{ "=?utf-8*de-CH-1996?B?w7w=?=", "\303\274" },
	{ "=?*de?q?=C3=BC?=", "\303\274" },
	{ "=?utf_8?q?=C3=BC?=", "\303\274" },
	{ "=?UTF 8?q?=C3=BC?=", "=?UTF 8?q?=C3=BC?=" },
	{ "=?utf-8?q?=3D=3Fiso-8859-1=3Fq=3F=FC=3F=3D?=", "=?iso-8859-1?q?" FFFD "?=" },
	{ "=?utf-8?b?PT91dGYtOD9xP2E/PQ==?=", "=?utf-8?q?a?=" },
	{ "=?utf-8?q?a?=\t=?utf-8?q?b?=", "ab" },
	{ "=?utf-8?q?a?=\r\n\t \r\n =?utf-8?q?b?=", "ab" },
	{ "=?utf-8?q?a_?= =?utf-8?q?_b?=", "a b" },
	{ "=?utf-8?q?a?=,=?utf-8?q?b?=", "a,b" },
	{ "=?utf-8?q?a?= =?utf-8?q?b", "ab" },
	{ "=?utf-8?q?a?==?utf-8?b?Yg?==?utf-8?q?c?=", "abc" },
	{ "=?=?utf-8?q?a?=?=", "=?a?=" },
	{ "=?utf-8?Q?\?==?utf-8?Q?\?=", "" },
	{ "=?utf-8?q?=00a=00?=", FFFD "a" FFFD },
	{ "=?utf-8?b?AAAA?=", FFFD FFFD FFFD },
	{ "=?us-ascii?b?DQpCY2M6IHg=?=", "Bcc: x" },
	/* charsets that lie or change their state */
	{ "=?iso-2022-jp?B?GyRCRnxLXDhs?=", "\346\227\245\346\234\254\350\252\236" },
	{ "=?iso-2022-jp?B?GyRCRnxLXDhsGyhC?= plain", "\346\227\245\346\234\254\350\252\236 plain" },
	{ "=?iso-2022-jp?B?GyRC?= =?iso-2022-jp?B?RnwbKEI=?=", "\346\227\245" },
	{ "=?shift_jis?B?g2WDWIM=?=", "\343\203\206\343\202\271" FFFD },
	{ "=?gb18030?B?lDnaMw==?=", "\360\237\222\251" },
	{ "=?utf-16?B?//492AA=?=", FFFD },
	{ "=?utf-16be?B?2AAAQQ==?=", FFFD "A" },
	{ "=?utf-7?Q?+2AA-?=", FFFD },
	{ "=?hz-gb-2312?q?~{VPND~}?=", "~{VPND~}" },
	{ "=?windows-1252?q?=81=8D?=", FFFD FFFD },
	{ "=?koi8-r?q?=F0=D2=C9=D7=C5=D4?= =?windows-1251?q?_=EC=E8=F0?=", "\320\237\321\200\320\270\320\262\320\265\321\202 \320\274\320\270\321\200" },
	{ "=?unicode-1-1-utf-8?q?=C3=BC?=", "\303\274" },
	{ "=?x-mac-roman?q?caf=E9?=", "caf\303\251" },
	{ "=?%s%n?q?a?=", "a" },
	{ "=?/etc/passwd?q?a?=", "a" },
	{ "=?UTF-8//IGNORE?q?=FF?=", "\303\277" },
	/* UTF-8 that is none: overlong, surrogates, beyond the last plane, cut */
	{ "\300\257etc\300\257passwd and \303\274\303\266\303\244", FFFD FFFD "etc" FFFD FFFD "passwd and \303\274\303\266\303\244" },
	{ "\340\200\257 \303\274\303\266", FFFD FFFD FFFD " \303\274\303\266" },
	{ "\355\240\275\355\270\200 \303\274\303\266\303\244", FFFD FFFD FFFD FFFD FFFD FFFD " \303\274\303\266\303\244" },
	{ "\364\220\200\200 \303\274\303\266", FFFD FFFD FFFD FFFD " \303\274\303\266" },
	{ "=?utf-8?q?=C0=80?=", FFFD FFFD },
	{ "=?utf-8?q?=F8=88=80=80=80?= \303\274", FFFD FFFD FFFD FFFD FFFD " \303\274" },
	{ "=?utf-8?b?77u/YQ==?=", "a" },
	/* raw, beside words */
	{ "\360\322\311\327\305\324 =?utf-8?b?w7w=?=", "\320\237\321\200\320\270\320\262\320\265\321\202 \303\274" },
	{ "[list] \317\360\350\342\345\362 \354\350\360", "[list] \320\237\321\200\320\270\320\262\320\265\321\202 \320\274\320\270\321\200" },
	{ "Re: \326\320\316\304 test \262\342\312\324", "Re: \344\270\255\346\226\207 test \346\265\213\350\257\225" },
	{ "Re: \033$B%F%9%H\033(B test", "Re: \343\203\206\343\202\271\343\203\210 test" },
	{ "\033$B", "" },
	{ "\033$B!", FFFD },
	/* what a reader would not see, or see elsewhere */
	{ "invoice\342\200\256fdp.exe", "invoicefdp.exe" },
	{ "=?utf-8?q?invoice=E2=80=AEfdp=2Eexe?=", "invoicefdp.exe" },
	{ "\342\200\213\342\200\213pay\342\200\213pal\342\200\213", "paypal" },
	{ "\342\200\215\342\200\215", "\342\200\215\342\200\215" },
	{ "pay\313\213\302\267pal", "pay\313\213\302\267pal" },
	{ "a\343\205\244b", "a\343\205\244b" },
	{ "\357\270\217\342\203\243", "\357\270\217\342\203\243" },
	{ "\360\237\207\251\360\237\207\252 \360\237\221\250\342\200\215\360\237\221\251\342\200\215\360\237\221\247\342\200\215\360\237\221\246", "\360\237\207\251\360\237\207\252 \360\237\221\250\342\200\215\360\237\221\251\342\200\215\360\237\221\247\342\200\215\360\237\221\246" },
	{ "a\363\240\204\200b\357\277\271c\357\277\273", "a\363\240\204\200bc" },
	{ "\033]52;c;cm0gLXJm\007\033[2J", "]52;c;cm0gLXJm [2J" },
	{ "a\010\010b\177", "a b" },
	{ "<img src=x> & \"q\"", "<img src=x> & \"q\"" },
};
/* clang-format on */

static void test_subjects(void **state) {
	unsigned n_failed = 0;
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		CLEANUP_TEXT char *text = header_text_decode(subjects[i].raw);
		if (strcmp(text, subjects[i].expected) == 0)
			continue;
		print_error("row %zu: %s\n gives %s\n  not  %s\n", i, subjects[i].raw, text,
			subjects[i].expected);
		n_failed++;
	}
	assert_int_equal(n_failed, 0);
}

static char *repeat(const char *text, size_t n_bytes) {
	size_t n = strlen(text);
	char *all = memory_zalloc(n_bytes + n + 1, 1);
	for (size_t at = 0; at < n_bytes; at += n)
		memcpy(all + at, text, n);
	return all;
}

/* A subject of 1 MiB, of everything that costs something. */
static void test_floods(void **state) {
	static const char *const units[] = { "a", "\303", "\314\201", "\342\200\213",
		"\342\200\256", "=?", "=?utf-8?q?", "=?utf-8?q?a?= ", "=?utf-8?b?",
		"=?iso-2022-jp?B?GyRC?=", "=?utf-7?q?+?=", "=?utf-16?b?AA?=", "\033$B", "\200",
		"\377\376", " ", "\r\n ", "\360\237\230\200", "\357\267\275" };
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		CLEANUP_TEXT char *raw = repeat(units[i], 1024 * 1024);
		CLEANUP_TEXT char *subject = header_text_decode(raw);
		CLEANUP_TEXT char *name = header_text_name(raw);
		CLEANUP_TEXT char *plain = header_text_plain(raw);
		char *const texts[] = { subject, name, plain };
		for (size_t j = 0; j < ARRAY_SIZE(texts); j++) {
			assert_true(strlen(texts[j]) <= HEADER_TEXT_MAX);
			assert_true(text_is_utf8(texts[j], strlen(texts[j])));
			assert_null(strpbrk(texts[j], "\r\n\t\033"));
		}
		assert_null(header_text_keyword(raw));
	}
}

static const struct row keywords[] = {
	{ "auto-replied", "auto-replied" },
	{ " Auto-Generated (by cron)", "auto-generated" },
	{ "auto-notified; owner-email=\"a@b\"", "auto-notified" },
	{ "\r\n\tBULK\r\n", "bulk" },
	{ "x-1", "x-1" },
};

static void test_keywords(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
		CLEANUP_TEXT char *keyword = header_text_keyword(keywords[i].raw);
		assert_string_equal(keyword, keywords[i].expected);
	}
	assert_null(header_text_keyword(NULL));
	assert_null(header_text_keyword(""));
	assert_null(header_text_keyword("\"auto-replied\""));
	assert_null(header_text_keyword("\303\274"));
}

static int set_up(void **state) {
	header_text_init();
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_subjects),
		cmocka_unit_test(test_floods),
		cmocka_unit_test(test_keywords),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
