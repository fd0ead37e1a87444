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
	const char *expected; /* NULL: none */
};

/* Bytes above 0x7F are octal. */
/* clang-format off */
static const struct row subjects[] = {
	/* Plain */
	{ "Hello", "Hello" },
	{ "", "" },
	{ "  Hello \t\r\n world  ", "Hello world" },
	{ "Gr\303\274\303\237e aus K\303\266ln", "Gr\303\274\303\237e aus K\303\266ln" },
	{ "\"Quotes\" stay (and comments)", "\"Quotes\" stay (and comments)" },
	{ "100% = ?= =? =?=", "100% = ?= =? =?=" },
	/* RFC 2047 section 8 */
	{ "=?US-ASCII?Q?Keith_Moore?=", "Keith Moore" },
	{ "(=?ISO-8859-1?Q?a?=)", "(a)" },
	{ "(=?ISO-8859-1?Q?a?= b)", "(a b)" },
	{ "(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)" },
	{ "(=?ISO-8859-1?Q?a?=\r\n  =?ISO-8859-1?Q?b?=)", "(ab)" },
	{ "(=?ISO-8859-1?Q?a_b?=)", "(a b)" },
	{ "(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)" },
	{ "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=", "If you can read this you understand the example." },
	/* Words as they come */
	{ "=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Gr\303\274\303\237e" },
	{ "=?UTF8?Q?Gr=C3=BC=C3=9Fe?=", "Gr\303\274\303\237e" },
	{ "=?utf-8?b?R3LDvMOfZQ==?=", "Gr\303\274\303\237e" },
	{ "=?utf-8?q?=c3=bc?=", "\303\274" },
	{ "=?utf-8*de?q?=C3=BC?=", "\303\274" },
	{ "x=?utf-8?q?a?=y=?utf-8?q?b?=z", "xaybz" },
	{ "=?utf-8?q?a?==?utf-8?q?b?=", "ab" },
	{ "\"=?utf-8?q?=C3=BC?=\"", "\"\303\274\"" },
	{ "=?utf-8?q?a b  c?=", "a b c" },
	{ "=?utf-8?q?\?=", "" },
	{ "=?utf-8?q?\?= =?utf-8?q?x?=", "x" },
	{ "=?utf-8?q?Why?=20Not=3F?=", "Why? Not?" },
	{ "=?utf-8?q?a?=20=?utf-8?q?b?=", "a20b" },
	{ "=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3F=3D?=", "=?utf-8?q?a?=" },
	{ "=?utf-8?q?=?utf-8?q?a?=?=", "=?utf-8?q?a?=" },
	/* Characters split over words */
	{ "=?utf-8?q?=C3?= =?utf-8?q?=BC?=", "\303\274" },
	{ "=?utf-8?q?=C3?= =?UTF-8?b?vA==?=", "\303\274" },
	{ "=?utf-8?Q?=F0=9F=98?=\r\n\t=?UTF-8?Q?=80?=", "\360\237\230\200" },
	{ "=?iso-2022-jp?B?GyRCRnxL?= =?iso-2022-jp?B?XDhsGyhC?=", "\346\227\245\346\234\254\350\252\236" },
	{ "=?utf-8?q?=C3?= x =?utf-8?q?=BC?=", "\357\277\275 x \357\277\275" },
	/* Broken words */
	{ "=?utf-8?q?=ZZ=4?=", "=ZZ=4" },
	{ "=?utf-8?b?YQ?=", "a" },
	{ "=?utf-8?b?YW!I=\r\nYw?=", "abc" },
	{ "=?utf-8?b?YQ==Yg==?=", "ab" },
	{ "=?utf-8?b?!!!?=", "" },
	{ "=?utf-8?b?Y?=", "" },
	{ "=?utf-8?b?SGVsbG8", "Hello" },
	{ "Re: =?utf-8?q?cut=C3=BC?", "Re: cut\303\274" },
	{ "=?utf-8?q?no end here", "=?utf-8?q?no end here" },
	{ "=?utf-8?q?", "=?utf-8?q?" },
	{ "=?utf-8?", "=?utf-8?" },
	{ "=?utf-8?x?abc?=", "=?utf-8?x?abc?=" },
	{ "=?utf 8?q?abc?=", "=?utf 8?q?abc?=" },
	{ "=?a?b?c?=", "" },
	{ "=?q?=FC?=", "=?q?=FC?=" },
	/* Charsets: none, unknown, wrong */
	{ "=?\?q?caf=C3=A9?=", "caf\303\251" },
	{ "=?no-such?q?caf=C3=A9?=", "caf\303\251" },
	{ "=?no-such?q?caf=E9?=", "caf\303\251" },
	{ "=?unknown-8bit?q?caf=E9?=", "caf\303\251" },
	{ "=?us-ascii?q?caf=E9?=", "caf\303\251" },
	{ "=?utf-8?q?caf=E9?=", "caf\303\251" },
	{ "=?utf-8?q?=CF=F0=E8=E2=E5=F2?=",
		"\320\237\321\200\320\270\320\262\320\265\321\202" },
	{ "=?iso-8859-1?q?caf=C3=A9?=", "caf\303\251" },
	{ "=?iso-8859-1?q?=80_=93quoted=94?=", "\342\202\254 \342\200\234quoted\342\200\235" },
	{ "=?utf-8//TRANSLIT?q?a?=", "a" },
	{ "=?../../x?q?a?=", "a" },
	{ "=?xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx?q?caf=C3=A9?=", "caf\303\251" },
	{ "=?utf-8?q?caf\303\251?=", "caf\303\251" },
	{ "=?iso-8859-1?q?caf\351?=", "caf\303\251" },
	/* Charsets by their names */
	{ "=?iso-8859-2?B?WmG/87PmIGfqtmyxIGphvPE=?=", "Za\305\274\303\263\305\202\304\207 g\304\231\305\233l\304\205 ja\305\272\305\204" },
	{ "=?iso-8859-5?B?v+DY0tXi?=", "\320\237\321\200\320\270\320\262\320\265\321\202" },
	{ "=?ISO_8859-7?B?yuHr5+zd8eE=?=", "\316\232\316\261\316\273\316\267\316\274\316\255\317\201\316\261" },
	{ "=?iso-8859-8-i?B?+ezl7Q==?=", "\327\251\327\234\327\225\327\235" },
	{ "=?iso-8859-9?B?3XN0YW5idWw=?=", "\304\260stanbul" },
	{ "=?iso-8859-15?B?NSCk?=", "5 \342\202\254" },
	{ "=?windows-1250?B?jmx1nW916Gv9?=", "\305\275lu\305\245ou\304\215k\303\275" },
	{ "=?cp1251?B?z/Do4uXy?=", "\320\237\321\200\320\270\320\262\320\265\321\202" },
	{ "=?windows-1253?B?xevr3OTh?=", "\316\225\316\273\316\273\316\254\316\264\316\261" },
	{ "=?windows-1255?B?+ezl7Q==?=", "\327\251\327\234\327\225\327\235" },
	{ "=?windows-1256?B?49HNyMc=?=", "\331\205\330\261\330\255\330\250\330\247" },
	{ "=?windows-1257?B?wP51b2xhcw==?=", "\304\204\305\276uolas" },
	{ "=?koi8-r?B?8NLJ18XU?=", "\320\237\321\200\320\270\320\262\320\265\321\202" },
	{ "=?koi8-u?B?8NLJ16bULCCn1sHL?=", "\320\237\321\200\320\270\320\262\321\226\321\202, \321\227\320\266\320\260\320\272" },
	{ "=?gb2312?B?1tDOxJjL7n0=?=", "\344\270\255\346\226\207\346\250\231\351\241\214" },
	{ "=?gbk?B?1tDOxA==?=", "\344\270\255\346\226\207" },
	{ "=?gb18030?B?1tDOxA==?=", "\344\270\255\346\226\207" },
	{ "=?big5?B?pKSk5aVEpq4=?=", "\344\270\255\346\226\207\344\270\273\346\227\250" },
	{ "=?shift_jis?B?h0CT+pZ7jOo=?=", "\342\221\240\346\227\245\346\234\254\350\252\236" },
	{ "=?x-sjis?B?g2WDWINn?=", "\343\203\206\343\202\271\343\203\210" },
	{ "=?euc-jp?B?xvzL3Ljs?=", "\346\227\245\346\234\254\350\252\236" },
	{ "=?iso-2022-jp?B?GyRCRnxLXDhsGyhC?=", "\346\227\245\346\234\254\350\252\236" },
	{ "=?euc-kr?B?vsiz58fPvLy/5A==?=", "\354\225\210\353\205\225\355\225\230\354\204\270\354\232\224" },
	{ "=?ks_c_5601-1987?B?jGO55rCix88=?=", "\353\230\240\353\260\251\352\260\201\355\225\230" },
	{ "=?iso-2022-kr?B?GyQpQw4+SDNnDw==?=", "\354\225\210\353\205\225" },
	{ "=?tis-620?B?ysfRyrTV?=", "\340\270\252\340\270\247\340\270\261\340\270\252\340\270\224\340\270\265" },
	{ "=?ibm866?B?j+CooqXi?=", "\320\237\321\200\320\270\320\262\320\265\321\202" },
	{ "=?macintosh?B?jg==?=", "\303\251" },
	{ "=?utf-16?B?//5IAOkA?=", "H\303\251" },
	{ "=?utf-16be?B?AEgA6Q==?=", "H\303\251" },
	{ "=?utf-7?B?SCtBT2st?=", "H\303\251" },
	{ "=?x-unknown?B?w6k=?=", "\303\251" },
	/* Raw 8-bit */
	{ "\360\322\311\327\305\324, \313\301\313 \304\305\314\301?", "\320\237\321\200\320\270\320\262\320\265\321\202, \320\272\320\260\320\272 \320\264\320\265\320\273\320\260?" },
	{ "\360\362\351\367\345\364, \353\341\353 \344\345\354\341?", "\320\237\320\240\320\230\320\222\320\225\320\242, \320\232\320\220\320\232 \320\224\320\225\320\233\320\220?" },
	{ "\317\360\350\342\345\362, \352\340\352 \344\345\353\340?", "\320\237\321\200\320\270\320\262\320\265\321\202, \320\272\320\260\320\272 \320\264\320\265\320\273\320\260?" },
	{ "\321\320\316\327\315\316: \361\367\345\362 \355\340 \356\357\353\340\362\363", "\320\241\320\240\320\236\320\247\320\235\320\236: \321\201\321\207\320\265\321\202 \320\275\320\260 \320\276\320\277\320\273\320\260\321\202\321\203" },
	{ "\317\320\310\302\305\322", "\320\237\320\240\320\230\320\222\320\225\320\242" },
	{ "Re: \304\356\343\356\342\356\360 \2715 \227 \356\357\353\340\362\340", "Re: \320\224\320\276\320\263\320\276\320\262\320\276\321\200 \342\204\2265 \342\200\224 \320\276\320\277\320\273\320\260\321\202\320\260" },
	{ "\317\360\350\342\263\362, \277\346\340\352 \272 \362\363\362", "\320\237\321\200\320\270\320\262\321\226\321\202, \321\227\320\266\320\260\320\272 \321\224 \321\202\321\203\321\202" },
	{ "\273\341\322\351\315\250\326\252\243\272\307\353\327\274\312\261\262\316\274\323", "\344\274\232\350\256\256\351\200\232\347\237\245\357\274\232\350\257\267\345\207\206\346\227\266\345\217\202\345\212\240" },
	{ "Re: \326\320\316\304", "Re: \344\270\255\346\226\207" },
	{ "\203e\203X\203g\203\201\201[\203\213", "\343\203\206\343\202\271\343\203\210\343\203\241\343\203\274\343\203\253" },
	{ "Re: \211\357\213c\202\314\202\250\222m\202\347\202\271", "Re: \344\274\232\350\255\260\343\201\256\343\201\212\347\237\245\343\202\211\343\201\233" },
	{ "\223\372\226{\214\352\202\314\214\217\226\274", "\346\227\245\346\234\254\350\252\236\343\201\256\344\273\266\345\220\215" },
	{ "\033$BF|K\\8l$N7oL>\033(B", "\346\227\245\346\234\254\350\252\236\343\201\256\344\273\266\345\220\215" },
	{ "Gr\366\337e f\374r M\374ller", "Gr\303\266\303\237e f\303\274r M\303\274ller" },
	{ "\311t\351 \340 la plage, \347a va", "\303\211t\303\251 \303\240 la plage, \303\247a va" },
	{ "\277Qu\351 pasa, se\361or?", "\302\277Qu\303\251 pasa, se\303\261or?" },
	{ "Sm\366rg\345sbord p\345 \366n", "Sm\303\266rg\303\245sbord p\303\245 \303\266n" },
	{ "\223Quoted\224 \226 na\357ve", "\342\200\234Quoted\342\200\235 \342\200\223 na\303\257ve" },
	{ "\251 2026", "\302\251 2026" },
	{ "\201\215\217", "\357\277\275\357\277\275\357\277\275" },
	/* Broken UTF-8 */
	{ "Gr\303\274\303\237e aus K\303", "Gr\303\274\303\237e aus K\357\277\275" },
	{ "\346\227\245\346\234\254\350\252\236\343\201\256\344\273\266\345\220\215\343\201\247\343\201", "\346\227\245\346\234\254\350\252\236\343\201\256\344\273\266\345\220\215\343\201\247\357\277\275" },
	{ "Gr\303\274\303\237e \377 K\303\266ln", "Gr\303\274\303\237e \357\277\275 K\303\266ln" },
	{ "=?utf-8?q?=ED=A0=80?= \342\202\254\342\202\254", "\357\277\275\357\277\275\357\277\275 \342\202\254\342\202\254" },
	{ "=?utf-8?b?w6kAw6k=?=", "\303\251\357\277\275\303\251" },
	{ "a\357\277\276b\357\267\220c\364\217\277\277", "a\357\277\275b\357\277\275c\357\277\275" },
	/* What goes */
	{ "a\007\033[31mb\177c\302\205d", "a [31mb c d" },
	{ "=?utf-8?q?one=0D=0ASubject:_two=09=0B?=", "one Subject: two" },
	{ "a\342\200\250b\342\200\251c\302\240\343\200\200d", "a b c d" },
	{ "\342\200\256gpj.exe\342\200\254", "gpj.exe" },
	{ "\342\201\246a\342\201\251\342\201\247b\342\201\250\342\200\252c\342\200\253\342\200\255", "abc" },
	{ "\342\200\216a\342\200\217b\330\234c", "abc" },
	{ "soft\302\255hy\342\200\213phen\357\273\277\342\201\240", "softhyphen" },
	{ "x\363\240\201\201\363\240\200\201y", "xy" },
	{ "\327\251\327\234\327\225\327\235 \327\242\327\225\327\234\327\235", "\327\251\327\234\327\225\327\235 \327\242\327\225\327\234\327\235" },
	{ "\331\205\330\261\330\255\330\250\330\247 \330\250\330\247\331\204\330\271\330\247\331\204\331\205", "\331\205\330\261\330\255\330\250\330\247 \330\250\330\247\331\204\330\271\330\247\331\204\331\205" },
	{ "\360\237\221\251\342\200\215\360\237\221\247 \331\205\333\214\342\200\214\330\256\331\210\330\247\331\207\331\205", "\360\237\221\251\342\200\215\360\237\221\247 \331\205\333\214\342\200\214\330\256\331\210\330\247\331\207\331\205" },
	{ "e\314\201", "e\314\201" },
	{ "\314\201", "\314\201" },
};
/* clang-format on */

