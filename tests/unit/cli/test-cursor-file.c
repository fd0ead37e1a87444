#include "cli/cursor-file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"

struct place {
	char root[sizeof("/tmp/posthorn-cursor-XXXXXX")];
	char *folder;
};

static int set_up(void **state) {
	static struct place place;
	strcpy(place.root, "/tmp/posthorn-cursor-XXXXXX");
	if (!mkdtemp(place.root))
		return -1;
	place.folder = memory_format("%s/a/b", place.root);
	*state = &place;
	return 0;
}

static int tear_down(void **state) {
	struct place *place = *state;
	CLEANUP_TEXT char *command = memory_format("rm -r %s", place->root);
	free(place->folder);
	return system(command);
}

static void write_file(const struct place *place, const char *text) {
	CLEANUP_TEXT char *path = memory_format("%s/x", place->folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

static void test_names(void **state) {
	static const struct {
		const char *name;
		bool is_good;
	} rows[] = { { "mbsync", true }, { "a.b-c_d@e:1", true }, { "", false }, { ".", false },
		{ "..", false }, { ".x", false }, { "a/b", false }, { "a b", false },
		{ "a\n", false }, { "a~lock", false }, { "\xc3\xa4", false } };
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(cursor_file_is_name(rows[i].name), rows[i].is_good);
	char name[CURSOR_FILE_NAME_MAX + 2];
	memset(name, 'a', sizeof(name));
	name[CURSOR_FILE_NAME_MAX + 1] = '\0';
	assert_false(cursor_file_is_name(name));
	name[CURSOR_FILE_NAME_MAX] = '\0';
	assert_true(cursor_file_is_name(name));
}

static void test_folder(void **state) {
	static const struct {
		const char *given, *state, *home, *folder;
	} rows[] = {
		{ "/var/lib/x", "/s", "/h", "/var/lib/x/cursors" },
		{ "/var/lib/x:/var/lib/y", "/s", "/h", "/var/lib/x/cursors" },
		{ "", "/s", "/h", "/s/posthorn/cursors" },
		{ NULL, "relative", "/h", "/h/.local/state/posthorn/cursors" },
		{ NULL, NULL, "/h", "/h/.local/state/posthorn/cursors" },
		{ NULL, NULL, NULL, NULL },
	};
	static const char *const names[] = { "STATE_DIRECTORY", "XDG_STATE_HOME", "HOME" };
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *values[] = { rows[i].given, rows[i].state, rows[i].home };
		for (size_t j = 0; j < ARRAY_SIZE(names); j++)
			assert_int_equal(
				values[j] ? setenv(names[j], values[j], 1) : unsetenv(names[j]), 0);
		CLEANUP_TEXT char *folder = cursor_file_folder();
		if (rows[i].folder)
			assert_string_equal(folder, rows[i].folder);
		else
			assert_null(folder);
	}
}

static void test_saved_and_loaded(void **state) {
	struct place *place = *state;
	static const uint64_t done[] = { 8, 10, UINT64_MAX };
	CLEANUP(cursor_file_free) struct cursor_file *c = NULL;
	CLEANUP(cursor_file_free) struct cursor_file *other = NULL;
	uint64_t position = 1, *loaded = NULL;
	size_t n = 1;
	assert_int_equal(cursor_file_open(place->folder, "x", &c), 0);
	assert_int_equal(cursor_file_load(c, &position, &loaded, &n), 0);
	assert_int_equal(cursor_file_save(c, 5, done, ARRAY_SIZE(done)), 0);
	assert_int_equal(cursor_file_load(c, &position, &loaded, &n), 1);
	assert_int_equal(position, 5);
	assert_int_equal(n, ARRAY_SIZE(done));
	assert_memory_equal(loaded, done, sizeof(done));
	free(loaded);

	/* another name is another cursor; the same is locked until it is closed */
	assert_int_equal(cursor_file_open(place->folder, "y", &other), 0);
	other = cursor_file_free(other);
	assert_int_equal(cursor_file_open(place->folder, "x", &other), -EWOULDBLOCK);
	c = cursor_file_free(c);
	assert_int_equal(cursor_file_open(place->folder, "x", &other), 0);
	assert_int_equal(cursor_file_save(other, 12, NULL, 0), 0);
	assert_int_equal(cursor_file_load(other, &position, &loaded, &n), 1);
	assert_int_equal(position, 12);
	assert_int_equal(n, 0);
	free(loaded);
}

/* Only root may read what others may not: the mode is what counts. */
static void test_mode(void **state) {
	struct place *place = *state;
	CLEANUP(cursor_file_free) struct cursor_file *c = NULL;
	CLEANUP_TEXT char *path = memory_format("%s/x", place->folder);
	struct stat folder, file;
	assert_int_equal(cursor_file_open(place->folder, "x", &c), 0);
	assert_int_equal(cursor_file_save(c, 5, NULL, 0), 0);
	assert_int_equal(stat(place->folder, &folder), 0);
	assert_int_equal(stat(path, &file), 0);
	assert_int_equal(folder.st_mode & 0777, 0700);
	assert_int_equal(file.st_mode & 0777, 0600);
}

static void test_damaged(void **state) {
	static const char *const texts[] = { "", "\n", "5", "5\n6", "5\n\n", "5\n5\n", "5\n4\n",
		"-1\n", "5 \n", "5\n6\nx\n", "18446744073709551616\n" };
	struct place *place = *state;
	CLEANUP(cursor_file_free) struct cursor_file *c = NULL;
	uint64_t position = 1, *done = NULL;
	size_t n = 1;
	assert_int_equal(cursor_file_open(place->folder, "x", &c), 0);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		write_file(place, texts[i]);
		assert_int_equal(cursor_file_load(c, &position, &done, &n), -EBADMSG);
	}
	assert_int_equal(position, 1);
	assert_null(done);
}

