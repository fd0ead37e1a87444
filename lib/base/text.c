#include "base/text.h"

#include <stdint.h>
#include <string.h>

#include "base/buffer.h"
#include "base/macros.h"
#include "base/memory.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */
#define REPLACEMENT_SIZE 3

static char lower(char c) {
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_equal(const char *a, const char *b) {
	return a && b ? !strcmp(a, b) : a == b;
}

bool text_equal_nocase(const char *a, const char *b) {
	return text_equal_nocase_n(a, strlen(a), b);
}

bool text_equal_nocase_n(const char *bytes, size_t n, const char *text) {
	for (size_t i = 0; i < n; i++)
		if (text[i] == '\0' || lower(bytes[i]) != lower(text[i]))
			return false;
	return text[n] == '\0';
}

bool text_starts_nocase(const char *text, const char *prefix) {
	for (; *prefix; text++, prefix++)
		if (lower(*text) != lower(*prefix))
			return false;
	return true;
}

/* What stands at the start of some bytes. */
struct sequence {
	uint32_t code_point;
	size_t n; /* bytes; of an ill-formed one those that can be no part of another */
	bool valid;
};

/* RFC 3629 section 4. The range of the second byte is what rules out the longer forms, the
 * surrogates and everything above U+10FFFF. */
static struct sequence decode(const char *bytes, size_t n) {
	const uint8_t *b = (const uint8_t *)bytes;
	struct sequence s = { .code_point = b[0], .n = 1 };
	uint8_t low = 0x80, high = 0xBF;
	size_t more;

	if (b[0] < 0x80) {
		s.valid = true;
		return s;
	} else if (b[0] >= 0xC2 && b[0] <= 0xDF) {
		more = 1;
		s.code_point = b[0] & 0x1F;
	} else if (b[0] >= 0xE0 && b[0] <= 0xEF) {
		more = 2;
		s.code_point = b[0] & 0x0F;
		low = b[0] == 0xE0 ? 0xA0 : low;
		high = b[0] == 0xED ? 0x9F : high;
	} else if (b[0] >= 0xF0 && b[0] <= 0xF4) {
		more = 3;
		s.code_point = b[0] & 0x07;
		low = b[0] == 0xF0 ? 0x90 : low;
		high = b[0] == 0xF4 ? 0x8F : high;
	} else {
		return s;
	}

	for (; more > 0; more--) {
		if (s.n == n || b[s.n] < low || b[s.n] > high)
			return s;
		s.code_point = s.code_point << 6 | (b[s.n] & 0x3F);
		s.n++;
		low = 0x80;
		high = 0xBF;
	}
	s.valid = true;
	return s;
}

bool text_is_utf8(const char *bytes, size_t n) {
	for (size_t i = 0; i < n;) {
		struct sequence s = decode(bytes + i, n - i);
		if (!s.valid || s.code_point == 0)
			return false;
		i += s.n;
	}
	return true;
}

char *text_utf8(const char *bytes, size_t n, size_t max_bytes) {
	struct buffer out;
	buffer_init(&out, MIN(max_bytes, SIZE_MAX / 2));
	for (size_t i = 0; i < n;) {
		struct sequence s = decode(bytes + i, n - i);
		bool keep = s.valid && s.code_point != 0;
		int r = keep ? buffer_append(&out, bytes + i, s.n)
			     : buffer_append(&out, REPLACEMENT, REPLACEMENT_SIZE);
		if (r < 0)
			break;
		i += s.n;
	}
	return buffer_take_text(&out);
}

/* Unicode 15: control characters, general category Cf, line and paragraph separator, and the code
 * points that are no characters. In order. */
static const struct {
	uint32_t first;
	uint32_t last;
} unprintable[] = {
	{ 0x0000, 0x001F },
	{ 0x007F, 0x009F },
	{ 0x00AD, 0x00AD },
	{ 0x0600, 0x0605 },
	{ 0x061C, 0x061C },
	{ 0x06DD, 0x06DD },
	{ 0x070F, 0x070F },
	{ 0x0890, 0x0891 },
	{ 0x08E2, 0x08E2 },
	{ 0x180E, 0x180E },
	{ 0x200B, 0x200F },
	{ 0x2028, 0x202E },
	{ 0x2060, 0x206F },
	{ 0xFDD0, 0xFDEF },
	{ 0xFEFF, 0xFEFF },
	{ 0xFFF9, 0xFFFB },
	{ 0x110BD, 0x110BD },
	{ 0x110CD, 0x110CD },
	{ 0x13430, 0x1343F },
	{ 0x1BCA0, 0x1BCA3 },
	{ 0x1D173, 0x1D17A },
	{ 0xE0000, 0xE007F },
};

static bool is_printable(uint32_t code_point) {
	if ((code_point & 0xFFFE) == 0xFFFE)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(unprintable); i++)
		if (code_point <= unprintable[i].last)
			return code_point < unprintable[i].first;
	return true;
}

