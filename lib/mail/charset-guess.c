#include "mail/charset-guess.h"

#include "base/macros.h"
#include "base/text.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SAMPLE_MAX 1024 /* bytes that are looked at: a decision needs far less */

/* What a byte is in a charset of one byte a character. */
enum kind {
	KIND_NONE, /* not in this charset */
	KIND_ASCII, /* no letter */
	KIND_ASCII_LOWER,
	KIND_ASCII_UPPER,
	KIND_LOWER,
	KIND_UPPER,
	KIND_SIGN, /* one that stands in running text: quotes, dashes, ... */
	KIND_ODD, /* one that hardly does */
};

struct reading {
	enum kind kind;
	int frequency; /* of a letter of LOWER or UPPER in its language: 0 to 9 */
};

typedef struct reading (*read_fn)(uint8_t byte);

/* How much a character behind another one looks like language: positive is good. A good reading
 * of running text comes to four or more for each 8-bit byte, a wrong one to three or less. */
typedef int (*weigh_fn)(const struct reading *before, const struct reading *now);

static struct reading make_reading(enum kind kind, int frequency) {
	return (struct reading){ .kind = kind, .frequency = frequency };
}

static struct reading read_ascii(uint8_t byte) {
	if (byte >= 'a' && byte <= 'z')
		return make_reading(KIND_ASCII_LOWER, 0);
	return make_reading(byte >= 'A' && byte <= 'Z' ? KIND_ASCII_UPPER : KIND_ASCII, 0);
}

static bool is_one_of(uint8_t byte, const char *set) {
	return strchr(set, (char)byte) != NULL;
}

static bool is_ascii_letter(const struct reading *r) {
	return r->kind == KIND_ASCII_LOWER || r->kind == KIND_ASCII_UPPER;
}

static bool is_letter(const struct reading *r) {
	return r->kind == KIND_LOWER || r->kind == KIND_UPPER;
}

/* Windows-1252: letters with accents stand alone among those of ASCII. */

static struct reading read_cp1252(uint8_t byte) {
	if (is_one_of(byte, "\x81\x8D\x8F\x90\x9D"))
		return make_reading(KIND_NONE, 0);
	if (is_one_of(byte, "\x9A\x9C\x9E"))
		return make_reading(KIND_LOWER, 0);
	if (is_one_of(byte, "\x8A\x8C\x8E\x9F"))
		return make_reading(KIND_UPPER, 0);
	if (byte >= 0xC0 && byte != 0xD7 && byte != 0xF7)
		return make_reading(byte < 0xDF ? KIND_UPPER : KIND_LOWER, 0);
	bool is_sign = is_one_of(byte,
		"\x80\x82\x84\x85\x91\x92\x93\x94\x95\x96\x97\xA0\xA1\xA9\xAB\xAE\xB0\xBB\xBF");
	return make_reading(is_sign ? KIND_SIGN : KIND_ODD, 0);
}

static int weigh_latin(const struct reading *before, const struct reading *now) {
	if (now->kind == KIND_ODD)
		return -4;
	if (is_ascii_letter(now))
		return is_letter(before) ? 4 : 0;
	if (!is_letter(now))
		return 0;
	if (is_letter(before) || (now->kind == KIND_UPPER && before->kind == KIND_ASCII_LOWER))
		return -4;
	return is_ascii_letter(before) ? 4 : 0;
}

/* KOI8-R (and -U) and windows-1251: one reading of a text has the other's letters mixed up and its
 * case upside down. Frequencies are those of the Russian alphabet; 3 for letters of its neighbours. */

static struct reading read_koi8(uint8_t byte) {
	/* from 0xC0: yu a b ts d ye f g kh i short-i k l m n o p ya r s t u zh v soft y z sh e
	 * shch ch hard */
	static const int8_t frequency[32] = { 1, 8, 2, 0, 3, 8, 0, 2, 1, 7, 1, 4, 5, 3, 7, 9, 3, 2,
		5, 6, 6, 3, 1, 5, 2, 2, 2, 1, 0, 0, 1, 0 };
	if (byte >= 0xC0)
		return make_reading(byte < 0xE0 ? KIND_LOWER : KIND_UPPER, frequency[byte % 32]);
	if (is_one_of(byte, "\xA3\xA4\xA6\xA7\xAD"))
		return make_reading(KIND_LOWER, 3);
	if (is_one_of(byte, "\xB3\xB4\xB6\xB7\xBD"))
		return make_reading(KIND_UPPER, 3);
	return make_reading(is_one_of(byte, "\x9A\xBF") ? KIND_SIGN : KIND_ODD, 0);
}

static struct reading read_cp1251(uint8_t byte) {
	/* from 0xC0: a to ya */
	static const int8_t frequency[32] = { 8, 2, 5, 2, 3, 8, 1, 2, 7, 1, 4, 5, 3, 7, 9, 3, 5, 6,
		6, 3, 0, 1, 0, 1, 1, 0, 0, 2, 2, 0, 1, 2 };
	if (byte >= 0xC0)
		return make_reading(byte < 0xE0 ? KIND_UPPER : KIND_LOWER, frequency[byte % 32]);
	if (is_one_of(byte, "\xA2\xB3\xB4\xB8\xBA\xBF"))
		return make_reading(KIND_LOWER, 3);
	if (is_one_of(byte, "\xA1\xA5\xA8\xAA\xAF\xB2"))
		return make_reading(KIND_UPPER, 3);
	if (byte == 0x98)
		return make_reading(KIND_NONE, 0);
	bool is_sign = is_one_of(
		byte, "\x84\x85\x88\x91\x92\x93\x94\x95\x96\x97\xA0\xA9\xAB\xAE\xB0\xB9\xBB");
	return make_reading(is_sign ? KIND_SIGN : KIND_ODD, 0);
}