/* All rows are tried, and each that fails is named. */
static void check_rows(const struct row *rows, size_t n, char *(*decode)(const char *)) {
	unsigned n_failed = 0;
	for (size_t i = 0; i < n; i++) {
		CLEANUP_TEXT char *text = decode(rows[i].raw);
		const char *expected = rows[i].expected;
		bool same = text && expected ? strcmp(text, expected) == 0 : !text && !expected;
		if (same)
			continue;
		print_error("row %zu: %s\n gives %s\n  not  %s\n", i, rows[i].raw,
			text ? text : "NULL", expected ? expected : "NULL");
		n_failed++;
	}
	assert_int_equal(n_failed, 0);
}

static void test_subjects(void **state) {
	assert_true(ARRAY_SIZE(subjects) >= 130);
	check_rows(subjects, ARRAY_SIZE(subjects), header_text_decode);
	CLEANUP_TEXT char *none = header_text_decode(NULL);
	assert_string_equal(none, "");
}

static void test_names(void **state) {
	static const struct row names[] = {
		{ "Joe Q. Public", "Joe Q. Public" },
		{ "\"Joe Q. Public\"", "Joe Q. Public" },
		{ " \"Joe \\\"X\\\" \\\\ Q\" ", "Joe \"X\" \\ Q" },
		{ "Joe \"X\" Q", "Joe \"X\" Q" },
		{ "\"Joe\" \"Q\"", "\"Joe\" \"Q\"" },
		{ "\"open", "\"open" },
		{ "\"open\\\"", "\"open\\\"" },
		{ "\"", "\"" },
		{ "\"\"", "" },
		{ "Joe (at work)", "Joe (at work)" },
		{ "\"=?utf-8?q?J=C3=B6?=\"", "J\303\266" },
		{ "=?utf-8?q?=22J=C3=B6=22?=", "\"J\303\266\"" },
		{ "=?utf-8?q?a=40bank.example?=", "a@bank.example" },
		{ "J\366rg M\374ller", "J\303\266rg M\303\274ller" },
		{ "=?utf-8?b?4oCu?= x", "x" },
		{ NULL, "" },
	};
	check_rows(names, ARRAY_SIZE(names), header_text_name);
}