/* A backslash stays as it is, so that a text may pass more than once. */
char *text_printable(const char *text) {
	size_t n = text ? strlen(text) : 0;
	struct buffer out;
	buffer_init(&out, SIZE_MAX / 2);
	for (size_t i = 0; i < n;) {
		struct sequence s = decode(text + i, n - i);
		if (s.valid && is_printable(s.code_point))
			(void)buffer_append(&out, text + i, s.n);
		else if (s.valid)
			(void)buffer_append_format(&out, "\\u{%x}", s.code_point);
		else
			for (size_t j = 0; j < s.n; j++)
				(void)buffer_append_format(&out, "\\x%02x", (uint8_t)text[i + j]);
		i += s.n;
	}
	return buffer_take_text(&out);
}

size_t text_fit(const char *text, size_t max_bytes) {
	size_t n = strnlen(text, max_bytes);
	if (n < max_bytes || text[n] == '\0')
		return n;
	/* the first byte that is left out must begin a code point */
	while (n > 0 && ((uint8_t)text[n] & 0xC0) == 0x80)
		n--;
	return n;
}

#define NEAREST_MAX 63 /* longer words have no neighbours: the table is on the stack */

/* Edit distance (optimal string alignment: two swapped neighbours count as one), ASCII case aside. */
static unsigned distance(const char *a, size_t n_a, const char *b, size_t n_b) {
	uint8_t d[NEAREST_MAX + 1][NEAREST_MAX + 1];
	for (size_t i = 0; i <= n_a; i++)
		d[i][0] = (uint8_t)i;
	for (size_t j = 0; j <= n_b; j++)
		d[0][j] = (uint8_t)j;
	for (size_t i = 1; i <= n_a; i++)
		for (size_t j = 1; j <= n_b; j++) {
			bool same = lower(a[i - 1]) == lower(b[j - 1]);
			unsigned best = MIN(d[i - 1][j], d[i][j - 1]) + 1u;
			best = MIN(best, d[i - 1][j - 1] + (same ? 0u : 1u));
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
				lower(a[i - 2]) == lower(b[j - 1]))
				best = MIN(best, d[i - 2][j - 2] + 1u);
			d[i][j] = (uint8_t)best;
		}
	return d[n_a][n_b];
}

const char *text_nearest(const char *word, const char *const *candidates) {
	size_t n = strlen(word);
	if (n > NEAREST_MAX)
		return NULL;
	const char *nearest = NULL;
	unsigned bound = (unsigned)n / 3 + 1;
	for (; *candidates; candidates++) {
		size_t n_candidate = strlen(*candidates);
		if (n_candidate > NEAREST_MAX)
			continue;
		unsigned d = distance(word, n, *candidates, n_candidate);
		if (d < bound) {
			bound = d;
			nearest = *candidates;
		}
	}
	return nearest;
}
