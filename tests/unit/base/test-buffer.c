#include "base/buffer.h"

#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/memory.h"

/* Longer than what malloc() adds to a block, so that its stale end is not mistaken for ours. */
static const char mark[] = "sixteen byte key";
#define MARK_SIZE (sizeof(mark) - 1)

void __real_free(void *p);
void __wrap_free(void *p);

static unsigned n_leaked;

/* Every block that base gives back passes here. */
void __wrap_free(void *p) {
	if (p && memmem(p, malloc_usable_size(p), mark, MARK_SIZE))
		n_leaked++;
	__real_free(p);
}

static void assert_content(const struct buffer *b, const char *expected) {
	assert_int_equal(b->n, strlen(expected));
	assert_memory_equal(buffer_bytes(b), expected, b->n);
}

static void test_starts_without_memory(void **state) {
	struct buffer b;
	buffer_init(&b, 100);
	assert_int_equal(b.n, 0);
	assert_int_equal(b.allocated, 0);
	assert_null(buffer_bytes(&b));
	assert_int_equal(buffer_append(&b, NULL, 0), 0);
	assert_int_equal(b.allocated, 0);
	buffer_deinit(&b);
}

static void test_appends_in_order(void **state) {
	struct buffer b;
	buffer_init(&b, 1000);
	assert_int_equal(buffer_append(&b, "one ", 4), 0);
	assert_int_equal(buffer_append_text(&b, "two "), 0);
	assert_int_equal(buffer_append_format(&b, "%d %s", 3, "four"), 0);
	assert_int_equal(buffer_append_format(&b, "%s", ""), 0);
	assert_content(&b, "one two 3 four");
	buffer_consume(&b, 4);
	assert_content(&b, "two 3 four");
	buffer_consume(&b, 10);
	assert_content(&b, "");
	assert_int_equal(b.start, 0); /* the room in front is used again */
	buffer_deinit(&b);
}

static void test_keeps_its_cap(void **state) {
	struct buffer b;
	buffer_init(&b, 8);
	assert_int_equal(buffer_append_text(&b, "12345678"), 0);
	assert_int_equal(buffer_append_text(&b, "9"), -ENOBUFS);
	assert_int_equal(buffer_append_format(&b, "%d", 9), -ENOBUFS);
	assert_null(buffer_reserve(&b, 1));
	assert_null(buffer_reserve(&b, SIZE_MAX));
	assert_content(&b, "12345678");

	/* room at the front is room */
	buffer_consume(&b, 3);
	assert_int_equal(buffer_append_text(&b, "abcd"), -ENOBUFS);
	assert_int_equal(buffer_append_text(&b, "abc"), 0);
	assert_content(&b, "45678abc");
	assert_true(b.allocated <= 8 + 1);
	buffer_deinit(&b);
}

static void test_cap_of_zero(void **state) {
	struct buffer b;
	buffer_init(&b, 0);
	assert_int_equal(buffer_append_text(&b, "x"), -ENOBUFS);
	assert_int_equal(buffer_append_text(&b, ""), 0);
	CLEANUP_TEXT char *text = buffer_take_text(&b);
	assert_string_equal(text, "");
}

static void test_is_written_in_place(void **state) {
	struct buffer b;
	buffer_init(&b, 4096);
	for (unsigned round = 0; round < 100; round++) {
		uint8_t *room = buffer_reserve(&b, 40);
		assert_non_null(room);
		memset(room, 'a' + (int)(round % 26), 40);
		buffer_commit(&b, 30);
		assert_int_equal(buffer_bytes(&b)[b.n - 1], 'a' + (int)(round % 26));
		buffer_consume(&b, 20);
	}
	assert_int_equal(b.n, 1000);
	assert_int_equal(buffer_bytes(&b)[0], 'a' + 66 % 26);
	buffer_deinit(&b);
}

/* A model of one byte array, against every mix of appending and consuming. */
static void test_agrees_with_a_plain_array(void **state) {
	struct buffer b;
	uint8_t model[2000];
	size_t n_model = 0;
	uint32_t random = 1;
	buffer_init(&b, 1500);
	for (unsigned round = 0; round < 5000; round++) {
		random = random * 1664525 + 1013904223;
		size_t n = random >> 23;
		uint8_t chunk[512];
		memset(chunk, (int)(round & 0xFF), sizeof(chunk));
		if (random & 0x1000) {
			n = MIN(n, n_model);
			buffer_consume(&b, n);
			memmove(model, model + n, n_model - n);
			n_model -= n;
		} else {
			bool fits = n_model + n <= 1500;
			assert_int_equal(buffer_append(&b, chunk, n), fits ? 0 : -ENOBUFS);
			if (fits)
				memcpy(model + n_model, chunk, n);
			n_model += fits ? n : 0;
		}
		assert_int_equal(b.n, n_model);
		if (n_model > 0)
			assert_memory_equal(buffer_bytes(&b), model, n_model);
		assert_true(b.allocated <= 1500 + 1);
	}
	buffer_deinit(&b);
}