static void test_plain_text_is_not_decoded(void **state) {
	static const struct row texts[] = {
		{ "=?utf-8?q?a?=", "=?utf-8?q?a?=" },
		{ "Line one\r\nline  two\t", "Line one line two" },
		{ "caf\351", "caf\357\277\275" },
		{ NULL, "" },
	};
	check_rows(texts, ARRAY_SIZE(texts), header_text_plain);
}

/* Bounds */

static char *repeat(const char *text, size_t times) {
	size_t n = strlen(text);
	char *all = memory_zalloc(n * times + 1, 1);
	for (size_t i = 0; i < times; i++)
		memcpy(all + i * n, text, n);
	return all;
}

static void test_marks_are_bounded(void **state) {
	CLEANUP_TEXT char *marks = repeat("\315\223", 1000); /* U+0353 */
	CLEANUP_TEXT char *raw = memory_format("Z%s\342\200\215%salgo", marks, marks);
	CLEANUP_TEXT char *kept = repeat("\315\223", 8);
	CLEANUP_TEXT char *expected = memory_format("Z%salgo", kept);
	CLEANUP_TEXT char *text = header_text_decode(raw);
	assert_string_equal(text, expected);
}

static void check_cut(const char *unit, size_t n_expected) {
	CLEANUP_TEXT char *raw = repeat(unit, 10 * 1024 / strlen(unit));
	CLEANUP_TEXT char *text = header_text_decode(raw);
	assert_int_equal(strlen(text), n_expected);
	assert_memory_equal(text, raw, n_expected);
	assert_true(text_is_utf8(text, n_expected));
}

