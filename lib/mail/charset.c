#include "mail/charset.h"

#include "base/macros.h"
#include "base/number.h"
#include "base/text.h"
#include "mail/charset-guess.h"

#include <errno.h>
#include <gmime/gmime.h>
#include <stdbool.h>
#include <string.h>

#define NAME_MAX_ 32 /* letters and digits of a charset's name */
#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* Names are compared by their letters and digits. Where what is sent under a name is in truth a
 * larger set, the larger one is opened: Windows' for the ISO and national ones. */
static const struct {
	const char *name;
	const char *converter;
} charsets[] = {
	{ "ansix341968", "UTF-8" },
	{ "ascii", "UTF-8" },
	{ "big5", "BIG5-HKSCS" },
	{ "big5hkscs", "BIG5-HKSCS" },
	{ "cngb", "GB18030" },
	{ "csbig5", "BIG5-HKSCS" },
	{ "cseuckr", "CP949" },
	{ "csgb2312", "GB18030" },
	{ "csiso2022jp", "ISO-2022-JP-2" },
	{ "cskoi8r", "KOI8-R" },
	{ "csshiftjis", "CP932" },
	{ "euccn", "GB18030" },
	{ "eucjp", "EUC-JP-MS" },
	{ "euckr", "CP949" },
	{ "gb18030", "GB18030" },
	{ "gb2312", "GB18030" },
	{ "gb231280", "GB18030" },
	{ "gbk", "GB18030" },
	{ "iso2022jp", "ISO-2022-JP-2" },
	{ "iso2022jp1", "ISO-2022-JP-2" },
	{ "iso2022jp2", "ISO-2022-JP-2" },
	{ "iso2022kr", "ISO-2022-KR" },
	{ "koi8r", "KOI8-R" },
	{ "koi8ru", "KOI8-U" },
	{ "koi8u", "KOI8-U" },
	{ "ksc5601", "CP949" },
	{ "ksc56011987", "CP949" },
	{ "ksc56011989", "CP949" },
	{ "latin1", "CP1252" },
	{ "latin2", "ISO-8859-2" },
	{ "latin9", "ISO-8859-15" },
	{ "mac", "MACINTOSH" },
	{ "macintosh", "MACINTOSH" },
	{ "mskanji", "CP932" },
	{ "shiftjis", "CP932" },
	{ "sjis", "CP932" },
	{ "tis620", "CP874" },
	{ "unicode11utf7", "UTF-7" },
	{ "unicode11utf8", "UTF-8" },
	{ "usascii", "UTF-8" },
	{ "utf16", "UTF-16" },
	{ "utf16be", "UTF-16BE" },
	{ "utf16le", "UTF-16LE" },
	{ "utf7", "UTF-7" },
	{ "utf8", "UTF-8" },
	{ "viscii", "VISCII" },
	{ "windows31j", "CP932" },
	{ "xeucjp", "EUC-JP-MS" },
	{ "xgbk", "GB18030" },
	{ "xsjis", "CP932" },
};

/* A family of numbered charsets, some of which have a larger relative of another name. */
struct numbered {
	unsigned number;
	const char *converter;
};

static const struct numbered iso8859[] = {
	{ 1, "CP1252" },
	{ 2, "ISO-8859-2" },
	{ 3, "ISO-8859-3" },
	{ 4, "ISO-8859-4" },
	{ 5, "ISO-8859-5" },
	{ 6, "ISO-8859-6" },
	{ 7, "ISO-8859-7" },
	{ 8, "ISO-8859-8" },
	{ 9, "CP1254" },
	{ 10, "ISO-8859-10" },
	{ 11, "CP874" },
	{ 13, "ISO-8859-13" },
	{ 14, "ISO-8859-14" },
	{ 15, "ISO-8859-15" },
	{ 16, "ISO-8859-16" },
};

static const struct numbered codepages[] = {
	{ 437, "CP437" },
	{ 850, "CP850" },
	{ 852, "CP852" },
	{ 858, "CP858" },
	{ 866, "CP866" },
	{ 874, "CP874" },
	{ 932, "CP932" },
	{ 936, "GB18030" },
	{ 949, "CP949" },
	{ 950, "BIG5-HKSCS" },
	{ 1250, "CP1250" },
	{ 1251, "CP1251" },
	{ 1252, "CP1252" },
	{ 1253, "CP1253" },
	{ 1254, "CP1254" },
	{ 1255, "CP1255" },
	{ 1256, "CP1256" },
	{ 1257, "CP1257" },
	{ 1258, "CP1258" },
	{ 65001, "UTF-8" },
};

