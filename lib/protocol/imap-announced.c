#include "protocol/imap-announced.h"

#include <errno.h>
#include <string.h>

#include "base/buffer.h"
#include "base/macros.h"
#include "base/memory.h"

#define FORMAT_VERSION 1

void imap_announced_deinit(struct imap_announced *a) {
	a->uids = memory_free(a->uids);
	a->n = 0;
}

/* Room is given in powers of two, so that no count of it is kept: an idle session has thousands of
 * neighbours. */
static void make_room(struct imap_announced *a) {
	if ((a->n & (a->n - 1)) == 0)
		a->uids = memory_resize(a->uids, MAX(a->n * 2, UINT32_C(1)), sizeof(*a->uids));
}

void imap_announced_copy(struct imap_announced *to, const struct imap_announced *from) {
	imap_announced_deinit(to);
	for (uint32_t i = 0; i < from->n; i++)
		(void)imap_announced_add(to, from->uids[i]);
}

/* Where `uid` is, or would be. */
static uint32_t place_of(const struct imap_announced *a, uint32_t uid) {
	uint32_t low = 0, high = a->n;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (a->uids[middle] < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool imap_announced_has(const struct imap_announced *a, uint32_t uid) {
	uint32_t i = place_of(a, uid);
	return i < a->n && a->uids[i] == uid;
}

static void remove_at(struct imap_announced *a, uint32_t i) {
	a->n--;
	memmove(&a->uids[i], &a->uids[i + 1], (a->n - i) * sizeof(*a->uids));
	if (a->n == 0)
		imap_announced_deinit(a);
}

bool imap_announced_remove(struct imap_announced *a, uint32_t uid) {
	uint32_t i = place_of(a, uid);
	if (i == a->n || a->uids[i] != uid)
		return false;
	remove_at(a, i);
	return true;
}

bool imap_announced_add(struct imap_announced *a, uint32_t uid) {
	if (imap_announced_has(a, uid))
		return false;
	if (a->n == IMAP_ANNOUNCED_MAX)
		remove_at(a, 0);
	uint32_t i = place_of(a, uid);
	make_room(a);
	memmove(&a->uids[i + 1], &a->uids[i], (a->n - i) * sizeof(*a->uids));
	a->uids[i] = uid;
	a->n++;
	return true;
}

uint32_t imap_announced_find(const struct imap_announced *a, uint32_t first, uint32_t last) {
	uint32_t i = place_of(a, first);
	return i < a->n && a->uids[i] <= last ? a->uids[i] : 0;
}

enum imap_announced_news imap_announced_on_flags(
	const struct imap_announced *a, uint32_t uid, bool is_seen, bool is_deleted) {
	if (a->n == 0 || (!is_seen && !is_deleted))
		return IMAP_ANNOUNCED_NOTHING;
	if (uid == 0)
		return IMAP_ANNOUNCED_PERHAPS;
	if (!imap_announced_has(a, uid))
		return IMAP_ANNOUNCED_NOTHING;
	return is_deleted ? IMAP_ANNOUNCED_GONE : IMAP_ANNOUNCED_SEEN;
}

enum imap_announced_news imap_announced_on_expunge(const struct imap_announced *a) {
	return a->n > 0 ? IMAP_ANNOUNCED_PERHAPS : IMAP_ANNOUNCED_NOTHING;
}

static char *format_with_gaps(const struct imap_announced *a, size_t max, uint32_t gap) {
	struct buffer text;
	int r = 0;
	buffer_init(&text, max);
	for (uint32_t i = 0, last; r == 0 && i < a->n; i = last + 1) {
		last = i;
		while (last + 1 < a->n && a->uids[last + 1] - a->uids[last] <= gap)
			last++;
		r = buffer_append_format(&text, i > 0 ? ",%u" : "%u", a->uids[i]);
		if (r == 0 && last > i)
			r = buffer_append_format(&text, ":%u", a->uids[last]);
	}
	char *taken = r == 0 ? buffer_take_text(&text) : NULL;
	buffer_deinit(&text);
	return taken;
}

char *imap_announced_format(const struct imap_announced *a, size_t max) {
	if (a->n == 0)
		return NULL;
	uint32_t gap = 1;
	char *text = format_with_gaps(a, max, gap);
	while (!text && gap < UINT32_MAX) {
		gap = gap > UINT32_MAX / 2 ? UINT32_MAX : gap * 2;
		text = format_with_gaps(a, max, gap);
	}
	return text;
}

/* Differences, each one positive, seven bits a byte, the lowest first; the top bit: more follow. */
void imap_announced_write(const struct imap_announced *a, struct buffer *out) {
	uint8_t version = FORMAT_VERSION;
	(void)buffer_append(out, &version, 1);
	uint32_t last = 0;
	for (uint32_t i = 0; i < a->n; i++) {
		uint32_t left = a->uids[i] - last;
		last = a->uids[i];
		do {
			uint8_t byte = (uint8_t)((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
			(void)buffer_append(out, &byte, 1);
			left >>= 7;
		} while (left > 0);
	}
}

static bool read_difference(const uint8_t **at, const uint8_t *end, uint64_t *ret) {
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 35 && *at < end; shift += 7) {
		uint8_t byte = *(*at)++;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0) {
			*ret = value;
			return value > 0;
		}
	}
	return false;
}

int imap_announced_read(struct imap_announced *a, const void *bytes, size_t n) {
	const uint8_t *at = bytes, *end = at + n;
	uint64_t uid = 0, difference;
	imap_announced_deinit(a);
	if (n == 0 || *at++ != FORMAT_VERSION)
		return -EBADMSG;
	while (at < end) {
		bool ok = read_difference(&at, end, &difference);
		uid += ok ? difference : 0;
		if (!ok || uid > UINT32_MAX) {
			imap_announced_deinit(a);
			return -EBADMSG;
		}
		(void)imap_announced_add(a, (uint32_t)uid);
	}
	return 0;
}