static void test_10_kib_are_cut_at_a_code_point(void **state) {
	check_cut("a", 1024);
	check_cut("\303\274", 1024);
	check_cut("\342\202\254", 1023);
	check_cut("\360\237\230\200", 1024);
	check_cut("abc ", 1023);
}

static void test_what_is_cut_in_the_middle_stays_whole(void **state) {
	/* the limit of the raw text is inside a word, a character, a run of blanks */
	CLEANUP_TEXT char *blanks = repeat(" ", HEADER_TEXT_RAW_MAX - 7);
	CLEANUP_TEXT char *word = memory_format("a%s=?utf-8?q?b=C3=BC?=", blanks);
	CLEANUP_TEXT char *text = header_text_decode(word);
	assert_string_equal(text, "a =?utf-");
	CLEANUP_TEXT char *character = memory_format("\303\274%sxxxxx\303\274", blanks);
	CLEANUP_TEXT char *cut = header_text_decode(character);
	assert_string_equal(cut, "\303\274 xxxxx");
}

/* P-11: the converter's output buffer is full at every place */
static void test_conversion_at_every_length(void **state) {
	for (size_t n = 1; n < 700; n++) {
		CLEANUP_TEXT char *bytes = repeat("=FC", n);
		CLEANUP_TEXT char *raw = memory_format("=?iso-8859-2?q?%s?=", bytes);
		CLEANUP_TEXT char *text = header_text_decode(raw);
		CLEANUP_TEXT char *expected = repeat("\303\274", MIN(n, (size_t)512));
		assert_string_equal(text, expected);
	}
}

