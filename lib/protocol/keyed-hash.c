#include "protocol/keyed-hash.h"

#include "base/macros.h"

static uint64_t rotate(uint64_t x, unsigned bits) {
	return x << bits | x >> (64 - bits);
}

/* Little-endian, of `n` bytes up to 8. */
static uint64_t load(const uint8_t *bytes, size_t n) {
	uint64_t x = 0;
	for (size_t i = 0; i < n; i++)
		x |= (uint64_t)bytes[i] << (8 * i);
	return x;
}

static void rounds(uint64_t v[4], unsigned n) {
	while (n-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32) + v[3];
		v[2] += v[1];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[2] = rotate(v[2], 32);
	}
}

static void compress(uint64_t v[4], uint64_t word) {
	v[3] ^= word;
	rounds(v, 2);
	v[0] ^= word;
}

uint64_t keyed_hash(const uint8_t key[KEYED_HASH_KEY_SIZE], const void *bytes, size_t n) {
	uint64_t k0 = load(key, 8), k1 = load(key + 8, 8);
	uint64_t v[4] = {
		k0 ^ UINT64_C(0x736f6d6570736575),
		k1 ^ UINT64_C(0x646f72616e646f6d),
		k0 ^ UINT64_C(0x6c7967656e657261),
		k1 ^ UINT64_C(0x7465646279746573),
	};

	const uint8_t *p = bytes;
	size_t left = n;
	for (; left >= 8; left -= 8, p += 8)
		compress(v, load(p, 8));
	compress(v, load(p, left) | (uint64_t)n << 56);

	v[2] ^= 0xff;
	rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
