#include "mail/charset-guess.h"

#include "base/macros.h"
#include "base/text.h"

#include <endian.h>
#include <errno.h>
#include <gmime/gmime.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SAMPLE_MAX 1024 /* bytes that are looked at: a decision needs far less */

/* A character as a candidate reads it. */
struct character {
	uint32_t code_point;
	const uint8_t *bytes;
	size_t n;
};

/* How much `c` behind `previous` looks like language: positive is good. A good reading of running
 * text comes to four or more for each of its bytes, a wrong one to three or less. */
typedef int (*weigh_fn)(const struct character *previous, const struct character *c);

static bool is_ascii_letter(uint32_t c) {
	return c < 0x80 && g_ascii_isalpha((char)c);
}

static bool is_ascii_lower(uint32_t c) {
	return c < 0x80 && g_ascii_islower((char)c);
}

/* Signs that stand in text of any language: no-break space, quotes, dashes, bullet, ellipsis. */
static bool is_common_sign(uint32_t c) {
	return c == 0xA0 || c == 0xAB || c == 0xBB || c == 0xA9 || c == 0xAE || c == 0xB0 ||
	       c == 0x2116 || c == 0x20AC || (c >= 0x2013 && c <= 0x2026);
}

/* Windows-1252 */

static bool is_latin(uint32_t c) {
	return (c >= 0xC0 && c <= 0xFF && c != 0xD7 && c != 0xF7) || c == 0x152 || c == 0x153 ||
	       c == 0x160 || c == 0x161 || c == 0x17D || c == 0x17E;
}

static bool is_latin_upper(uint32_t c) {
	return (c >= 0xC0 && c < 0xDF) || c == 0x152 || c == 0x160 || c == 0x17D;
}

static int weigh_latin(const struct character *previous, const struct character *c) {
	uint32_t before = previous->code_point, now = c->code_point;
	if (is_ascii_letter(now))
		return is_latin(before) ? 4 : 0;
	if (now < 0x80)
		return 0;
	if (!is_latin(now))
		return is_common_sign(now) || now == 0xA1 || now == 0xBF ? 0 : -4;
	if (is_latin(before))
		return -4;
	if (!is_ascii_letter(before))
		return 0;
	return is_latin_upper(now) && is_ascii_lower(before) ? -4 : 4;
}

/* KOI8-R and windows-1251: one reading of a text has the other's letters mixed up and its case
 * upside down. */

static bool is_cyrillic(uint32_t c) {
	return c >= 0x400 && c <= 0x491;
}

static bool is_cyrillic_upper(uint32_t c) {
	return c < 0x430;
}

static int cyrillic_frequency(uint32_t c) {
	/* from the first to the last letter of the Russian alphabet, without IO */
	static const int8_t frequency[32] = { 8, 2, 5, 2, 3, 8, 1, 2, 7, 1, 4, 5, 3, 7, 9, 3, 5, 6,
		6, 3, 0, 1, 0, 1, 1, 0, 0, 2, 2, 0, 1, 2 };
	if (c >= 0x410 && c <= 0x44F)
		return frequency[(c - 0x410) % 32];
	switch (c) {
	case 0x401: /* IO; then the Ukrainian and Belarusian ones */
	case 0x451:
	case 0x404:
	case 0x454:
	case 0x406:
	case 0x456:
	case 0x407:
	case 0x457:
	case 0x40E:
	case 0x45E:
		return 3;
	default:
		return -4;
	}
}

static int weigh_cyrillic(const struct character *previous, const struct character *c) {
	uint32_t before = previous->code_point, now = c->code_point;
	if (is_ascii_letter(now))
		return is_cyrillic(before) ? -4 : 0;
	if (now < 0x80 || is_common_sign(now))
		return 0;
	if (!is_cyrillic(now))
		return -4;
	int weight = cyrillic_frequency(now);
	if (is_ascii_letter(before))
		weight -= 4;
	if (is_cyrillic(before) && !is_cyrillic_upper(before) && is_cyrillic_upper(now))
		weight -= 4;
	return weight;
}

/* GB18030: nearly all characters of a text are of the first level of GB 2312. */

static int weigh_gb18030(const struct character *previous, const struct character *c) {
	if (c->code_point < 0x80)
		return 0;
	if (c->n != 2 || c->bytes[1] < 0xA1)
		return -6;
	uint8_t lead = c->bytes[0];
	if (lead >= 0xB0 && lead <= 0xD7)
		return 9;
	if (lead == 0xA1 || lead == 0xA3) /* signs, full-width letters */
		return 1;
	return lead >= 0xD8 && lead <= 0xF7 ? 1 : -6;
}

