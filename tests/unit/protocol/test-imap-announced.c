#include "protocol/imap-announced.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/macros.h"
#include "base/memory.h"

static struct imap_announced set_of(const uint32_t *uids, size_t n) {
	struct imap_announced a = { 0 };
	for (size_t i = 0; i < n; i++)
		(void)imap_announced_add(&a, uids[i]);
	return a;
}

static void assert_text(const struct imap_announced *a, const char *expected) {
	CLEANUP_TEXT char *text = imap_announced_format(a, IMAP_ANNOUNCED_TEXT_MAX);
	if (expected)
		assert_string_equal(text, expected);
	else
		assert_null(text);
}

static void a_set_is_a_set_in_any_order(void **state) {
	struct imap_announced a = { 0 };
	static const uint32_t uids[] = { 9, 3, 5, 4, UINT32_MAX, 1, 3 };
	for (size_t i = 0; i < ARRAY_SIZE(uids); i++)
		assert_int_equal(imap_announced_add(&a, uids[i]), i != 6);
	assert_text(&a, "1,3:5,9,4294967295");
	assert_true(imap_announced_has(&a, 4));
	assert_false(imap_announced_has(&a, 6));
	assert_true(imap_announced_remove(&a, 4));
	assert_false(imap_announced_remove(&a, 4));
	assert_false(imap_announced_remove(&a, 2));
	assert_text(&a, "1,3,5,9,4294967295");
	imap_announced_deinit(&a);
	assert_text(&a, NULL);
}

static void an_empty_set_holds_nothing(void **state) {
	struct imap_announced a = { 0 };
	assert_false(imap_announced_has(&a, 1));
	assert_false(imap_announced_remove(&a, 1));
	assert_int_equal(imap_announced_find(&a, 1, UINT32_MAX), 0);
	assert_true(imap_announced_add(&a, 1));
	assert_true(imap_announced_remove(&a, 1));
	assert_null(a.uids);
}

static void the_oldest_goes_when_it_is_full(void **state) {
	struct imap_announced a = { 0 };
	for (uint32_t uid = 1; uid <= IMAP_ANNOUNCED_MAX + 10; uid++)
		assert_true(imap_announced_add(&a, uid * 2));
	assert_int_equal(a.n, IMAP_ANNOUNCED_MAX);
	assert_int_equal(imap_announced_find(&a, 1, UINT32_MAX), 22);
	imap_announced_deinit(&a);
}

static void ranges_are_found_in_order(void **state) {
	static const uint32_t uids[] = { 3, 5, 9 };
	static const struct {
		uint32_t first, last, found;
	} cases[] = {
		{ 1, 2, 0 },
		{ 1, 3, 3 },
		{ 3, 3, 3 },
		{ 4, 4, 0 },
		{ 4, UINT32_MAX, 5 },
		{ 9, 9, 9 },
		{ 10, UINT32_MAX, 0 },
	};
	struct imap_announced a = set_of(uids, ARRAY_SIZE(uids));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(
			imap_announced_find(&a, cases[i].first, cases[i].last), cases[i].found);
	imap_announced_deinit(&a);
}

static void a_copy_stands_by_itself(void **state) {
	static const uint32_t uids[] = { 3, 5, 9 };
	struct imap_announced a = set_of(uids, ARRAY_SIZE(uids)), b = { 0 };
	imap_announced_copy(&b, &a);
	imap_announced_deinit(&a);
	assert_text(&b, "3,5,9");
	imap_announced_copy(&b, &a);
	assert_text(&b, NULL);
}

/* What the server says about messages when 5 and 7 were announced. */
static const struct {
	const char *what;
	bool is_empty; /* nothing was announced */
	bool is_expunge;
	uint32_t uid;
	bool is_seen, is_deleted;
	enum imap_announced_news news;
} cases[] = {
	{ "read elsewhere", false, false, 5, true, false, IMAP_ANNOUNCED_SEEN },
	{ "marked \\Deleted", false, false, 7, false, true, IMAP_ANNOUNCED_GONE },
	{ "read, then thrown away", false, false, 7, true, true, IMAP_ANNOUNCED_GONE },
	{ "flagged", false, false, 5, false, false, IMAP_ANNOUNCED_NOTHING },
	{ "another one read", false, false, 6, true, false, IMAP_ANNOUNCED_NOTHING },
	{ "one read, no UID", false, false, 0, true, false, IMAP_ANNOUNCED_PERHAPS },
	{ "one \\Deleted, no UID", false, false, 0, false, true, IMAP_ANNOUNCED_PERHAPS },
	{ "one flagged, no UID", false, false, 0, false, false, IMAP_ANNOUNCED_NOTHING },
	{ "one expunged", false, true, 0, false, false, IMAP_ANNOUNCED_PERHAPS },
	{ "nothing announced: read", true, false, 5, true, false, IMAP_ANNOUNCED_NOTHING },
	{ "nothing announced: no UID", true, false, 0, true, true, IMAP_ANNOUNCED_NOTHING },
	{ "nothing announced: expunged", true, true, 0, false, false, IMAP_ANNOUNCED_NOTHING },
};