/* A link would lead to a file of somebody else's. */
static void test_links(void **state) {
	struct place *place = *state;
	CLEANUP(cursor_file_free) struct cursor_file *c = NULL;
	CLEANUP_TEXT char *path = memory_format("%s/y", place->folder);
	uint64_t position = 1, *done = NULL;
	size_t n = 1;
	assert_int_equal(cursor_file_open(place->folder, "y", &c), 0);
	write_file(place, "5\n");
	assert_int_equal(symlink("x", path), 0);
	assert_int_equal(cursor_file_load(c, &position, &done, &n), -ELOOP);
	assert_int_equal(position, 1);
	assert_null(done);
}

/* As many as there may be, and one more. */
static void test_many(void **state) {
	struct place *place = *state;
	CLEANUP(cursor_file_free) struct cursor_file *c = NULL;
	uint64_t numbers[CURSOR_FILE_DONE_MAX + 1], position, *done = NULL;
	size_t n;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		numbers[i] = UINT64_MAX - ARRAY_SIZE(numbers) + i;
	assert_int_equal(cursor_file_open(place->folder, "x", &c), 0);
	assert_int_equal(cursor_file_save(c, 5, numbers, CURSOR_FILE_DONE_MAX), 0);
	assert_int_equal(cursor_file_load(c, &position, &done, &n), 1);
	assert_int_equal(n, CURSOR_FILE_DONE_MAX);
	free(done);
	done = NULL;
	assert_int_equal(cursor_file_save(c, 5, numbers, CURSOR_FILE_DONE_MAX + 1), 0);
	assert_int_equal(cursor_file_load(c, &position, &done, &n), -EBADMSG);
}

static void test_no_place(void **state) {
	CLEANUP(cursor_file_free) struct cursor_file *c = NULL;
	assert_int_equal(cursor_file_open("/dev/null/x", "x", &c), -ENOTDIR);
	assert_null(c);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_folder),
		cmocka_unit_test_setup_teardown(test_saved_and_loaded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_mode, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damaged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_links, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
		cmocka_unit_test(test_no_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
