/* What `posthorn config show` prints: it reads back as the same configuration (C-01), says where
 * each value comes from, and is JSON when asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "daemon/account-config.h"
#include "daemon/config-check.h"
#include "daemon/config-listing.h"
#include "daemon/config.h"

#define FOLDER_TEMPLATE "/tmp/posthorn-test-listing-XXXXXX"

static const char account_text[] =
	"[Account]\n"
	"Host=mail.example\n"
	"User=ann \"the\" ; first # one\n"
	"PasswordCommand=get 'two words' \"\\\"q\\\"\" \"\" a\\x01\\xff $X\n"
	"Interval=1h 30min\n"
	"CAFile=ca.pem\n"
	"[Mailboxes]\n"
	"Watch=INBOX\n"
	"Watch=Entw\xC3\xBCrfe\n";

struct folder {
	char path[sizeof(FOLDER_TEMPLATE)];
	struct config *config;
};

static void write_file(const struct folder *folder, const char *name, const char *text) {
	CLEANUP_TEXT char *path = memory_format("%s/%s", folder->path, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int setup(void **state) {
	struct folder *folder = MEMORY_NEW(struct folder);
	strcpy(folder->path, FOLDER_TEMPLATE);
	if (!mkdtemp(folder->path))
		return -1;
	CLEANUP_TEXT char *make = memory_format("mkdir -p %s/accounts.d/bad.conf.d", folder->path);
	if (system(make) != 0)
		return -1;
	write_file(folder, "accounts.d/work.conf", account_text);
	write_file(folder, "accounts.d/bad.conf", "[Account]\nPort=x\nName=a\033[2J\n");
	write_file(folder, "accounts.d/bad.conf.d/1\033[2J.conf", "[Account]\nInterval=7min\n");
	write_file(folder, "posthorn.conf", "[Daemon]\nLogLevel=debug\n[Account]\nALPN=no\n");
	const char *const folders[] = { folder->path, NULL };
	folder->config = config_load(folders, true);
	*state = folder;
	return 0;
}

static int teardown(void **state) {
	struct folder *folder = *state;
	CLEANUP_TEXT char *clean = memory_format("rm -rf %s", folder->path);
	config_free(folder->config);
	int r = system(clean);
	free(folder);
	return r;
}

static char *list(const struct folder *folder, const struct config_listing *listing) {
	struct buffer out;
	buffer_init(&out, SIZE_MAX / 2);
	assert_int_equal(config_listing_write(listing, folder->config, &out), 0);
	return buffer_take_text(&out);
}

static void c_01_reads_back_as_the_same(void **state) {
	const struct folder *folder = *state;
	const struct account_config *work = folder->config->accounts[1];
	for (int with_origins = 0; with_origins < 2; with_origins++) {
		CLEANUP_TEXT char *text = list(folder, &(struct config_listing){ .account = "work",
							       .with_origins = with_origins });
		struct config_messages messages = { 0 };
		CLEANUP(account_config_free)
		struct account_config *again = account_config_parse(
			"work", "/elsewhere/work.conf", text, strlen(text), &messages);
		assert_int_equal(messages.n, 0);
		assert_null(again->problem);
		assert_int_equal(account_config_compare(work, again), ACCOUNT_CONFIG_SAME);
		assert_string_equal(again->password_command[4], "a\x01\xff");
		config_messages_deinit(&messages);
	}
}

static void assert_says(const char *text, const char *folder, const char *file, const char *line) {
	CLEANUP_TEXT char *wanted = folder ? memory_format("# %s/%s\n%s\n", folder, file, line)
					   : memory_format("# default\n%s\n", line);
	if (!strstr(text, wanted))
		fail_msg("no %s in %s", wanted, text);
}

static void test_origins(void **state) {
	const struct folder *folder = *state;
	CLEANUP_TEXT char *text = list(folder, &(struct config_listing){ .with_origins = true });
	assert_says(text, folder->path, "posthorn.conf:2", "LogLevel=debug");
	assert_says(text, NULL, NULL, "LoginsPerHost=32");
	assert_says(text, folder->path, "accounts.d/work.conf:2", "Host=mail.example");
	assert_says(text, folder->path, "posthorn.conf:4", "ALPN=no");
	assert_says(text, folder->path, "accounts.d/work.conf:9", "Watch=Entw\xC3\xBCrfe");
	assert_says(text, NULL, NULL, "Port=993");
	assert_non_null(strstr(text, "\n#PasswordFile=\n"));
	assert_non_null(strstr(text, "# it cannot run: "));
	assert_non_null(strstr(text, "\nName=a\\u{1b}[2J\n"));
	assert_says(
		text, folder->path, "accounts.d/bad.conf.d/1\\u{1b}[2J.conf:2", "Interval=7min");
	assert_null(strchr(text, '\033'));
}

static void test_json(void **state) {
	const struct folder *folder = *state;
	CLEANUP_TEXT char *text = list(
		folder, &(struct config_listing){ "work", .with_origins = true, .as_json = true });
	static const char *const wanted[] = {
		"{\"Id\":\"work\",\"File\":\"",
		"\"Problem\":null",
		"{\"Section\":\"Account\",\"Key\":\"PasswordFile\",\"Values\":[],\"Origins\":[]}",
		"\"Key\":\"Port\",\"Values\":[\"993\"],\"Origins\":[null]}",
		"\"Key\":\"Watch\",\"Values\":[\"INBOX\",\"Entw\xC3\xBCrfe\"]",
		"accounts.d/work.conf:8\",\"",
	};
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!strstr(text, wanted[i]))
			fail_msg("no %s in %s", wanted[i], text);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void test_no_such_account(void **state) {
	const struct folder *folder = *state;
	struct buffer out;
	buffer_init(&out, 64);
	assert_int_equal(config_listing_write(&(struct config_listing){ .account = "home" },
				 folder->config, &out),
		-ENOENT);
	assert_int_equal(out.n, 0);
}

/* What a good configuration names, and is not there; each with its line. */
static void test_files_are_looked_at(void **state) {
	const struct folder *folder = *state;
	static const char text[] =
		"[Account]\nHost=h\nUser=u\nPasswordFile=open.password\n"
		"ClientCertificate=me.pem\n"
		"PinSHA256=YhKJKSzoTt2b5FP18fvpHo7fJYqQCjAa3HWY3tvRMwE= 2020-01-01\n"
		"ProxyPasswordFile=open.password\n";
	write_file(folder, "accounts.d/files.conf", text);
	write_file(folder, "accounts.d/open.password", "x\n");
	write_file(
		folder, "accounts.d/fine.conf", "[Account]\nHost=h\nUser=u\nPasswordCommand=sh\n");
	const char *const folders[] = { folder->path, NULL };
	CLEANUP(config_free) struct config *config = config_load(folders, true);
	size_t n_before = config->messages.n;
	config_check_files(config);
	static const struct {
		const char *place, *what;
		bool is_error;
	} wanted[] = {
		{ "files.conf:5: ClientCertificate= ", "me.pem cannot be read", true },
		{ "files.conf:6: PinSHA256= ", "the last day of every pin has passed", true },
		{ "files.conf:4: PasswordFile= ", "can be read by others", true },
		{ "files.conf:7: ProxyPasswordFile= ", "can be read by others", true },
		{ "work.conf:6: CAFile= ", "ca.pem cannot be read", true },
		{ "work.conf:4: PasswordCommand= ", "the program get was not found", false },
	};
	assert_int_equal(config->messages.n - n_before, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		const struct config_message *message = &config->messages.items[n_before + i];
		assert_non_null(strstr(message->text, wanted[i].place));
		assert_non_null(strstr(message->text, wanted[i].what));
		assert_int_equal(message->is_error, wanted[i].is_error);
	}
	assert_non_null(config->accounts[1]->problem); /* files */
	assert_null(config->accounts[2]->problem); /* fine */
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(c_01_reads_back_as_the_same, setup, teardown),
		cmocka_unit_test_setup_teardown(test_origins, setup, teardown),
		cmocka_unit_test_setup_teardown(test_json, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_such_account, setup, teardown),
		cmocka_unit_test_setup_teardown(test_files_are_looked_at, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