static void test_charset_name_of_10_kib(void **state) {
	CLEANUP_TEXT char *name = repeat("iso-8859-1", 1024);
	CLEANUP_TEXT char *raw = memory_format("=?%s?q?caf=E9?=", name);
	CLEANUP_TEXT char *text = header_text_decode(raw);
	assert_string_equal(text, "caf\303\251");
}

static void test_a_thousand_words(void **state) {
	CLEANUP_TEXT char *raw = repeat("=?utf-8?q?=C3?= =?utf-8?b?vA==?= ", 400);
	CLEANUP_TEXT char *text = header_text_decode(raw);
	CLEANUP_TEXT char *expected = repeat("\303\274", 400);
	assert_string_equal(text, expected);
	/* beginnings of words without an end */
	CLEANUP_TEXT char *open = repeat("=?a?q? ", 2000);
	CLEANUP_TEXT char *kept = header_text_decode(open);
	assert_int_equal(strlen(kept), 1024);
}

/* Addresses */

static void check_address(const char *local, const char *host, const char *expected) {
	CLEANUP_TEXT char *text = header_text_address(local, host);
	if (expected)
		assert_string_equal(text, expected);
	else
		assert_null(text);
}

static void test_addresses(void **state) {
	check_address("joe", "example.org", "joe@example.org");
	check_address(NULL, NULL, NULL);
	check_address("", "", NULL);
	check_address("joe", NULL, "joe");
	check_address(NULL, "example.org", "@example.org");
	check_address("joe.q+tag", "EXAMPLE.org", "joe.q+tag@EXAMPLE.org");
	check_address(" joe ", " example.org\r\n", "joe@example.org");
	check_address("jos\303\251", "ex\303\244mple.org", "jos\303\251@ex\303\244mple.org");
	check_address("jos\351", "x", "jos\357\277\275@x");
	check_address("boss@bank.example", "evil.example", "\"boss@bank.example\"@evil.example");
	check_address(
		"\"boss@bank.example\"", "evil.example", "\"boss@bank.example\"@evil.example");
	check_address("a\"b\\c", "x", "\"a\\\"b\\\\c\"@x");
	check_address("\"plain\"", "x", "plain@x");
	check_address("john smith", "x", "john\357\277\275smith@x");
	check_address("a\nb", "x\ty", "a\357\277\275b@x\357\277\275y");
	check_address("a\342\200\256b", "x", "ab@x");
	check_address("a", "x@y", "a@x\357\277\275y");
	check_address("a", "[IPv6:::1]", "a@[IPv6:::1]");
	check_address("a", "x> <b@y", "a@x\357\277\275\357\277\275\357\277\275b\357\277\275y");
}

