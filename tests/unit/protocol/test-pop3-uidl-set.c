#include "protocol/pop3-uidl-set.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "protocol/pop3-state.h"

static const uint8_t key[KEYED_HASH_KEY_SIZE] = "a key for tests";

static uint64_t hash_of(unsigned i) {
	return pop3_uidl_set_hash(key, &i, sizeof(i));
}

static void append_many(struct pop3_uidl_set *set, unsigned first, unsigned n) {
	for (unsigned i = first; i < first + n; i++)
		pop3_uidl_set_append(set, hash_of(i));
	pop3_uidl_set_sort(set);
}

static void assert_ascending(const struct pop3_uidl_set *set) {
	for (size_t i = 1; i < set->n; i++)
		assert_true(set->items[i - 1] < set->items[i]);
}

static void a_hash_is_even_keyed_and_not_zero(void **state) {
	static const uint8_t other[KEYED_HASH_KEY_SIZE] = "another key....";
	assert_true(hash_of(1) % 2 == 0 && hash_of(1) != 0);
	assert_true(hash_of(1) != hash_of(2));
	assert_true(pop3_uidl_set_hash(key, "a", 1) != pop3_uidl_set_hash(other, "a", 1));
	assert_true(pop3_uidl_set_hash(key, "", 0) != pop3_uidl_set_hash(key, "\0", 1));
}

static void many_are_sorted_and_doubles_go(void **state) {
	struct pop3_uidl_set set;
	pop3_uidl_set_init(&set);
	append_many(&set, 0, 5000);
	append_many(&set, 2500, 5000);
	assert_int_equal(set.n, 7500);
	assert_ascending(&set);
	assert_true(pop3_uidl_set_has(&set, hash_of(7499)));
	assert_false(pop3_uidl_set_has(&set, hash_of(7500)));
	pop3_uidl_set_deinit(&set);
}

static void one_is_added_once(void **state) {
	struct pop3_uidl_set set;
	pop3_uidl_set_init(&set);
	assert_true(pop3_uidl_set_add(&set, hash_of(1), true));
	assert_false(pop3_uidl_set_add(&set, hash_of(1), false));
	assert_true(pop3_uidl_set_add(&set, hash_of(2), false));
	assert_int_equal(set.n, 2);
	assert_int_equal(set.n_announced, 1);
	assert_ascending(&set);
	pop3_uidl_set_deinit(&set);
}

static void only_announced_ones_are_missed(void **state) {
	struct pop3_uidl_set set;
	pop3_uidl_set_init(&set);
	append_many(&set, 0, 100);
	assert_true(pop3_uidl_set_add(&set, hash_of(200), true));
	assert_true(pop3_uidl_set_add(&set, hash_of(201), true));
	pop3_uidl_set_mark_begin(&set);
	for (unsigned i = 0; i < 99; i++)
		assert_true(pop3_uidl_set_mark(&set, hash_of(i)));
	assert_true(pop3_uidl_set_mark(&set, hash_of(200)));
	assert_false(pop3_uidl_set_mark(&set, hash_of(300)));
	assert_int_equal(set.n_marked, 100);

	size_t index = 0;
	uint64_t gone = 0;
	assert_int_equal(pop3_uidl_set_next_gone(&set, &index, &gone), 1);
	assert_true(gone == hash_of(201));
	assert_int_equal(pop3_uidl_set_next_gone(&set, &index, &gone), 0);
	pop3_uidl_set_mark_end(&set, true);
	assert_int_equal(set.n, 100);
	assert_int_equal(set.n_announced, 1);
	assert_false(pop3_uidl_set_has(&set, hash_of(99)));
	pop3_uidl_set_deinit(&set);
}

static void without_drop_all_stay(void **state) {
	struct pop3_uidl_set set;
	pop3_uidl_set_init(&set);
	append_many(&set, 0, 10);
	pop3_uidl_set_mark_begin(&set);
	pop3_uidl_set_mark_end(&set, false);
	assert_int_equal(set.n, 10);
	pop3_uidl_set_deinit(&set);
}

/* Of the state's parts: how many, and how many bytes. */
struct written {
	size_t n_parts;
	size_t n_bytes;
};

