#include "mail/charset-guess.h"

#include "base/macros.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct sample {
	const char *charset;
	const char *bytes;
};

/* clang-format off */
static const struct sample samples[] = {
	/* CP1252 */
	{ "CP1252", "Gr\366\337e f\374r M\374ller und S\366hne" },
	{ "CP1252", "\311t\351 \340 la plage, \347a va tr\350s bien" },
	{ "CP1252", "\277Qu\351 pasa, se\361or? Ma\361ana ser\341 otro d\355a" },
	{ "CP1252", "Sm\366rg\345sbord p\345 \366n i h\366st" },
	{ "CP1252", "N\343o \351 poss\355vel, amanh\343 \340 noite" },
	/* KOI8-U */
	{ "KOI8-U", "\360\322\311\327\305\324, \313\301\313 \304\305\314\301?" },
	{ "KOI8-U", "\367\323\324\322\305\336\301 \320\305\322\305\316\317\323\311\324\323\321 \316\301 \323\322\305\304\325" },
	{ "KOI8-U", "\360\362\351\367\345\364 \351\372 \355\357\363\353\367\371" },
	{ "KOI8-U", "Re: \363\336\305\324 \316\301 \317\320\314\301\324\325 N" },
	{ "KOI8-U", "\360\322\311\327\246\324, \247\326\301\313 \244 \324\325\324" },
	/* CP1251 */
	{ "CP1251", "\317\360\350\342\345\362, \352\340\352 \344\345\353\340?" },
	{ "CP1251", "\302\361\362\360\345\367\340 \357\345\360\345\355\356\361\350\362\361\377 \355\340 \361\360\345\344\363" },
	{ "CP1251", "\321\320\316\327\315\316: \321\327\305\322 \315\300 \316\317\313\300\322\323" },
	{ "CP1251", "Re: \304\356\343\356\342\356\360 \2715 \227 \356\357\353\340\362\340" },
	{ "CP1251", "\317\360\350\342\263\362, \277\346\340\352 \272 \362\363\362" },
	/* GB18030 */
	{ "GB18030", "\273\341\322\351\315\250\326\252\243\272\307\353\327\274\312\261\262\316\274\323" },
	{ "GB18030", "\271\330\323\332\304\352\266\310\261\250\270\346\265\304\311\363\272\313\322\342\274\373" },
	{ "GB18030", "Re: \304\372\265\304\266\251\265\245\322\321\276\255\267\242\273\365" },
	{ "GB18030", "\326\320\316\304\323\312\274\376\261\352\314\342\262\342\312\324" },
	/* CP932 */
	{ "CP932", "\203e\203X\203g\203\201\201[\203\213\202\314\202\250\222m\202\347\202\271" },
	{ "CP932", "Re: \211\357\213c\202\314\202\250\222m\202\347\202\271" },
	{ "CP932", "\223\372\226{\214\352\202\314\214\217\226\274\202\305\202\267" },
	{ "CP932", "\202\262\222\215\225\266\202\240\202\350\202\252\202\306\202\244\202\262\202\264\202\242\202\334\202\267" },
	/* ISO-2022-JP-2 */
	{ "ISO-2022-JP-2", "\033$BF|K\\8l$N7oL>\033(B" },
	{ "ISO-2022-JP-2", "Re: \033$B2q5D$N$*CN$i$;\033(B" },
	/* UTF-8 */
	{ "UTF-8", "Gr\303\274\303\237e aus K\303\266ln und D\303\274sseldorf" },
	{ "UTF-8", "\320\237\321\200\320\270\320\262\320\265\321\202, \320\272\320\260\320\272 \320\264\320\265\320\273\320\260?" },
	{ "UTF-8", "\346\227\245\346\234\254\350\252\236\343\201\256\344\273\266\345\220\215\343\201\247\343\201\231" },
	{ "UTF-8", "plain ASCII text" },
};
/* clang-format on */

static void test_sentences(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const char *bytes = samples[i].bytes;
		const char *found = charset_guess(bytes, strlen(bytes), "none");
		if (strcmp(found, samples[i].charset) != 0)
			fail_msg("%s: %s, not %s", bytes, found, samples[i].charset);
	}
}

/* A field that was cut is read as the whole one, wherever the cut is behind its middle. */
static void test_cut_sentences(void **state) {
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		size_t n = strlen(samples[i].bytes);
		for (size_t cut = n / 2 + 1; cut < n; cut++) {
			CLEANUP_TEXT char *bytes = memory_strndup(samples[i].bytes, cut);
			const char *found = charset_guess(bytes, cut, "none");
			if (strcmp(found, samples[i].charset) != 0)
				fail_msg("%s: %s, not %s", bytes, found, samples[i].charset);
		}
	}
}

static void test_no_language_is_the_fallback(void **state) {
	static const char *const bytes[] = { "\377", "\201\215\217", "\376\377 \376\377",
		"\200\200\200\200", "\234\235\236 =" };
	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++)
		assert_string_equal(charset_guess(bytes[i], strlen(bytes[i]), "none"), "none");
}

static void test_what_was_meant_as_utf8(void **state) {
	static const char *const bytes[] = {
		"\355\240\200", /* a surrogate */
		"\300\257", /* too long */
		"\303\274\303\274\377", /* one bad byte */
		"\346\227\245\346\234", /* cut */
		"",
	};
	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++)
		assert_string_equal(charset_guess(bytes[i], strlen(bytes[i]), "none"), "UTF-8");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_cut_sentences),
		cmocka_unit_test(test_no_language_is_the_fallback),
		cmocka_unit_test(test_what_was_meant_as_utf8),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