static void test_addresses_are_bounded(void **state) {
	static const char *const units[] = { "a", "\"", "@", " x", "\303\274", "\377" };
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		CLEANUP_TEXT char *part = repeat(units[i], 5000);
		CLEANUP_TEXT char *text = header_text_address(part, part);
		assert_in_range(strlen(text), 1, HEADER_TEXT_MAX);
		assert_true(text_is_utf8(text, strlen(text)));
		assert_null(strpbrk(text, " \t\r\n"));
	}
}

static void check_from(const char *raw, const char *name, const char *address) {
	CLEANUP_TEXT char *found_name = NULL;
	CLEANUP_TEXT char *found_address = NULL;
	int r = header_text_from(raw, &found_name, &found_address);
	assert_int_equal(r, name ? 1 : 0);
	if (!name)
		return;
	assert_string_equal(found_name, name);
	assert_string_equal(found_address, address);
}

static void test_from(void **state) {
	check_from("a@b", "", "a@b");
	check_from("Joe <a@b>", "Joe", "a@b");
	check_from("Joe Q. Public <a@b>", "Joe Q. Public", "a@b");
	check_from("\"Joe \\\"X\\\" Q\" (comment) <a@b>", "Joe \"X\" Q", "a@b");
	check_from("a@b (Joe)", "Joe", "a@b");
	check_from("(c (d)) a . b @ c (d) . org", "", "a.b@c.org");
	check_from("=?utf-8?q?J=C3=B6?= <a@b>", "J\303\266", "a@b");
	check_from("=?utf-8?q?J=C3?= =?UTF-8?b?tg==?= <a@b>", "J\303\266", "a@b");
	check_from("\"=?utf-8?q?J=C3=B6?=\" <a@b>", "J\303\266", "a@b");
	check_from("=?utf-8?q?boss=40bank=3E=2C?= <a@b>", "boss@bank>,", "a@b");
	check_from("Who? <a@b>", "Who?", "a@b");
	check_from("J\366rg <a@b>", "J\303\266rg", "a@b");
	check_from("\"a@bank.example\" <x@evil.example>", "a@bank.example", "x@evil.example");
	check_from("a@b, c@d", "", "a@b");
	check_from("group: Joe <a@b>, c@d;", "Joe", "a@b");
	check_from("empty:; , Joe <a@b>", "Joe", "a@b");
	check_from("undisclosed-recipients:;", NULL, NULL);
	check_from("<@route:c@d>", "", "c@d");
	check_from("Foo <a@[1.2.3.4]>", "Foo", "a@[1.2.3.4]");
	check_from("MAILER-DAEMON", "", "MAILER-DAEMON");
	check_from("\"john smith\"@x", "", "\"john\357\277\275smith\"@x");
	check_from("J\356\200\200 <a@b>", "J-", "a@b");
	check_from("", NULL, NULL);
	check_from("<>", NULL, NULL);
	check_from(NULL, NULL, NULL);
}