static struct written write_all(struct pop3_state *state) {
	struct pop3_state_writer writer;
	struct pop3_part part;
	struct written written = { 0 };
	(void)pop3_state_write_begin(state, &writer);
	while (pop3_state_write_next(&writer, &part) > 0) {
		assert_non_null(part.bytes);
		written.n_parts++;
		written.n_bytes += part.n;
	}
	pop3_state_clean(state);
	return written;
}

static void one_more_rewrites_little(void **state) {
	struct pop3_state mailbox;
	pop3_state_init(&mailbox, key);
	append_many(&mailbox.set, 0, 100000);
	struct written first = write_all(&mailbox);
	assert_true(first.n_bytes >= 800000 && first.n_bytes < 801000);
	assert_int_equal(first.n_parts, 1 + 512);

	struct written none = write_all(&mailbox);
	assert_int_equal(none.n_parts, 1);

	assert_true(pop3_uidl_set_add(&mailbox.set, hash_of(100000), true));
	struct written one = write_all(&mailbox);
	assert_int_equal(one.n_parts, 2);
	assert_true(one.n_bytes < 4096);
	pop3_state_deinit(&mailbox);
}

static void memory_is_within_12_bytes_a_message(void **state) {
	struct pop3_uidl_set set;
	pop3_uidl_set_init(&set);
	append_many(&set, 0, 100000);
	pop3_uidl_set_mark_begin(&set);
	size_t marks = (set.n + 7) / 8;
	assert_true(set.n_allocated * sizeof(*set.items) + marks <= 12 * set.n);
	pop3_uidl_set_deinit(&set);
}

static void buckets_follow_the_size(void **state) {
	struct pop3_state mailbox;
	pop3_state_init(&mailbox, key);
	append_many(&mailbox.set, 0, 10);
	(void)write_all(&mailbox);
	assert_int_equal(mailbox.set.bucket_bits, 0);
	for (unsigned i = 10; i < 2000; i++)
		assert_true(pop3_uidl_set_add(&mailbox.set, hash_of(i), false));
	(void)write_all(&mailbox);
	assert_int_equal(mailbox.set.bucket_bits, 3);
	pop3_uidl_set_mark_begin(&mailbox.set);
	pop3_uidl_set_mark_end(&mailbox.set, true);
	struct written empty = write_all(&mailbox);
	assert_int_equal(mailbox.set.bucket_bits, 0);
	assert_int_equal(empty.n_parts, 2);
	pop3_state_deinit(&mailbox);
}

static void damaged_parts_are_refused(void **state) {
	struct pop3_state mailbox, copy;
	struct pop3_state_writer writer;
	struct pop3_part part;
	pop3_state_init(&mailbox, key);
	pop3_state_init(&copy, key);
	append_many(&mailbox.set, 0, 3);
	(void)pop3_state_write_begin(&mailbox, &writer);
	assert_int_equal(pop3_state_write_next(&writer, &part), 1);

	uint64_t numbers[16];
	memcpy(numbers, part.bytes, part.n);
	assert_int_equal(pop3_state_read(&copy, &(struct pop3_part){ 0, numbers, 8 }), -EBADMSG);
	assert_int_equal(pop3_state_read(&copy, &part), 0);
	/* the hashes are missing */
	assert_int_equal(pop3_state_read_end(&copy), -EBADMSG);
	const uint64_t odd[] = { 4, 2, 6 };
	assert_int_equal(
		pop3_state_read(&copy, &(struct pop3_part){ 1, odd, sizeof(odd) }), -EBADMSG);
	assert_int_equal(pop3_state_read(&copy, &(struct pop3_part){ 1, odd, 7 }), -EBADMSG);
	numbers[0]++;
	assert_int_equal(
		pop3_state_read(&copy, &(struct pop3_part){ 0, numbers, part.n }), -EBADMSG);
	pop3_state_deinit(&mailbox);
	pop3_state_deinit(&copy);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hash_is_even_keyed_and_not_zero),
		cmocka_unit_test(many_are_sorted_and_doubles_go),
		cmocka_unit_test(one_is_added_once),
		cmocka_unit_test(only_announced_ones_are_missed),
		cmocka_unit_test(without_drop_all_stay),
		cmocka_unit_test(one_more_rewrites_little),
		cmocka_unit_test(memory_is_within_12_bytes_a_message),
		cmocka_unit_test(buckets_follow_the_size),
		cmocka_unit_test(damaged_parts_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
