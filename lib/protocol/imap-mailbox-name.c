#include "protocol/imap-mailbox-name.h"

#include <stdint.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "protocol/limits.h"

/* Longer names are not looked at. */
#define NAME_MAX_BYTES ((size_t)8 * 1024)

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static bool is_direct(uint8_t c) {
	return c >= 0x20 && c <= 0x7e;
}

/* The first code point of valid UTF-8 text; `*p` moves behind it. */
static uint32_t take_code_point(const uint8_t **p) {
	uint32_t c = *(*p)++;
	if (c < 0x80)
		return c;
	int n = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
	c &= 0x3fu >> n;
	while (n-- > 0)
		c = c << 6 | (*(*p)++ & 0x3f);
	return c;
}

struct encoder {
	struct buffer *out;
	uint32_t bits;
	unsigned n_bits; /* not yet written, of `bits` */
};

static void put(struct buffer *out, char c) {
	(void)buffer_append(out, &c, 1);
}

static void encode_unit(struct encoder *e, uint32_t unit) {
	e->bits = e->bits << 16 | unit;
	e->n_bits += 16;
	while (e->n_bits >= 6) {
		e->n_bits -= 6;
		put(e->out, alphabet[e->bits >> e->n_bits & 0x3f]);
	}
}

/* One run of what may not stand for itself, as UTF-16 in base64. */
static void encode_run(struct buffer *out, const uint8_t **p) {
	struct encoder e = { .out = out };
	put(out, '&');
	while (**p && !is_direct(**p)) {
		uint32_t c = take_code_point(p);
		if (c >= 0x10000) {
			encode_unit(&e, 0xd800 + ((c - 0x10000) >> 10));
			encode_unit(&e, 0xdc00 + ((c - 0x10000) & 0x3ff));
		} else {
			encode_unit(&e, c);
		}
	}
	if (e.n_bits > 0)
		put(out, alphabet[e.bits << (6 - e.n_bits) & 0x3f]);
	put(out, '-');
}

char *imap_mailbox_name_encode(const char *utf8) {
	if (!text_is_utf8(utf8, strlen(utf8)))
		return NULL;
	struct buffer out;
	/* at most: a control character, 1 byte, is &AAE- */
	buffer_init(&out, strlen(utf8) * 5 + 1);
	for (const uint8_t *p = (const uint8_t *)utf8; *p;) {
		if (!is_direct(*p)) {
			encode_run(&out, &p);
			continue;
		}
		put(&out, (char)*p);
		if (*p++ == '&')
			put(&out, '-');
	}
	return buffer_take_text(&out);
}

static int digit_value(uint8_t c) {
	const char *at = c ? strchr(alphabet, c) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

static void put_utf8(struct buffer *out, uint32_t c) {
	uint8_t b[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n; i-- > 1; c >>= 6)
		b[i] = (uint8_t)(0x80 | (c & 0x3f));
	static const uint8_t lead[] = { 0, 0x00, 0xc0, 0xe0, 0xf0 };
	b[0] = (uint8_t)(lead[n] | c);
	(void)buffer_append(out, b, n);
}

/* `high` is the first half of a pair that waits for its second. */
static bool decode_unit(struct buffer *out, uint32_t unit, uint32_t *high) {
	bool is_low = unit >= 0xdc00 && unit <= 0xdfff;
	if (is_low != (*high != 0) || unit == 0)
		return false;
	if (unit >= 0xd800 && unit <= 0xdbff) {
		*high = unit;
		return true;
	}
	put_utf8(out, is_low ? 0x10000 + ((*high - 0xd800) << 10) + (unit - 0xdc00) : unit);
	*high = 0;
	return true;
}

/* From behind the & to behind the -. */
static bool decode_run(struct buffer *out, const uint8_t **p, const uint8_t *end) {
	uint32_t bits = 0, high = 0;
	unsigned n_bits = 0;
	for (; *p < end && **p != '-'; (*p)++) {
		int value = digit_value(**p);
		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		n_bits += 6;
		if (n_bits < 16)
			continue;
		n_bits -= 16;
		if (!decode_unit(out, bits >> n_bits & 0xffff, &high))
			return false;
	}
	/* what is left over is padding: less than a digit, and zero */
	if (*p == end || high != 0 || n_bits >= 6 || (bits & ((1u << n_bits) - 1)) != 0)
		return false;
	(*p)++;
	return true;
}

static bool decode(struct buffer *out, const uint8_t *p, const uint8_t *end) {
	while (p < end) {
		uint8_t c = *p++;
		if (!is_direct(c))
			return false;
		bool is_run = c == '&' && !(p < end && *p == '-');
		if (is_run && !decode_run(out, &p, end))
			return false;
		if (is_run)
			continue;
		put(out, (char)c);
		if (c == '&')
			p++;
	}
	return true;
}

char *imap_mailbox_name_decode(const char *bytes, size_t n) {
	if (n > NAME_MAX_BYTES)
		return NULL;
	struct buffer out;
	/* at most: three digits of base64 hold one unit, which is three bytes of UTF-8 */
	buffer_init(&out, n * 2 + 4);
	if (decode(&out, (const uint8_t *)bytes, (const uint8_t *)bytes + n))
		return buffer_take_text(&out);
	buffer_deinit(&out);
	return text_is_utf8(bytes, n) ? memory_strndup(bytes, n) : NULL;
}

static bool is_ascii(const char *text) {
	for (; *text; text++)
		if ((uint8_t)*text >= 0x80)
			return false;
	return true;
}

char *imap_mailbox_name_from_wire(const char *wire, bool *ret_is_canonical) {
	size_t n = strlen(wire);
	bool is_canonical = false;
	if (n == 0 || n > IMAP_MAILBOX_NAME_MAX)
		return NULL;
	CLEANUP_TEXT char *name = imap_mailbox_name_decode(wire, n);
	if (name) {
		CLEANUP_TEXT char *again = imap_mailbox_name_encode(name);
		is_canonical = strcmp(again, wire) == 0;
	}
	if (ret_is_canonical)
		*ret_is_canonical = is_canonical;
	/* what is not ASCII on the wire, and yet a name, is UTF-8 as it is */
	if (is_canonical || (name && !is_ascii(wire)))
		return TAKE_PTR(name);
	return text_printable(wire);
}