/* P-25, and depths that would use up a stack */
static void test_from_without_end(void **state) {
	static const char *const units[] = { "a@b, ", "a:", "(", "\"", "<", "a:;", "@a,", "a ",
		"\\" };
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		CLEANUP_TEXT char *raw = repeat(units[i], 100000);
		CLEANUP_TEXT char *name = NULL;
		CLEANUP_TEXT char *address = NULL;
		int r = header_text_from(raw, &name, &address);
		assert_in_range(r, 0, 1);
		if (r == 1)
			assert_in_range(strlen(name) + strlen(address), 0, 2 * HEADER_TEXT_MAX);
	}
}

/* Identifiers */

static void test_list_ids(void **state) {
	static const struct row ids[] = {
		{ "Name <list.example.org>", "list.example.org" },
		{ "<list.example.org>", "list.example.org" },
		{ "\"a <b> c\" <list.example.org>", "list.example.org" },
		{ "=?utf-8?q?N=C3=A4me?= <list.example.org>\r\n", "list.example.org" },
		{ "list.example.org", "list.example.org" },
		{ " list.example.org (comment)", "list.example.org" },
		{ "Name <list.example.org", "list.example.org" },
		{ "< list.example.org >", "list.example.org" },
		{ "Name <>", NULL },
		{ "  ", NULL },
		{ "", NULL },
		{ NULL, NULL },
		{ "<a\nb>", "a\357\277\275b" },
		{ "<\377>", "\357\277\275" },
	};
	check_rows(ids, ARRAY_SIZE(ids), header_text_list_id);
}