/* CP932: kana, and kanji of the first level. */

static int weigh_cp932(const struct character *previous, const struct character *c) {
	uint32_t now = c->code_point;
	if (now < 0x80)
		return 0;
	if (c->n == 1) /* half-width kana, which other charsets' letters turn into */
		return -1;
	if (now >= 0x3041 && now <= 0x30FE)
		return 10;
	uint8_t lead = c->bytes[0];
	if (lead >= 0x88 && lead <= 0x97)
		return 8;
	return lead == 0x81 || lead == 0x82 || (lead >= 0x98 && lead <= 0xEA) ? 1 : -6;
}

/* The first ones win a tie. */
static const struct {
	const char *converter;
	weigh_fn weigh;
	int least; /* for each 8-bit byte: below, it does not look like words */
} candidates[] = {
	{ "CP1252", weigh_latin, 0 }, /* few of its letters are not ASCII */
	{ "KOI8-R", weigh_cyrillic, 2 },
	{ "CP1251", weigh_cyrillic, 2 },
	{ "GB18030", weigh_gb18030, 2 },
	{ "CP932", weigh_cp932, 2 },
};

/* 1: a character; 0: the end, or one that was cut; -1: not of this charset */
static int next_character(iconv_t cd, char **at, size_t *n_left, struct character *ret) {
	uint32_t code_point = 0;
	char *out = (char *)&code_point;
	size_t n_out = sizeof(code_point);
	const char *start = *at;
	if (*n_left == 0)
		return 0;
	/* there is room for one, so that is where it stops */
	if (iconv(cd, at, n_left, &out, &n_out) == (size_t)-1 && *at == start)
		return errno == EINVAL ? 0 : -1;
	*ret = (struct character){
		.code_point = le32toh(code_point),
		.bytes = (const uint8_t *)start,
		.n = (size_t)(*at - start),
	};
	return 1;
}

static int score(const char *converter, weigh_fn weigh, const char *bytes, size_t n) {
	iconv_t cd = g_mime_iconv_open("UTF-32LE", converter);
	if (cd == (iconv_t)-1)
		return INT_MIN;
	char *at = (char *)(uintptr_t)bytes; /* iconv() writes nothing there */
	struct character previous = { .code_point = ' ' }, c;
	int sum = 0, r;
	while ((r = next_character(cd, &at, &n, &c)) > 0) {
		sum += weigh(&previous, &c);
		previous = c;
	}
	(void)g_mime_iconv_close(cd);
	return r < 0 ? INT_MIN : sum;
}

/* Bytes that follow a lead byte; 0: it is none. Also of the forms that RFC 3629 forbids (too long,
 * surrogates): whoever wrote them meant UTF-8. */
static size_t n_continuations(uint8_t lead) {
	if (lead >= 0xC0 && lead <= 0xDF)
		return 1;
	if (lead >= 0xE0 && lead <= 0xEF)
		return 2;
	return lead >= 0xF0 && lead <= 0xF7 ? 3 : 0;
}

/* More sequences of the right shape than bytes that belong to none. A sequence that is cut by the
 * end counts for nothing beside others: many a server cuts at a fixed length. */
static bool is_mostly_utf8(const uint8_t *bytes, size_t n) {
	size_t n_good = 0, n_bad = 0;
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] < 0x80)
			continue;
		size_t wanted = n_continuations(bytes[i]), found = 0;
		while (found < wanted && i + 1 < n && (bytes[i + 1] & 0xC0) == 0x80) {
			found++;
			i++;
		}
		if (wanted > 0 && found == wanted)
			n_good++;
		else if (i + 1 < n || n_good == 0)
			n_bad++;
	}
	return n_good > n_bad;
}

const char *charset_guess(const char *bytes, size_t n, const char *fallback) {
	if (memmem(bytes, n, "\x1B$", 2) || memmem(bytes, n, "\x1B(J", 3))
		return "ISO-2022-JP-2";
	if (text_is_utf8(bytes, n) || is_mostly_utf8((const uint8_t *)bytes, n))
		return "UTF-8";
	n = MIN(n, (size_t)SAMPLE_MAX);
	int n_high = 0;
	for (size_t i = 0; i < n; i++)
		n_high += (uint8_t)bytes[i] >= 0x80;
	const char *best = fallback;
	int best_score = 0;
	for (size_t i = 0; i < ARRAY_SIZE(candidates); i++) {
		int s = score(candidates[i].converter, candidates[i].weigh, bytes, n);
		if (s > best_score && s > candidates[i].least * n_high) {
			best = candidates[i].converter;
			best_score = s;
		}
	}
	return best;
}
