#pragma once
/* SipHash-2-4 (Aumasson, Bernstein, 2012): 64 bits that nobody without the key can foretell or
 * collide. For command tags. */
#include <stddef.h>
#include <stdint.h>

#define KEYED_HASH_KEY_SIZE 16

uint64_t keyed_hash(const uint8_t key[KEYED_HASH_KEY_SIZE], const void *bytes, size_t n);