static void test_message_ids(void **state) {
	static const struct row ids[] = {
		{ "<a.1@example.org>", "<a.1@example.org>" },
		{ " <a@b> <c@d>", "<a@b>" },
		{ "(comment) <a@b>\r\n", "<a@b>" },
		{ "a@b", "<a@b>" },
		{ "<a@b", "<a@b>" },
		{ "<>", NULL },
		{ "", NULL },
		{ NULL, NULL },
		{ "<a\033[2Jb@c>", "<a\357\277\275[2Jb@c>" },
		{ "<\303\274@\377>", "<\303\274@\357\277\275>" },
	};
	check_rows(ids, ARRAY_SIZE(ids), header_text_message_id);
	CLEANUP_TEXT char *part = repeat("\303\274", 1000);
	CLEANUP_TEXT char *raw = memory_format("<%s@x>", part);
	CLEANUP_TEXT char *text = header_text_message_id(raw);
	assert_int_equal(strlen(text), HEADER_TEXT_ID_MAX);
	assert_true(text_is_utf8(text, strlen(text)));
	assert_int_equal(text[strlen(text) - 1], '>');
}

static void test_dates(void **state) {
	static const struct {
		const char *raw;
		uint64_t seconds;
	} dates[] = {
		{ "Tue, 1 Jul 2003 10:52:37 +0200", 1057049557 },
		{ "1 Jul 2003 08:52:37 +0000", 1057049557 },
		{ "1 Jul 2003 08:52:37 GMT", 1057049557 },
		{ "Tue,  1 Jul 2003\r\n 03:52:37 -0500 (EST)", 1057049557 },
		{ "1 Jul 03 10:52 EST", 1057074720 },
		{ "Fri, 21 Nov 1997 09:55:06 -0600", 880127706 },
		{ "Thu, 31 Dec 1998 23:59:60 +0000", 915148799 },
		{ "Mon, 29 Feb 2024 00:00:00 +0000", 1709164800 },
		{ "Thu, 1 Jan 1970 00:00:01 +0000", 1 },
		{ "Thu, 1 Jan 1970 00:00:00 +0000", 0 },
		{ "Wed, 31 Dec 1969 23:59:59 +0000", 0 },
		{ "Thu, 1 Jan 1970 01:00:00 +0200", 0 },
		{ "Sun, 29 Feb 2026 00:00:00 +0000", 0 },
		{ "1 Jul 2003 25:00:00 +0000", 0 },
		{ "1 Jan 99999999999999999999 00:00:00 +0000", 0 },
		{ "yesterday", 0 },
		{ "", 0 },
		{ ",,,,,,", 0 },
		{ "\377\376", 0 },
		{ ":60", 0 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(dates); i++)
		if (header_text_date(dates[i].raw) != dates[i].seconds * USEC_PER_SEC)
			fail_msg("%s gives %llu", dates[i].raw,
				(unsigned long long)header_text_date(dates[i].raw) / USEC_PER_SEC);
	assert_int_equal(header_text_date(NULL), 0);
	CLEANUP_TEXT char *digits = repeat("9", 100000);
	assert_int_equal(header_text_date(digits), 0);
}

static int set_up(void **state) {
	header_text_init();
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_subjects),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_plain_text_is_not_decoded),
		cmocka_unit_test(test_marks_are_bounded),
		cmocka_unit_test(test_10_kib_are_cut_at_a_code_point),
		cmocka_unit_test(test_what_is_cut_in_the_middle_stays_whole),
		cmocka_unit_test(test_conversion_at_every_length),
		cmocka_unit_test(test_charset_name_of_10_kib),
		cmocka_unit_test(test_a_thousand_words),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_addresses_are_bounded),
		cmocka_unit_test(test_from),
		cmocka_unit_test(test_from_without_end),
		cmocka_unit_test(test_list_ids),
		cmocka_unit_test(test_message_ids),
		cmocka_unit_test(test_dates),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
