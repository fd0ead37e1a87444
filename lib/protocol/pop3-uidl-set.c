#include "protocol/pop3-uidl-set.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "protocol/limits.h"

#define ANNOUNCED UINT64_C(1)

uint64_t pop3_uidl_set_hash(const uint8_t key[KEYED_HASH_KEY_SIZE], const void *bytes, size_t n) {
	return MAX(keyed_hash(key, bytes, n) & ~ANNOUNCED, UINT64_C(2));
}

/* Bits in an array of bytes */

static size_t bitmap_size(size_t n_bits) {
	return (n_bits + 7) / 8;
}

static bool bit_get(const uint8_t *bits, size_t i) {
	return bits[i / 8] >> (i % 8) & 1;
}

static void bit_set(uint8_t *bits, size_t i) {
	bits[i / 8] |= (uint8_t)(1u << (i % 8));
}

/* Buckets */

static size_t bucket_of(const struct pop3_uidl_set *set, uint64_t hash) {
	return set->bucket_bits == 0 ? 0 : (size_t)(hash >> (64 - set->bucket_bits));
}

static size_t n_buckets(const struct pop3_uidl_set *set) {
	return (size_t)1 << set->bucket_bits;
}

static void touch(struct pop3_uidl_set *set, uint64_t hash) {
	bit_set(set->dirty, bucket_of(set, hash));
}

static void set_bucket_bits(struct pop3_uidl_set *set, unsigned bits) {
	free(set->dirty);
	set->bucket_bits = bits;
	set->dirty = MEMORY_NEW_ARRAY(uint8_t, bitmap_size(n_buckets(set)));
}

static unsigned fitting_bits(size_t n) {
	unsigned bits = 0;
	while (n >> bits > POP3_UIDL_BUCKET)
		bits++;
	return bits;
}

void pop3_uidl_set_init(struct pop3_uidl_set *set) {
	*set = (struct pop3_uidl_set){ 0 };
	set_bucket_bits(set, 0);
	set->is_laid_out_anew = true;
}

void pop3_uidl_set_deinit(struct pop3_uidl_set *set) {
	free(set->items);
	free(set->dirty);
	free(set->marks);
	*set = (struct pop3_uidl_set){ 0 };
}

void pop3_uidl_set_clear(struct pop3_uidl_set *set) {
	pop3_uidl_set_deinit(set);
	pop3_uidl_set_init(set);
}

