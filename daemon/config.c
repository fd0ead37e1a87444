#include "daemon/config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "daemon/account-config.h"

#define SUFFIX ".conf"

/* The whole of a small file; NULL and negative errno when it cannot be had. -ENODATA: it masks. */
static int config_read_file(const char *path, char **ret_text, size_t *ret_n) {
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	struct stat status;
	int r = fstat(fd, &status) < 0 ? -errno : 0;
	if (r == 0 && S_ISCHR(status.st_mode))
		r = -ENODATA;
	else if (r == 0 && !S_ISREG(status.st_mode))
		r = -EINVAL;
	else if (r == 0 && status.st_size == 0)
		r = -ENODATA;
	else if (r == 0 && (uint64_t)status.st_size > CONFIG_FILE_MAX)
		r = -EFBIG;
	if (r < 0) {
		close(fd);
		return r;
	}
	size_t size = (size_t)status.st_size;
	char *text = memory_zalloc(size + 1, 1);
	size_t n = 0;
	ssize_t got = 0;
	while (n < size && (got = read(fd, text + n, size - n)) > 0)
		n += (size_t)got;
	r = got < 0 ? -errno : 0;
	close(fd);
	if (r < 0) {
		free(text);
		return r;
	}
	*ret_text = text;
	*ret_n = n;
	return 0;
}

static void config_add(struct config *config, struct account_config *account) {
	config->accounts =
		memory_resize(config->accounts, config->n_accounts + 1, sizeof(*config->accounts));
	config->accounts[config->n_accounts++] = account;
}

static struct account_config *config_load_account(
	struct config *config, const char *id, const char *path) {
	CLEANUP_TEXT char *text = NULL;
	size_t n = 0;
	int r = config_read_file(path, &text, &n);
	if (r == -ENODATA)
		return NULL;
	if (r == 0)
		return account_config_parse(id, path, text, n, &config->messages);
	/* The account is known to be there: it is shown as failed and not as gone. */
	struct config_messages unread = { 0 };
	struct account_config *account = account_config_parse(id, path, "", 0, &unread);
	config_messages_deinit(&unread);
	free(account->problem);
	account->problem = memory_strdup(config_messages_add(
		&config->messages, true, path, 0, "cannot be read: %s", strerror(-r)));
	return account;
}

static int entry_is_account(const struct dirent *entry) {
	size_t n = strlen(entry->d_name);
	return entry->d_name[0] != '.' && n > strlen(SUFFIX) &&
	       !strcmp(entry->d_name + n - strlen(SUFFIX), SUFFIX);
}

static void config_load_entry(struct config *config, const char *folder, const char *entry) {
	CLEANUP_TEXT char *path = memory_format("%s/%s", folder, entry);
	CLEANUP_TEXT char *id = memory_strndup(entry, strlen(entry) - strlen(SUFFIX));
	if (!account_config_is_id(id)) {
		config_messages_add(&config->messages, false, path, 0,
			"the file's name is no account name (1 to %d of A-Z a-z 0-9 . _ - @ +), "
			"ignoring",
			ACCOUNT_ID_MAX);
		return;
	}
	if (config->n_accounts == CONFIG_ACCOUNTS_MAX) {
		config_messages_add(&config->messages, true, path, 0, "more than %d accounts",
			CONFIG_ACCOUNTS_MAX);
		return;
	}
	struct account_config *account = config_load_account(config, id, path);
	if (account)
		config_add(config, account);
}

/* Names that a folder of higher rank had already: accounts and masks alike. */
struct seen {
	char **names;
	size_t n;
};

static bool seen_has(const struct seen *seen, size_t n_before, const char *name) {
	for (size_t i = 0; i < n_before; i++)
		if (!strcmp(seen->names[i], name))
			return true;
	return false;
}

static void config_load_folder(struct config *config, const char *folder, struct seen *seen) {
	CLEANUP_TEXT char *accounts = memory_format("%s/accounts.d", folder);
	struct dirent **entries = NULL;
	int n = scandir(accounts, &entries, entry_is_account, alphasort);
	if (n < 0) {
		if (errno != ENOENT)
			config_messages_add(&config->messages, true, accounts, 0,
				"cannot be read: %s", strerror(errno));
		return;
	}
	size_t n_before = seen->n;
	for (int i = 0; i < n; i++) {
		if (!seen_has(seen, n_before, entries[i]->d_name)) {
			seen->names = memory_resize(seen->names, seen->n + 1, sizeof(char *));
			seen->names[seen->n++] = memory_strdup(entries[i]->d_name);
			config_load_entry(config, accounts, entries[i]->d_name);
		}
		free(entries[i]);
	}
	free(entries);
}

static int compare_ids(const void *a, const void *b) {
	struct account_config *const *left = a, *const *right = b;
	return strcmp((*left)->id, (*right)->id);
}

struct config *config_load(const char *const *folders) {
	struct config *config = MEMORY_NEW(struct config);
	struct seen seen = { 0 };
	for (size_t i = 0; folders[i]; i++)
		config_load_folder(config, folders[i], &seen);
	for (size_t i = 0; i < seen.n; i++)
		free(seen.names[i]);
	free(seen.names);
	if (config->n_accounts > 1)
		qsort(config->accounts, config->n_accounts, sizeof(*config->accounts), compare_ids);
	return config;
}

struct config *config_free(struct config *config) {
	if (!config)
		return NULL;
	for (size_t i = 0; i < config->n_accounts; i++)
		account_config_free(config->accounts[i]);
	free(config->accounts);
	config_messages_deinit(&config->messages);
	free(config);
	return NULL;
}
