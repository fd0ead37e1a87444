#include "daemon/credential-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "daemon/account-config.h"
#include "daemon/credential-source.h"

struct credential_file {
	struct credential credential;
	sd_event_source *deferred; /* read from the loop, so that the callback is as well */
};

static bool is_trusted_owner(const struct stat *status) {
	return status->st_uid == 0 || status->st_uid == geteuid();
}

/* Who may write the directory may put another file of ours there, and have its first line sent to
 * a server. In a sticky one (/tmp) the owner of the file itself decides. A group of our own is
 * ourselves, as distributions make one for each user. */
static bool is_trusted_directory(const struct stat *status) {
	bool group_writes = (status->st_mode & S_IWGRP) && status->st_gid != getegid();
	bool others_write = status->st_mode & S_IWOTH;
	bool is_sticky = status->st_mode & S_ISVTX;
	return is_trusted_owner(status) && (is_sticky || (!group_writes && !others_write));
}

static int open_directory(const char *path, const char *slash) {
	if (!slash)
		return open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP_TEXT char *folder =
		memory_strndup(path, slash == path ? 1 : (size_t)(slash - path));
	return open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static char *cannot_read(const char *path) {
	return memory_format("%s cannot be read: %s", path, strerror(errno));
}

/* The way to the file: NULL when it may be gone, else a sentence. */
static char *check_way(const char *path, int folder, const char *name) {
	struct stat status;
	if (fstat(folder, &status) < 0)
		return cannot_read(path);
	if (!is_trusted_directory(&status))
		return memory_format("%s is in a directory that others may write", path);
	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return cannot_read(path);
	if (!is_trusted_owner(&status))
		return memory_format("%s belongs to another user", path);
	return NULL;
}

/* A secret that others can read is none. */
static char *check_file(const char *path, const struct stat *status) {
	if (!is_trusted_owner(status))
		return memory_format("%s belongs to another user", path);
	if (status->st_mode & (S_IRWXG | S_IRWXO))
		return memory_format("%s can be read by others; chmod 600 mends it", path);
	return NULL;
}

static char *read_all(int fd, const char *path, size_t *ret_n, char **ret_problem) {
	char *text = memory_zalloc(CREDENTIAL_MAX + 1, 1);
	size_t n = 0;
	ssize_t got = 0;
	while (n < CREDENTIAL_MAX && (got = read(fd, text + n, CREDENTIAL_MAX - n)) > 0)
		n += (size_t)got;
	if (got >= 0) {
		*ret_n = n;
		return text;
	}
	*ret_problem = cannot_read(path);
	memory_erase(text, n);
	return memory_free(text);
}

static char *check_and_read(
	int fd, const char *path, bool is_private, size_t *ret_n, char **ret_problem) {
	struct stat status;
	if (fstat(fd, &status) < 0)
		*ret_problem = cannot_read(path);
	else if (!S_ISREG(status.st_mode))
		*ret_problem = memory_format("%s is not a regular file", path);
	else if ((uint64_t)status.st_size > CREDENTIAL_MAX)
		*ret_problem = memory_format("%s is too large for a password", path);
	else
		*ret_problem = is_private ? check_file(path, &status) : NULL;
	return *ret_problem ? NULL : read_all(fd, path, ret_n, ret_problem);
}

static char *load(const char *path, bool is_private, size_t *ret_n, char **ret_problem) {
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	int folder = open_directory(path, slash);
	if (folder < 0) {
		*ret_problem = cannot_read(path);
		return NULL;
	}
	char *text = NULL;
	int fd = -1;
	char *problem = is_private ? check_way(path, folder, name) : NULL;
	if (!problem) {
		/* A FIFO or a device must not hold us. */
		fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (fd < 0)
			problem = cannot_read(path);
		else
			text = check_and_read(fd, path, is_private, ret_n, &problem);
	}
	if (fd >= 0)
		(void)close(fd);
	(void)close(folder);
	if (problem)
		*ret_problem = problem;
	return text;
}

void credential_file_finish(struct credential *credential, const char *path, bool is_private) {
	CLEANUP_TEXT char *problem = NULL;
	size_t n = 0;
	char *text = load(path, is_private, &n, &problem);
	if (!text) {
		credential_fail(credential, REASON_SECRET_FAILED, problem);
		return;
	}
	struct credential_answer answer;
	credential_answer_parse(&answer, text, n, CREDENTIAL_PASSWORD, credential_now(credential));
	memory_erase(text, n);
	free(text);
	credential_finish_answer(credential, &answer, path);
	credential_answer_deinit(&answer);
}

char *credential_file_read_line(const char *path, char **ret_problem) {
	size_t n = 0;
	char *text = load(path, true, &n, ret_problem);
	if (!text)
		return NULL;
	char *line = memory_strndup(text, strcspn(text, "\r\n"));
	memory_erase(text, n);
	free(text);
	if (*line)
		return line;
	*ret_problem = memory_format("%s holds no password", path);
	return memory_free_secret(line);
}

static int on_deferred(sd_event_source *source, void *userdata) {
	struct credential *credential = userdata;
	credential_file_finish(credential, credential->request.config->password_file, true);
	return 0;
}

static int start(struct credential *credential) {
	struct credential_file *f = CONTAINER_OF(credential, struct credential_file, credential);
	return sd_event_add_defer(credential->loop, &f->deferred, on_deferred, credential);
}

static void stop(struct credential *credential) {
	struct credential_file *f = CONTAINER_OF(credential, struct credential_file, credential);
	f->deferred = sd_event_source_disable_unref(f->deferred);
}

const struct credential_source credential_file_source = {
	.size = sizeof(struct credential_file),
	.start = start,
	.stop = stop,
};