static const struct {
	const char *prefix;
	const struct numbered *members;
	size_t n_members;
} families[] = {
	{ "iso8859", iso8859, ARRAY_SIZE(iso8859) },
	{ "windows", codepages, ARRAY_SIZE(codepages) },
	{ "xwindows", codepages, ARRAY_SIZE(codepages) },
	{ "cp", codepages, ARRAY_SIZE(codepages) },
	{ "xcp", codepages, ARRAY_SIZE(codepages) },
	{ "ibm", codepages, ARRAY_SIZE(codepages) },
	{ "ansi", codepages, ARRAY_SIZE(codepages) },
	{ "ms", codepages, ARRAY_SIZE(codepages) },
};

/* Letters and digits, in lower case, up to the star; false when that is too long for a name. */
static bool fold_name(const char *name, size_t n_name, char ret[NAME_MAX_ + 1]) {
	size_t n = 0;
	for (size_t i = 0; i < n_name && name[i] != '*'; i++) {
		if (!g_ascii_isalnum(name[i]))
			continue;
		if (n == NAME_MAX_)
			return false;
		ret[n++] = g_ascii_tolower(name[i]);
	}
	ret[n] = '\0';
	return true;
}

static const char *find_numbered(size_t family, const char *digits) {
	uint32_t number;
	if (number_parse_u32(digits, strlen(digits), &number) < 0)
		return NULL;
	for (size_t i = 0; i < families[family].n_members; i++)
		if (families[family].members[i].number == number)
			return families[family].members[i].converter;
	return NULL;
}

static const char *find_converter(const char *name, size_t n_name) {
	char folded[NAME_MAX_ + 1];
	if (!fold_name(name, n_name, folded))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(charsets); i++)
		if (strcmp(folded, charsets[i].name) == 0)
			return charsets[i].converter;
	/* RFC 1556: visual or implicit order, which is for the display */
	size_t n = strlen(folded);
	if (strncmp(folded, "iso88598", 8) == 0 && n == 9 && (folded[8] == 'i' || folded[8] == 'e'))
		folded[8] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (text_starts_nocase(folded, families[i].prefix)) {
			const char *found = find_numbered(i, folded + strlen(families[i].prefix));
			if (found)
				return found;
		}
	return NULL;
}

/* Gives what was converted to `out`; false when that is full. */
static bool flush_chunk(struct buffer *out, char *chunk, size_t size, char **at, size_t *n_left) {
	size_t n = size - *n_left;
	*at = chunk;
	*n_left = size;
	return buffer_append(out, chunk, n) == 0;
}

static void convert(const char *converter, const char *bytes, size_t n, struct buffer *out) {
	char chunk[256];
	char *at = chunk;
	size_t unit = strncmp(converter, "UTF-16", 6) == 0 ? 2 : 1;
	size_t n_left = sizeof(chunk);
	/* iconv() takes `char **` and writes nothing there */
	char *in = (char *)(uintptr_t)bytes;
	iconv_t cd = g_mime_iconv_open("UTF-8", converter);
	if (cd == (iconv_t)-1) { /* its file is not installed */
		(void)buffer_append(out, bytes, n);
		return;
	}
	while (n > 0) {
		if (iconv(cd, &in, &n, &at, &n_left) != (size_t)-1)
			break;
		int problem = errno;
		if (!flush_chunk(out, chunk, sizeof(chunk), &at, &n_left))
			break;
		if (problem == E2BIG)
			continue;
		/* EILSEQ: not of this charset. EINVAL: cut in a character. One unit goes in any
		 * case, so the loop ends. */
		if (buffer_append(out, REPLACEMENT, strlen(REPLACEMENT)) < 0 || problem == EINVAL)
			break;
		size_t n_gone = MIN(unit, n);
		in += n_gone;
		n -= n_gone;
	}
	/* Some converters hold a character back to see whether it combines with the next one */
	(void)iconv(cd, NULL, NULL, &at, &n_left);
	(void)flush_chunk(out, chunk, sizeof(chunk), &at, &n_left);
	(void)g_mime_iconv_close(cd);
}

static void decode_guessed(const char *bytes, size_t n, const char *fallback, struct buffer *out) {
	const char *converter = charset_guess(bytes, n, fallback);
	if (strcmp(converter, "UTF-8") == 0)
		(void)buffer_append(out, bytes, n);
	else
		convert(converter, bytes, n, out);
}

void charset_decode(
	const char *name, size_t n_name, const char *bytes, size_t n, struct buffer *out) {
	const char *converter = find_converter(name, n_name);
	if (!converter)
		charset_decode_unnamed(bytes, n, out);
	else if (strcmp(converter, "UTF-8") == 0)
		decode_guessed(bytes, n, "UTF-8", out);
	/* UTF-8 under the old default name: in Latin-1 such a sequence is a letter with an accent
	 * and a sign behind it, which nobody writes */
	else if (strcmp(converter, "CP1252") == 0 && text_is_utf8(bytes, n))
		(void)buffer_append(out, bytes, n);
	else
		convert(converter, bytes, n, out);
}

void charset_decode_unnamed(const char *bytes, size_t n, struct buffer *out) {
	decode_guessed(bytes, n, "CP1252", out);
}
