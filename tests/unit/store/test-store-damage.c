/* Files that are damaged or not ours, and logs that were left behind. */
#include "store/store.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper.h"
#include "scratch.h"

/* Damage */

/* Opens a damaged file: set aside as `.damaged-1`, byte for byte, and usable. */
static void expect_set_aside(struct scratch *s) {
	struct bytes before = helper_take_bytes(s);
	struct opening o = helper_open_path(s->path);
	helper_expect_opened(&o, STORE_SET_ASIDE);
	assert_non_null(strstr(o.problem, s->path));
	assert_non_null(strstr(o.problem, "damaged-1"));
	assert_int_equal(helper_count_after(o.store, 0), 0);
	helper_append_and_commit(o.store, "new", NOW);
	helper_end(&o);
	o = helper_open_path(s->path);
	helper_expect_opened(&o, STORE_OPENED);
	helper_expect_subjects(o.store, 0, "new");
	helper_end(&o);
	size_t n;
	CLEANUP_TEXT char *kept = scratch_read(scratch_name(s, ".damaged-1"), &n);
	assert_int_equal(n, before.n_file);
	assert_memory_equal(kept, before.file, n);
	free(before.file);
	free(before.log);
}

static void test_garbage_is_set_aside(void **state) {
	struct scratch *s = *state;
	CLEANUP_TEXT char *noise = memory_zalloc(10000, 1);
	memset(noise, 'x', 10000);
	scratch_write(s->path, noise, 10000);
	expect_set_aside(s);
}

static void test_short_garbage_is_set_aside(void **state) {
	struct scratch *s = *state;
	scratch_write(s->path, "oops", 4);
	expect_set_aside(s);
}

static void test_an_empty_file_is_set_aside(void **state) {
	struct scratch *s = *state;
	scratch_write(s->path, "", 0);
	expect_set_aside(s);
}

static void test_a_foreign_database_is_set_aside(void **state) {
	struct scratch *s = *state;
	helper_exec_sql(s->path, "CREATE TABLE event (x); PRAGMA user_version = 1");
	expect_set_aside(s);
}

static void test_a_missing_table_is_set_aside(void **state) {
	struct scratch *s = *state;
	struct opening o = helper_open_path(s->path);
	helper_end(&o);
	helper_exec_sql(s->path, "DROP TABLE cursor");
	expect_set_aside(s);
}

static char *fill_and_read(struct scratch *s, size_t *ret_n) {
	struct opening o = helper_open_path(s->path);
	for (unsigned i = 0; i < 200; i++)
		helper_append(o.store, "a subject that takes a little room in the file", NOW);
	assert_int_equal(store_commit(o.store), 0);
	helper_end(&o);
	return scratch_read(s->path, ret_n);
}

static void test_truncated_anywhere_is_set_aside(void **state) {
	struct scratch *s = *state;
	size_t n;
	CLEANUP_TEXT char *whole = fill_and_read(s, &n);
	for (size_t cut = 1; cut < n; cut += cut < 4096 ? 511 : 4096) {
		scratch_write(s->path, whole, cut);
		expect_set_aside(s);
		assert_int_equal(unlink(scratch_name(s, ".damaged-1")), 0);
	}
}

/* A page of noise, wherever: no crash, and either nothing that mattered was there or it is set
 * aside. */
static void test_noise_in_each_page(void **state) {
	struct scratch *s = *state;
	size_t n;
	CLEANUP_TEXT char *whole = fill_and_read(s, &n);
	unsigned n_set_aside = 0;
	for (size_t at = 0; at + 4096 <= n; at += 4096) {
		CLEANUP_TEXT char *bytes = memory_strndup(whole, n);
		for (size_t i = 0; i < 4096; i++)
			bytes[at + i] = (char)(bytes[at + i] ^ (char)(i * 37 + 11));
		scratch_write(s->path, bytes, n);
		struct opening o = helper_open_path(s->path);
		assert_int_equal(o.r, 0);
		n_set_aside += o.opened == STORE_SET_ASIDE;
		assert_in_range(helper_count_after(o.store, 0), 0, 200);
		helper_append_and_commit(o.store, "x", NOW + DAY);
		helper_end(&o);
		(void)unlink(scratch_name(s, ".damaged-1"));
	}
	assert_true(n_set_aside > n / 4096 / 2);
}

