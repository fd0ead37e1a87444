/* The folders of accounts: ranks, masks, names, files that cannot be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "daemon/account-config.h"
#include "daemon/config.h"

#define GOOD "[Account]\nHost=h\nUser=u\nPasswordFile=/x\n"

struct folders {
	char *root;
	char *high;
	char *low;
};

static int setup(void **state) {
	char template[] = "/tmp/posthorn-test-config-XXXXXX";
	if (!mkdtemp(template))
		return -1;
	struct folders *folders = MEMORY_NEW(struct folders);
	folders->root = memory_strdup(template);
	folders->high = memory_format("%s/high", template);
	folders->low = memory_format("%s/low", template);
	CLEANUP_TEXT char *make =
		memory_format("mkdir -p %s/accounts.d %s/accounts.d", folders->high, folders->low);
	*state = folders;
	return system(make);
}

static int teardown(void **state) {
	struct folders *folders = *state;
	CLEANUP_TEXT char *clean = memory_format("rm -rf %s", folders->root);
	int r = system(clean);
	free(folders->root);
	free(folders->high);
	free(folders->low);
	free(folders);
	return r;
}

static void write_file(const char *folder, const char *name, const char *text) {
	CLEANUP_TEXT char *path = memory_format("%s/accounts.d/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static struct config *load(struct folders *folders) {
	const char *const list[] = { folders->high, folders->low, NULL };
	return config_load(list);
}

static void test_sorted_and_masked(void **state) {
	struct folders *folders = *state;
	write_file(folders->low, "work.conf", GOOD "Name=low\n");
	write_file(folders->low, "home.conf", GOOD);
	write_file(folders->low, "gone.conf", GOOD);
	write_file(folders->low, "linked.conf", GOOD);
	write_file(folders->high, "work.conf", GOOD "Name=high\n");
	write_file(folders->high, "gone.conf", "");
	write_file(folders->high, "README", "not an account");
	write_file(folders->high, ".work.conf.swp", "nor this");
	CLEANUP_TEXT char *link = memory_format("%s/accounts.d/linked.conf", folders->high);
	assert_int_equal(symlink("/dev/null", link), 0);
	struct config *config = load(folders);
	assert_int_equal(config->messages.n, 0);
	assert_int_equal(config->n_accounts, 2);
	assert_string_equal(config->accounts[0]->id, "home");
	assert_string_equal(config->accounts[1]->id, "work");
	assert_string_equal(config->accounts[1]->name, "high");
	config_free(config);
}

static void test_no_folder_is_an_empty_one(void **state) {
	const char *const none[] = { "/nonexistent/posthorn", NULL };
	struct config *config = config_load(none);
	assert_int_equal(config->n_accounts, 0);
	assert_int_equal(config->messages.n, 0);
	config_free(config);
}

static void test_a_bad_account_stands_beside_the_good(void **state) {
	struct folders *folders = *state;
	write_file(folders->high, "bad.conf", "[Account]\nHost=h\nPort=x\n");
	write_file(folders->high, "good.conf", GOOD);
	write_file(folders->high, "spa ce.conf", GOOD);
	struct config *config = load(folders);
	assert_int_equal(config->n_accounts, 2);
	assert_non_null(config->accounts[0]->problem);
	assert_null(config->accounts[1]->problem);
	assert_int_equal(config->messages.n, 2);
	assert_int_equal(config->messages.n_errors, 1);
	config_free(config);
}

/* Not files at all, or too large: an account that fails and says why, never a hang. */
static void test_unreadable_files(void **state) {
	struct folders *folders = *state;
	CLEANUP_TEXT char *fifo = memory_format("%s/accounts.d/fifo.conf", folders->high);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	CLEANUP_TEXT char *folder = memory_format("%s/accounts.d/folder.conf", folders->high);
	assert_int_equal(mkdir(folder, 0700), 0);
	CLEANUP_TEXT char *large = memory_format("%s/accounts.d/large.conf", folders->high);
	int fd = open(large, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, CONFIG_FILE_MAX + 1), 0);
	close(fd);
	struct config *config = load(folders);
	assert_int_equal(config->n_accounts, 3);
	for (size_t i = 0; i < config->n_accounts; i++)
		assert_non_null(strstr(config->accounts[i]->problem, "cannot be read"));
	assert_int_equal(config->messages.n, 3);
	config_free(config);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sorted_and_masked, setup, teardown),
		cmocka_unit_test(test_no_folder_is_an_empty_one),
		cmocka_unit_test_setup_teardown(
			test_a_bad_account_stands_beside_the_good, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unreadable_files, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