/* Index of the first item that is not below `hash`. */
static size_t lower_bound(const struct pop3_uidl_set *set, uint64_t hash) {
	size_t low = 0, high = set->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (set->items[middle] < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct pop3_uidl_set *set, size_t i, uint64_t hash) {
	return i < set->n && (set->items[i] & ~ANNOUNCED) == hash;
}

bool pop3_uidl_set_has(const struct pop3_uidl_set *set, uint64_t hash) {
	return is_at(set, lower_bound(set, hash), hash);
}

/* By an eighth, not by doubling: what is allocated stays near what is needed. */
static void make_room(struct pop3_uidl_set *set) {
	if (set->n < set->n_allocated)
		return;
	set->n_allocated += set->n_allocated / 8 + 16;
	set->items = memory_resize(set->items, set->n_allocated, sizeof(*set->items));
}

bool pop3_uidl_set_add(struct pop3_uidl_set *set, uint64_t hash, bool is_announced) {
	assert(!set->marks && hash != 0 && (hash & ANNOUNCED) == 0);
	size_t i = lower_bound(set, hash);
	if (is_at(set, i, hash))
		return false;
	make_room(set);
	memmove(&set->items[i + 1], &set->items[i], (set->n - i) * sizeof(*set->items));
	set->items[i] = hash | (is_announced ? ANNOUNCED : 0);
	set->n++;
	set->n_announced += is_announced;
	touch(set, hash);
	return true;
}

void pop3_uidl_set_append(struct pop3_uidl_set *set, uint64_t hash) {
	assert(!set->marks && hash != 0 && (hash & ANNOUNCED) == 0);
	make_room(set);
	set->items[set->n++] = hash;
}

/* Heap sort: in place, and n log n whatever the order was. */
static void sift_down(uint64_t *items, size_t root, size_t n) {
	for (;;) {
		size_t child = 2 * root + 1;
		if (child >= n)
			return;
		if (child + 1 < n && items[child] < items[child + 1])
			child++;
		if (items[root] >= items[child])
			return;
		uint64_t item = items[root];
		items[root] = items[child];
		items[child] = item;
		root = child;
	}
}

static void sort(uint64_t *items, size_t n) {
	for (size_t i = n / 2; i-- > 0;)
		sift_down(items, i, n);
	for (size_t i = n; i-- > 1;) {
		uint64_t largest = items[0];
		items[0] = items[i];
		items[i] = largest;
		sift_down(items, 0, i);
	}
}

void pop3_uidl_set_sort(struct pop3_uidl_set *set) {
	sort(set->items, set->n);
	size_t n = 0;
	for (size_t i = 0; i < set->n; i++)
		if (n == 0 || set->items[n - 1] != set->items[i])
			set->items[n++] = set->items[i];
	set->n = n;
	set->is_laid_out_anew = true;
}

void pop3_uidl_set_mark_begin(struct pop3_uidl_set *set) {
	free(set->marks);
	set->marks = MEMORY_NEW_ARRAY(uint8_t, bitmap_size(set->n) + 1);
	set->n_marked = 0;
}

bool pop3_uidl_set_mark(struct pop3_uidl_set *set, uint64_t hash) {
	size_t i = lower_bound(set, hash);
	if (!is_at(set, i, hash))
		return false;
	set->n_marked += !bit_get(set->marks, i);
	bit_set(set->marks, i);
	return true;
}

int pop3_uidl_set_next_gone(const struct pop3_uidl_set *set, size_t *index, uint64_t *ret_hash) {
	for (; *index < set->n; (*index)++) {
		if (bit_get(set->marks, *index) || (set->items[*index] & ANNOUNCED) == 0)
			continue;
		*ret_hash = set->items[(*index)++] & ~ANNOUNCED;
		return 1;
	}
	return 0;
}

static void drop_unmarked(struct pop3_uidl_set *set) {
	size_t n = 0;
	for (size_t i = 0; i < set->n; i++) {
		if (bit_get(set->marks, i)) {
			set->items[n++] = set->items[i];
			continue;
		}
		set->n_announced -= set->items[i] & ANNOUNCED;
		touch(set, set->items[i]);
	}
	set->n = n;
}

void pop3_uidl_set_mark_end(struct pop3_uidl_set *set, bool drop) {
	if (set->marks && drop)
		drop_unmarked(set);
	set->marks = memory_free(set->marks);
	set->n_marked = 0;
}

void pop3_uidl_set_lay_out(struct pop3_uidl_set *set) {
	unsigned bits = fitting_bits(set->n);
	/* a bit's difference in either direction does not pay for writing all */
	bool fits = bits <= set->bucket_bits + 1 && set->bucket_bits <= bits + 2;
	if (fits && !set->is_laid_out_anew)
		return;
	set_bucket_bits(set, bits);
	set->is_laid_out_anew = true;
}

int pop3_uidl_set_next_dirty(const struct pop3_uidl_set *set, size_t *index, size_t *ret_bucket,
	const uint64_t **ret_items, size_t *ret_n) {
	for (; *index < n_buckets(set); (*index)++) {
		if (!set->is_laid_out_anew && !bit_get(set->dirty, *index))
			continue;
		size_t bucket = (*index)++;
		bool is_last = bucket + 1 == n_buckets(set);
		uint64_t floor =
			set->bucket_bits == 0 ? 0 : (uint64_t)bucket << (64 - set->bucket_bits);
		size_t first = lower_bound(set, floor);
		size_t end = is_last ? set->n
				     : lower_bound(set, ((uint64_t)bucket + 1)
								<< (64 - set->bucket_bits));
		*ret_bucket = bucket;
		*ret_items = set->items ? set->items + first : NULL;
		*ret_n = end - first;
		return 1;
	}
	return 0;
}

void pop3_uidl_set_clean(struct pop3_uidl_set *set) {
	memset(set->dirty, 0, bitmap_size(n_buckets(set)));
	set->is_laid_out_anew = false;
}

void pop3_uidl_set_load_begin(struct pop3_uidl_set *set, unsigned bucket_bits) {
	pop3_uidl_set_clear(set);
	set_bucket_bits(set, bucket_bits);
	set->is_laid_out_anew = false;
}

int pop3_uidl_set_load(struct pop3_uidl_set *set, const void *bytes, size_t n_items) {
	for (size_t i = 0; i < n_items; i++) {
		uint64_t item;
		memcpy(&item, (const uint8_t *)bytes + i * sizeof(item), sizeof(item));
		uint64_t hash = item & ~ANNOUNCED;
		if (hash == 0 || set->n >= POP3_MESSAGES_MAX ||
			(set->n > 0 && (set->items[set->n - 1] & ~ANNOUNCED) >= hash))
			return -EBADMSG;
		make_room(set);
		set->items[set->n++] = item;
		set->n_announced += item & ANNOUNCED;
	}
	return 0;
}