static void test_the_log_goes_with_the_damaged_file(void **state) {
	struct scratch *s = *state;
	helper_kill_child_after(s, helper_append_three);
	assert_true(scratch_has(s, "-wal"));
	scratch_write(s->path, "no database", 11);
	expect_set_aside(s);
	assert_true(scratch_has(s, ".damaged-1-wal"));
}

static void test_at_most_nine_are_kept(void **state) {
	struct scratch *s = *state;
	for (unsigned i = 1; i <= 12; i++) {
		CLEANUP_TEXT char *text = memory_format("damage %u", i);
		scratch_write(s->path, text, strlen(text));
		struct opening o = helper_open_path(s->path);
		helper_expect_opened(&o, STORE_SET_ASIDE);
		helper_end(&o);
	}
	size_t n;
	CLEANUP_TEXT char *first = scratch_read(scratch_name(s, ".damaged-1"), &n);
	assert_string_equal(first, "damage 1");
	CLEANUP_TEXT char *ninth = scratch_read(scratch_name(s, ".damaged-9"), &n);
	assert_string_equal(ninth, "damage 12");
	assert_false(scratch_has(s, ".damaged-10"));
}

/* Logs */

static void test_a_log_left_by_a_death_is_taken_in(void **state) {
	struct scratch *s = *state;
	helper_kill_child_after(s, helper_append_three);
	struct opening o = helper_open_path(s->path);
	helper_expect_opened(&o, STORE_OPENED);
	helper_expect_subjects(o.store, 0, "abc");
	helper_end(&o);
	assert_false(scratch_has(s, "-wal"));
}

static void test_a_broken_log_ends_where_it_breaks(void **state) {
	struct scratch *s = *state;
	helper_kill_child_after(s, helper_append_three);
	size_t n;
	CLEANUP_TEXT char *log = scratch_read(scratch_name(s, "-wal"), &n);
	log[n - 2000] ^= 1; /* in the last frame: the third commit is gone, as in a power cut */
	scratch_write(scratch_name(s, "-wal"), log, n);
	struct opening o = helper_open_path(s->path);
	helper_expect_opened(&o, STORE_OPENED);
	helper_expect_subjects(o.store, 0, "ab");
	assert_true(helper_append_and_commit(o.store, "c", NOW + DAY) == NOW + DAY);
	helper_end(&o);
}

static void test_a_log_without_its_file_is_not_replayed(void **state) {
	struct scratch *s = *state;
	helper_kill_child_after(s, helper_append_three);
	assert_int_equal(unlink(s->path), 0);
	struct opening o = helper_open_path(s->path);
	helper_expect_opened(&o, STORE_CREATED);
	assert_int_equal(helper_count_after(o.store, 0), 0);
	helper_end(&o);
}

/* A file from a backup is behind what readers have seen; the numbers go on beyond it all the same,
 * since the clock does. */
static void test_restored_backup_gives_larger_numbers(void **state) {
	struct scratch *s = *state;
	size_t n;
	struct opening o = helper_open_path(s->path);
	helper_append_and_commit(o.store, "a", NOW);
	helper_end(&o);
	CLEANUP_TEXT char *backup = scratch_read(s->path, &n);
	o = helper_open_path(s->path);
	uint64_t seen = helper_append_and_commit(o.store, "b", NOW + DAY);
	helper_end(&o);
	scratch_write(s->path, backup, n);
	o = helper_open_path(s->path);
	helper_expect_opened(&o, STORE_OPENED);
	assert_int_equal(helper_count_after(o.store, seen), 0);
	assert_true(helper_append_and_commit(o.store, "c", NOW + 2 * DAY) > seen);
	helper_expect_subjects(o.store, seen, "c");
	helper_end(&o);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(test_garbage_is_set_aside),
		TEST(test_short_garbage_is_set_aside),
		TEST(test_an_empty_file_is_set_aside),
		TEST(test_a_foreign_database_is_set_aside),
		TEST(test_a_missing_table_is_set_aside),
		TEST(test_truncated_anywhere_is_set_aside),
		TEST(test_noise_in_each_page),
		TEST(test_the_log_goes_with_the_damaged_file),
		TEST(test_at_most_nine_are_kept),
		TEST(test_a_log_left_by_a_death_is_taken_in),
		TEST(test_a_broken_log_ends_where_it_breaks),
		TEST(test_a_log_without_its_file_is_not_replayed),
		TEST(test_restored_backup_gives_larger_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