static void test_gives_memory_back(void **state) {
	struct buffer b;
	buffer_init(&b, 1000);
	assert_int_equal(buffer_append_text(&b, "x"), 0);
	buffer_release(&b);
	assert_content(&b, "x");
	buffer_consume(&b, 1);
	assert_true(b.allocated > 0);
	buffer_release(&b);
	assert_int_equal(b.allocated, 0);
	assert_null(b.data);

	assert_int_equal(buffer_append_text(&b, "again"), 0);
	buffer_clear(&b);
	assert_content(&b, "");
	buffer_deinit(&b);
}

static void test_becomes_a_text(void **state) {
	struct buffer b;
	buffer_init(&b, 500);
	assert_int_equal(buffer_append_text(&b, "xxabcd"), 0);
	buffer_consume(&b, 2);
	CLEANUP_TEXT char *text = buffer_take_text(&b);
	assert_string_equal(text, "abcd");
	assert_true(malloc_usable_size(text) < 64);
	assert_int_equal(b.allocated, 0);
	buffer_init(&b, 6);
	assert_int_equal(buffer_append_text(&b, "123456"), 0);
	CLEANUP_TEXT char *full = buffer_take_text(&b);
	assert_string_equal(full, "123456");
}

/* Growing, moving, consuming, clearing, releasing and the end: nowhere may the bytes survive. */
static void fill_and_drop(struct buffer *b) {
	char secret[700];
	for (size_t i = 0; i < sizeof(secret); i++)
		secret[i] = mark[i % MARK_SIZE];
	for (size_t n = 1; n < sizeof(secret); n *= 3)
		assert_int_equal(buffer_append(b, secret, n), 0);
	buffer_consume(b, 300);
	assert_int_equal(buffer_append(b, secret, 600), 0);
	buffer_clear(b);
	assert_int_equal(buffer_append(b, secret, 500), 0);
	buffer_consume(b, 500);
	buffer_release(b);
	assert_int_equal(buffer_append(b, secret, 500), 0);
	buffer_deinit(b);
}

static void test_erases_a_secret(void **state) {
	struct buffer b;
	buffer_init_secret(&b, 2000);
	n_leaked = 0;
	fill_and_drop(&b);
	assert_int_equal(n_leaked, 0);

	/* the same without the promise, to know that a leak would be seen */
	buffer_init(&b, 2000);
	fill_and_drop(&b);
	assert_true(n_leaked > 0);
}

static void test_secret_text_has_no_remains(void **state) {
	struct buffer b;
	buffer_init_secret(&b, 2000);
	char *room = (char *)buffer_reserve(&b, 500);
	for (size_t i = 0; i < 500; i++)
		room[i] = mark[i % MARK_SIZE];
	buffer_commit(&b, 20);
	char *text = buffer_take_text(&b);
	assert_int_equal(strlen(text), 20);
	n_leaked = 0;
	assert_null(memory_free_secret(text));
	assert_int_equal(n_leaked, 0);
}

static void test_a_code_point_is_one_to_four_bytes(void **state) {
	static const uint32_t refused[] = { 0, 0xD800, 0xDFFF, 0x110000, UINT32_MAX };
	struct buffer b;
	buffer_init(&b, 16);
	assert_int_equal(buffer_append_utf8(&b, 'a'), 0);
	assert_int_equal(buffer_append_utf8(&b, 0xE4), 0);
	assert_int_equal(buffer_append_utf8(&b, 0x20AC), 0);
	assert_int_equal(buffer_append_utf8(&b, 0x1F4EF), 0);
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		assert_int_equal(buffer_append_utf8(&b, refused[i]), -EINVAL);
	char *text = buffer_take_text(&b);
	assert_string_equal(text, "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x93\xAF");
	free(text);
	buffer_deinit(&b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_starts_without_memory),
		cmocka_unit_test(test_appends_in_order),
		cmocka_unit_test(test_keeps_its_cap),
		cmocka_unit_test(test_cap_of_zero),
		cmocka_unit_test(test_is_written_in_place),
		cmocka_unit_test(test_agrees_with_a_plain_array),
		cmocka_unit_test(test_gives_memory_back),
		cmocka_unit_test(test_becomes_a_text),
		cmocka_unit_test(test_erases_a_secret),
		cmocka_unit_test(test_secret_text_has_no_remains),
		cmocka_unit_test(test_a_code_point_is_one_to_four_bytes),
	};
	return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