static void words_of_the_server(void **state) {
	static const uint32_t uids[] = { 5, 7 };
	struct imap_announced both = set_of(uids, ARRAY_SIZE(uids)), none = { 0 };
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct imap_announced *a = cases[i].is_empty ? &none : &both;
		enum imap_announced_news news =
			cases[i].is_expunge ? imap_announced_on_expunge(a)
					    : imap_announced_on_flags(a, cases[i].uid,
						      cases[i].is_seen, cases[i].is_deleted);
		if (news != cases[i].news)
			fail_msg("%s: %d", cases[i].what, news);
	}
	imap_announced_deinit(&both);
}

static bool is_named(const char *text, uint32_t uid) {
	for (const char *at = text; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
		uint32_t first = 0, last = 0;
		int n = sscanf(at, "%u:%u", &first, &last);
		if (uid >= first && uid <= (n == 2 ? last : first))
			return true;
	}
	return false;
}

/* However long the line may be, none is left out, and no more is named than has to be. */
static void a_long_set_fits_into_a_line(void **state) {
	struct imap_announced a = { 0 };
	for (uint32_t i = 0; i < IMAP_ANNOUNCED_MAX; i++)
		(void)imap_announced_add(&a, 4000000000 + i * 3 + (i % 7 == 0 ? 1 : 0));
	static const size_t max[] = { IMAP_ANNOUNCED_TEXT_MAX, 1000, 100, 22 };
	for (size_t i = 0; i < ARRAY_SIZE(max); i++) {
		CLEANUP_TEXT char *text = imap_announced_format(&a, max[i]);
		assert_true(strlen(text) <= max[i]);
		for (uint32_t j = 0; j < a.n; j++)
			assert_true(is_named(text, a.uids[j]));
		assert_false(is_named(text, a.uids[0] - 1));
		assert_false(is_named(text, a.uids[a.n - 1] + 1));
	}
	imap_announced_deinit(&a);
}

static void stored_and_read_back(void **state) {
	static const uint32_t sparse[] = { 1, 127, 128, 255, 16384, 2097152, 268435456,
		UINT32_MAX };
	struct imap_announced a = set_of(sparse, ARRAY_SIZE(sparse)), b = { 0 };
	struct buffer bytes;
	buffer_init(&bytes, IMAP_ANNOUNCED_BYTES_MAX);
	imap_announced_write(&a, &bytes);
	(void)imap_announced_add(&b, 77);
	assert_int_equal(imap_announced_read(&b, buffer_bytes(&bytes), bytes.n), 0);
	assert_text(&b, "1,127:128,255,16384,2097152,268435456,4294967295");

	buffer_clear(&bytes);
	imap_announced_deinit(&a);
	imap_announced_write(&a, &bytes);
	assert_int_equal(imap_announced_read(&b, buffer_bytes(&bytes), bytes.n), 0);
	assert_text(&b, NULL);
	buffer_deinit(&bytes);
}

static void the_largest_set_has_room(void **state) {
	struct imap_announced a = { 0 }, b = { 0 };
	for (uint32_t i = 0; i < IMAP_ANNOUNCED_MAX; i++)
		(void)imap_announced_add(&a, UINT32_MAX - i * 4000000);
	struct buffer bytes;
	buffer_init(&bytes, IMAP_ANNOUNCED_BYTES_MAX);
	imap_announced_write(&a, &bytes);
	assert_int_equal(imap_announced_read(&b, buffer_bytes(&bytes), bytes.n), 0);
	assert_int_equal(b.n, IMAP_ANNOUNCED_MAX);
	assert_memory_equal(a.uids, b.uids, a.n * sizeof(*a.uids));
	buffer_deinit(&bytes);
	imap_announced_deinit(&a);
	imap_announced_deinit(&b);
}

static void bytes_of_others_are_refused(void **state) {
	static const struct {
		const char *bytes;
		size_t n;
	} bad[] = {
		{ "", 0 }, { "\002\005", 2 }, /* another version */
		{ "\001\200", 2 }, /* ends within a number */
		{ "\001\005\000", 3 }, /* the same UID twice */
		{ "\001\000", 2 }, /* UID 0 */
		{ "\001\377\377\377\377\377", 6 }, /* no end */
		{ "\001\377\377\377\377\037", 6 }, /* beyond 32 bits */
		{ "\001\377\377\377\377\017\001", 7 }, /* one behind the last UID */
	};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct imap_announced a = { 0 };
		(void)imap_announced_add(&a, 1);
		assert_int_equal(imap_announced_read(&a, bad[i].bytes, bad[i].n), -EBADMSG);
		assert_int_equal(a.n, 0);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_is_a_set_in_any_order),
		cmocka_unit_test(an_empty_set_holds_nothing),
		cmocka_unit_test(the_oldest_goes_when_it_is_full),
		cmocka_unit_test(ranges_are_found_in_order),
		cmocka_unit_test(a_copy_stands_by_itself),
		cmocka_unit_test(words_of_the_server),
		cmocka_unit_test(a_long_set_fits_into_a_line),
		cmocka_unit_test(stored_and_read_back),
		cmocka_unit_test(the_largest_set_has_room),
		cmocka_unit_test(bytes_of_others_are_refused),
	};
	return cmocka_run_group_tests_name("imap-announced", tests, NULL, NULL);
}
