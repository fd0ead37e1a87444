#pragma once
/* The messages of a POP3 mailbox that were seen, as keyed 64-bit hashes of their unique-ids: 8 bytes
 * a message, ordered, so that 100,000 are 800 KB. Bit 0 of a hash is not part of it: it says that
 * the message was announced.
 *
 * Kept in buckets by the hash's upper bits, so that one new message rewrites some 2 KB of what is
 * stored. Embedded in pop3_state. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/keyed-hash.h"

/* Messages in a bucket, on average: at most so many when the buckets were last laid out. */
#define POP3_UIDL_BUCKET 256

struct pop3_uidl_set {
	uint64_t *items; /* ascending, but between append and sort */
	size_t n;
	size_t n_allocated;
	size_t n_announced;
	unsigned bucket_bits; /* there are 1 << bucket_bits buckets */
	uint8_t *dirty; /* a bit for each bucket: it differs from what is stored */
	bool is_laid_out_anew; /* all buckets differ, and their number */
	uint8_t *marks; /* a bit for each item, while a listing is compared */
	size_t n_marked;
};

/* Even; not 0. `n` bytes of a unique-id. */
uint64_t pop3_uidl_set_hash(const uint8_t key[KEYED_HASH_KEY_SIZE], const void *bytes, size_t n);

void pop3_uidl_set_init(struct pop3_uidl_set *set);
void pop3_uidl_set_deinit(struct pop3_uidl_set *set);
void pop3_uidl_set_clear(struct pop3_uidl_set *set);

bool pop3_uidl_set_has(const struct pop3_uidl_set *set, uint64_t hash);
/* False: it was there already, and stays as it was. */
bool pop3_uidl_set_add(struct pop3_uidl_set *set, uint64_t hash, bool is_announced);
/* Many at once, none of them announced: in any order, then sorted and rid of doubles. */
void pop3_uidl_set_append(struct pop3_uidl_set *set, uint64_t hash);
void pop3_uidl_set_sort(struct pop3_uidl_set *set);

/* A listing is compared: begin, mark each hash of it (false: it is not known), then look at those
 * that were not marked, and drop them. Between begin and end nothing may be added. */
void pop3_uidl_set_mark_begin(struct pop3_uidl_set *set);
bool pop3_uidl_set_mark(struct pop3_uidl_set *set, uint64_t hash);
/* From *index on: 1 and the hash of the next one that is gone and was announced, *index behind it. */
int pop3_uidl_set_next_gone(const struct pop3_uidl_set *set, size_t *index, uint64_t *ret_hash);
void pop3_uidl_set_mark_end(struct pop3_uidl_set *set, bool drop);

/* What is to be stored: the buckets that differ, each in its turn from *index (0) on. 1: items
 * [*ret_first, + *ret_n) of bucket *ret_bucket; 0: no more. */
int pop3_uidl_set_next_dirty(const struct pop3_uidl_set *set, size_t *index, size_t *ret_bucket,
	const uint64_t **ret_items, size_t *ret_n);
/* Lays the buckets out anew if they are too full or too empty; before the first next_dirty(). */
void pop3_uidl_set_lay_out(struct pop3_uidl_set *set);
void pop3_uidl_set_clean(struct pop3_uidl_set *set);

/* Reading back, after clear: the number of buckets, then their items in order. -EBADMSG when they
 * are not ascending. */
void pop3_uidl_set_load_begin(struct pop3_uidl_set *set, unsigned bucket_bits);
int pop3_uidl_set_load(struct pop3_uidl_set *set, const void *bytes, size_t n_items);
