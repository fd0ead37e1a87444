#include "config/config-files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

/* Listing */

static bool has_suffix(const char *name, const char *suffix) {
	size_t n = strlen(name), n_suffix = strlen(suffix);
	return name[0] != '.' && n > n_suffix && !strcmp(name + n - n_suffix, suffix);
}

static void config_files_add_folder(struct config_files *files, const char *folder, size_t rank,
	const char *suffix, struct config_messages *messages) {
	DIR *directory = opendir(folder);
	if (!directory) {
		if (errno != ENOENT)
			config_messages_add(
				messages, true, folder, 0, "cannot be read: %s", strerror(errno));
		return;
	}
	size_t n_allocated = files->n;
	const struct dirent *entry;
	while ((entry = readdir(directory))) {
		if (!has_suffix(entry->d_name, suffix))
			continue;
		if (files->n == n_allocated) {
			n_allocated = n_allocated * 2 + 16;
			files->items =
				memory_resize(files->items, n_allocated, sizeof(*files->items));
		}
		files->items[files->n++] = (struct config_file){
			.name = memory_strdup(entry->d_name),
			.path = memory_format("%s/%s", folder, entry->d_name),
			.rank = rank,
		};
	}
	closedir(directory);
}

static int compare_files(const void *a, const void *b) {
	const struct config_file *left = a, *right = b;
	int order = strcmp(left->name, right->name);
	return order ? order : (left->rank > right->rank) - (left->rank < right->rank);
}

static void config_file_deinit(struct config_file *file) {
	free(file->name);
	free(file->path);
}

/* Sorted, each name's first one has the highest rank. */
static void config_files_drop_overridden(struct config_files *files) {
	size_t n = 0;
	for (size_t i = 0; i < files->n; i++) {
		if (n > 0 && !strcmp(files->items[n - 1].name, files->items[i].name))
			config_file_deinit(&files->items[i]);
		else
			files->items[n++] = files->items[i];
	}
	files->n = n;
}

void config_files_list(struct config_files *files, const char *const *folders, const char *below,
	const char *suffix, struct config_messages *messages) {
	*files = (struct config_files){ 0 };
	for (size_t i = 0; folders[i]; i++) {
		CLEANUP_TEXT char *folder = memory_format("%s/%s", folders[i], below);
		config_files_add_folder(files, folder, i, suffix, messages);
	}
	if (files->n > 1)
		qsort(files->items, files->n, sizeof(*files->items), compare_files);
	config_files_drop_overridden(files);
}

void config_files_deinit(struct config_files *files) {
	for (size_t i = 0; i < files->n; i++)
		config_file_deinit(&files->items[i]);
	free(files->items);
	*files = (struct config_files){ 0 };
}

char *config_files_find(const char *const *folders, const char *name) {
	for (size_t i = 0; folders[i]; i++) {
		CLEANUP_TEXT char *path = memory_format("%s/%s", folders[i], name);
		struct stat status;
		/* The link and not what it points to: a broken one is complained of. */
		if (lstat(path, &status) == 0)
			return TAKE_PTR(path);
	}
	return NULL;
}

/* Reading */

/* 0, -ENODATA when it masks, or what is wrong with it. A configuration may say which programs run:
 * who can write to it is the user. */
static int check_status(const struct stat *status, const char **ret_problem) {
	*ret_problem = NULL;
	if (S_ISCHR(status->st_mode) || (S_ISREG(status->st_mode) && status->st_size == 0))
		return -ENODATA;
	if (!S_ISREG(status->st_mode))
		*ret_problem = "it is no regular file";
	else if ((uint64_t)status->st_size > CONFIG_FILE_MAX)
		*ret_problem = "it is larger than 1 MiB";
	else if (status->st_mode & S_IWOTH)
		*ret_problem = "everybody may write to it; chmod o-w mends it";
	return *ret_problem ? -EINVAL : 0;
}

static int read_whole(int fd, struct config_text *text) {
	size_t size = text->n;
	text->text = memory_zalloc(size + 1, 1);
	text->n = 0;
	ssize_t got = 0;
	while (text->n < size && (got = read(fd, text->text + text->n, size - text->n)) > 0)
		text->n += (size_t)got;
	if (got >= 0)
		return 0;
	int r = -errno;
	text->text = memory_free(text->text);
	return r;
}

struct config_text config_files_read(const char *path, struct config_messages *messages) {
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int r = fd < 0 ? -errno : 0;
	const char *problem = NULL;
	struct config_text text = { 0 };
	struct stat status = { 0 };
	if (r == 0 && fstat(fd, &status) < 0)
		r = -errno;
	if (r == 0)
		r = check_status(&status, &problem);
	if (r == 0) {
		text.n = (size_t)status.st_size;
		r = read_whole(fd, &text);
	}
	if (fd >= 0)
		close(fd);
	if (r == 0 && status.st_uid != 0 && status.st_uid != geteuid())
		config_messages_add(messages, false, path, 0,
			"belongs to another user, who may change it at any time");
	if (r < 0 && r != -ENODATA)
		text.problem = config_messages_add(messages, true, path, 0, "cannot be read: %s",
			problem ? problem : strerror(-r));
	return text;
}
