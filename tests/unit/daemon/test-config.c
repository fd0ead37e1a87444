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
#include "config/config-files.h"
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

/* Anywhere below the folder. */
static void write_below(const char *folder, const char *name, const char *text) {
	CLEANUP_TEXT char *path = memory_format("%s/%s", folder, name);
	CLEANUP_TEXT char *make = memory_format("mkdir -p $(dirname %s)", path);
	assert_int_equal(system(make), 0);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static struct config *load(struct folders *folders) {
	const char *const list[] = { folders->high, folders->low, NULL };
	return config_load(list, false);
}

static void c_03_sorted_and_masked(void **state) {
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
	struct config *config = config_load(none, false);
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

static void assert_clean(const struct config *config) {
	for (size_t i = 0; i < config->messages.n; i++)
		fail_msg("%s", config->messages.items[i].text);
}

/* The agent reads its own section by itself; one beside it is unknown. */
static void test_sections_of_other_programs(void **state) {
	struct folders *folders = *state;
	write_file(folders->low, "work.conf", GOOD "[Notify]\nPrivacy=count\nColour=blue\n");
	write_below(folders->low, "posthorn.conf", "[Notify]\nPrivacy=count\n[Notifi]\nA=b\n");
	CLEANUP(config_free) struct config *config = load(folders);
	assert_int_equal(config->messages.n, 1);
	assert_non_null(strstr(config->messages.items[0].text, "unknown section [Notifi]"));
	assert_null(config->accounts[0]->problem);
}

/* Of all folders together by name; one name once, from the higher folder; masks. */
static void c_03_drop_ins(void **state) {
	struct folders *folders = *state;
	write_file(folders->low, "work.conf", GOOD "Port=1\nName=main\n[Mailboxes]\nWatch=A\n");
	write_below(folders->low, "accounts.d/work.conf.d/20-b.conf",
		"[Account]\nPort=20\n[Mailboxes]\nWatch=B\n");
	write_below(folders->high, "accounts.d/work.conf.d/10-a.conf",
		"[Account]\nPort=10\nInterval=1h\n[Mailboxes]\nWatch=\nWatch=C\n");
	write_below(folders->low, "accounts.d/work.conf.d/30-c.conf", "[Account]\nPort=30\n");
	write_below(folders->high, "accounts.d/work.conf.d/30-c.conf", "");
	write_below(folders->low, "accounts.d/work.conf.d/40.conf", "[Account]\nName=low\n");
	write_below(folders->high, "accounts.d/work.conf.d/40.conf", "[Account]\nName=high\n");
	write_below(folders->high, "accounts.d/work.conf.d/README", "[Account]\nPort=99\n");
	CLEANUP(config_free) struct config *config = load(folders);
	assert_clean(config);
	assert_int_equal(config->n_accounts, 1);
	const struct account_config *work = config->accounts[0];
	assert_int_equal(work->port, 20);
	assert_int_equal(work->interval_usec, USEC_PER_HOUR);
	assert_string_equal(work->name, "high");
	assert_int_equal(work->n_watch, 2);
	assert_string_equal(work->watch[0], "C");
	assert_string_equal(work->watch[1], "B");
}

/* Ids that begin alike, so that the order of files is not that of ids. */
static void c_03_drop_ins_find_their_account(void **state) {
	struct folders *folders = *state;
	static const char *const ids[] = { "a", "a-b", "a.b", "a.conf", "ab" };
	for (size_t i = 0; i < 5; i++) {
		CLEANUP_TEXT char *file = memory_format("%s.conf", ids[i]);
		CLEANUP_TEXT char *drop_in = memory_format("accounts.d/%s.conf.d/x.conf", ids[i]);
		CLEANUP_TEXT char *text = memory_format("[Account]\nName=name of %s\n", ids[i]);
		write_file(folders->low, file, GOOD);
		write_below(folders->high, drop_in, text);
	}
	write_below(folders->high, "accounts.d/a-c.conf.d/x.conf", "[Account]\nName=x\n");
	write_below(folders->high, "accounts.d/zz.conf.d/x.conf", "[Account]\nName=x\n");
	CLEANUP(config_free) struct config *config = load(folders);
	assert_int_equal(config->n_accounts, 5);
	for (size_t i = 0; i < 5; i++) {
		CLEANUP_TEXT char *name = memory_format("name of %s", ids[i]);
		assert_string_equal(config->accounts[i]->id, ids[i]);
		assert_string_equal(config->accounts[i]->name, name);
	}
	assert_int_equal(config->messages.n, 2);
	assert_int_equal(config->messages.n_errors, 0);
	assert_non_null(
		strstr(config->messages.items[0].text, "accounts.d/a-c.conf.d: there is no"));
	assert_non_null(
		strstr(config->messages.items[1].text, "accounts.d/zz.conf.d: there is no"));
}

static void test_settings_of_the_daemon(void **state) {
	struct folders *folders = *state;
	struct config *config = load(folders);
	assert_int_equal(daemon_config_log_level(&config->daemon), LOG_LEVEL_INFO);
	assert_int_equal(config->daemon.logins_per_host, 32);
	assert_int_equal(config->daemon.retry_max_usec, 0);
	assert_int_equal(config->daemon.events_max_age_usec, 30 * 24 * USEC_PER_HOUR);
	assert_int_equal(config->daemon.events_max_count, 100000);
	config_free(config);

	write_below(folders->low, "posthorn.conf", "[Daemon]\nLogLevel=error\nLoginsPerHost=1\n");
	write_below(folders->high, "posthorn.conf",
		"[Daemon]\nLogLevel=debug\nRetryMax=1h\n[Events]\nMaxAge=infinity\nMaxCount=7\n");
	write_below(folders->low, "posthorn.conf.d/50.conf", "[Events]\nMaxCount=8\n");
	config = load(folders);
	assert_clean(config);
	assert_int_equal(daemon_config_log_level(&config->daemon), LOG_LEVEL_DEBUG);
	assert_int_equal(config->daemon.logins_per_host, 32);
	assert_int_equal(config->daemon.retry_max_usec, USEC_PER_HOUR);
	assert_int_equal(config->daemon.events_max_age_usec, USEC_NEVER);
	assert_int_equal(config->daemon.events_max_count, 8);
	config_free(config);
}

/* A path in posthorn.conf begins beside posthorn.conf; a list goes on, a way to a password is
 * replaced, and what belongs to one account is not for all. */
static void test_defaults_for_accounts(void **state) {
	struct folders *folders = *state;
	write_below(folders->high, "posthorn.conf",
		"[Account]\nHost=mail.example\nSecurity=starttls\nCAFile=ca.pem\nName=all\n"
		"PasswordCommand=pass show\n[Mailboxes]\nWatch=INBOX\n");
	write_below(folders->low, "posthorn.conf.d/10.conf", "[Account]\nSecurity=tls\n");
	write_file(folders->low, "a.conf", "[Account]\nUser=a\n");
	write_file(folders->low, "b.conf",
		"[Account]\nUser=b\nHost=other\nCAFile=\nPasswordFile=b.secret\n"
		"[Mailboxes]\nWatch=Work\n");
	CLEANUP(config_free) struct config *config = load(folders);
	assert_int_equal(config->messages.n, 1);
	assert_non_null(strstr(config->messages.items[0].text,
		"high/posthorn.conf:5: Name= belongs to one account"));
	const struct account_config *a = config->accounts[0], *b = config->accounts[1];
	CLEANUP_TEXT char *ca_file = memory_format("%s/ca.pem", folders->high);
	CLEANUP_TEXT char *secret = memory_format("%s/accounts.d/b.secret", folders->low);
	assert_null(a->problem);
	assert_string_equal(a->name, "a");
	assert_string_equal(a->host, "mail.example");
	assert_int_equal(a->security, ACCOUNT_SECURITY_TLS);
	assert_string_equal(a->ca_file, ca_file);
	assert_string_equal(a->password_command[1], "show");
	assert_null(b->problem);
	assert_string_equal(b->host, "other");
	assert_null(b->ca_file);
	assert_string_equal(b->password_file, secret);
	assert_null(b->password_command);
	assert_int_equal(b->n_watch, 2);
	assert_string_equal(b->watch[1], "Work");
}

/* Said once, and a matter of the accounts that do not say better: a default that was to make them
 * safer may be the one that is lost. */
static void test_a_bad_default(void **state) {
	struct folders *folders = *state;
	write_below(folders->high, "posthorn.conf",
		"[Daemon]\nLogLevel=loud\nnonsense\n[Account]\nPort=x\n");
	write_file(folders->low, "a.conf", GOOD);
	write_file(folders->low, "b.conf", GOOD "Port=993\n");
	write_file(folders->low, "c.conf", GOOD);
	CLEANUP(config_free) struct config *config = load(folders);
	assert_int_equal(config->messages.n, 3);
	assert_int_equal(config->messages.n_errors, 3);
	assert_non_null(strstr(config->accounts[0]->problem, "posthorn.conf:5: 'x' is no port"));
	assert_null(config->accounts[1]->problem);
	assert_string_equal(config->accounts[0]->problem, config->accounts[2]->problem);
	assert_int_equal(daemon_config_log_level(&config->daemon), LOG_LEVEL_INFO);
}

/* A drop-in mends what the file got wrong; one that cannot be read spoils the account. */
static void test_a_drop_in_mends_or_spoils(void **state) {
	struct folders *folders = *state;
	write_file(folders->low, "mended.conf", GOOD "Port=x\n");
	write_below(folders->high, "accounts.d/mended.conf.d/x.conf", "[Account]\nPort=1\n");
	write_file(folders->low, "spoilt.conf", GOOD);
	write_below(folders->high, "accounts.d/spoilt.conf.d/x.conf/folder", "");
	CLEANUP(config_free) struct config *config = load(folders);
	assert_null(config->accounts[0]->problem);
	assert_int_equal(config->accounts[0]->port, 1);
	assert_non_null(strstr(config->accounts[1]->problem, "x.conf: cannot be read"));
	assert_int_equal(config->messages.n_errors, 2);
}

static void test_what_everybody_may_change_is_refused(void **state) {
	struct folders *folders = *state;
	write_file(folders->low, "open.conf", GOOD);
	write_below(folders->low, "posthorn.conf", "[Account]\nPort=7\n");
	CLEANUP_TEXT char *account = memory_format("%s/accounts.d/open.conf", folders->low);
	CLEANUP_TEXT char *shared = memory_format("%s/posthorn.conf", folders->low);
	assert_int_equal(chmod(account, 0606), 0);
	assert_int_equal(chmod(shared, 0606), 0);
	CLEANUP(config_free) struct config *config = load(folders);
	assert_int_equal(config->n_accounts, 1);
	assert_non_null(strstr(config->accounts[0]->problem, "everybody may write to it"));
	assert_int_not_equal(config->accounts[0]->port, 7);
	assert_int_equal(config->messages.n_errors, 2);
}

static const struct config_origin *origin(
	const struct config_origins *origins, const char *name, size_t index) {
	for (size_t i = 0; i < origins->n; i++)
		if (!strcmp(origins->items[i].key->name, name) && index-- == 0)
			return &origins->items[i];
	return NULL;
}

static void assert_origin(const struct config_origin *found, const char *file, unsigned line) {
	assert_non_null(found);
	assert_non_null(strstr(found->file, file));
	assert_int_equal(found->line, line);
}

static void test_origins(void **state) {
	struct folders *folders = *state;
	write_below(folders->high, "posthorn.conf",
		"[Daemon]\nLogLevel=debug\n[Account]\nPasswordFile=/y\nPort=3\n");
	write_file(folders->low, "a.conf", GOOD "Port=4\n[Mailboxes]\nWatch=A\nWatch=\nWatch=B\n");
	write_below(folders->high, "accounts.d/a.conf.d/x.conf",
		"[Account]\nPort=\n[Mailboxes]\nWatch=C\n");
	const char *const list[] = { folders->high, folders->low, NULL };
	CLEANUP(config_free) struct config *config = config_load(list, true);
	assert_clean(config);
	const struct config_origins *origins = &config->sources->accounts[0];
	assert_origin(origin(&config->sources->daemon, "LogLevel", 0), "high/posthorn.conf", 2);
	assert_origin(origin(origins, "Host", 0), "low/accounts.d/a.conf", 2);
	assert_origin(origin(origins, "PasswordFile", 0), "low/accounts.d/a.conf", 4);
	assert_null(origin(origins, "PasswordFile", 1));
	assert_null(origin(origins, "Port", 0));
	assert_origin(origin(origins, "Watch", 0), "a.conf", 9);
	assert_origin(origin(origins, "Watch", 1), "a.conf.d/x.conf", 4);
	assert_null(origin(origins, "Watch", 2));
	assert_null(origin(origins, "Auth", 0));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(c_03_sorted_and_masked, setup, teardown),
		cmocka_unit_test(test_no_folder_is_an_empty_one),
		cmocka_unit_test_setup_teardown(
			test_a_bad_account_stands_beside_the_good, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unreadable_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sections_of_other_programs, setup, teardown),
		cmocka_unit_test_setup_teardown(c_03_drop_ins, setup, teardown),
		cmocka_unit_test_setup_teardown(c_03_drop_ins_find_their_account, setup, teardown),
		cmocka_unit_test_setup_teardown(test_settings_of_the_daemon, setup, teardown),
		cmocka_unit_test_setup_teardown(test_defaults_for_accounts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_bad_default, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_drop_in_mends_or_spoils, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_what_everybody_may_change_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_origins, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
