#include "cli/account-file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "cli/output.h"
#include "config/config-folders.h"
#include "configuration.h"

#define SUFFIX ".conf"
#define TEXT_MAX ((size_t)16 * 1024)

char *account_file_folder(bool is_system) {
	if (is_system)
		return memory_strdup(POSTHORN_SYSCONFDIR);
	char *folder = config_folders_home("XDG_CONFIG_HOME", ".config");
	if (!folder)
		output_complain("Neither $XDG_CONFIG_HOME nor $HOME is set");
	return folder;
}

char *account_file_path(const char *folder, const char *id) {
	return memory_format("%s/accounts.d/%s" SUFFIX, folder, id);
}

static int is_account(const struct dirent *entry) {
	size_t n = strlen(entry->d_name), end = strlen(SUFFIX);
	return entry->d_name[0] != '.' && n > end && !strcmp(entry->d_name + n - end, SUFFIX);
}

char **account_file_list(const char *folder, size_t *ret_n) {
	CLEANUP_TEXT char *path = memory_format("%s/accounts.d", folder);
	struct dirent **entries = NULL;
	int n = MAX(scandir(path, &entries, is_account, alphasort), 0);
	char **ids = MEMORY_NEW_ARRAY(char *, (size_t)n + 1);
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		ids[i] = memory_strndup(name, strlen(name) - strlen(SUFFIX));
		free(entries[i]);
	}
	free(entries);
	*ret_n = (size_t)n;
	return ids;
}

void account_file_list_free(char **ids, size_t n) {
	for (size_t i = 0; i < n; i++)
		free(ids[i]);
	free(ids);
}

static int make_folders(const char *path) {
	CLEANUP_TEXT char *folder = memory_strdup(path);
	for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(folder, 0700) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

static int write_all(int fd, const char *text, size_t n) {
	while (n > 0) {
		ssize_t written = write(fd, text, n);
		if (written < 0 && errno != EINTR)
			return -errno;
		text += MAX(written, 0);
		n -= (size_t)MAX(written, 0);
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* link() and not rename(): it never replaces. */
int account_file_write(const char *path, const char *text) {
	CLEANUP_TEXT char *draft = memory_format("%s.XXXXXX", path);
	int r = make_folders(path);
	int fd = r < 0 ? -1 : mkostemp(draft, O_CLOEXEC);
	if (fd < 0)
		return r < 0 ? r : -errno;
	r = write_all(fd, text, strlen(text));
	close(fd);
	if (r == 0 && link(draft, path) < 0)
		r = -errno;
	(void)unlink(draft);
	return r;
}

static void append_place(struct buffer *text, const struct account_draft *draft) {
	(void)buffer_append_format(text, "Host=%s\n", draft->host);
	if (draft->port)
		(void)buffer_append_format(text, "Port=%u\n", draft->port);
	if (draft->is_pop3)
		(void)buffer_append_text(text, "Protocol=pop3\n");
	if (draft->is_starttls)
		(void)buffer_append_text(text, "Security=starttls\n");
	(void)buffer_append_format(text, "User=%s\n", draft->user);
	if (draft->password_file)
		(void)buffer_append_format(text, "PasswordFile=%s\n", draft->password_file);
	else
		(void)buffer_append_text(text, "PasswordKeyring=yes\n");
}

char *account_file_text(const struct account_draft *draft) {
	struct buffer text;
	buffer_init(&text, TEXT_MAX);
	(void)buffer_append_format(&text, "# Made by posthorn account add; see posthorn.conf(5).\n"
					  "[Account]\n");
	if (draft->online_id)
		(void)buffer_append_format(&text, "GoaAccount=%s\n", draft->online_id);
	else
		append_place(&text, draft);
	char *taken = buffer_take_text(&text);
	buffer_deinit(&text);
	return taken;
}