static int weigh_cyrillic(const struct reading *before, const struct reading *now) {
	if (now->kind == KIND_ODD)
		return -4;
	if (is_ascii_letter(now))
		return is_letter(before) ? -6 : 0;
	if (!is_letter(now))
		return 0;
	bool is_upside_down = before->kind == KIND_LOWER && now->kind == KIND_UPPER;
	return now->frequency - (is_ascii_letter(before) ? 6 : is_upside_down ? 4 : 0);
}

static int score_single(const uint8_t *bytes, size_t n, read_fn read, weigh_fn weigh) {
	struct reading before = { .kind = KIND_ASCII };
	int sum = 0;
	for (size_t i = 0; i < n; i++) {
		struct reading now = bytes[i] < 0x80 ? read_ascii(bytes[i]) : read(bytes[i]);
		if (now.kind == KIND_NONE)
			return INT_MIN;
		sum += weigh(&before, &now);
		before = now;
	}
	return sum;
}

static int score_cp1252(const uint8_t *bytes, size_t n) {
	return score_single(bytes, n, read_cp1252, weigh_latin);
}

static int score_koi8(const uint8_t *bytes, size_t n) {
	return score_single(bytes, n, read_koi8, weigh_cyrillic);
}

static int score_cp1251(const uint8_t *bytes, size_t n) {
	return score_single(bytes, n, read_cp1251, weigh_cyrillic);
}

/* GB18030: nearly all characters of a text are of the first level of GB 2312. */

static bool is_within(uint8_t byte, uint8_t first, uint8_t last) {
	return byte >= first && byte <= last;
}

static int weigh_gb18030(uint8_t lead, uint8_t trail) {
	if (trail < 0xA1)
		return -6;
	if (is_within(lead, 0xB0, 0xD7))
		return 9;
	/* signs, full-width letters, the second level */
	return lead == 0xA1 || lead == 0xA3 || is_within(lead, 0xD8, 0xF7) ? 1 : -6;
}

static int score_gb18030(const uint8_t *bytes, size_t n) {
	int sum = 0;
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] < 0x80)
			continue;
		if (!is_within(bytes[i], 0x81, 0xFE))
			return INT_MIN;
		if (i + 1 == n) /* cut */
			break;
		uint8_t trail = bytes[i + 1];
		if (is_within(trail, '0', '9')) { /* one of four bytes */
			sum -= 6;
			i += 3;
			continue;
		}
		if (!is_within(trail, 0x40, 0xFE) || trail == 0x7F)
			return INT_MIN;
		sum += weigh_gb18030(bytes[i], trail);
		i++;
	}
	return sum;
}

/* CP932: kana, and kanji of the first level. */

static int weigh_cp932(uint8_t lead, uint8_t trail) {
	if ((lead == 0x82 && is_within(trail, 0x9F, 0xF1)) ||
		(lead == 0x83 && is_within(trail, 0x40, 0x96)))
		return 10;
	if (is_within(lead, 0x88, 0x97))
		return 8;
	return lead == 0x81 || lead == 0x82 || is_within(lead, 0x98, 0xEA) ? 1 : -6;
}

static int score_cp932(const uint8_t *bytes, size_t n) {
	int sum = 0;
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] < 0x80)
			continue;
		if (is_within(bytes[i], 0xA1, 0xDF)) {
			sum--; /* half-width kana, which letters of other charsets turn into */
			continue;
		}
		if (!is_within(bytes[i], 0x81, 0xFC) || bytes[i] == 0xA0)
			return INT_MIN;
		if (i + 1 == n) /* cut */
			break;
		uint8_t trail = bytes[i + 1];
		if (!is_within(trail, 0x40, 0xFC) || trail == 0x7F)
			return INT_MIN;
		sum += weigh_cp932(bytes[i], trail);
		i++;
	}
	return sum;
}

/* The first ones win a tie. */
static const struct {
	const char *converter;
	int (*score)(const uint8_t *bytes, size_t n);
	int least; /* for each 8-bit byte: below, it does not look like words */
} candidates[] = {
	{ "CP1252", score_cp1252, 0 }, /* few of its letters are not ASCII */
	{ "KOI8-U", score_koi8, 2 },
	{ "CP1251", score_cp1251, 2 },
	{ "GB18030", score_gb18030, 2 },
	{ "CP932", score_cp932, 2 },
};

/* Bytes that follow a lead byte; 0: it is none. Also of the forms that RFC 3629 forbids (too long,
 * surrogates): whoever wrote them meant UTF-8. */
static size_t n_continuations(uint8_t lead) {
	if (is_within(lead, 0xC0, 0xDF))
		return 1;
	if (is_within(lead, 0xE0, 0xEF))
		return 2;
	return is_within(lead, 0xF0, 0xF7) ? 3 : 0;
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
	const uint8_t *sample = (const uint8_t *)bytes;
	if (memmem(bytes, n, "\x1B$", 2) || memmem(bytes, n, "\x1B(J", 3))
		return "ISO-2022-JP-2";
	if (text_is_utf8(bytes, n) || is_mostly_utf8(sample, n))
		return "UTF-8";
	n = MIN(n, (size_t)SAMPLE_MAX);
	int n_high = 0;
	for (size_t i = 0; i < n; i++)
		n_high += sample[i] >= 0x80;
	const char *best = fallback;
	int best_score = 0;
	for (size_t i = 0; i < ARRAY_SIZE(candidates); i++) {
		int score = candidates[i].score(sample, n);
		if (score > best_score && score > candidates[i].least * n_high) {
			best = candidates[i].converter;
			best_score = score;
		}
	}
	return best;
}
